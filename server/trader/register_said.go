package trader

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// saidBefore remembers what the rows of a sheet say of owners and codes, to find rows
// that do not fit each other. It has hashes instead of what is said: a few bytes for
// each owner and code. That two fall together happens once in thousands of millions,
// and then a row is refused that is good.
type saidBefore struct {
	seed   maphash.Seed
	things map[uint64]saidOf
}

// saidFields is how many fields of a thing are compared.
const saidFields = 10

// saidOf is what was said of a thing.
type saidOf struct {
	row  int32 // the first
	sums [saidFields]uint32
}

func newSaidBefore() *saidBefore {
	return &saidBefore{seed: maphash.MakeSeed(), things: make(map[uint64]saidOf)}
}

// differ notes what a row says of a thing, "" for nothing, and returns the first row of
// the thing and the numbers of the fields of which an earlier row says something else.
func (b *saidBefore) differ(row int, thing string, said []string) (first int, fields []int) {
	key := maphash.String(b.seed, thing)
	of, there := b.things[key]
	if !there {
		of.row = int32(row)
	}
	for i, text := range said {
		if text == "" {
			continue
		}
		sum := uint32(maphash.String(b.seed, text)) | 1 // 0 is nothing
		if of.sums[i] != 0 && of.sums[i] != sum {
			fields = append(fields, i)
		} else {
			of.sums[i] = sum
		}
	}
	b.things[key] = of
	return int(of.row), fields
}

// Look returns what is wrong with a registration in a row by itself, and beside the
// rows before it. Each row MUST be looked at once, in their order.
func (b *Bulk) Look(row int, x Registration) ([]access.Violation, error) {
	all, err := lookAlone(x)
	if err != nil || len(all) > 0 {
		return all, err
	}
	add := func(field, reason, sentence string) {
		all = append(all, access.Violation{Field: field, Reason: reason, Sentence: sentence})
	}
	e, c := x.Exporter, x.code()
	paths, said := ownerSays(e)
	first, fields := b.said.differ(row, "owner "+ownerKey(x), said)
	for _, i := range fields {
		add(paths[i], "OWNER_DIFFERS", fmt.Sprintf("write the same of an owner in all its rows, or nothing: row %d, the first of this owner, says something else", first))
	}
	paths = []string{"codes[0].code", "codes[0].province", "codes[0].from_date", "codes[0].until_date", "codes[0].contact"}
	said = []string{
		ownerKey(x), foldPlace(c.GetProvince()), saidDay(c.GetFromDate(), false), saidDay(c.GetUntilDate(), x.Ended), strings.TrimSpace(c.GetContact().GetName() + " " + c.GetContact().GetPhone() + " " + c.GetContact().GetEmail()),
	}
	first, fields = b.said.differ(row, fmt.Sprintf("code %d %s", c.GetKind(), b.s.fold(c.GetCode())), said)
	for _, i := range fields {
		if i == 0 {
			add(paths[i], "CODE_TWO_OWNERS", fmt.Sprintf("give each code to one owner: row %d gives it to another one", first))
			continue
		}
		add(paths[i], "CODE_DIFFERS", fmt.Sprintf("write the same of a code in all its rows, or nothing: row %d has the code too", first))
	}
	return all, nil
}

// saidDay returns a day as it is compared.
func saidDay(d *spsv1.Date, ended bool) string {
	switch {
	case d != nil:
		return fmt.Sprint(dayOf(d))
	case ended:
		return "ended"
	}
	return ""
}

// ownerSays returns what is compared of an owner, and the paths. Of names it
// is the first in each of the languages of the node, and in any other.
func ownerSays(e *spsv1.Exporter) (paths, said []string) {
	paths = []string{"registration_number", "tax_id", "address", "languages"}
	said = []string{e.GetRegistrationNumber(), e.GetTaxId(), e.GetAddress(), strings.Join(e.GetLanguages(), " ")}
	for _, lang := range append([]string{""}, access.Languages()...) {
		i := slices.IndexFunc(e.GetDisplayName(), func(t *spsv1.LocalizedText) bool {
			return t.GetLang() == lang || lang == "" && !slices.Contains(access.Languages(), t.GetLang())
		})
		paths, said = append(paths, fmt.Sprintf("display_name[%d]", i)), append(said, "")
		if i >= 0 {
			said[len(said)-1] = plainName(e.GetDisplayName()[i].GetText())
		}
	}
	return paths, said
}

// lookAlone returns what is wrong with a registration by itself.
func lookAlone(x Registration) ([]access.Violation, error) {
	e, c := x.Exporter, x.code()
	all, err := access.Check(e)
	if err != nil {
		return nil, err
	}
	// An owner that is registered has these already.
	unsaid := []string{"roles"}
	if len(e.GetDisplayName()) == 0 {
		unsaid = append(unsaid, "display_name")
	}
	if len(e.GetLanguages()) == 0 {
		unsaid = append(unsaid, "languages")
	}
	all = slices.DeleteFunc(all, func(v access.Violation) bool {
		return slices.Contains(unsaid, v.Field) || strings.HasSuffix(v.Field, ".lang") || // follows from its languages
			v.Field == "codes[0].code" && foldCode(c.GetCode()) == ""
	})
	all = append(all, unwritten(e, all)...)
	if foldCode(c.GetCode()) == "" {
		all = append(all, access.Violation{Field: "codes[0].code", Reason: "CODE_EMPTY", Sentence: "write the code, not only hyphens"})
	}
	if id := exporterID(e.GetName()); e.GetName() != "" && !idForm.MatchString(id) {
		all = append(all, access.Violation{
			Field: "name", Reason: "OWNER_ID", Sentence: "write an id of lower-case letters, digits, dots and dashes, at most 64, or leave it empty",
		})
	}
	if ownerKey(x) == "" || len(e.GetDisplayName()) > 0 && foldOwner(e.GetDisplayName()[0].GetText()) == "" {
		all = append(all, access.Violation{
			Field: "display_name", Reason: "OWNER_MISSING", Sentence: "say whose code it is: write the name, a number or the id of the owner",
		})
	}
	return all, nil
}

// unwritten returns the languages of an owner in which no notice is written, but for
// those that are no languages at all, of which told says so already.
func unwritten(e *spsv1.Exporter, told []access.Violation) (all []access.Violation) {
	for i, lang := range e.GetLanguages() {
		path := fmt.Sprintf("languages[%d]", i)
		if access.LanguageOf(lang) != "" || slices.ContainsFunc(told, func(v access.Violation) bool { return v.Field == path }) {
			continue
		}
		all = append(all, access.Violation{
			Field: path, Reason: "OWNER_LANGUAGE", Sentence: "write a language in which notices are written: vi, zh-Hans, th or en",
		})
	}
	return all
}
