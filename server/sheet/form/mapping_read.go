package form

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/spsalert/spsalert/server/sheet/charset"
	"github.com/spsalert/spsalert/server/sheet/table"
)

// ParseMapping reads a mapping of sheets of the form, in YAML:
//
//	sheet: Kết quả          # the sheet of a workbook; else the only one, or that of a template
//	header: 3-4             # the rows of the header; else they are found
//	encoding: windows-1258  # of a text; else it is found out
//	delimiter: semicolon    # comma, semicolon, tab or bar
//	decimal: comma          # comma or point; else what leaves no doubt is taken
//	dates: day-first        # day-first or month-first
//	era: buddhist           # buddhist or common
//	hidden: true            # rows and sheets that are hidden are read too
//	language: vi            # of the words in the sheet
//	columns:                # our column: their heading
//	  reportId: Số phiếu
//	  resVal: Kết quả / Giá trị
//	fixed:                  # our column: the value of rows that have none of their own
//	  reportStage: final
//	words:                  # our column: their word: a word of ours
//	  resQualValue: {พบ: detected}
//	systems:                # our column: the code list that its codes belong to
//	  paramCode: https://lab.example/analytes
//
// All of it may be left out. The error is a [*MappingError].
func (f *Form) ParseMapping(text []byte, rules Rules) (*Mapping, error) {
	p := &mappingParser{form: f, rules: rules, m: Default()}
	if len(text) > maxMapping {
		p.add(1, "MAPPING_SIZE", fmt.Sprintf("shorten the mapping to %d bytes", maxMapping))
		return nil, &MappingError{p.problems}
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		p.add(yamlFault(err), "MAPPING_YAML",
			"correct this line or the one before it, it is no YAML: a bracket or quote is not closed, there is no blank behind a colon, or the lines are not indented alike")
		return nil, &MappingError{p.problems}
	}
	if len(root.Content) > 0 {
		p.entries(root.Content[0], mappingKeys)
	}
	p.finish()
	if len(p.problems) > 0 {
		slices.SortStableFunc(p.problems, func(a, b table.Problem) int { return a.Row - b.Row })
		return nil, &MappingError{p.problems}
	}
	return p.m, nil
}

// mappingParser collects a mapping and what is wrong with it.
type mappingParser struct {
	form     *Form
	rules    Rules
	m        *Mapping
	lines    map[string]int // of our columns in `fixed`
	problems []table.Problem
}

func (p *mappingParser) add(line int, reason, sentence string) {
	p.problems = append(p.problems, table.Problem{Row: max(line, 1), Reason: reason, Sentence: sentence})
}

// yamlLine finds the line in an error of the YAML package.
var yamlLine = regexp.MustCompile(`line ([0-9]+): `)

// yamlFault returns the line at which a text is no YAML; 0 if it is not known. What
// the package says there more is in English, and in words of those who made it.
func yamlFault(err error) (line int) {
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		line, _ = strconv.Atoi(m[1])
	}
	return line
}

// taker takes the value of a key.
type taker func(p *mappingParser, key string, value *yaml.Node)

// mappingKeys are the keys of a mapping.
var mappingKeys = map[string]taker{
	"sheet":     func(p *mappingParser, _ string, v *yaml.Node) { p.m.options.Sheet = p.text(v) },
	"header":    (*mappingParser).header,
	"encoding":  (*mappingParser).encoding,
	"language":  (*mappingParser).language,
	"hidden":    func(p *mappingParser, _ string, v *yaml.Node) { one(p, v, &p.m.options.Hidden, hiddens) },
	"delimiter": func(p *mappingParser, _ string, v *yaml.Node) { one(p, v, &p.m.options.Delimiter, delimiters) },
	"decimal":   func(p *mappingParser, _ string, v *yaml.Node) { one(p, v, &p.m.Mark, marks) },
	"dates":     func(p *mappingParser, _ string, v *yaml.Node) { one(p, v, &p.m.Dates.Order, orders) },
	"era":       func(p *mappingParser, _ string, v *yaml.Node) { one(p, v, &p.m.Dates.Era, eras) },
	"columns":   func(p *mappingParser, _ string, v *yaml.Node) { p.ofColumns(v, (*mappingParser).heading) },
	"fixed":     func(p *mappingParser, _ string, v *yaml.Node) { p.ofColumns(v, (*mappingParser).fixed) },
	"words":     func(p *mappingParser, _ string, v *yaml.Node) { p.ofColumns(v, (*mappingParser).word) },
	"systems":   func(p *mappingParser, _ string, v *yaml.Node) { p.ofColumns(v, (*mappingParser).system) },
}

