package ssd2

import (
	"io"

	"github.com/spsalert/spsalert/server/sheet/form"
	"github.com/spsalert/spsalert/server/sheet/table"
)

// Reader reads the findings of one sheet. It is for one goroutine.
type Reader struct {
	*form.Reader
	m     *Mapping
	rows  int // of all findings, once they are counted
	begun bool
}

// Open begins to read a sheet of size bytes. What cannot be read, and what the
// header lacks, is a [table.Problem]; any other error is one of r. r is read until the
// findings are, and MUST NOT change.
func Open(r io.ReaderAt, size int64, m *Mapping) (*Reader, error) {
	rd, err := vocabulary().Open(r, size, m)
	if err != nil {
		return nil, err
	}
	return &Reader{Reader: rd, m: m}, nil
}

// line takes the values of a row.
func (rd *Reader) line(row table.Row) *line {
	l := &line{m: rd.m, row: row.Number, cells: row.Cells, values: make([]value, len(vocabulary().Columns))}
	for _, c := range vocabulary().Columns {
		if cell, letter, ok := rd.Cell(row, c); ok {
			l.take(c, cell, letter)
		}
	}
	return l
}

// number returns the number of the report of a row; empty if it has none that can be
// read.
func (rd *Reader) number(row table.Row) string {
	cell, _, ok := rd.Cell(row, vocabulary().Column("reportId"))
	if !ok {
		return ""
	}
	text, _, err := cell.AsText()
	if err != nil {
		return ""
	}
	return text
}
