package ssd2

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spsalert/spsalert/client/codes"
	"github.com/spsalert/spsalert/server/finding/ucum"
	"github.com/spsalert/spsalert/server/sheet/form"
	"github.com/spsalert/spsalert/server/sheet/table"
)

// value is what a cell, or a fixed value, says.
type value struct {
	text    string         // as the finding has it; empty: it says nothing
	numbers []table.Number // of form.Result and kindResults
	row     int
	letter  string // of the column; empty: it is fixed
	stored  bool   // as a number
}

// said reports whether there is a value.
func (v value) said() bool { return v.text != "" }

// line is a row with the values of our columns.
type line struct {
	m        *Mapping
	row      int
	cells    []table.Cell
	values   []value // by column
	problems []table.Problem
	notes    []table.Note
}

// of returns the value of a column.
func (l *line) of(name string) value { return l.values[vocabulary().Column(name).Index] }

// at adds a problem at a value.
func (l *line) at(v value, reason, sentence string) {
	l.problems = append(l.problems, table.Problem{Row: v.row, Column: v.letter, Reason: reason, Sentence: sentence})
}

func (l *line) noteAt(v value, reason, sentence string) {
	l.notes = append(l.notes, table.Note{Row: v.row, Column: v.letter, Reason: reason, Sentence: sentence})
}

// take takes the value of a column out of a cell.
func (l *line) take(c *column, cell table.Cell, letter string) {
	v := value{row: l.row, letter: letter, stored: cell.Kind == table.KindNumber}
	var note *table.Note
	var err error
	switch c.Kind {
	case form.Date:
		note, err = v.date(cell, l.m.Dates)
	case form.Count, form.Number:
		note, err = v.number(cell, c, l.m.Mark)
	case form.Result, kindResults:
		note, err = l.results(&v, c, cell)
	default:
		v.text, note, err = cell.AsText()
	}
	zeros := note != nil && note.Reason == "TEXT_NUMBER" && (c.Kind == form.Text || c.Kind == form.Word) // no code, which has some
	if note != nil && !zeros {
		l.notes = append(l.notes, *note)
	}
	var p table.Problem
	switch {
	case errors.As(err, &p):
		p.Row, p.Column = v.row, v.letter
		l.problems = append(l.problems, p)
		v.text = ""
	case v.said() && c.Kind == form.Word:
		l.word(&v, c)
	case v.said() && c.Kind == kindUnit:
		l.unit(&v, c)
	case v.said() && c.Kind == form.Area:
		l.area(&v, c)
	case v.said() && c.Kind == form.Code:
		l.code(&v, c)
	}
	l.values[c.Index] = v
}

// date takes a date, as 2026-01-31, 2026-01 or 2026.
func (v *value) date(cell table.Cell, how table.Dates) (*table.Note, error) {
	how.Partial = true
	d, note, err := cell.AsDate(how)
	switch {
	case err != nil || d.Time.IsZero():
	case d.NoMonth:
		v.text = d.Time.Format("2006")
	case d.NoDay:
		v.text = d.Time.Format("2006-01")
	default:
		v.text = d.Time.Format("2006-01-02")
	}
	return note, err
}

// wholeNumber is what counts.
var wholeNumber = regexp.MustCompile(`^[0-9]{1,9}$`)

// number takes a number alone.
func (v *value) number(cell table.Cell, c *column, mark table.Mark) (*table.Note, error) {
	n, note, err := cell.AsNumber(mark)
	switch {
	case err != nil:
		return nil, err
	case n.Word != "" || n.Comparator != "":
		return nil, table.Problem{Reason: "NUMBER_ALONE", Sentence: fmt.Sprintf("write a number alone, without a word or a sign before it: %q is none", form.Shown(cell.Text))}
	case c.Kind == form.Count && n.Decimal != "" && !wholeNumber.MatchString(n.Decimal):
		return nil, table.Problem{Reason: "NUMBER_WHOLE", Sentence: fmt.Sprintf("write a whole number: %q is none", form.Shown(cell.Text))}
	}
	v.text = n.Decimal
	return note, nil
}

// results takes what stands for a result, or for several of them.
func (l *line) results(v *value, c *column, cell table.Cell) (*table.Note, error) {
	if cell.Kind == table.KindEmpty {
		return nil, nil
	}
	pieces := []table.Cell{cell}
	if c.Kind == kindResults && cell.Kind == table.KindText {
		pieces = nil
		for piece := range strings.SplitSeq(cell.Text, "$") {
			one := cell
			one.Text = strings.TrimSpace(piece)
			pieces = append(pieces, one)
		}
	}
	var note *table.Note
	for _, piece := range pieces {
		if ours, ok := l.m.Said(c, piece.Text); ok && piece.Kind == table.KindText {
			piece.Text = ours
		}
		n, about, err := piece.AsNumber(l.m.Mark)
		if err != nil {
			return nil, err
		}
		if about != nil {
			note = about
		}
		v.numbers = append(v.numbers, n)
	}
	v.text = cell.Text
	return note, nil
}

// word takes the value that a word stands for.
func (l *line) word(v *value, c *column) {
	ours, ok := vocabulary().Value(l.m, c, v.text)
	if !ok && keeps(c, v.text) {
		return
	}
	if !ok {
		l.at(*v, "WORD", fmt.Sprintf("write one of %s: %q is none", vocabulary().Offered(c), form.Shown(v.text)))
	}
	v.text = ours
}

