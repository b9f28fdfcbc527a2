package ssd2

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spsalert/spsalert/client/codes"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/sheet/form"
	"github.com/spsalert/spsalert/server/sheet/table"
)

// day returns a date that is written as 2026-01-31, or without its day, or its month
// and day; nil if it is empty.
func day(text string) *spsv1.Date {
	if text == "" {
		return nil
	}
	var parts [3]uint32
	for i, piece := range strings.SplitN(text, "-", 3) {
		n, _ := strconv.ParseUint(piece, 10, 32)
		parts[i] = uint32(n)
	}
	return &spsv1.Date{Year: parts[0], Month: parts[1], Day: parts[2]}
}

// date returns a day that stands in one column, or in three of which the later ones
// may be empty.
func (l *line) date(whole, year, month, dayOfMonth string) *spsv1.Date {
	v, y, m, d := l.of(whole), l.of(year), l.of(month), l.of(dayOfMonth)
	if !y.said() && !m.said() && !d.said() {
		return day(v.text)
	}
	switch {
	case m.said() && !y.said(), d.said() && !m.said():
		last := m
		if d.said() {
			last = d
		}
		l.at(last, "DATE_PARTS", "write the year and the month of the date too")
		return nil
	}
	text := y.text
	for _, part := range []value{m, d} {
		if part.said() {
			text += "-" + part.text
		}
	}
	cell := table.Cell{Row: y.row, Column: y.letter, Kind: table.KindText, Text: text}
	full := value{row: y.row, letter: y.letter}
	note, err := full.date(cell, table.Dates{Era: l.m.Dates.Era})
	if note != nil {
		l.notes = append(l.notes, *note)
	}
	if err != nil {
		l.at(y, "DATE_PARTS", fmt.Sprintf("write the year with four digits, the month and the day as numbers: %s is no date", form.Shown(text)))
		return nil
	}
	if v.said() && v.text != full.text {
		l.at(v, "DATE_DIFFERS", fmt.Sprintf("write the date once: %s and the columns after it have another one", year))
	}
	return day(full.text)
}

// words returns a text in the language of the sheet; nil if there is none.
func (l *line) words(name string) []*spsv1.LocalizedText {
	v := l.of(name)
	if !v.said() {
		return nil
	}
	return []*spsv1.LocalizedText{{Lang: l.m.Language, Text: v.text}}
}

// kept returns what a finding has no field for, in words without a language:
// `exprResType: B001A; exprResPerc: fatPerc=4`. Other names may be given of columns
// that are kept so in this row.
func (l *line) kept(of string, others ...string) []*spsv1.LocalizedText {
	var all []string
	for _, c := range vocabulary().Columns {
		v := l.values[c.Index]
		if c.Of != of || !v.said() || !keeps(c, v.text) && !slices.Contains(others, c.Name) {
			continue
		}
		text := c.Name + ": " + v.text
		if c.Name == "CCalpha" || c.Name == "CCbeta" {
			text += " " + l.of("resUnit").text
		}
		all = append(all, strings.TrimSpace(text))
	}
	if len(all) == 0 {
		return nil
	}
	return []*spsv1.LocalizedText{{Lang: "zxx", Text: strings.Join(all, "; ")}}
}

// coding returns the code of a column; nil if there is none.
func (l *line) coding(name string) *spsv1.Coding {
	v, c := l.of(name), vocabulary().Column(name)
	if !v.said() {
		return nil
	}
	system := l.m.Systems[name]
	if system == "" {
		system = c.System
	}
	if name == "paramCode" && system == c.System && codes.CheckCAS(v.text) == nil {
		system = "cas"
	}
	return &spsv1.Coding{System: system, Code: v.text}
}

// concept returns what a column of codes and one of words say; nil if they say
// nothing. What is no code of the list by its form is kept in words.
func (l *line) concept(code, words string) *spsv1.Concept {
	found := &spsv1.Concept{}
	if v, c := l.of(code), vocabulary().Column(code); v.said() {
		if c.Form == nil || l.m.Systems[code] != "" || c.Form.MatchString(v.text) {
			found.Codings = append(found.Codings, l.coding(code))
		} else {
			found.AsWritten = v.text
		}
	}
	if words != "" && l.of(words).said() {
		if found.AsWritten != "" {
			found.AsWritten += "; "
		}
		found.AsWritten += l.of(words).text
	}
	if found.AsWritten != "" && l.m.Language != "und" {
		found.Lang = l.m.Language
	}
	if len(found.Codings) == 0 && found.AsWritten == "" {
		return nil
	}
	return found
}

func areaOf(v value) *spsv1.Area {
	if !v.said() {
		return nil
	}
	return &spsv1.Area{Code: v.text}
}

// quantity returns a number with a unit of laboratories; nil if there is no number.
func (l *line) quantity(number, unit string) *spsv1.Quantity {
	return measured(l.of(number).text, l.of(unit))
}

func measured(number string, unit value) *spsv1.Quantity {
	if number == "" {
		return nil
	}
	q := &spsv1.Quantity{Value: number}
	if unit.said() {
		q.Unit = &spsv1.Quantity_Ucum{Ucum: unit.text}
	}
	return q
}

// traded returns a number with a unit of trade; nil if there is no number.
func (l *line) traded(number, unit string) *spsv1.Quantity {
	q := measured(l.of(number).text, value{})
	if u := l.of(unit); q != nil && u.said() {
		q.Unit = &spsv1.Quantity_Rec20{Rec20: u.text}
	}
	return q
}
