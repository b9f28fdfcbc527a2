package casebook

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// look reads a part of a page in one View. It takes rows of the index in
// batches, so that the summaries of a batch can be read in the order in which
// they lie, whatever the order of the list is.
type look struct {
	index

	b     *Book
	q     Query
	page  Page
	of    func(summary) bool
	line  line         // the one that is tested
	some  []*candidate // room for those of a batch that are tested
	items []Item
	found int  // how many items there are, or would be
	count bool // nobody wants the items
	spent int
}

// candidate is a row of the index, and what it stands for. Its slices are valid
// in the View.
type candidate struct {
	mark     []byte
	position []byte
	n        uint64
	summary  []byte // nil: not read yet
	found    bool
}

// rows looks at rows until the page or the View is full, and returns the mark of
// the next row, nil if there is none.
func (l *look) rows() ([]byte, error) {
	from, to := l.bounds()
	most := l.first()
	batch := make([]candidate, 0, most)
	looked := 0
	for row, err := range l.line.r.Scan(l.table, from, to, !l.q.ascending) {
		if err != nil {
			return nil, err
		}
		mark := row.Key[len(l.prefix):]
		if len(batch) == most {
			next, err := l.settle(batch)
			if next != nil || err != nil {
				return next, err
			}
			if l.full() || looked >= atOnce {
				return bytes.Clone(mark), nil
			}
			most = min(2*most, l.largest(), atOnce-looked)
			batch = batch[:0]
		}
		looked++
		c := candidate{mark: mark, position: l.position(mark, row.Value)}
		if len(c.position) != 8 {
			return nil, ledger.ErrCorrupt
		}
		c.n = binary.BigEndian.Uint64(c.position)
		if l.table == tableStatements {
			c.summary = row.Value
		}
		batch = append(batch, c)
	}
	return l.settle(batch)
}

// first returns how many rows the first batch has: if everything matches, as
// many as there is room for on the page. Each further one is twice as large, up
// to the largest.
func (l *look) first() int {
	return max(1, min(l.page.Limit, l.page.Budget, l.largest()))
}

// largest returns how many rows a batch has at most: where rows have their
// summaries with them, few, so that these are tested while the processor still
// has them at hand.
func (l *look) largest() int {
	if l.table == tableStatements {
		return 16
	}
	return 512
}

func (l *look) full() bool { return l.found >= l.page.Limit || l.spent >= l.page.Budget }

// settle tests a batch and adds to the page what it found, in the order of the
// list. It returns the mark of the first row that the page has no room for.
func (l *look) settle(batch []candidate) ([]byte, error) {
	if err := l.test(batch); err != nil {
		return nil, err
	}
	for i, c := range batch {
		if l.full() {
			return bytes.Clone(c.mark), nil
		}
		l.spent += 1 + len(c.summary)>>10
		if !c.found {
			continue
		}
		l.found++
		if l.count {
			continue
		}
		item, err := l.b.item(c.position, c.summary[:placeSize])
		if err != nil {
			return nil, err
		}
		item.Mark = bytes.Clone(batch[i].mark)
		l.items = append(l.items, item)
	}
	return nil, nil
}

// test finds out which of a batch are asked for, in the order of positions.
func (l *look) test(batch []candidate) error {
	some := l.some[:0]
	for i := range batch {
		if batch[i].n <= l.page.UpTo {
			some = append(some, &batch[i])
		}
	}
	l.some = some
	if l.table != tableStatements {
		slices.SortFunc(some, func(a, b *candidate) int { return cmp.Compare(a.n, b.n) })
		if err := l.fetch(some); err != nil {
			return err
		}
	}
	for _, c := range some {
		l.line.n = c.n
		if err := l.line.read(c.summary); err != nil {
			return err
		}
		c.found = l.of(l.line.summary) && l.q.matches(&l.line)
		if l.line.err != nil {
			return l.line.err
		}
	}
	return nil
}

// near is how many positions a scan goes on to the next statement that is
// wanted: as far as is faster than to look that up.
const near = 8

// fetch reads the summaries of candidates, which are sorted by position.
func (l *look) fetch(some []*candidate) error {
	for len(some) > 0 {
		n := 1
		for n < len(some) && some[n].n-some[n-1].n <= near {
			n++
		}
		if err := l.fetchRun(some[:n]); err != nil {
			return err
		}
		some = some[n:]
	}
	return nil
}

// fetchRun reads the summaries of candidates that lie close together.
func (l *look) fetchRun(run []*candidate) (err error) {
	if len(run) == 1 {
		run[0].summary, err = l.line.r.Get(tableStatements, run[0].position)
		return err
	}
	last := run[len(run)-1].n
	for row, err := range l.line.r.Scan(tableStatements, run[0].position, numberKey(last+1), false) {
		if err != nil {
			return err
		}
		for n := binary.BigEndian.Uint64(row.Key); len(run) > 0 && run[0].n == n; run = run[1:] {
			run[0].summary = row.Value
		}
	}
	return nil
}

// bounds returns the keys between which the rest of the list lies.
func (l *look) bounds() (from, to []byte) {
	from, to = l.prefix, store.PrefixEnd(l.prefix)
	if l.least != nil {
		from = l.least
	}
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
