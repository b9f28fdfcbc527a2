package table

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Kind is what a cell holds.
type Kind int

// The kinds of cells.
const (
	KindEmpty   Kind = iota
	KindText         // a text; in CSV every value that is none of the others
	KindNumber       // stored as a number, in a workbook
	KindDate         // stored as a number that is shown as a date or a time of day, in a workbook
	KindBool         // TRUE or FALSE, in a workbook
	KindFormula      // what is reckoned, which is refused
	KindFailed       // an error of a spreadsheet such as #N/A
	KindMerged       // covered by a merged cell that begins elsewhere
)

// Cell is one value of a row, and where it stands.
type Cell struct {
	Row    int    // as a spreadsheet numbers it, from 1
	Column string // as a spreadsheet calls it, for example "C"
	Kind   Kind
	// Text is what the cell holds, to show it to a person: a text in Unicode normal
	// form C without blanks around it; a number with a point, with the zeros before it
	// that its format shows, of at most 15 digits that count, as a spreadsheet has it;
	// a date as 2006-01-02 or 2006-01-02 15:04:05; the value held for a formula.
	Text string
}

const (
	// mostText is how many characters a cell of a spreadsheet holds.
	mostText = 32767
	// keptText is how many bytes of a text are kept, of a longer one the beginning.
	keptText = 4*mostText + 4
)

// Row is a row of a table.
type Row struct {
	Number int // as a spreadsheet numbers it, from 1
	// Cells are those of all columns of the header, in their order, and of those
	// beyond it that hold something. The slice is the caller's.
	Cells  []Cell
	hidden bool
}

// empty reports whether no cell of a row holds anything.
func (r Row) empty() bool {
	for _, c := range r.Cells {
		if c.Kind != KindEmpty {
			return false
		}
	}
	return true
}

// widen gives a row at least so many cells.
func (r *Row) widen(columns int) {
	for len(r.Cells) < columns {
		r.Cells = append(r.Cells, Cell{Row: r.Number, Column: letters(len(r.Cells))})
	}
}

func (c Cell) problem(reason, sentence string) Problem {
	return Problem{Row: c.Row, Column: c.Column, Reason: reason, Sentence: sentence}
}

func (c Cell) note(reason, sentence string) *Note {
	n := Note(c.problem(reason, sentence))
	return &n
}

// usable returns the problem of a cell that no value can be taken of.
func (c Cell) usable() error {
	switch {
	case c.Kind == KindFormula:
		return c.problem("CELL_FORMULA", "write the value instead of the formula: copy it and paste values only")
	case c.Kind == KindFailed:
		return c.problem("CELL_ERROR", fmt.Sprintf("write the value: the spreadsheet has only the error %s", c.Text))
	case c.Kind == KindMerged:
		return c.problem("CELL_MERGED", "undo the merging of cells and write the value in each of them")
	case utf8.RuneCountInString(c.Text) > mostText:
		return c.problem("CELL_LONG", fmt.Sprintf("shorten it to %d characters", mostText))
	case strings.ContainsRune(c.Text, utf8.RuneError):
		return c.problem("CELL_ENCODING", "write it again, or say in which encoding the file is: some characters are not of the one that it was read in")
	}
	return nil
}

// AsText returns the value as a text: a code, a name, a remark. That of an empty
// cell is empty. A number is returned as it is written, with a note if it may have
// lost zeros at its beginning; one with more digits than a spreadsheet keeps, and a
// date, are problems.
func (c Cell) AsText() (string, *Note, error) {
	if err := c.usable(); err != nil {
		return "", nil, err
	}
	switch c.Kind {
	case KindDate:
		return "", nil, c.problem("TEXT_DATE", fmt.Sprintf("format the column as text and type the value again: the spreadsheet has made the date %s of it", c.Text))
	case KindNumber:
		if digits := strings.TrimLeft(c.Text, "-0"); len(digits) > mostDigits && !strings.Contains(digits, ".") {
			return "", nil, c.problem("TEXT_DIGITS", fmt.Sprintf("format the column as text and type the value again: a spreadsheet keeps only %d digits of a number", mostDigits))
		}
		if plainInteger.MatchString(c.Text) {
			return c.Text, c.note("TEXT_NUMBER", fmt.Sprintf("%s is stored as a number: zeros at its beginning would be lost", c.Text)), nil
		}
	}
	return c.Text, nil, nil
}

var plainInteger = regexp.MustCompile(`^[1-9][0-9]*$`)

// failures are the errors of spreadsheets as text, and what they write into a
// column that is too narrow.
var failures = regexp.MustCompile(`^#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|##+)$`)

// quoted is how some programs keep a spreadsheet from making a number of a text.
var quoted = regexp.MustCompile(`^="([^"]*)"$`)

// tidy returns a text in normal form C, without blanks and invisible characters
// around it.
func tidy(s string) string {
	return norm.NFC.String(strings.TrimFunc(s, func(r rune) bool {
		return r <= ' ' || r == '\u00a0' || r == '\u3000' || r == '\ufeff' || r == '\u200b' || r >= '\u2000' && r <= '\u200a' || r == '\u202f'
	}))
}

// letters returns what spreadsheets call a column: A, B … Z, AA; the first is 0.
func letters(index int) string {
	var name []byte
	for n := index + 1; n > 0; n = (n - 1) / 26 {
		name = append([]byte{byte('A' + (n-1)%26)}, name...)
	}
	return string(name)
}

// place returns the row, from 1, and the column, from 0, of the name of a cell
// such as C12; false if it is none.
func place(name string) (row, column int, ok bool) {
	i := 0
	for ; i < len(name) && i < 4 && name[i] >= 'A' && name[i] <= 'Z'; i++ {
		column = column*26 + int(name[i]-'A') + 1
	}
	if i == 0 || i > 3 || i == len(name) || len(name) > i+7 {
		return 0, 0, false
	}
	for _, d := range name[i:] {
		if d < '0' || d > '9' {
			return 0, 0, false
		}
		row = row*10 + int(d-'0')
	}
	return row, column - 1, row > 0
}
