package ssd2

import (
	_ "embed"
	"io"
	"sync"

	"github.com/spsalert/spsalert/server/sheet/form"
	"github.com/spsalert/spsalert/server/sheet/table"
)

// The kinds that only findings have.
const (
	kindKept    form.Kind = "kept"    // a code for which a finding has no field: it is kept in words
	kindList    form.Kind = "list"    // several codes with $ between them, as SSD2 has it
	kindResults form.Kind = "results" // several results with $ between them
	kindUnit    form.Kind = "unit"    // a unit
)

// column is a column of a sheet of findings, as columns.yaml has it.
type column = form.Column

// ofReport reports whether all rows of a report say a column.
func ofReport(c *column) bool { return c.Of == "report" }

//go:embed columns.yaml
var columnsFile []byte

//go:embed meanings.yaml
var meaningsFile []byte

//go:embed words.yaml
var wordsFile []byte

// vocabulary is what the embedded files say; a test reads them.
var vocabulary = sync.OnceValue(func() *form.Form {
	f, err := form.Parse("findings", columnsFile, meaningsFile, wordsFile)
	if err != nil {
		panic(err) // a file of this package is wrong, whatever the input is
	}
	f.OneOf = [][]string{
		{"paramText", "paramCode", "paramCas", "paramEppo"},
		{"resVal", "resQualValue", "resType", "evalCode", "resText"},
	}
	return f
})

// Mapping says how a laboratory writes its sheets, see [form.Mapping].
type Mapping = form.Mapping

// Default returns the mapping of a sheet whose columns have our names, see
// [form.Default].
func Default() *Mapping { return form.Default() }

// ParseMapping reads a mapping, in YAML, as [form.Form.ParseMapping] does.
func ParseMapping(text []byte) (*Mapping, error) {
	return vocabulary().ParseMapping(text, form.Rules{
		TakesWords: func(k form.Kind) bool { return k == form.Result || k == kindResults || k == kindUnit },
		Meant:      meant,
		Fixed: func(m *Mapping, c *column, text string) []table.Problem {
			l := &line{m: m, values: make([]value, len(vocabulary().Columns))}
			l.take(c, table.Cell{Kind: table.KindText, Text: text}, "")
			return l.problems
		},
	})
}

// Template writes an empty sheet of findings, as [form.Form.Template] does.
func Template(w io.Writer, format string, tags ...string) error {
	return vocabulary().Template(w, format, tags...)
}