var (
	hiddens    = map[string]bool{"true": true, "false": false}
	delimiters = map[string]rune{"comma": ',', "semicolon": ';', "tab": '\t', "bar": '|'}
	marks      = map[string]table.Mark{"point": table.MarkPoint, "comma": table.MarkComma}
	orders     = map[string]table.Order{"day-first": table.DayFirst, "month-first": table.MonthFirst}
	eras       = map[string]table.Era{"common": table.EraCommon, "buddhist": table.EraBuddhist}
)

// one takes one of the words of a set.
func one[T any](p *mappingParser, v *yaml.Node, into *T, set map[string]T) {
	text := p.text(v)
	value, ok := set[text]
	switch {
	case text == "":
		return
	case !ok:
		p.add(v.Line, "MAPPING_VALUE", fmt.Sprintf("write one of %s: %q is none", joined(slices.Sorted(maps.Keys(set))), Shown(text)))
		return
	}
	*into = value
}

// text returns a value that is a text, a number or a truth value, as it is written.
func (p *mappingParser) text(v *yaml.Node) string {
	if v.Kind != yaml.ScalarNode || strings.TrimSpace(v.Value) == "" {
		p.add(v.Line, "MAPPING_TEXT", "write a text here, in quotes if it has signs of YAML in it")
		return ""
	}
	if !utf8.ValidString(v.Value) {
		p.add(v.Line, "MAPPING_TEXT", "write a text here, in quotes if it has signs of YAML in it")
		return ""
	}
	return strings.TrimSpace(v.Value)
}

// entries calls the takers of the keys of a node.
func (p *mappingParser) entries(v *yaml.Node, keys map[string]taker) {
	p.pairs(v, func(key, value *yaml.Node) {
		take, ok := keys[key.Value]
		if !ok {
			p.add(key.Line, "MAPPING_KEY", fmt.Sprintf("leave %q out, or correct it: the keys are %s", Shown(key.Value), joined(slices.Sorted(maps.Keys(keys)))))
			return
		}
		take(p, key.Value, value)
	})
}

// pairs visits the keys of a node and their values, each key once.
func (p *mappingParser) pairs(v *yaml.Node, visit func(key, value *yaml.Node)) {
	if v.Kind == yaml.ScalarNode && v.Tag == "!!null" {
		return
	}
	if v.Kind != yaml.MappingNode {
		p.add(v.Line, "MAPPING_PAIRS", "write keys with values here, each on a line of its own: key: value")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(v.Content); i += 2 {
		key, value := v.Content[i], v.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			p.add(key.Line, "MAPPING_PAIRS", "write keys with values here, each on a line of its own: key: value")
			continue
		}
		if seen[key.Value] {
			p.add(key.Line, "MAPPING_TWICE", fmt.Sprintf("write %q once", Shown(key.Value)))
			continue
		}
		seen[key.Value] = true
		visit(key, value)
	}
}

// ofColumns visits the entries of a node whose keys are columns of ours.
func (p *mappingParser) ofColumns(v *yaml.Node, take func(p *mappingParser, c *Column, value *yaml.Node)) {
	p.pairs(v, func(key, value *yaml.Node) {
		c, ok := p.form.byName[key.Value]
		if !ok {
			p.add(key.Line, "MAPPING_COLUMN", fmt.Sprintf("leave %q out, or correct it: no column of these sheets is called so", Shown(key.Value)))
			return
		}
		take(p, c, value)
	})
}

func (p *mappingParser) heading(c *Column, v *yaml.Node) {
	if text := p.text(v); text != "" {
		p.m.headings[c.Name] = text
	}
}

func (p *mappingParser) fixed(c *Column, v *yaml.Node) {
	if text := p.text(v); text != "" {
		if p.lines == nil {
			p.lines = map[string]int{}
		}
		p.m.fixed[c.Name], p.lines[c.Name] = text, v.Line
	}
}

