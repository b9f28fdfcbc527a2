package ssd2

import (
	"bytes"
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// kind is what a cell of a column holds.
type kind string

const (
	kindText    kind = "text"    // words
	kindCode    kind = "code"    // a code or a number that is a name, kept as it is written
	kindKept    kind = "kept"    // a code for which a finding has no field: it is kept in words
	kindList    kind = "list"    // several codes with $ between them, as SSD2 has it
	kindArea    kind = "area"    // a country or area, by code or name
	kindDate    kind = "date"    // a day
	kindCount   kind = "count"   // a whole number
	kindNumber  kind = "number"  // a number alone
	kindResult  kind = "result"  // a number with its comparator, or a word in its place
	kindResults kind = "results" // several of them with $ between them
	kindUnit    kind = "unit"    // a unit
	kindWord    kind = "word"    // one of a list of words
)

// column is a column of a sheet of findings, as columns.yaml has it.
type column struct {
	Name    string            `yaml:"name"`
	SSD2    bool              `yaml:"ssd2"` // the name is that of an element of SSD2
	Of      string            `yaml:"of"`   // report or result
	Kind    kind              `yaml:"kind"`
	Fields  []string          `yaml:"fields"` // paths in a finding without indexes
	Spoils  []string          `yaml:"spoils"` // paths of what else is wrong if the cell is
	Words   string            `yaml:"words"`  // name of the list, for kindWord
	System  string            `yaml:"system"` // code list, for kindCode
	Form    *form             `yaml:"form"`   // what is a code of the list; nil: anything
	Need    bool              `yaml:"need"`
	Example string            `yaml:"example"`
	means   map[string]string // by language, as meanings.yaml has it
	index   int
}

// ofReport reports whether all rows of a report say it.
func (c *column) ofReport() bool { return c.Of == "report" }

// form is a regular expression.
type form struct{ *regexp.Regexp }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (f *form) UnmarshalText(text []byte) (err error) {
	f.Regexp, err = regexp.Compile(string(text))
	return err
}

// word is what may stand for a value.
type word struct {
	Value string   `yaml:"value"` // as the code has it
	SSD2  []string `yaml:"ssd2"`  // codes of EFSA
	Also  []string `yaml:"also"`
	// In is the word that a template offers, by language.
	In map[string]string `yaml:",inline"`
}

//go:embed columns.yaml
var columnsFile []byte

//go:embed meanings.yaml
var meaningsFile []byte

//go:embed words.yaml
var wordsFile []byte

// terms are what the embedded files say; a test reads them.
type terms struct {
	columns []*column
	byName  map[string]*column
	words   map[string][]word            // by list
	values  map[string]map[string]string // by list and folded word
}

var vocabulary = sync.OnceValue(func() *terms {
	t, err := readTerms()
	if err != nil {
		panic(err) // a file of this package is wrong, whatever the input is
	}
	return t
})

func readTerms() (*terms, error) {
	t := &terms{byName: map[string]*column{}, values: map[string]map[string]string{}}
	var meanings map[string]map[string]string
	for _, file := range []struct {
		name string
		text []byte
		into any
	}{{"columns.yaml", columnsFile, &t.columns}, {"meanings.yaml", meaningsFile, &meanings}, {"words.yaml", wordsFile, &t.words}} {
		d := yaml.NewDecoder(bytes.NewReader(file.text))
		d.KnownFields(true)
		if err := d.Decode(file.into); err != nil {
			return nil, fmt.Errorf("%s: %w", file.name, err)
		}
	}
	for i, c := range t.columns {
		if t.byName[c.Name] != nil {
			return nil, fmt.Errorf("columns.yaml: %s is there twice", c.Name)
		}
		c.index, c.means, t.byName[c.Name] = i, meanings[c.Name], c
	}
	for list, words := range t.words {
		t.values[list] = map[string]string{}
		for _, w := range words {
			all := append(append([]string{}, w.SSD2...), w.Also...)
			for _, said := range w.In {
				all = append(all, said)
			}
			for _, said := range all {
				if v, there := t.values[list][folded(said)]; there && v != w.Value {
					return nil, fmt.Errorf("words.yaml: %s: %q means two values", list, said)
				}
				t.values[list][folded(said)] = w.Value
			}
		}
	}
	return t, nil
}

// folded returns a text as words and headings are compared: capitals, the width of
// letters and blanks make no difference.
func folded(text string) string {
	return cases.Fold().String(strings.Join(strings.Fields(norm.NFKC.String(text)), " "))
}
