package form

import (
	"fmt"
	"strings"

	"github.com/spsalert/spsalert/server/sheet/table"
)

// Mapping says how somebody writes sheets. It does not change and is safe for
// concurrent use.
type Mapping struct {
	Mark     table.Mark
	Dates    table.Dates
	Language string            // of its words; und: not said
	Systems  map[string]string // by name of our column: the code list that its codes belong to

	options  table.Options
	headings map[string]string            // by name of our column
	fixed    map[string]string            // by name of our column
	words    map[string]map[string]string // by name of our column, folded word to value
}

// Default returns the mapping of a sheet whose columns have our names, as those of
// a template do, and that leaves no doubt about dates and numbers.
func Default() *Mapping {
	return &Mapping{
		Language: "und", headings: map[string]string{}, fixed: map[string]string{},
		words: map[string]map[string]string{}, Systems: map[string]string{},
	}
}

// Said returns the value that the mapping has for a word in a column.
func (m *Mapping) Said(c *Column, said string) (value string, ok bool) {
	value, ok = m.words[c.Name][folded(said)]
	return value, ok
}

// Rules are what the owner of a form says of mappings. Meant is required with
// TakesWords, and Fixed always.
type Rules struct {
	// TakesWords reports whether a mapping may have words for columns of a kind, beside
	// [Word] and [Area]; nil: of no other.
	TakesWords func(Kind) bool
	// Meant returns the value for which a word of ours is meant that a mapping has in
	// a column of such a kind, or why it is none, without a place.
	Meant func(c *Column, said string) (value string, wrong *table.Problem)
	// Fixed returns what is wrong with a value that a mapping has for all rows.
	Fixed func(m *Mapping, c *Column, text string) []table.Problem
}

// MappingError is everything that is wrong with a mapping.
type MappingError struct {
	Problems []table.Problem // their rows are lines of the mapping
}

// Error returns each problem on a line of its own.
func (e *MappingError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = fmt.Sprintf("line %d: %s", p.Row, p.Sentence)
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the problems, each as an error.
func (e *MappingError) Unwrap() []error {
	all := make([]error, len(e.Problems))
	for i, p := range e.Problems {
		all[i] = p
	}
	return all
}

// maxMapping is how many bytes a mapping may have.
const maxMapping = 256 << 10
