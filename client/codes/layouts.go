package codes

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// row is one row of a table, and where its columns are.
type row struct {
	cells []string
	at    map[string]int
}

// get returns the value of a column; empty if there is no such column.
func (r row) get(column string) string {
	if i, ok := r.at[column]; ok {
		return r.cells[i]
	}
	return ""
}

// tableLayout is one of the layouts of a table.
type tableLayout struct {
	needs  []string // columns without which it is not this layout, in lower case
	only   func(column string) bool
	strict bool // parents must be there

	// take returns the entry of a row, false for a row without one, or what is
	// wrong with it.
	take func(r row) (e Entry, ok bool, column, sentence string)

	at     map[string]int // of the file at hand
	header []string
}

func (t *tableLayout) entry(r row) (e Entry, ok bool, column, sentence string) {
	if strings.EqualFold(r.cells[0], t.header[0]) && slices.Equal(lowered(r.cells), t.header) {
		return Entry{}, false, "", "" // several files in one
	}
	return t.take(r)
}

// column returns the name of a column, for a problem.
func (t *tableLayout) column(i int) string { return t.header[i] }

// layouts returns the layouts, in the order in which they are tried.
func layouts() []tableLayout {
	return []tableLayout{
		{needs: []string{"hscode", "description"}, take: takeHS},
		{needs: []string{"commoncode", "name"}, take: takeRec20},
		{needs: []string{"country", "location", "name"}, take: takeLocode},
		{needs: []string{"code", "lang", "fullname"}, take: takeEPPO},
		{needs: []string{"termcode", "termextendedname"}, take: takeFoodEx2},
		{needs: []string{"code"}, only: ownColumn, strict: true, take: takeOwn},
	}
}

// layout returns the layout that a first row shows, and whether that row is the
// names of the columns; nil, with a problem, if it is none.
func (rd *reader) layout(first []string, line int) (_ *tableLayout, header bool) {
	if unlocodeRow(first) {
		t := &tableLayout{take: takeLocode, at: make(map[string]int)}
		t.header = append(t.header, "change", "country", "location", "name", "namewodiacritics", "subdivision")
		for i := len(t.header); i < len(first); i++ {
			t.header = append(t.header, "column "+string(rune('a'+i)))
		}
		for i, name := range t.header {
			t.at[name] = i
		}
		return t, false
	}
	names := lowered(first)
	for _, t := range layouts() {
		if !slices.ContainsFunc(t.needs, func(need string) bool { return !slices.Contains(names, need) }) {
			t.header, t.at = names, make(map[string]int)
			for i, name := range names {
				if _, twice := t.at[name]; twice && name != "" {
					rd.add(line, "", "give the column %q once", name)
					return nil, true
				}
				if t.only != nil && !t.only(name) {
					rd.add(line, "", "take out the column %.40q, or name it code, parent, other, retired or by the tag of a language such as vi", name)
					return nil, true
				}
				t.at[name] = i
			}
			return &t, true
		}
	}
	rd.add(line, "", "name the columns in the first row; the list of layouts is in docs/reference/codes.md")
	return nil, true
}

// lowered returns cells without blanks around them, in lower case.
func lowered(cells []string) []string {
	names := make([]string, len(cells))
	for i, c := range cells {
		names[i] = strings.ToLower(strings.TrimSpace(c))
	}
	return names
}

// ownColumn reports whether a column is of the layout of this package.
func ownColumn(name string) bool {
	return slices.Contains([]string{"code", "parent", "other", "retired"}, name) || isTag(name)
}

// isTag reports whether s is a tag of a language.
func isTag(s string) bool {
	_, err := language.Parse(s)
	return err == nil
}

// takeOwn takes a row of the layout of this package.
func takeOwn(r row) (e Entry, ok bool, column, sentence string) {
	e = Entry{Code: r.get("code"), Parent: r.get("parent"), Retired: r.get("retired") == "yes"}
	for name, i := range r.at {
		if text := r.cells[i]; text != "" && isTag(name) {
			e.Names = append(e.Names, Name{Lang: canonical(name), Text: text})
		}
	}
	slices.SortFunc(e.Names, func(a, b Name) int { return strings.Compare(a.Lang, b.Lang) })
	for other := range strings.SplitSeq(r.get("other"), ";") {
		if other = strings.TrimSpace(other); other != "" {
			e.Other = append(e.Other, other)
		}
	}
	return e, true, "", ""
}

