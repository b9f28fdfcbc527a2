package table

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

const (
	// searched is how many rows are read to find the header.
	searched = 50
	// deepest is how many rows a header has at most.
	deepest = 5
)

// findHeader reads the first rows, and makes columns of those that are the header.
func (t *Reader) findHeader() error {
	o := t.options
	if o.LastHeader == 0 {
		o.LastHeader = o.FirstHeader
	}
	if o.FirstHeader < 0 || o.LastHeader < o.FirstHeader || o.LastHeader-o.FirstHeader >= deepest || o.LastHeader > searched {
		return whole("TABLE_HEADER", fmt.Sprintf("name the first and the last row of the header: at most %d of the first %d rows", deepest, searched))
	}
	for len(t.first) <= searched {
		row, err := t.from.next()
		if err != nil && !aboutRow(err) {
			t.err = err
			break
		}
		t.first = append(t.first, read{row, err})
	}
	if t.err != nil && !errors.Is(t.err, io.EOF) {
		return t.err
	}
	first, last := o.FirstHeader, o.LastHeader
	if first == 0 {
		if first = t.likelyHeader(); first == 0 {
			return whole("TABLE_HEADER", fmt.Sprintf("put a row with the names of the columns above the table: there is none in the first %d rows", searched))
		}
		first, last = t.extent(first)
	}
	var header []Row
	for len(t.first) > 0 && t.first[0].number() <= last {
		if r := t.first[0]; r.err == nil && r.row.Number >= first {
			header = append(header, r.row)
		}
		t.first = t.first[1:]
	}
	if len(header) == 0 {
		return whole("TABLE_HEADER", fmt.Sprintf("name the row of the header: there is nothing in row %d", first))
	}
	t.found.FirstHeader, t.found.LastHeader = first, last
	t.name(header)
	return nil
}

func (r read) number() int {
	var p Problem
	if errors.As(r.err, &p) {
		return p.Row
	}
	return r.row.Number
}

// likelyHeader returns the row that has most of the known names, or else the first
// of texts only that is at least half as wide as the widest; 0 if there is none.
func (t *Reader) likelyHeader() int {
	known := map[string]bool{}
	for _, name := range t.options.Known {
		known[folded(name)] = true
	}
	best, most, widest := 0, 0, 0
	for _, r := range t.first {
		hits, width := 0, 0
		for _, c := range r.row.Cells {
			if c.Kind != KindEmpty {
				width++
			}
			if c.Kind == KindText && known[folded(c.Text)] {
				hits++
			}
		}
		if hits > most {
			best, most = r.row.Number, hits
		}
		widest = max(widest, width)
	}
	if best > 0 {
		return best
	}
	for _, r := range t.first {
		names := 0
		for _, c := range r.row.Cells {
			switch c.Kind {
			case KindText:
				names++
			case KindEmpty:
			default:
				names = -len(r.row.Cells)
			}
		}
		if names > 0 && (names*2 >= widest || t.spans(r.row)*2 >= widest) {
			return r.row.Number
		}
	}
	return 0
}

// spans returns how many columns the texts of a row stand above, with what is
// merged to them; 0 if one of them spans them all, as a title does.
func (t *Reader) spans(row Row) int {
	var columns, texts int
	for i, c := range row.Cells {
		if c.Kind != KindText {
			continue
		}
		texts++
		columns++
		if m, ok := t.from.merges().at(row.Number, i); ok {
			columns += m.right - m.left
		}
	}
	if texts < 2 {
		return 0
	}
	return columns
}

// extent returns the first and last row of a header of which one row is known: the
// rows that merged cells in it reach into, and the one below names that are merged
// to the right, which has the names of the single columns.
func (t *Reader) extent(row int) (first, last int) {
	first, last = row, row
	for _, m := range t.from.merges().all {
		if m.top > last || m.bottom < row || m.bottom-m.top >= deepest {
			continue
		}
		if m.top < first && m.bottom >= row {
			first = m.top
		}
	}
	for grown := true; grown && last-first < deepest-1; {
		grown = false
		for _, m := range t.from.merges().all {
			if m.top < first || m.top > last {
				continue
			}
			to := m.bottom
			if m.right > m.left && t.holds(m.bottom+1, m) {
				to = m.bottom + 1
			}
			if to > last && to-first < deepest {
				last, grown = to, true
			}
		}
	}
	return first, last
}

// holds reports whether a row has names, and nothing but names, below a merged
// cell, and the row below it is still to come.
func (t *Reader) holds(row int, m merge) bool {
	at := slices.IndexFunc(t.first, func(r read) bool { return r.err == nil && r.row.Number == row })
	if at < 0 {
		return false
	}
	names := 0
	for i, c := range t.first[at].row.Cells {
		switch {
		case c.Kind != KindText && c.Kind != KindEmpty:
			return false
		case c.Kind == KindText && i >= m.left && i <= m.right:
			names++
		}
	}
	return names > 1
}

// name makes columns of the rows of the header: the lowest text of a column is its
// name, those above it are its group. A merged cell counts for each column that it
// covers; in a text, which has none, so does a value for the empty ones behind it,
// in all rows but the last.
func (t *Reader) name(header []Row) {
	width := 0
	for _, row := range header {
		width = max(width, len(row.Cells))
	}
	last := 0
	for i := range width {
		var names []string
		for level, row := range header {
			text := t.above(row, i, level < len(header)-1)
			if text != "" && !slices.Contains(names, text) {
				names = append(names, text)
			}
		}
		c := Column{Index: i, Letter: letters(i), Hidden: t.from.hiddenColumn(i)}
		if n := len(names); n > 0 {
			c.Name, c.Group = names[n-1], strings.Join(names[:n-1], " / ")
			last = i + 1
		}
		t.columns = append(t.columns, c)
	}
	if !t.from.strict() {
		t.columns = t.columns[:last]
	}
}

// above returns what a row of a header says of a column.
func (t *Reader) above(row Row, i int, group bool) string {
	if i < len(row.Cells) && row.Cells[i].Kind != KindEmpty {
		return strings.Join(strings.Fields(row.Cells[i].Text), " ")
	}
	left := -1
	if m, ok := t.from.merges().at(row.Number, i); ok && m.top == row.Number {
		left = m.left
	} else if t.from.strict() && group {
		for left = min(i, len(row.Cells)-1); left > 0 && row.Cells[left].Kind == KindEmpty; {
			left--
		}
	}
	if left < 0 || left >= len(row.Cells) {
		return ""
	}
	return strings.Join(strings.Fields(row.Cells[left].Text), " ")
}
