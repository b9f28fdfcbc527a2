package form

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/spsalert/spsalert/server/sheet/table"
)

// Reader reads one sheet of a form. It is for one goroutine.
type Reader struct {
	form    *Form
	m       *Mapping
	r       io.ReaderAt
	size    int64
	options table.Options
	table   *table.Reader
	at      []int             // by our column: the index in a row; -1: it is not there
	letters []string          // by our column: what a spreadsheet calls it; empty: it is not there
	names   map[string]string // by letter: what the header calls it
	notes   []table.Note
}

// Open begins to read a sheet of size bytes. What cannot be read, and what the
// header lacks, is a [table.Problem]; any other error is one of r. r is read until the
// rows are, and MUST NOT change.
func (f *Form) Open(r io.ReaderAt, size int64, m *Mapping) (*Reader, error) {
	rd := &Reader{form: f, m: m, r: r, size: size, options: m.options}
	for _, c := range f.Columns {
		rd.options.Known = append(rd.options.Known, c.Name)
	}
	for _, heading := range m.headings {
		rd.options.Known = append(rd.options.Known, heading)
		if i := strings.LastIndex(heading, " / "); i >= 0 {
			rd.options.Known = append(rd.options.Known, heading[i+3:])
		}
	}
	if err := rd.open(); err != nil {
		return nil, err
	}
	return rd, rd.bind()
}

// open opens the table.
func (rd *Reader) open() error {
	t, err := table.Open(rd.r, rd.size, rd.options)
	var p table.Problem
	if errors.As(err, &p) && p.Reason == "SHEET" && rd.options.Sheet != rd.form.Name { // perhaps it is a template
		options := rd.options
		options.Sheet, options.FirstHeader, options.LastHeader = rd.form.Name, 0, 0
		if named, again := table.Open(rd.r, rd.size, options); again == nil {
			t, err, rd.options = named, nil, options
		}
	}
	if err != nil {
		return err
	}
	rd.table = t
	return nil
}

// bind finds our columns in the header.
func (rd *Reader) bind() error {
	all := rd.form.Columns
	rd.at, rd.letters, rd.names = make([]int, len(all)), make([]string, len(all)), map[string]string{}
	var missing []string
	used := map[int]bool{}
	for _, c := range all {
		rd.at[c.Index] = -1
		fixed := rd.m.fixed[c.Name] != ""
		heading, mapped := rd.m.headings[c.Name]
		if !mapped {
			heading = c.Name
		}
		found, err := rd.table.Column(heading)
		var p table.Problem
		if errors.As(err, &p) && p.Reason == "COLUMN_MISSING" && mapped { // perhaps it is a template
			if ours, again := rd.table.Column(c.Name); again == nil {
				found, err = ours, nil
			}
		}
		switch {
		case errors.As(err, &p) && p.Reason != "COLUMN_MISSING":
			return p
		case err != nil && (mapped || c.Need) && !fixed:
			missing = append(missing, heading)
		case err == nil:
			rd.at[c.Index], rd.letters[c.Index] = found.Index, found.Letter
			used[found.Index] = true
		}
	}
	for _, names := range rd.form.OneOf {
		if !slices.ContainsFunc(names, rd.Has) {
			missing = append(missing, names[0])
		}
	}
	if len(missing) > 0 {
		return table.Problem{Row: 0, Reason: "COLUMNS_MISSING", Sentence: fmt.Sprintf(
			"add the columns %s, or say in a mapping what they are called or which value all rows have: the header has %s", joined(missing), rd.header())}
	}
	rd.notes = rd.table.Notes()
	for _, c := range rd.table.Columns() {
		rd.names[c.Letter] = c.Name
		if !used[c.Index] && c.Name != "" {
			rd.notes = append(rd.notes, table.Note{Column: c.Letter, Heading: c.Name, Reason: "COLUMN_UNUSED", Sentence: fmt.Sprintf("the column %s (%s) is not read: no column of these sheets is called so", c.Letter, Shown(c.Name))})
		}
	}
	return nil
}

// header lists what the header has.
func (rd *Reader) header() string {
	var all []string
	for _, c := range rd.table.Columns() {
		if c.Name != "" {
			all = append(all, Shown(c.Name))
		}
	}
	return joined(all)
}

// Has reports whether a column is there, or has a fixed value.
func (rd *Reader) Has(name string) bool {
	return rd.at[rd.form.byName[name].Index] >= 0 || rd.m.fixed[name] != ""
}

// Mapping returns the mapping by which the sheet is read.
func (rd *Reader) Mapping() *Mapping { return rd.m }

// Notes returns what a person should know of the whole sheet, such as columns that are
// not read.
func (rd *Reader) Notes() []table.Note { return slices.Clone(rd.notes) }

// Letter returns what a spreadsheet calls a column; empty if it is not there.
func (rd *Reader) Letter(c *Column) string { return rd.letters[c.Index] }

// Heading returns what the header calls the column of a letter.
func (rd *Reader) Heading(letter string) string { return rd.names[letter] }

// Rows returns the rows of the sheet, as those of a table. It can be ranged over once.
func (rd *Reader) Rows() iter.Seq2[table.Row, error] { return rd.table.Rows() }

// Again begins to read the rows of the sheet anew, from the first.
func (rd *Reader) Again() error {
	rd.table = nil // its texts are not held beside those of the next
	return rd.open()
}

// Cell returns the cell of a column in a row: that of the sheet with the letter of its
// column; if that is not there or empty, the fixed value without a letter. It reports
// false if the row has neither.
func (rd *Reader) Cell(row table.Row, c *Column) (cell table.Cell, letter string, ok bool) {
	i, fixed := rd.at[c.Index], rd.m.fixed[c.Name]
	switch there := i >= 0 && i < len(row.Cells); {
	case there && (row.Cells[i].Kind != table.KindEmpty || fixed == ""):
		return row.Cells[i], rd.letters[c.Index], true
	case fixed != "":
		return table.Cell{Row: row.Number, Kind: table.KindText, Text: fixed}, "", true
	default:
		return table.Cell{}, "", false
	}
}
