package form

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Kind is what a cell of a column holds. The owner of a form may have further
// kinds of its own.
type Kind string

// The kinds of which the package knows something: in which format a template has
// them, and whether a mapping may have words for them.
const (
	Text   Kind = "text"   // words
	Code   Kind = "code"   // a code or a number that is a name, kept as it is written
	Area   Kind = "area"   // a country or area, by code or name
	Date   Kind = "date"   // a day
	Count  Kind = "count"  // a whole number
	Number Kind = "number" // a number alone
	Result Kind = "result" // a number with its comparator, or a word in its place
	Word   Kind = "word"   // one of a list of words
)

// Column is a column of a form.
type Column struct {
	Name    string   `yaml:"name"`
	SSD2    bool     `yaml:"ssd2"` // the name is that of an element of SSD2, the Standard Sample Description of EFSA
	Of      string   `yaml:"of"`   // the part of a record that it speaks of, as the owner of the form names them
	Kind    Kind     `yaml:"kind"`
	Fields  []string `yaml:"fields"` // paths of what it fills, without indexes
	Spoils  []string `yaml:"spoils"` // paths of what else is wrong if the cell is
	Words   string   `yaml:"words"`  // name of the list, for [Word]
	System  string   `yaml:"system"` // code list, for [Code]
	Form    *Pattern `yaml:"form"`   // what is a code of the list; nil: anything
	Need    bool     `yaml:"need"`   // the sheet or the mapping must have it
	Example string   `yaml:"example"`

	Index int               `yaml:"-"` // among the columns of the form
	Means map[string]string `yaml:"-"` // what it means, by language
}

// Pattern is a regular expression in a file.
type Pattern struct{ *regexp.Regexp }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *Pattern) UnmarshalText(text []byte) (err error) {
	p.Regexp, err = regexp.Compile(string(text))
	return err
}

// Choice is a value of a list of words, and what may stand for it.
type Choice struct {
	Value string   `yaml:"value"` // as the code has it
	SSD2  []string `yaml:"ssd2"`  // codes of EFSA
	Also  []string `yaml:"also"`
	// In is the word that a template offers, by language.
	In map[string]string `yaml:",inline"`
}

// Form is what one kind of sheet has. It does not change once it is in use, and is
// safe for concurrent use.
type Form struct {
	Name    string    // of the sheet of a template on which records are written
	Columns []*Column // in the order of the template
	Words   map[string][]Choice

	// OneOf are names of columns of which a sheet must have one, the first of each
	// being that which is asked for.
	OneOf  [][]string
	byName map[string]*Column
	values map[string]map[string]string // by list and folded word
}

// Parse returns the form that three files in YAML describe: a list of columns, what
// each means by language, and lists of words. An error is a fault of the files.
func Parse(name string, columns, meanings, words []byte) (*Form, error) {
	f := &Form{Name: name, byName: map[string]*Column{}, values: map[string]map[string]string{}}
	var means map[string]map[string]string
	for _, file := range []struct {
		name string
		text []byte
		into any
	}{{"columns", columns, &f.Columns}, {"meanings", meanings, &means}, {"words", words, &f.Words}} {
		d := yaml.NewDecoder(bytes.NewReader(file.text))
		d.KnownFields(true)
		if err := d.Decode(file.into); err != nil {
			return nil, fmt.Errorf("%s of %s: %w", file.name, name, err)
		}
	}
	for i, c := range f.Columns {
		if f.byName[c.Name] != nil {
			return nil, fmt.Errorf("columns of %s: %s is there twice", name, c.Name)
		}
		c.Index, c.Means, f.byName[c.Name] = i, means[c.Name], c
	}
	return f, f.readWords()
}

// readWords finds the value of each word.
func (f *Form) readWords() error {
	for list, choices := range f.Words {
		f.values[list] = map[string]string{}
		for _, w := range choices {
			all := append(append([]string{}, w.SSD2...), w.Also...)
			for _, said := range w.In {
				all = append(all, said)
			}
			for _, said := range all {
				if v, there := f.values[list][folded(said)]; there && v != w.Value {
					return fmt.Errorf("words of %s: %s: %q means two values", f.Name, list, said)
				}
				f.values[list][folded(said)] = w.Value
			}
		}
	}
	return nil
}

// Column returns the column of a name, nil if there is none.
func (f *Form) Column(name string) *Column { return f.byName[name] }

// Value returns the value for which a word stands in a column of [Word], by a
// mapping and by the list.
func (f *Form) Value(m *Mapping, c *Column, said string) (value string, ok bool) {
	if value, ok = m.Said(c, said); !ok {
		value, ok = f.values[c.Words][folded(said)]
	}
	return value, ok
}

// Offered lists the words of a column, in English, for a sentence.
func (f *Form) Offered(c *Column) string { return joined(f.Offers(c, "en")) }

// Offers returns the words of a column, in one of the languages of the form.
func (f *Form) Offers(c *Column, language string) []string {
	var all []string
	for _, w := range f.Words[c.Words] {
		all = append(all, w.In[language])
	}
	return all
}

// folded returns a text as words and headings are compared: capitals, the width of
// letters and blanks make no difference.
func folded(text string) string {
	return cases.Fold().String(strings.Join(strings.Fields(norm.NFKC.String(text)), " "))
}

// joined writes names with commas between.
func joined(names []string) string { return strings.Join(names, ", ") }

// Shown returns the beginning of a text that is repeated in a sentence.
func Shown(text string) string {
	if r := []rune(text); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return text
}
