package ssd2

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spsalert/spsalert/server/sheet/table"
)

// Place returns where a field of the finding stands, by its path within the finding
// (`sample.results[1].value`): the row, and the column as a spreadsheet calls it. A
// field that is empty stands where it should be. The column is empty if the sheet has
// none for the field.
func (s Sheeted) Place(path string) (row int, column string) {
	row, c := s.find(path)
	if c == nil {
		return row, ""
	}
	return row, s.reader.Letter(c)
}

// Problem returns a violation of a field as a problem at its place. It follows from a
// problem that is told already if the cells that fill the field have one: a result
// whose number is not understood has none, and need not be told to be empty.
func (s Sheeted) Problem(path, reason, sentence string) (p table.Problem, follows bool) {
	row, column := s.Place(path)
	p = table.Problem{Row: row, Column: column, Reason: reason, Sentence: sentence}
	if s.reader != nil {
		p.Heading = s.reader.Heading(column)
	}
	return p, s.follows(path, row)
}

// Written returns what is written in a cell of the rows of the finding, as a person
// reads it; empty if there is none, or its row cannot be read.
func (s Sheeted) Written(row int, column string) string {
	for _, c := range s.cells[row] {
		if c.Column == column {
			return c.Text
		}
	}
	return ""
}

// indexed finds the indexes in a path.
var indexed = regexp.MustCompile(`\[[0-9]+\]`)

// resultAt finds which result a path is of.
var resultAt = regexp.MustCompile(`^sample\.results\[([0-9]+)\]`)

// find returns the row of a field, and the column that fills it, or something of it;
// nil if the sheet has none.
func (s Sheeted) find(path string) (row int, found *column) {
	row = s.First
	if m := resultAt.FindStringSubmatch(path); m != nil {
		if i, err := strconv.Atoi(m[1]); err == nil && i < len(s.rows) {
			row = s.rows[i]
		}
	}
	if s.reader == nil {
		return row, nil
	}
	bare, best := indexed.ReplaceAllString(path, ""), 0
	for _, c := range vocabulary().Columns {
		if s.reader.Letter(c) == "" {
			continue
		}
		for _, field := range c.Fields {
			n := fit(bare, field)
			if n > best || n > 0 && n == best && !s.fills(row, found) && s.fills(row, c) {
				best, found = n, c
			}
		}
	}
	return row, found
}

// fills reports whether a column has something in a row.
func (s Sheeted) fills(row int, c *column) bool {
	return s.Written(row, s.reader.Letter(c)) != ""
}

// fit returns how well a column that fills field stands for path, from 1; 0 if it does
// not.
func fit(path, field string) int {
	switch {
	case path == field:
		return 1 << 20
	case field != wholeResult && strings.HasPrefix(path, field+"."):
		return 1<<10 + len(field) // the column fills the whole of which path is a part
	case strings.HasPrefix(field, path+"."):
		return 1
	}
	return 0
}

// follows reports whether a cell that fills a field, or a part of it, has a problem.
func (s Sheeted) follows(path string, row int) bool {
	bare := indexed.ReplaceAllString(path, "")
	for _, p := range s.Problems {
		if p.Column == "" {
			continue
		}
		for _, c := range vocabulary().Columns {
			if s.reader.Letter(c) == p.Column && (ofReport(c) || p.Row == row) && spoils(c, bare) {
				return true
			}
		}
	}
	return false
}

// wholeResult is the path of a result. It has so many columns that only those that say
// what was found make it wrong.
const wholeResult = "sample.results"

// spoils reports whether a field has a problem because the cell of a column has one.
func spoils(c *column, path string) bool {
	if c.Name == "resUnit" && strings.HasSuffix(path, ".ucum") {
		return true
	}
	return slices.ContainsFunc(slices.Concat(c.Fields, c.Spoils), func(field string) bool {
		return path == field || field != wholeResult && strings.HasPrefix(path, field+".") ||
			path != wholeResult && strings.HasPrefix(field, path+".")
	})
}
