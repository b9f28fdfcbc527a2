package trader

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// rowsSaid is what the rows of a sheet say of owners and codes, to find rows that do not
// fit the others. It has hashes instead of what is said: some bytes for each field of an
// owner and code, and for each other thing that is said in it. That two fall together
// happens once in thousands of millions, and then a row is refused that is good.
type rowsSaid struct {
	seed   maphash.Seed
	most   map[uint64][]saying // by thing: of each field what most rows say, of equals the first
	others map[sayingAt]saying
}

// saying is what rows say in a field.
type saying struct {
	sum       uint32
	row, rows int32 // the first of them, and how many they are; none: nothing
}

// sayingAt is something that is said in a field of a thing.
type sayingAt struct {
	thing uint64
	field int
	sum   uint32
}

// ofThing is what a row says of a thing, "" for nothing, and the paths of that.
type ofThing struct {
	thing       string
	paths, said []string
}

func newRowsSaid() *rowsSaid {
	return &rowsSaid{seed: maphash.MakeSeed(), most: make(map[uint64][]saying), others: make(map[sayingAt]saying)}
}

// note notes what a row says.
func (b *rowsSaid) note(row int, of ofThing) {
	key := maphash.String(b.seed, of.thing)
	if b.most[key] == nil {
		b.most[key] = make([]saying, len(of.said))
	}
	for i, text := range of.said {
		if text == "" {
			continue
		}
		most, at := &b.most[key][i], sayingAt{key, i, uint32(maphash.String(b.seed, text))}
		now := saying{sum: at.sum, row: int32(row)}
		if most.rows == 0 {
			*most = now
		}
		if most.sum == at.sum {
			most.rows++
			continue
		}
		if before, there := b.others[at]; there {
			now = before
		}
		if now.rows++; now.rows < most.rows || now.rows == most.rows && now.row > most.row {
			b.others[at] = now
			continue
		}
		b.others[sayingAt{key, i, most.sum}] = *most
		delete(b.others, at)
		*most = now
	}
}

// differ returns, field by field, the first row that says what most rows do where a row
// says something else; 0 where it does not.
func (b *rowsSaid) differ(of ofThing) []int {
	rows := make([]int, len(of.said))
	for i, most := range b.most[maphash.String(b.seed, of.thing)] {
		if of.said[i] != "" && most.sum != uint32(maphash.String(b.seed, of.said[i])) {
			rows[i] = int(most.row)
		}
	}
	return rows
}

// Note notes what a row says of its owner and its code.
func (b *Bulk) Note(row int, x Registration) {
	if ownerKey(x) != "" && foldCode(x.code().GetCode()) != "" {
		b.said.note(row, ownerSays(x))
		b.said.note(row, b.codeSays(x))
	}
}

// Look returns what is wrong with a registration by itself, and beside what most rows say
// of its owner and its code: all MUST have been noted.
func (b *Bulk) Look(x Registration) ([]access.Violation, error) {
	all, err := lookAlone(x)
	if err != nil || len(all) > 0 {
		return all, err
	}
	owner, code := ownerSays(x), b.codeSays(x)
	for i, row := range b.said.differ(owner) {
		if row != 0 {
			all = append(all, access.Violation{
				Field: owner.paths[i], Reason: "OWNER_DIFFERS", Sentence: fmt.Sprintf("write the same of an owner in all its rows, or nothing: row %d says something else", row),
			})
		}
	}
	for i, row := range b.said.differ(code) {
		switch {
		case row == 0:
		case i == 0:
			all = append(all, access.Violation{
				Field: code.paths[i], Reason: "CODE_TWO_OWNERS", Sentence: fmt.Sprintf("give each code to one owner: row %d gives it to another one", row),
			})
		default:
			all = append(all, access.Violation{
				Field: code.paths[i], Reason: "CODE_DIFFERS", Sentence: fmt.Sprintf("write the same of a code in all its rows, or nothing: row %d has the code too", row),
			})
		}
	}
	return all, nil
}

// codeSays returns what is compared of a code; the first is its owner.
func (b *Bulk) codeSays(x Registration) ofThing {
	c := x.code()
	contact := strings.TrimSpace(c.GetContact().GetName() + " " + c.GetContact().GetPhone() + " " + c.GetContact().GetEmail())
	return ofThing{
		thing: fmt.Sprintf("code %d %s", c.GetKind(), b.s.fold(c.GetCode())),
		paths: []string{"codes[0].code", "codes[0].province", "codes[0].from_date", "codes[0].until_date", "codes[0].contact"},
		said:  []string{ownerKey(x), foldPlace(c.GetProvince()), saidDay(c.GetFromDate(), false), saidDay(c.GetUntilDate(), x.Ended), contact},
	}
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

// ownerSays returns what is compared of an owner. Of names it is the first in each of the
// languages of the node, and in any other.
func ownerSays(x Registration) ofThing {
	e := x.Exporter
	of := ofThing{
		thing: "owner " + ownerKey(x),
		paths: []string{"registration_number", "tax_id", "address", "languages"},
		said:  []string{e.GetRegistrationNumber(), e.GetTaxId(), e.GetAddress(), strings.Join(e.GetLanguages(), " ")},
	}
	for _, lang := range append([]string{""}, access.Languages()...) {
		i := slices.IndexFunc(e.GetDisplayName(), func(t *spsv1.LocalizedText) bool {
			return t.GetLang() == lang || lang == "" && !slices.Contains(access.Languages(), t.GetLang())
		})
		name := ""
		if i >= 0 {
			name = plainName(e.GetDisplayName()[i].GetText())
		}
		of.paths, of.said = append(of.paths, fmt.Sprintf("display_name[%d]", i)), append(of.said, name)
	}
	return of
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
