package table

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Column is a column of the header.
type Column struct {
	Index  int    // in the cells of a row
	Letter string // as a spreadsheet calls it, for example "C"
	Name   string // of the lowest row of the header that has one; empty: none has
	Group  string // what stands above the name, merged cells included, with " / " between
	Hidden bool
}

// Reader reads one table. It is for one goroutine.
type Reader struct {
	found   Found
	options Options
	from    source
	columns []Column
	folded  [][2]string // names of the columns, alone and with the group before them, as names are compared
	first   []read      // rows that were read to find the header, and are below it
	err     error       // that ended them
	begun   bool
}

// read is what a source gave.
type read struct {
	row Row
	err error
}

// Found returns what was found out about the table.
func (t *Reader) Found() Found { return t.found }

// Columns returns the columns of the header from the first to the last that has a
// name, those without one between them included. The slice is the caller's.
func (t *Reader) Columns() []Column { return slices.Clone(t.columns) }

// Column returns the column of a name. Capitals, the width of letters and blanks
// make no difference. A name that stands twice is to be given with its group before
// it, as in "Result / Unit"; if that does not help, it is a [Problem], as is one
// that is not there.
func (t *Reader) Column(name string) (Column, error) {
	if t.folded == nil {
		for _, c := range t.columns {
			t.folded = append(t.folded, [2]string{folded(c.Name), folded(c.Group + " / " + c.Name)})
		}
	}
	want := folded(name)
	var fit []Column
	for i, c := range t.columns {
		if c.Name != "" && (t.folded[i][0] == want || c.Group != "" && t.folded[i][1] == want) {
			fit = append(fit, c)
		}
	}
	switch len(fit) {
	case 0:
		var names []string
		for _, c := range t.columns {
			if c.Name != "" {
				names = append(names, c.Name)
			}
		}
		return Column{}, whole("COLUMN_MISSING", fmt.Sprintf("add the column %q, or name another one: the header has %s", name, listed(names)))
	case 1:
		return fit[0], nil
	}
	var at []string
	for _, c := range fit {
		at = append(at, c.Letter)
	}
	return Column{}, whole("COLUMN_TWICE", fmt.Sprintf("give the columns %s different names: each is called %q", listed(at), name))
}

// folded returns a name as names are compared.
func folded(name string) string {
	return cases.Fold().String(strings.Join(strings.Fields(norm.NFKC.String(name)), " "))
}

// Rows returns the rows below the header, in their order, empty ones left out. It
// can be ranged over once. An error that is a [Problem] with a row is about that
// row, whose number the Row has, and reading goes on. Any other error is the last
// thing returned: what is behind it was not read, and the caller MUST NOT take the
// rows before it for the whole table.
func (t *Reader) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		if t.begun {
			yield(Row{}, errors.New("the rows of a table are read once"))
			return
		}
		t.begun = true
		for _, r := range t.first {
			if !yield(t.checked(r.row, r.err)) {
				return
			}
		}
		t.first = nil
		for err := t.err; ; {
			var row Row
			if err == nil {
				row, err = t.from.next()
			}
			if errors.Is(err, io.EOF) || !yield(t.checked(row, err)) || err != nil && !aboutRow(err) {
				return
			}
			err = nil
		}
	}
}

// checked returns a row as its reader wants it, or its problem.
func (t *Reader) checked(row Row, err error) (Row, error) {
	if err != nil {
		var p Problem
		errors.As(err, &p)
		return Row{Number: p.Row}, err
	}
	if row.hidden && !t.options.Hidden {
		return Row{Number: row.Number}, Problem{Row: row.Number, Reason: "ROW_HIDDEN", Sentence: "show the row or take it out, or say that hidden rows are to be read"}
	}
	width := len(t.columns)
	if got := len(row.Cells); t.from.strict() && (got < width || !Row{Cells: row.Cells[width:]}.empty()) {
		return Row{Number: row.Number}, Problem{Row: row.Number, Reason: "ROW_WIDTH", Sentence: fmt.Sprintf("give it %d values, as the header has: it has %d; a value with a comma or whatever stands between values is written in quotes", width, got)}
	}
	row.widen(width)
	for i, c := range row.Cells {
		if m, ok := t.from.merges().at(row.Number, i); ok && c.Kind == KindEmpty && (m.top != row.Number || m.left != i) {
			row.Cells[i].Kind = KindMerged
		}
	}
	return row, nil
}

// Notes returns what a person should know of the table before its rows are taken.
func (t *Reader) Notes() []Note {
	var notes []Note
	for _, c := range t.columns {
		if c.Hidden && c.Name != "" {
			notes = append(notes, Note(whole("COLUMN_HIDDEN", fmt.Sprintf("the column %s is hidden, and is read", c.Letter))))
		}
	}
	if len(t.found.Hidden) > 0 {
		notes = append(notes, Note(whole("SHEETS_HIDDEN", fmt.Sprintf("the workbook has hidden sheets, which are not read: %s", listed(t.found.Hidden)))))
	}
	return notes
}
