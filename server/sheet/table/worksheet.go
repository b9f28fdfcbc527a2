package table

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// worksheet reads the rows of a sheet of a workbook.
type worksheet struct {
	book    *workbook
	xml     *part
	shared  *sharedStrings
	styles  []style
	merged  merges
	hidden  [][2]int // columns, from 0, the last included
	row     int      // the last read
	rows    int
	text    int // bytes of the row that is being read
	through bool
}

// open begins to read a sheet. Its end is read first: what is merged stands there,
// and whether the sheet is whole.
func (w *workbook) open(which sheetPart) (*worksheet, error) {
	s := &worksheet{book: w}
	var err error
	if s.merged, err = w.readMerges(which.part); err != nil {
		return nil, err
	}
	if s.shared, err = w.readShared(); err != nil {
		return nil, err
	}
	if s.styles, err = w.readStyles(); err != nil {
		return nil, err
	}
	if s.xml, err = w.pack.part(which.part); err != nil {
		return nil, err
	}
	for {
		token, err := s.xml.next()
		if err != nil {
			return nil, s.xml.cut(err)
		}
		e, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case e.Name.Local == "sheetData":
			return s, nil
		case e.Name.Local == "col" && isTrue(attribute(e, "hidden")):
			from, _ := strconv.Atoi(attribute(e, "min"))
			to, _ := strconv.Atoi(attribute(e, "max"))
			if len(s.hidden) < w.limits.Columns {
				s.hidden = append(s.hidden, [2]int{from - 1, to - 1})
			}
		}
	}
}