// canonical returns a tag as BCP 47 writes it: zh-Hans.
func canonical(tag string) string { return language.Make(tag).String() }

// takeHS takes a row of the Harmonized System.
func takeHS(r row) (e Entry, ok bool, column, sentence string) {
	text := r.get("description")
	if text == "" {
		return e, false, "description", "give the description"
	}
	parent := r.get("parent")
	if strings.EqualFold(parent, "TOTAL") {
		parent = ""
	}
	return Entry{Code: r.get("hscode"), Parent: parent, Names: []Name{{"en", text}}}, true, "", ""
}

// takeRec20 takes a row of UN/ECE Recommendation 20.
func takeRec20(r row) (e Entry, ok bool, column, sentence string) {
	e = Entry{Code: r.get("commoncode"), Names: []Name{{"en", r.get("name")}}}
	if e.Names[0].Text == "" {
		return e, false, "name", "give the name"
	}
	if symbol := r.get("symbol"); symbol != "" {
		e.Other = []string{symbol}
	}
	switch status := strings.ToUpper(r.get("status")); status {
	case "", "+", "#", "|", "=", "¦":
	case "X", "D":
		e.Retired = true
	default:
		return e, false, "status", "give X for a code that was taken out, D for one that should not be used any more, or nothing"
	}
	return e, true, "", ""
}

// unlocodeRow reports whether a first row is of UN/LOCODE as UN/ECE publishes
// it, without names of columns: the heading of a country, or a place.
func unlocodeRow(first []string) bool {
	return len(first) >= 11 && len(first) <= 12 && countryCode.MatchString(first[1]) && first[3] != "" && !strings.EqualFold(first[1], "country")
}

var countryCode = regexp.MustCompile(`^[A-Z]{2}$`)

// takeLocode takes a row of UN/LOCODE. The headings of countries and references
// from one name to another are no places.
func takeLocode(r row) (e Entry, ok bool, column, sentence string) {
	country, place, name := r.get("country"), r.get("location"), r.get("name")
	if place == "" && (strings.HasPrefix(name, ".") || r.get("change") == "=") {
		return e, false, "", ""
	}
	if name == "" {
		return e, false, "name", "give the name"
	}
	e = Entry{Code: country + place, Names: []Name{{"en", name}}, Retired: strings.EqualFold(r.get("change"), "X")}
	if plain := r.get("namewodiacritics"); plain != "" && plain != name {
		e.Other = []string{plain}
	}
	return e, true, "", ""
}

// eppoLanguages are the languages that are kept of the many of EPPO.
var eppoLanguages = map[string]string{"la": "la", "en": "en", "vi": "vi", "th": "th", "zh": "zh-Hans"}

// takeEPPO takes a row of EPPO, which is one name of a code. The preferred
// scientific name and the first one in other languages are its names, the others
// are other names; those in languages that nobody here reads are left out.
func takeEPPO(r row) (e Entry, ok bool, column, sentence string) {
	name := r.get("fullname")
	if name == "" {
		return e, false, "fullname", "give the name"
	}
	lang, kept := eppoLanguages[strings.ToLower(r.get("lang"))]
	if !kept {
		return e, false, "", ""
	}
	e = Entry{Code: r.get("code")}
	if preferred := r.get("preferred"); lang == "la" && (preferred == "0" || strings.EqualFold(preferred, "false")) {
		e.Other = []string{name}
	} else {
		e.Names = []Name{{lang, name}}
	}
	return e, true, "", ""
}

// takeFoodEx2 takes a row of the terms of the catalogue MTX.
func takeFoodEx2(r row) (e Entry, ok bool, column, sentence string) {
	name := r.get("termextendedname")
	if name == "" {
		return e, false, "termExtendedName", "give the name"
	}
	e = Entry{
		Code: r.get("termcode"), Names: []Name{{"en", name}},
		Retired: r.get("deprecated") == "1" || strings.EqualFold(r.get("deprecated"), "true") || strings.EqualFold(r.get("status"), "deprecated"),
	}
	if parent := r.get("masterparentcode"); !strings.EqualFold(parent, "root") {
		e.Parent = parent
	}
	return e, true, "", ""
}
