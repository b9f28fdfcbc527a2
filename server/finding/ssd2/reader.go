package ssd2

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spsalert/spsalert/server/sheet/table"
)

// templateSheet is the sheet of a template that findings are written on. It is read
// where a workbook has several and a mapping names none, or one that is not there.
const templateSheet = "findings"

// Reader reads the findings of one sheet. It is for one goroutine.
type Reader struct {
	r       io.ReaderAt
	size    int64
	m       *Mapping
	options table.Options
	table   *table.Reader
	at      []int             // by our column: the index in a row; -1: it is not there
	letters []string          // by our column: what a spreadsheet calls it; empty: it is not there
	names   map[string]string // by letter: what the header calls it
	notes   []table.Note
	rows    int // of all findings, once they are counted
	begun   bool
}

// Open begins to read a sheet of size bytes. What cannot be read, and what the
// header lacks, is a [table.Problem]; any other error is one of r. r is read until the
// findings are, and MUST NOT change.
func Open(r io.ReaderAt, size int64, m *Mapping) (*Reader, error) {
	rd := &Reader{r: r, size: size, m: m, options: m.options}
	for _, c := range vocabulary().columns {
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
	if errors.As(err, &p) && p.Reason == "SHEET" && rd.options.Sheet != templateSheet {
		options := rd.options
		options.Sheet, options.FirstHeader, options.LastHeader = templateSheet, 0, 0
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
	all := vocabulary().columns
	rd.at, rd.letters, rd.names = make([]int, len(all)), make([]string, len(all)), map[string]string{}
	var missing []string
	used := map[int]bool{}
	for _, c := range all {
		rd.at[c.index] = -1
		if rd.m.fixed[c.Name] != "" {
			continue
		}
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
		case err != nil && (mapped || c.Need):
			missing = append(missing, heading)
		case err == nil:
			rd.at[c.index], rd.letters[c.index] = found.Index, found.Letter
			used[found.Index] = true
		}
	}
	if !rd.has("paramText", "paramCode", "paramCas", "paramEppo") {
		missing = append(missing, "paramText")
	}
	if !rd.has("resVal", "resQualValue", "resType", "evalCode", "resText") {
		missing = append(missing, "resVal")
	}
	if len(missing) > 0 {
		return table.Problem{Row: 0, Reason: "COLUMNS_MISSING", Sentence: fmt.Sprintf(
			"add the columns %s, or say in a mapping what they are called or which value all rows have: the header has %s", joined(missing), rd.header())}
	}
	rd.notes = rd.table.Notes()
	for _, c := range rd.table.Columns() {
		rd.names[c.Letter] = c.Name
		if !used[c.Index] && c.Name != "" {
			rd.notes = append(rd.notes, table.Note{Column: c.Letter, Heading: c.Name, Reason: "COLUMN_UNUSED", Sentence: fmt.Sprintf("the column %s (%s) is not read: findings have no column of this name", c.Letter, shown(c.Name))})
		}
	}
	return nil
}

// has reports whether one of some columns is there, or has a fixed value.
func (rd *Reader) has(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return rd.at[vocabulary().byName[name].index] >= 0 || rd.m.fixed[name] != ""
	})
}

// header lists what the header has.
func (rd *Reader) header() string {
	var all []string
	for _, c := range rd.table.Columns() {
		if c.Name != "" {
			all = append(all, shown(c.Name))
		}
	}
	return joined(all)
}

// Notes returns what a person should know of the whole sheet, such as columns that are
// not read.
func (rd *Reader) Notes() []table.Note { return slices.Clone(rd.notes) }

// line takes the values of a row.
func (rd *Reader) line(row table.Row) *line {
	l := &line{m: rd.m, row: row.Number, cells: row.Cells, values: make([]value, len(rd.at))}
	for _, c := range vocabulary().columns {
		if fixed := rd.m.fixed[c.Name]; fixed != "" {
			l.take(c, table.Cell{Row: row.Number, Kind: table.KindText, Text: fixed}, "")
		} else if i := rd.at[c.index]; i >= 0 && i < len(row.Cells) {
			l.take(c, row.Cells[i], rd.letters[c.index])
		}
	}
	return l
}

// number returns the number of the report of a row; empty if it has none that can be
// read.
func (rd *Reader) number(row table.Row) string {
	i := rd.at[vocabulary().byName["reportId"].index]
	if i < 0 {
		return rd.m.fixed["reportId"]
	}
	if i >= len(row.Cells) {
		return ""
	}
	text, _, err := row.Cells[i].AsText()
	if err != nil {
		return ""
	}
	return text
}
