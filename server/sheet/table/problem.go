package table

import (
	"errors"
	"fmt"
)

// Problem says why a table, a row or a cell cannot be taken. As an error it is
// about one row if it has one, and the rows after it can be read; if it has none
// it is about the whole.
type Problem struct {
	Row    int    // as a spreadsheet numbers it, from 1; 0: the whole table
	Column string // as a spreadsheet calls it, for example "C"; empty: the whole row
	// Heading is what the header calls the column; empty: who found the problem did not
	// know it.
	Heading string
	// Reason is a stable code for programs, for example `DATE_AMBIGUOUS`.
	Reason string
	// Sentence says to a person what to do, in English and with the values that
	// differ: lower case, no full stop.
	Sentence string
}

// Error returns the place and the sentence.
func (p Problem) Error() string {
	switch {
	case p.Row == 0:
		return p.Sentence
	case p.Column == "":
		return fmt.Sprintf("row %d: %s", p.Row, p.Sentence)
	case p.Heading != "":
		return fmt.Sprintf("%s%d (%s): %s", p.Column, p.Row, p.Heading, p.Sentence)
	}
	return fmt.Sprintf("%s%d: %s", p.Column, p.Row, p.Sentence)
}

// Note says what a person should know of a value, or of a table, that was taken.
// Its fields are those of a [Problem].
type Note Problem

// whole returns a problem of the whole table.
func whole(reason, sentence string) Problem { return Problem{Reason: reason, Sentence: sentence} }

// aboutRow reports whether an error is about one row only.
func aboutRow(err error) bool {
	var p Problem
	return errors.As(err, &p) && p.Row > 0
}

// damaged is the problem of a file that is not as its format has it. Where that is
// has the names of the format, which are the same in every language.
func damaged(where string) Problem {
	return whole("FILE_DAMAGED", fmt.Sprintf("save it again in a spreadsheet and send it again: the file is damaged (%s)", where))
}
