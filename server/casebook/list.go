package casebook

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/ledger"
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
	return b.list(ctx, x, q, p, func(s summary) bool { return office == "" || s.office() == office })
}

// Cases returns a page of the originals of the cases that q asks for, as
// Statements does.
func (b *Book) Cases(ctx context.Context, q Query, p Page) ([]Item, []byte, error) {
	x := indexOf(q.order, tableCases, nil)
	if !q.all() { // most summaries are looked at: to go over all is faster than to look up each
		x = indexOf(q.order, tableStatements, nil)
	}
	return b.list(ctx, x, q, p, func(s summary) bool { return s.has(isCase) })
}

// indexOf returns the index of an order; recorded is that of the order of
// positions.
func indexOf(o order, recorded store.Table, prefix []byte) index {
	switch o {
	case byIssueTime:
		return index{
			tableIssued, nil,
			func(mark []byte) bool { return len(mark) == 16 },
			func(mark, _ []byte) []byte { return mark[8:] },
		}
	case byReference:
		return index{
			tableReferences, nil,
			func(mark []byte) bool { return len(mark) > placeSize && len(mark) <= maxReference+1+placeSize },
			func(_, value []byte) []byte { return value },
		}
	}
	return index{
		recorded, prefix,
		func(mark []byte) bool { return len(mark) == 8 },
		func(mark, _ []byte) []byte { return mark },
	}
}

func (b *Book) list(ctx context.Context, x index, q Query, p Page, of func(summary) bool) ([]Item, []byte, error) {
	if p.From != nil && !x.size(p.From) {
		return nil, nil, ErrMark
	}
	var items []Item
	for {
		var some []Item
		var spent int
		var next []byte
		err := b.o.Store.View(ctx, func(r store.Reader) (err error) {
			l := look{b: b, r: r, index: x, q: q, page: p, of: of}
			next, err = l.rows()
			some, spent = l.items, l.spent
			return err
		})
		if err != nil {
			return nil, nil, fmt.Errorf("list in the casebook: %w", err)
		}
		items = append(items, some...)
		p.From, p.Limit, p.Budget = next, p.Limit-len(some), p.Budget-spent
		if next == nil || p.Limit <= 0 || p.Budget <= 0 {
			return items, next, nil
		}
	}
}

// look reads a part of a page in one View.
type look struct {
	b *Book
	r store.Reader
	index
	q     Query
	page  Page
	of    func(summary) bool
	items []Item
	spent int
}

// rows looks at rows until the page or the View is full, and returns the mark of
// the next row, nil if there is none.
func (l *look) rows() ([]byte, error) {
	from, to := l.bounds()
	seen := line{r: l.r}
	looked := 0
	for row, err := range l.r.Scan(l.table, from, to, !l.q.ascending) {
		if err != nil {
			return nil, err
		}
		mark := row.Key[len(l.prefix):]
		if len(l.items) >= l.page.Limit || l.spent >= l.page.Budget || looked >= atOnce {
			return bytes.Clone(mark), nil
		}
		looked++
		position := l.position(mark, row.Value)
		if len(position) != 8 {
			return nil, ledger.ErrCorrupt
		}
		if seen.n = binary.BigEndian.Uint64(position); seen.n > l.page.UpTo {
			l.spent++
			continue
		}
		value := row.Value
		if l.table != tableStatements {
			if value, err = l.r.Get(tableStatements, position); err != nil {
				return nil, err
			}
		}
		if err := seen.read(value); err != nil {
			return nil, err
		}
		l.spent += 1 + len(value)>>10
		found := l.of(seen.summary) && l.q.matches(&seen)
		if seen.err != nil {
			return nil, seen.err
		}
		if found {
			item, err := l.b.item(position, value[:placeSize])
			if err != nil {
				return nil, err
			}
			item.Mark = bytes.Clone(mark)
			l.items = append(l.items, item)
		}
	}
	return nil, nil
}

// bounds returns the keys between which the rest of the list lies.
func (l *look) bounds() (from, to []byte) {
	from, to = l.prefix, store.PrefixEnd(l.prefix)
	at := l.page.From
	if at == nil && l.q.order == byRecordTime && !l.q.ascending {
		at = numberKey(l.page.UpTo) // what is newer need not be looked at
	}
	switch key := append(bytes.Clone(l.prefix), at...); {
	case at == nil:
	case l.q.ascending:
		from = key
	default:
		to = append(key, 0)
	}
	return from, to
}

// read makes the row of a statement the one that is tested.
func (l *line) read(row []byte) error {
	if l.summary = row; !l.valid() {
		return ledger.ErrCorrupt
	}
	return nil
}
