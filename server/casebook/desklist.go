package casebook

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"

	"github.com/spsalert/spsalert/client/plain"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// deskRows are the rows of the desk of a block of positions, read as [times] are.
type deskRows struct {
	block  uint64 // the one asked for last, and one; 0 for none
	loaded bool
	of     [nearby]deskRow // nil: none
}

// at returns the row of the case whose original has a position; nil if there is
// none.
func (d *deskRows) at(r store.Reader, n uint64) (deskRow, error) {
	block := n/nearby + 1
	if d.block != block {
		d.block, d.loaded = block, false
		row, err := r.Get(tableDesk, numberKey(n))
		return row, err
	}
	if !d.loaded {
		clear(d.of[:])
		first := n - n%nearby
		for row, err := range r.Scan(tableDesk, numberKey(first), numberKey(first+nearby), false) {
			if err != nil {
				return nil, err
			}
			d.of[binary.BigEndian.Uint64(row.Key)-first] = row.Value
		}
		d.loaded = true
	}
	return d.of[n%nearby], nil
}

// desk returns what the desk keeps of the case whose original is tested; nil for
// what is no original, or has no summary yet.
func (l *line) desk() deskRow {
	if !l.has(isCase) {
		return nil
	}
	row, err := l.desks.at(l.r, l.n)
	if err == nil && row != nil && !row.valid() {
		err = ledger.ErrCorrupt
	}
	if l.err = cmp.Or(l.err, err); err != nil {
		return nil
	}
	return row
}

// deskField is a field that says yes or no of a case as it stands. All cases for
// which it says yes are in a list.
func deskField(name, about string, in deskList, holds func(l *line, d deskRow) bool) Field {
	yes := test{holds: func(l *line) bool {
		d := l.desk()
		return d.in(in) && holds(l, d)
	}, cost: ofStore, within: within(in)}
	return Field{Name: name, Type: "yes or no", Operators: same, About: about, test: yesOrNo(yes), bare: yes}
}

func always(*line, deskRow) bool { return true }

// overdue tests whether a time of a row has passed.
func overdue(at int) func(*line, deskRow) bool {
	return func(l *line, d deskRow) bool { return d.passed(at, l.now) }
}

// deskTime returns the due time of the case that is tested.
func deskTime(l *line) (int64, bool) {
	d := l.desk()
	if d == nil || d.time(atDue) == 0 {
		return 0, false
	}
	return d.time(atDue), true
}

// statusTest makes the test of how far a case is.
func statusTest(names names) func(operator, value string) (test, error) {
	return func(operator, value string) (test, error) {
		n, err := names.number(value)
		return not(operator == "!=", test{holds: func(l *line) bool {
			d := l.desk()
			return d != nil && d[atCaseStatus] == n
		}, cost: ofStore}), err
	}
}

// unitTest makes the test of units of this office that the summary of a case names.
func unitTest(named func(*spsv1.CaseSummary) []string) func(*line, pattern) bool {
	return func(l *line, p pattern) bool {
		d := l.desk()
		if d == nil {
			return false
		}
		s, err := d.summary()
		l.err = cmp.Or(l.err, err)
		return slices.ContainsFunc(named(s), func(unit string) bool { return p.matches([]byte(plain.Text(unit))) })
	}
}

// CountCases returns how many cases q asks for, of those recorded up to a
// position, looking at about so many rows. It reports whether there may be more.
func (b *Book) CountCases(ctx context.Context, q Query, upTo uint64, budget int) (n int, more bool, err error) {
	if !q.all() || q.order.ofDesk() {
		_, n, next, err := b.list(ctx, ofCases(q), q, Page{UpTo: upTo, Limit: budget, Budget: budget}, true, caseOnly)
		return n, next != nil, err
	}
	err = b.o.Store.View(ctx, func(r store.Reader) error {
		n, more = 0, false
		for _, err := range r.Scan(tableCases, nil, numberKey(upTo+1), false) {
			if err != nil {
				return err
			}
			if more = n == budget; more {
				return nil
			}
			n++
		}
		return nil
	})
	return n, more, err
}
