package trader

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/spsalert/spsalert/client/plain"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// ownerIndex finds the owners of codes by what sheets say of them. It has the ids of
// exporters.
type ownerIndex struct {
	numbers map[string][]string // by sort of the number and the number, folded
	sites   map[string][]string // by name and province of a code, folded
	names   map[string][]string // by name, folded
}

// readOwners reads the register.
func readOwners(r store.Reader) (*ownerIndex, error) {
	x := &ownerIndex{numbers: map[string][]string{}, sites: map[string][]string{}, names: map[string][]string{}}
	for e, err := range rowsIn[spsv1.Exporter](r, tableExporters, nil, nil, false) {
		if err != nil {
			return nil, err
		}
		x.add(exporterID(e.GetName()), e)
	}
	return x, nil
}

// add adds what finds an exporter.
func (x *ownerIndex) add(id string, e *spsv1.Exporter) {
	put := func(m map[string][]string, key string) {
		if !slices.Contains(m[key], id) {
			m[key] = append(m[key], id)
		}
	}
	for _, key := range numbersOf(e) {
		put(x.numbers, key)
	}
	provinces := map[string]bool{}
	for _, c := range e.GetCodes() {
		provinces[foldPlace(c.GetProvince())] = true
	}
	if len(provinces) == 0 {
		provinces[""] = true
	}
	for _, t := range e.GetDisplayName() {
		name := foldOwner(t.GetText())
		put(x.names, name)
		for province := range provinces {
			put(x.sites, name+"\x00"+province)
		}
	}
}

// numbersOf returns the keys of the numbers of an exporter.
func numbersOf(e *spsv1.Exporter) (keys []string) {
	if folded := foldCode(e.GetRegistrationNumber()); folded != "" {
		keys = append(keys, "reg-"+folded)
	}
	if folded := foldCode(e.GetTaxId()); folded != "" {
		keys = append(keys, "tax-"+folded)
	}
	return keys
}

// foldOwner returns the name of an owner as names are compared that are to be of one
// owner: case, marks of Latin letters, blanks and punctuation do not count. The words
// for kinds of firms do, since a cooperative is not the company of the same name.
func foldOwner(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			return r
		}
		return -1
	}, plain.Text(name))
}

// foldPlace returns a province as provinces are compared.
func foldPlace(a *spsv1.Area) string {
	if a.GetCode() != "" {
		return a.GetCode()
	}
	return plain.Text(a.GetAsWritten())
}

// ownerOf returns the id of the owner of a registration, that of a new one if there
// is none. found is what a person should know of it, or why it is not known.
func (b *Bulk) ownerOf(d *registerDraft, x Registration) (id string, found Registered, err error) {
	e := x.Exporter
	if id := exporterID(e.GetName()); id != "" {
		return id, found, nil
	}
	var ids []string
	add := func(more []string) {
		for _, id := range more {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	for _, key := range numbersOf(e) {
		add(b.owners.numbers[key])
	}
	field := "registration_number"
	if len(ids) == 0 {
		field = "display_name"
		for _, t := range e.GetDisplayName() {
			add(b.owners.sites[foldOwner(t.GetText())+"\x00"+foldPlace(x.code().GetProvince())])
		}
	}
	switch len(ids) {
	case 0:
		return b.newOwner(d, x)
	case 1:
		return ids[0], found, nil
	}
	return "", refused(field, "OWNER_AMBIGUOUS", fmt.Sprintf("write the id of the owner, it can be %s", strings.Join(ids, ", "))), nil
}

// newOwner returns the id of an owner that is not registered. It is made of what is
// said, so that it is the same whenever it is made, and readable where that can be.
func (b *Bulk) newOwner(d *registerDraft, x Registration) (id string, found Registered, err error) {
	e := x.Exporter
	var parts []string
	if numbers := numbersOf(e); len(numbers) > 0 {
		parts = numbers[:1]
	} else {
		for _, t := range e.GetDisplayName() {
			if others := b.owners.names[foldOwner(t.GetText())]; len(others) > 0 {
				found.Notes = append(found.Notes, access.Violation{Field: "display_name", Reason: "OWNER_SIMILAR", Sentence: fmt.Sprintf(
					"%s has the same name and no code in this province: if it is meant, write its id", strings.Join(others, ", "))})
				break
			}
		}
		parts = []string{e.GetDisplayName()[0].GetText(), foldPlace(x.code().GetProvince())}
	}
	id, exact := slug(parts...)
	other, err := d.exporter(id)
	if !exact || other != nil {
		sum := sha256.Sum256([]byte(ownerKey(x)))
		id += "-" + hex.EncodeToString(sum[:4])
	}
	return id, found, err
}

// mostSlug is how long an id is that is made of a name.
const mostSlug = 50

// slug makes the id of an exporter of texts. It reports whether nothing was lost but
// case, blanks, punctuation and the marks of Latin letters.
func slug(parts ...string) (id string, exact bool) {
	exact = true
	text := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-':
			return r
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			exact = false
		}
		return ' '
	}, plain.Text(strings.Join(parts, " ")))
	id = strings.Trim(strings.Join(strings.Fields(text), "-"), "-")
	if id == "" {
		return "owner", false
	}
	if len(id) > mostSlug {
		return strings.Trim(id[:mostSlug], "-"), false
	}
	return id, exact
}

// ownerKey names the owner of a registration within a sheet.
func ownerKey(x Registration) string {
	e := x.Exporter
	if e.GetName() != "" {
		return e.GetName()
	}
	if numbers := numbersOf(e); len(numbers) > 0 {
		return numbers[0]
	}
	if names := e.GetDisplayName(); len(names) > 0 {
		return foldOwner(names[0].GetText()) + "\x00" + foldPlace(x.code().GetProvince())
	}
	return ""
}

// idForm is what the id of an exporter looks like, by the contract.
var idForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)
