package ssd2

import (
	"cmp"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/sheet/form"
	"github.com/spsalert/spsalert/server/sheet/table"
)

// mostResults is how many results a finding has, by the contract.
const mostResults = 200

// Sheeted is a finding, and where it stands in the sheet.
type Sheeted struct {
	First, Last int // rows, as a spreadsheet numbers them
	// Finding is what the rows say, as far as it is understood; nil if a row cannot be
	// read at all. It MUST NOT be posted if there are Problems.
	Finding  *spsv1.LabFinding
	Problems []table.Problem
	Notes    []table.Note

	reader *Reader
	rows   []int                // of the results
	cells  map[int][]table.Cell // by row
}

// Findings returns the findings of the sheet, each with its problems, in the order of
// their last rows. It can be ranged over once. An error, a [table.Problem] of the whole
// or another one, is the last thing returned: what is behind it was not read, and the
// caller MUST NOT take what came before it for the whole sheet. In memory is one
// finding, and eight bytes for each report number.
func (rd *Reader) Findings() iter.Seq2[Sheeted, error] {
	return func(yield func(Sheeted, error) bool) {
		if rd.begun {
			yield(Sheeted{}, errors.New("the findings of a sheet are read once"))
			return
		}
		rd.begun = true
		apart, err := rd.apart()
		if err == nil {
			err = rd.Again()
		}
		if err != nil {
			yield(Sheeted{}, err)
			return
		}
		g := &grouper{rd: rd, apart: apart, yield: yield}
		for row, err := range rd.Rows() {
			if !g.row(row, err) {
				return
			}
		}
		g.close()
	}
}

// RowsTotal returns how many rows the findings take, empty ones between them
// included, from the first finding on; 0 before.
func (rd *Reader) RowsTotal() int { return rd.rows }

// apart reads the table to its end, counts its rows, and returns the numbers of
// reports whose rows do not stand together.
func (rd *Reader) apart() (*scattered, error) {
	s := &scattered{seed: maphash.MakeSeed(), first: map[uint64]int{}, again: map[uint64]int{}}
	first := 0
	for row, err := range rd.Rows() {
		var p table.Problem
		if row.Number > 0 {
			first = min(cmp.Or(first, row.Number), row.Number)
			rd.rows = row.Number - first + 1
		}
		switch {
		case errors.As(err, &p) && p.Row > 0:
		case err != nil:
			return nil, err
		default:
			s.add(rd.number(row), row.Number)
		}
	}
	s.drop()
	return s, nil
}

// scattered remembers which numbers come again after another one. It has a hash of
// each instead of the number: that two of 200,000 fall together happens once in a
// thousand million sheets, and then rows are refused that are good.
type scattered struct {
	seed  maphash.Seed
	last  uint64
	first map[uint64]int // row with which a number begins
	again map[uint64]int // row with which it begins again
}

func (s *scattered) add(number string, row int) {
	if number == "" {
		return
	}
	h := maphash.String(s.seed, number)
	if _, seen := s.first[h]; !seen {
		s.first[h] = row
	} else if _, twice := s.again[h]; h != s.last && !twice {
		s.again[h] = row
	}
	s.last = h
}

// drop forgets what stands together.
func (s *scattered) drop() {
	for h := range s.first {
		if _, twice := s.again[h]; !twice {
			delete(s.first, h)
		}
	}
}

// other returns another row where a number stands that is in this one; 0 if its
// rows stand together.
func (s *scattered) other(number string, row int) int {
	h := maphash.String(s.seed, number)
	if first := s.first[h]; first != row {
		return first
	}
	return s.again[h]
}

// grouper makes findings of rows.
type grouper struct {
	rd    *Reader
	apart *scattered
	yield func(Sheeted, error) bool
	open  *report // that the next row may belong to
	lost  int     // row since the last one of open that may belong to it, but cannot be read; 0: none
}

// row takes a row. It returns false if no more is wanted.
func (g *grouper) row(row table.Row, err error) bool {
	var p table.Problem
	switch {
	case errors.As(err, &p) && p.Row > 0:
		g.lose(row.Number)
		return g.give(Sheeted{First: row.Number, Last: row.Number, Problems: []table.Problem{p}})
	case err != nil:
		g.yield(Sheeted{}, err)
		return false
	}
	number := g.rd.number(row)
	if number == "" {
		g.lose(row.Number)
		r := g.begin(number, row.Number)
		r.add(g.rd.line(row))
		if len(r.problems) == 0 || !r.told(g.rd.Letter(vocabulary().Column("reportId"))) {
			r.problem(row.Number, "REPORT_NUMBER", "write the number of the report in each row")
		}
		return g.give(r.sheeted())
	}
	if g.open != nil && g.open.number != number && !g.close() {
		return false
	}
	if g.open == nil {
		g.open = g.begin(number, row.Number)
		if other := g.apart.other(number, row.Number); other > 0 {
			g.open.problem(row.Number, "REPORT_APART", fmt.Sprintf("put the rows of report %s together, row %d has it too", form.Shown(number), other))
		}
	}
	if g.lost > 0 {
		g.open.problem(row.Number, "REPORT_ROW_LOST", fmt.Sprintf("correct row %d first, it may belong to this report", g.lost))
		g.lost = 0
	}
	g.open.add(g.rd.line(row))
	return true
}

// lose notes that a row may have belonged to the report before it.
func (g *grouper) lose(row int) {
	if g.open != nil {
		g.open.lost = row
	}
	g.lost = row
}

func (g *grouper) begin(number string, row int) *report {
	return &report{rd: g.rd, number: number, first: row, last: row, values: make([]value, len(vocabulary().Columns)), said: map[string]int{}, cells: map[int][]table.Cell{}}
}

// close gives the report that is open. It returns false if no more is wanted.
func (g *grouper) close() bool {
	r := g.open
	if r == nil {
		return true
	}
	g.open = nil
	if r.lost > 0 && g.lost == r.lost {
		r.problem(r.last, "REPORT_ROW_LOST", fmt.Sprintf("correct row %d first, it may belong to this report", r.lost))
	}
	return g.give(r.sheeted())
}

// give returns a finding, with the headings of what is told about it.
func (g *grouper) give(s Sheeted) bool {
	s.reader = g.rd
	for i, p := range s.Problems {
		s.Problems[i].Heading = g.rd.Heading(p.Column)
	}
	for i, n := range s.Notes {
		s.Notes[i].Heading = g.rd.Heading(n.Column)
	}
	return g.yield(s, nil)
}
