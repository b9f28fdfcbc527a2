package codesheet

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spsalert/spsalert/client/plain"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/sheet/form"
	"github.com/spsalert/spsalert/server/sheet/table"
)

// value is what a cell, or a fixed value, says.
type value struct {
	text   string // empty: it says nothing
	day    *spsv1.Date
	many   []string // of a list
	letter string   // of the column; empty: it is fixed
}

// line is a row with the values of our columns.
type line struct {
	m        *form.Mapping
	row      int
	values   []value // by column
	problems []table.Problem
	notes    []table.Note
}

// of returns the value of a column.
func (l *line) of(name string) value { return l.values[vocabulary().Column(name).Index] }

// at adds a problem at a value.
func (l *line) at(v value, reason, sentence string) {
	l.problems = append(l.problems, table.Problem{Row: l.row, Column: v.letter, Reason: reason, Sentence: sentence})
}

// take takes the value of a column out of a cell.
func (l *line) take(c *form.Column, cell table.Cell, letter string) {
	v := value{letter: letter}
	var note *table.Note
	var err error
	if c.Kind == form.Date {
		note, err = v.date(cell, l.m.Dates)
	} else {
		v.text, note, err = cell.AsText()
	}
	if note != nil && (note.Reason != "TEXT_NUMBER" || c.Kind == form.Code) {
		l.notes = append(l.notes, *note)
	}
	var p table.Problem
	switch {
	case errors.As(err, &p):
		p.Row, p.Column = l.row, letter
		l.problems = append(l.problems, p)
		v.text = ""
	case v.text == "":
	case c.Kind == form.Word:
		l.word(&v, c)
	case c.Kind == kindPlace:
		l.place(&v, c)
	case c.Kind == kindAreas:
		l.areas(&v, c)
	case c.Kind == kindTariff:
		l.tariff(&v, cell)
	case c.Kind == kindList:
		v.many = pieces(v.text)
	case c.Kind == kindPhone:
		v.text = strings.NewReplacer(" ", "", "\u00a0", "", ".", "", "-", "", "(", "", ")", "").Replace(v.text)
	}
	l.values[c.Index] = v
}

// date takes a day.
func (v *value) date(cell table.Cell, how table.Dates) (*table.Note, error) {
	d, note, err := cell.AsDate(how)
	if err == nil && !d.Time.IsZero() {
		v.day = &spsv1.Date{Year: uint32(d.Time.Year()), Month: uint32(d.Time.Month()), Day: uint32(d.Time.Day())}
	}
	return note, err
}

// word takes the value that a word stands for.
func (l *line) word(v *value, c *form.Column) {
	ours, ok := vocabulary().Value(l.m, c, v.text)
	if !ok {
		l.at(*v, "WORD", fmt.Sprintf("write one of %s: %q is none", vocabulary().Offered(c), form.Shown(v.text)))
	}
	v.text = ours
}

// place takes the code that a mapping has for the name of a province.
func (l *line) place(v *value, c *form.Column) {
	if code, ok := l.m.Said(c, v.text); ok {
		v.text = code
	}
}

// areas takes codes and names of countries.
func (l *line) areas(v *value, c *form.Column) {
	for _, piece := range pieces(v.text) {
		code, ok := l.m.Said(c, piece)
		switch {
		case ok:
		case form.AreaCode(piece):
			code = piece
		default:
			code = form.AreaNamed(piece)
		}
		if code == "" {
			l.at(*v, "AREA", fmt.Sprintf("write the code of the country, such as VN: %q is none", form.Shown(piece)))
			continue
		}
		v.many = append(v.many, code)
	}
}

// tariff takes beginnings of HS codes. One that is stored as a number has perhaps
// lost the zero at its beginning: the zero can be put back by who knows, and nobody
// else.
func (l *line) tariff(v *value, cell table.Cell) {
	for _, piece := range pieces(v.text) {
		digits := plain.Digits(piece)
		if cell.Kind == table.KindNumber && (len(digits)%2 == 1 || strings.Contains(piece, ".")) {
			l.at(*v, "CODE_NUMBER", fmt.Sprintf("format the column as text and write the code again: %s is stored as a number, and has lost a zero or a sign", piece))
			continue
		}
		if strings.Trim(piece, "0123456789. ") != "" || len(digits) < 2 || len(digits) > 12 {
			l.at(*v, "TARIFF", fmt.Sprintf("write the first 2 to 12 digits of the HS code: %q has others", form.Shown(piece)))
			continue
		}
		v.many = append(v.many, digits)
	}
}

// pieces returns what stands between the signs of a list, each once.
func pieces(list string) []string {
	var all []string
	seen := map[string]bool{}
	for _, piece := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(";,$；，、\n", r) }) {
		if piece = strings.TrimSpace(piece); piece != "" && !seen[piece] {
			seen[piece] = true
			all = append(all, piece)
		}
	}
	return all
}
