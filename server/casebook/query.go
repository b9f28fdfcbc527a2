package casebook

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spsalert/spsalert/client/plain"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// Query says which statements a list has, and in which order. The zero Query is
// all of them, the newest recorded first. A Query is safe for concurrent use.
type Query struct {
	test      test
	order     order
	ascending bool
	units     []string // of this office, that the filter names: see [Book.UnitsKnown]
	within    bool     // see [Query.Within]: a mark then names what was listed, and not what comes next
}

// order is what a list is sorted by.
type order int

const (
	byRecordTime order = iota
	byIssueTime
	byReference
	byDueTime
	byOwnDueTime
	byAwaitedDueTime
)

var orders = []string{
	byRecordTime: "record_time", byIssueTime: "issue_time", byReference: "reference",
	byDueTime: "due_time", byOwnDueTime: "own_due_time", byAwaitedDueTime: "awaited_due_time",
}

// Orders returns the names by which lists can be sorted; the slice is the
// caller's. What is more, due_time sorts the cases in which something is due,
// own_due_time those in which this office has something to do, and
// awaited_due_time those in which others have, what has no due time behind all
// that has one.
func Orders() []string { return slices.Clone(orders[:byDueTime]) }

// ofDesk reports whether an order lists only cases that the desk has in it.
func (o order) ofDesk() bool { return o >= byDueTime }

// ParseQuery reads what a caller asks of a list, and returns everything that is
// wrong with it, by the names of the fields of a list request:
//
//   - filter is an expression of AIP-160 over [Fields];
//   - query are words that must all be in subject, goods, hazards, parties,
//     codes or references, in any place, each perhaps as a part of a longer one;
//   - order_by is one of [Orders] or of the desk's, upwards, or downwards with " desc" behind it.
//
// Each may be empty.
func (l Limits) ParseQuery(filter, query, orderBy string) (Query, statement.Problems) {
	var problems statement.Problems
	q := Query{}
	var err error
	if q.test, q.units, err = l.parseFilter(filter, fields); err != nil {
		problems = append(problems, statement.Problem{Field: "filter", Reason: "FILTER", Sentence: err.Error()})
	}
	words, problem := l.parseWords(query)
	if problem != nil {
		problems = append(problems, *problem)
	}
	q.test = allOf(q.test, words)
	if q.order, q.ascending, err = parseOrder(orderBy); err != nil {
		problems = append(problems, statement.Problem{Field: "order_by", Reason: "ORDER_BY", Sentence: err.Error()})
	}
	return q, problems
}

func parseOrder(orderBy string) (o order, ascending bool, err error) {
	parts := strings.Fields(orderBy)
	if len(parts) == 0 {
		return byRecordTime, false, nil
	}
	for o, name := range orders {
		if parts[0] != name {
			continue
		}
		switch {
		case len(parts) == 1 || len(parts) == 2 && parts[1] == "asc":
			return order(o), true, nil
		case len(parts) == 2 && parts[1] == "desc":
			return order(o), false, nil
		}
	}
	return 0, false, fmt.Errorf("write one of %s, or of cases one of %s, with desc behind it for downwards",
		strings.Join(orders[:byDueTime], ", "), strings.Join(orders[byDueTime:], ", "))
}

// parseWords makes the test of free text.
func (l Limits) parseWords(query string) (test, *statement.Problem) {
	if len(query) > l.Size {
		return test{}, &statement.Problem{Field: "query", Reason: "QUERY", Sentence: fmt.Sprintf("write it in at most %d bytes", l.Size)}
	}
	var words [][]byte
	for word := range strings.FieldsSeq(plain.Text(query)) {
		words = append(words, []byte(word))
	}
	switch {
	case len(words) > l.Words:
		return test{}, &statement.Problem{Field: "query", Reason: "QUERY", Sentence: fmt.Sprintf("search for at most %d words", l.Words)}
	case len(words) == 0:
		return test{}, nil
	}
	// A long word is in fewer texts than a short one.
	slices.SortStableFunc(words, func(a, b []byte) int { return cmp.Compare(len(b), len(a)) })
	return test{holds: func(l *line) bool {
		_, searched := l.words()
		for _, word := range words {
			if !bytes.Contains(searched, word) && !bytes.Contains(l.references(), word) {
				return false
			}
		}
		return true
	}, cost: ofWords * cost(len(words))}, nil
}

// Between returns the query with only what was issued at from or later and
// before to, to the millisecond; the zero time is no bound.
func (q Query) Between(from, to time.Time) Query {
	if !from.IsZero() || !to.IsZero() {
		q.test = allOf(test{holds: func(l *line) bool {
			return (from.IsZero() || l.issued() >= from.UnixMilli()) && (to.IsZero() || l.issued() < to.UnixMilli())
		}, cost: ofColumn}, q.test)
	}
	return q
}

// all reports whether every statement matches.
func (q Query) all() bool { return q.test.holds == nil }

func (q Query) matches(l *line) bool { return q.all() || q.test.holds(l) }

// Matches reports whether the statement at a position is one that q asks for;
// false if there is none that is shown to this office.
func (b *Book) Matches(ctx context.Context, n uint64, q Query) (found bool, err error) {
	err = b.o.Store.View(ctx, func(r store.Reader) error {
		row, err := r.Get(tableStatements, numberKey(n))
		if err != nil || row == nil {
			return err
		}
		l := b.line(r)
		l.n = n
		if err := l.read(row); err != nil {
			return err
		}
		found = q.matches(&l)
		return l.err
	})
	if err != nil {
		return false, fmt.Errorf("match position %d: %w", n, err)
	}
	return found, nil
}
