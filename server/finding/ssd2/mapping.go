package ssd2

import (
	"fmt"
	"strings"

	"github.com/spsalert/spsalert/server/sheet/table"
)

// Mapping says how a laboratory writes its sheets. It does not change and is safe for
// concurrent use.
type Mapping struct {
	options  table.Options
	mark     table.Mark
	dates    table.Dates
	language string                       // of its words
	headings map[string]string            // by name of our column
	fixed    map[string]string            // by name of our column
	words    map[string]map[string]string // by name of our column, folded word to value
	systems  map[string]string            // by name of our column
}

// Default returns the mapping of a sheet whose columns have our names, as those of
// a template do, and that leaves no doubt about dates and numbers.
func Default() *Mapping {
	return &Mapping{
		language: "und", headings: map[string]string{}, fixed: map[string]string{},
		words: map[string]map[string]string{}, systems: map[string]string{},
	}
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

// maxMapping is how many bytes a mapping may have.
const maxMapping = 256 << 10