// keeps reports whether a text is kept in words: all of a column without a field, and
// in one of words the codes of EFSA that no word here stands for.
func keeps(c *column, text string) bool {
	return c.Kind == kindKept || c.Kind == form.Word && c.Form != nil && c.Form.MatchString(text)
}

// meant returns the value that a word of ours stands for in a column of units or
// results, or why it is none.
func meant(c *column, said string) (string, *table.Problem) {
	if c.Kind != kindUnit {
		if _, _, err := (table.Cell{Kind: table.KindText, Text: said}).AsNumber(table.MarkPoint); err != nil {
			return "", &table.Problem{Reason: "MAPPING_RESULT", Sentence: fmt.Sprintf("write a number, or ND or <LOQ: %q is no result", form.Shown(said))}
		}
		return said, nil
	}
	unit := unitOf(c, said)
	switch {
	case unit != "" && unit != ucum.Doubted:
		return unit, nil
	case c.Name == "lotSizeUnit":
		return "", &table.Problem{Reason: "UNIT", Sentence: fmt.Sprintf("write a unit of trade, such as kg, t or XCT: %q is none that is known", form.Shown(said))}
	}
	return "", &table.Problem{Reason: "UNIT", Sentence: fmt.Sprintf("write the unit in UCUM, such as mg/kg, ug/kg or [CFU]/g: %q is none that is known", form.Shown(said))}
}

// unitOf returns the unit that a writing stands for in a column, as [ucum.Read] does.
func unitOf(c *column, writing string) string {
	if c.Name == "lotSizeUnit" { // goods have the units of trade
		return traded(writing)
	}
	return ucum.Read(writing)
}

func (l *line) unit(v *value, c *column) {
	unit, ok := l.m.Said(c, v.text)
	if !ok {
		unit = unitOf(c, v.text)
	}
	switch {
	case unit == ucum.Doubted:
		l.at(*v, "UNIT_AMBIGUOUS", fmt.Sprintf("write the unit in UCUM, such as mg/kg, or say in the mapping what it is: %q can be two", form.Shown(v.text)))
		return
	case unit == "" && c.Name == "lotSizeUnit":
		l.at(*v, "UNIT", fmt.Sprintf("write a unit of trade, such as kg, t or XCT: %q is none that is known", form.Shown(v.text)))
		return
	case unit == "":
		l.at(*v, "UNIT", fmt.Sprintf("write the unit in UCUM, such as mg/kg, ug/kg or [CFU]/g: %q is none that is known", form.Shown(v.text)))
		return
	case unit != v.text && !ok:
		l.noteAt(*v, "UNIT_WRITTEN", fmt.Sprintf("the unit %s is taken as %s", form.Shown(v.text), unit))
	}
	v.text = unit
}

func (l *line) area(v *value, c *column) {
	if ours, ok := l.m.Said(c, v.text); ok {
		v.text = ours
		return
	}
	if form.AreaCode(v.text) {
		country, _, _ := strings.Cut(v.text, "-")
		l.advise(*v, "area", country)
		return
	}
	code := form.AreaNamed(v.text)
	if code == "" {
		l.at(*v, "AREA", fmt.Sprintf("write the code of the country, such as VN: %q is none", form.Shown(v.text)))
		return
	}
	l.noteAt(*v, "CODE_NAMED", fmt.Sprintf("%s is taken as %s", form.Shown(v.text), code))
	v.text = code
}

// code looks at a code, which stays as it is written.
func (l *line) code(v *value, c *column) {
	if c.System == "" || l.m.Systems[c.Name] != "" || c.Form != nil {
		return
	}
	l.advise(*v, c.System, v.text)
}

// advise notes what a person should look at in a code. One that lost a zero at its
// beginning on its way through a spreadsheet is a problem: the zero can be put back
// by who knows, and nobody else.
func (l *line) advise(v value, system, code string) {
	var number *codes.NumberError
	err := codes.Builtin().Check(system, code, "")
	switch {
	case errors.As(err, &number) && v.stored && digits.MatchString(code):
		l.at(v, "CODE_NUMBER", fmt.Sprintf("format the column as text and write the code again: %s is stored as a number, and has lost a zero or a sign", code))
	case errors.As(err, &number) && number.Digit != "":
		l.noteAt(v, "CHECK_DIGIT", fmt.Sprintf("compare it with what is printed, its check digit would be %s; if it is printed so, leave it", number.Digit))
	case errors.As(err, &number):
		l.noteAt(v, "CODE_FORM", fmt.Sprintf("compare it with its source, codes of %s look like %s; if it is written so there, leave it", system, number.Example))
	case errors.Is(err, codes.ErrRetired):
		l.noteAt(v, "CODE_RETIRED", fmt.Sprintf("look for another code, %s has taken %s out; if there is none, leave it", system, form.Shown(code)))
	case errors.Is(err, codes.ErrNoCode):
		l.noteAt(v, "CODE_UNKNOWN", fmt.Sprintf("look the code up, %s has no %s; if it is right, leave it", system, form.Shown(code)))
	}
}

var digits = regexp.MustCompile(`^[0-9]+$`)