// readMerges returns the merged cells of a sheet, which stand behind its rows, and
// checks that the part is whole. Rows are passed over without reading them.
func (w *workbook) readMerges(name string) (merges, error) {
	x, err := w.pack.part(name)
	if err != nil {
		return merges{}, err
	}
	defer x.close()
	in := bufio.NewReaderSize(x.in, 32<<10)
	for ended := false; !ended; {
		piece, err := in.ReadSlice('>')
		if errors.Is(err, io.EOF) {
			return merges{}, x.cut(err)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return merges{}, x.fault(err)
		}
		tag := piece[max(0, bytes.LastIndexByte(piece, '<')):]
		ended = bytes.HasSuffix(tag, []byte("sheetData/>")) || bytes.HasPrefix(tag, []byte("</")) && bytes.HasSuffix(tag, []byte("sheetData>"))
	}
	x.guard.r = in
	x.xml.Strict = false // what is behind the rows is a piece of XML
	var all []merge
	for {
		token, err := x.next()
		if errors.Is(err, io.EOF) {
			return newMerges(all, w.limits.Columns)
		}
		if err != nil {
			return merges{}, err
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "mergeCell" {
			m, ok := parseMerge(attribute(e, "ref"))
			if !ok || len(all) == mostMerges {
				return merges{}, damaged("<mergeCell>")
			}
			all = append(all, m)
		}
	}
}

func isTrue(v string) bool { return v == "1" || v == "true" }

func (s *worksheet) merges() merges { return s.merged }
func (s *worksheet) strict() bool   { return false }
func (s *worksheet) hiddenColumn(index int) bool {
	return slices.ContainsFunc(s.hidden, func(c [2]int) bool { return index >= c[0] && index <= c[1] })
}

func (s *worksheet) next() (Row, error) {
	for !s.through {
		token, err := s.xml.next()
		if err != nil {
			return Row{}, s.xml.cut(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Local != "row" {
				break
			}
			if s.rows++; s.rows > s.book.limits.Rows {
				return Row{}, tooManyRows(s.book.limits)
			}
			row, err := s.readRow(token)
			if err != nil || !row.empty() {
				return row, err
			}
		case xml.EndElement:
			s.through = token.Name.Local == "sheetData"
		}
	}
	s.xml.close()
	return Row{}, io.EOF
}

// mostRows is how many rows a sheet has.
const mostRows = 1 << 20

// readRow reads a row of which the element was begun.
func (s *worksheet) readRow(e xml.StartElement) (Row, error) {
	number := s.row + 1
	if r := attribute(e, "r"); r != "" {
		n, err := strconv.Atoi(r)
		if err != nil || n < number || n > mostRows {
			return Row{}, damaged(fmt.Sprintf("<row r=%q>", shown(r)))
		}
		number = n
	}
	s.row, s.text = number, 0
	row := Row{Number: number, hidden: isTrue(attribute(e, "hidden"))}
	var beyond error
	for {
		token, err := s.xml.next()
		if err != nil {
			return Row{}, s.xml.cut(err)
		}
		switch token := token.(type) {
		case xml.EndElement:
			if token.Name.Local == "row" {
				return row, beyond
			}
		case xml.StartElement:
			if token.Name.Local != "c" {
				break
			}
			if err := s.addCell(&row, token); err != nil {
				if !aboutRow(err) {
					return Row{}, err
				}
				beyond = err
			}
		}
	}
}

// addCell reads a cell of which the element was begun, and adds it to its row.
func (s *worksheet) addCell(row *Row, e xml.StartElement) error {
	column := len(row.Cells)
	if name := attribute(e, "r"); name != "" {
		r, c, ok := place(name)
		if !ok || r != row.Number || c < column {
			return damaged(fmt.Sprintf("<c r=%q>", shown(name)))
		}
		column = c
	}
	cell, err := s.readCell(e)
	if err != nil {
		return err
	}
	if cell.Kind == KindEmpty {
		return nil
	}
	if column >= s.book.limits.Columns {
		return tooManyColumns(row.Number, s.book.limits)
	}
	if s.text += len(cell.Text); s.text > mostToken {
		return whole("ROW_LONG", fmt.Sprintf("shorten row %d: it has more than %d bytes of text", row.Number, mostToken))
	}
	row.widen(column)
	cell.Row, cell.Column = row.Number, letters(column)
	row.Cells = append(row.Cells, cell)
	return nil
}

// readCell reads what a cell holds, to the end of its element.
func (s *worksheet) readCell(e xml.StartElement) (Cell, error) {
	var value, inline string
	var formula bool
	kind, styled := attribute(e, "t"), attribute(e, "s")
	for {
		token, err := s.xml.next()
		if err != nil {
			return Cell{}, s.xml.cut(err)
		}
		switch token := token.(type) {
		case xml.EndElement:
			if token.Name.Local != "c" {
				break
			}
			c, err := s.cell(kind, styled, value, inline)
			if formula {
				c.Kind = KindFormula
			}
			return c, err
		case xml.StartElement:
			switch token.Name.Local {
			case "v":
				value, err = s.xml.text()
			case "is":
				inline, err = s.xml.richText()
			case "f":
				formula, err = true, s.xml.skip()
			}
			if err != nil {
				return Cell{}, err
			}
		}
	}
}

// cell returns what a cell of a type holds (ECMA-376 part 1, 18.18.11).
func (s *worksheet) cell(kind, styled, value, inline string) (Cell, error) {
	if value == "" && inline == "" {
		return Cell{}, nil
	}
	textual := func(text string) Cell {
		if text = tidy(text); text == "" {
			return Cell{}
		}
		return Cell{Kind: KindText, Text: text}
	}
	switch kind {
	case "s":
		n, err := strconv.Atoi(strings.TrimSpace(value))
		text, ok := s.shared.at(n)
		if err != nil || !ok {
			return Cell{}, damaged(fmt.Sprintf("<row r=\"%d\">, <v>%s</v>", s.row, shown(value)))
		}
		return textual(text), nil
	case "inlineStr":
		return textual(inline), nil
	case "str":
		return textual(unescaped(value)), nil
	case "b":
		if isTrue(value) {
			return Cell{Kind: KindBool, Text: "TRUE"}, nil
		}
		return Cell{Kind: KindBool, Text: "FALSE"}, nil
	case "e":
		return Cell{Kind: KindFailed, Text: tidy(value)}, nil
	case "d":
		day, clock, _ := strings.Cut(strings.TrimSuffix(value, "Z"), "T")
		return Cell{Kind: KindDate, Text: strings.TrimSpace(day + " " + clock)}, nil
	case "", "n":
		var of style
		if n, err := strconv.Atoi(styled); err == nil && n >= 0 && n < len(s.styles) {
			of = s.styles[n]
		}
		return numeric(value, of, s.book.y1904), nil
	}
	return Cell{}, damaged(fmt.Sprintf("<row r=\"%d\">, <c t=%q>", s.row, shown(kind)))
}