func (p *mappingParser) system(c *Column, v *yaml.Node) {
	text := p.text(v)
	switch {
	case c.System == "":
		p.add(v.Line, "MAPPING_SYSTEM", fmt.Sprintf("leave it out: %s has no codes of a list", c.Name))
	case text != "" && !systemForm.MatchString(text):
		p.add(v.Line, "MAPPING_SYSTEM", fmt.Sprintf("name a code list such as eppo, or give a URI: %q is neither", Shown(text)))
	case text != "":
		p.m.Systems[c.Name] = text
	}
}

// systemForm is what the contract takes as the name of a code list.
var systemForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.:/_#?=&%~-]{0,199}$`)

func (p *mappingParser) word(c *Column, v *yaml.Node) {
	if c.Kind != Word && c.Kind != Area && (p.rules.TakesWords == nil || !p.rules.TakesWords(c.Kind)) {
		p.add(v.Line, "MAPPING_WORDS", fmt.Sprintf("leave it out: %s has no words", c.Name))
		return
	}
	p.pairs(v, func(theirs, ours *yaml.Node) {
		said := p.text(ours)
		if said == "" {
			return
		}
		value, wrong := p.meant(c, said)
		if wrong != nil {
			wrong.Row = ours.Line
			p.problems = append(p.problems, *wrong)
			return
		}
		if p.m.words[c.Name] == nil {
			p.m.words[c.Name] = map[string]string{}
		}
		p.m.words[c.Name][folded(theirs.Value)] = value
	})
}

// meant returns the value that a word of ours stands for in a column, or why it is
// none.
func (p *mappingParser) meant(c *Column, said string) (value string, wrong *table.Problem) {
	switch c.Kind {
	case Word:
		v, ok := p.form.values[c.Words][folded(said)]
		if !ok {
			return "", &table.Problem{Reason: "MAPPING_VALUE", Sentence: fmt.Sprintf("write one of %s: %q is none", p.form.Offered(c), Shown(said))}
		}
		return v, nil
	case Area:
		if !AreaCode(said) {
			return "", &table.Problem{Reason: "AREA", Sentence: fmt.Sprintf("write the code of the country, such as VN: %q is none", Shown(said))}
		}
		return said, nil
	}
	return p.rules.Meant(c, said)
}

func (p *mappingParser) header(_ string, v *yaml.Node) {
	text := p.text(v)
	if text == "" {
		return
	}
	first, last, isRange := strings.Cut(text, "-")
	if !isRange {
		last = first
	}
	from, err := strconv.Atoi(strings.TrimSpace(first))
	to, err2 := strconv.Atoi(strings.TrimSpace(last))
	if err := errors.Join(err, err2); err != nil || from < 1 || to < from {
		p.add(v.Line, "MAPPING_HEADER", "write the row of the header, or the first and the last one, such as 3 or 3-4")
		return
	}
	p.m.options.FirstHeader, p.m.options.LastHeader = from, to
}

func (p *mappingParser) encoding(_ string, v *yaml.Node) {
	text := p.text(v)
	if _, ok := charset.Named(text); !ok && text != "" {
		all := make([]string, 0, len(charset.All()))
		for _, e := range charset.All() {
			all = append(all, string(e))
		}
		p.add(v.Line, "MAPPING_VALUE", fmt.Sprintf("write one of %s: %q is none", joined(all), Shown(text)))
		return
	}
	p.m.options.Encoding = text
}

// languageForm is what the contract takes as a tag of BCP 47.
var languageForm = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)

func (p *mappingParser) language(_ string, v *yaml.Node) {
	text := p.text(v)
	if text != "" && !languageForm.MatchString(text) || len(text) > 35 {
		p.add(v.Line, "MAPPING_LANGUAGE", "write the tag of a language, such as vi, th or zh-Hans")
		return
	}
	p.m.Language = text
}

// finish looks at what belongs together.
func (p *mappingParser) finish() {
	for name, text := range p.m.fixed {
		at := p.lines[name]
		if p.m.headings[name] != "" {
			p.add(at, "MAPPING_FIXED", fmt.Sprintf("give %s a heading or a fixed value, not both", name))
			continue
		}
		for _, found := range p.rules.Fixed(p.m, p.form.byName[name], text) {
			p.add(at, found.Reason, found.Sentence)
		}
	}
}
