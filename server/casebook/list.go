package casebook

import (
	"context"
	"errors"
	"fmt"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/store"
)

// atOnce is how many rows are looked at in one View, so that it is short.
const atOnce = 2048

// ErrMark says that a mark is none of the list that it was given with.
var ErrMark = errors.New("the mark is not of this list")

// Page says which part of a list is wanted.
type Page struct {
	// UpTo is the number of the position behind which nothing is listed. To see
	// nothing that is not released, it is at most that of [ledger.Ledger.Released].
	UpTo uint64
	// From is the mark at which the page begins; nil at the first.
	From []byte
	// Limit is the most items, at least 1.
	Limit int
	// Budget bounds the work: about how many rows are looked at, each KiB of a
	// long one counted like a row. A page that uses it up is short.
	Budget int
}

// Item is one line of a list: an entry, and the number of the position at which
// it was recorded here.
type Item struct {
	N      uint64
	Origin certs.Origin
	Place
	// Mark is where a list goes on that ends before the item.
	Mark []byte
}

// index is a table by which a list is read.
type index struct {
	table    store.Table
	prefix   []byte                          // of the keys; marks go without it
	least    []byte                          // the list ends before smaller keys; nil: at the prefix
	size     func(mark []byte) bool          // whether a mark may be one of its keys
	position func(mark, value []byte) []byte // key of the statement
}

// Statements returns a page of what q asks for of one office, or of all if
// office is empty, and the mark of the next page, nil at the end. A page may be
// short, even empty: only the mark says whether there is more. The error is
// [ErrMark] for a mark of another list.
func (b *Book) Statements(ctx context.Context, office certs.Office, q Query, p Page) ([]Item, []byte, error) {
	x := indexOf(q.order, tableStatements, nil)
	if office != "" {
		x = indexOf(q.order, tableOffices, []byte(office))
	}
	items, _, next, err := b.list(ctx, x, q, p, false, func(s summary) bool { return office == "" || s.office() == office })
	return items, next, err
}

// Cases returns a page of the originals of the cases that q asks for, as
// Statements does.
func (b *Book) Cases(ctx context.Context, q Query, p Page) ([]Item, []byte, error) {
	items, _, next, err := b.list(ctx, ofCases(q), q, p, false, caseOnly)
	return items, next, err
}

func caseOnly(s summary) bool { return s.has(isCase) }

// ofCases returns the index by which the cases of a query are read.
func ofCases(q Query) index {
	x := indexOf(q.order, tableCases, nil)
	if within := q.test.within; within != 0 {
		x = indexOf(q.order, tableDeskLists, []byte{byte(within - 1)})
	} else if !q.all() { // most summaries are looked at: to go over all is faster than to look up each
		x = indexOf(q.order, tableStatements, nil)
	}
	return x
}

// indexOf returns the index of an order; recorded is that of the order of
// positions.
func indexOf(o order, recorded store.Table, prefix []byte) index {
	switch o {
	case byIssueTime:
		return index{
			table:    tableIssued,
			size:     func(mark []byte) bool { return len(mark) == 16 },
			position: func(mark, _ []byte) []byte { return mark[8:] },
		}
	case byReference:
		return index{
			table:    tableReferences,
			size:     func(mark []byte) bool { return len(mark) > placeSize && len(mark) <= maxReference+1+placeSize },
			position: func(_, value []byte) []byte { return value },
		}
	case byDueTime, byOwnDueTime, byAwaitedDueTime:
		return index{
			table:    tableDue,
			prefix:   []byte{dueOfAll + byte(o-byDueTime)},
			size:     func(mark []byte) bool { return len(mark) == 16 },
			position: func(mark, _ []byte) []byte { return mark[8:] },
		}
	}
	return index{
		table:    recorded,
		prefix:   prefix,
		size:     func(mark []byte) bool { return len(mark) == 8 },
		position: func(mark, _ []byte) []byte { return mark },
	}
}

// list returns a page, or only how many items it has if count is set.
func (b *Book) list(ctx context.Context, x index, q Query, p Page, count bool, of func(summary) bool) (items []Item, n int, next []byte, err error) {
	if p.From != nil && !x.size(p.From) {
		return nil, 0, nil, ErrMark
	}
	for {
		var some []Item
		var found, spent int
		err := b.o.Store.View(ctx, func(r store.Reader) (err error) {
			l := look{b: b, index: x, q: q, page: p, of: of, line: b.line(r), count: count}
			next, err = l.rows()
			some, found, spent = l.items, l.found, l.spent
			return err
		})
		if err != nil {
			return nil, 0, nil, fmt.Errorf("list in the casebook: %w", err)
		}
		items, n = append(items, some...), n+found
		p.From, p.Limit, p.Budget = next, p.Limit-found, p.Budget-spent
		if next == nil || p.Limit <= 0 || p.Budget <= 0 {
			// A page that used up its budget and shows nothing has no other mark than that row.
			if next != nil && q.within && len(items) > 0 {
				next = behind(items[len(items)-1].Mark, q.ascending)
			}
			return items, n, next, nil
		}
	}
}
