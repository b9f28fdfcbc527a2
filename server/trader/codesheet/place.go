package codesheet

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spsalert/spsalert/server/sheet/form"
	"github.com/spsalert/spsalert/server/sheet/table"
)

// indexed finds the indexes in a path.
var indexed = regexp.MustCompile(`\[[0-9]+\]`)

// Problem returns a violation of a field of the exporter as a problem at its place. It
// follows from a problem that is told already if the cell that fills the field has
// one.
func (e Entry) Problem(path, reason, sentence string) (p table.Problem, follows bool) {
	p = table.Problem{Row: e.Row, Reason: reason, Sentence: sentence}
	if e.reader == nil {
		return p, false
	}
	if c := e.column(path, reason); c != nil {
		p.Column = e.reader.Letter(c)
		p.Heading = e.reader.Heading(p.Column)
	}
	follows = p.Column != "" && slices.ContainsFunc(e.Problems, func(told table.Problem) bool { return told.Column == p.Column })
	return p, follows
}

// column returns the column that fills a field, or the first that the sheet has of
// those that fill a part of it; nil if there is none.
func (e Entry) column(path, reason string) *form.Column {
	if reason == "EXPORTER_CODE_ORDER" { // is of the code, and about its days
		path += ".until_date"
	}
	for prefix, c := range e.columns {
		if strings.HasPrefix(path, prefix) {
			return c
		}
	}
	bare := indexed.ReplaceAllString(path, "")
	var part *form.Column
	for _, c := range vocabulary().Columns {
		if e.reader.Letter(c) == "" {
			continue
		}
		for _, field := range c.Fields {
			switch {
			case bare == field || strings.HasPrefix(bare, field+"."):
				return c
			case part == nil && strings.HasPrefix(field, bare+"."):
				part = c
			}
		}
	}
	return part
}

// Written returns what is written in a cell of the row, as a person reads it; empty if
// there is none.
func (e Entry) Written(row int, column string) string {
	if row != e.Row {
		return ""
	}
	for _, c := range e.cells {
		if c.Column == column {
			return c.Text
		}
	}
	return ""
}
