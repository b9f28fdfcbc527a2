package casebook

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// CodeQuery says which statuses of codes a list has, as of when. The zero
// CodeQuery is all of them. It is safe for concurrent use.
type CodeQuery struct {
	dayQuery
	who []string // see [CodeQuery.As]
}

// ParseCodeQuery reads a filter of AIP-160 over [CodeFields] and a day, see
// [Day], and returns what is wrong with them, by the names of the fields of a list
// request.
func (l Limits) ParseCodeQuery(filter, day string) (q CodeQuery, problems statement.Problems) {
	q.dayQuery, problems = l.parseDayQuery(filter, day, codeFields)
	return q, problems
}

// codeMatches reports whether a status is one that a query asks for, and leaves in
// it what who asks is told.
func (b *Book) codeMatches(q CodeQuery, l *line, s *spsv1.CodeStatus) (bool, error) {
	if err := b.blindStatuses(l.r, q.who, s); err != nil {
		return false, err
	}
	l.code = s
	return q.holds(l), nil
}

// CodeStatuses returns a page of the statuses of codes, in the order of the codes,
// and the mark of the next page; nil after the last. from is a mark, nil for the first page. About budget rows are looked at.
func (b *Book) CodeStatuses(ctx context.Context, q CodeQuery, from []byte, limit, budget int) (page []*spsv1.CodeStatus, next []byte, err error) {
	since, until := q.span(b.o.Now())
	err = b.o.Store.View(ctx, func(r store.Reader) error {
		page, next = nil, nil
		l := b.line(r)
		at, skip := cutMark(from)
		looked := 0
		for s, said := range eachSite(r, at, &err) {
			looked += len(said)
			for i, scope := range statement.CodeScopes(said) {
				if bytes.Equal(s, at) && i < skip {
					continue
				}
				if len(page) == limit || looked > budget && len(said) < looked {
					next = binary.BigEndian.AppendUint16(bytes.Clone(s), uint16(min(i, math.MaxUint16)))
					return nil
				}
				status := statement.CodeStatusOf(said, scope, since, until)
				matches, failed := b.codeMatches(q, &l, status)
				if failed != nil {
					return failed
				}
				if matches {
					page = append(page, status)
				}
			}
		}
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list statuses of codes: %w", err)
	}
	return page, next, nil
}

// cutMark reads the mark of a page: a site, and which of its markets and goods
// comes next.
func cutMark(mark []byte) (at site, skip int) {
	if len(mark) < 2 {
		return nil, 0
	}
	cut := len(mark) - 2
	return mark[:cut], int(binary.BigEndian.Uint16(mark[cut:]))
}

// eachSite yields the sites from one on, in their order, with what is said of
// each. An error ends it.
func eachSite(r store.Reader, from site, failed *error) func(func(site, []*spsv1.CodeStatement) bool) {
	return func(yield func(site, []*spsv1.CodeStatement) bool) {
		var now site
		var said []*spsv1.CodeStatement
		for row, err := range r.Scan(tableCodes, from, nil, false) {
			s := cutSite(row.Key)
			if err == nil && s == nil {
				err = ledger.ErrCorrupt
			}
			if err != nil {
				*failed = err
				return
			}
			if !bytes.Equal(s, now) {
				if len(said) > 0 && !yield(now, said) {
					return
				}
				now, said = bytes.Clone(s), nil
			}
			one, err := readCode(row.Value)
			if err != nil {
				*failed = err
				return
			}
			said = append(said, one)
		}
		if len(said) > 0 {
			yield(now, said)
		}
	}
}

// LastCodeChange returns the cursor of now.
func (b *Book) LastCodeChange(ctx context.Context) (at ChangeCursor, err error) {
	at.Until = b.o.Now().Truncate(time.Millisecond)
	err = b.o.Store.View(ctx, func(r store.Reader) (err error) {
		at.N, err = lastChange(r, tableCodeChanges)
		return err
	})
	if err != nil {
		return at, fmt.Errorf("last change of a code: %w", err)
	}
	return at, nil
}

// CodeEvent is a code that has changed, with its statuses as they are now.
type CodeEvent struct {
	Cursor   ChangeCursor // of a watch that was told of it
	Statuses []*spsv1.CodeStatus
}

// CodesAfter returns what changed behind a cursor, at most about limit sites:
// those of which something was said, then those of which something began or ended
// by a time that was given; the cursor behind all of them; and when something
// begins or ends next, the zero time if nothing does. [ErrNotFound] says that the
// cursor is ahead of the book.
func (b *Book) CodesAfter(ctx context.Context, q CodeQuery, at ChangeCursor, limit int) (events []CodeEvent, after ChangeCursor, next time.Time, err error) {
	w := codeWatch{b: b, q: q, now: b.o.Now().Truncate(time.Millisecond), limit: limit}
	err = b.o.Store.View(ctx, func(r store.Reader) error {
		w.r, w.line, w.events, w.at, w.next = r, b.line(r), nil, at, time.Time{}
		more, err := w.said()
		if err != nil || more {
			return err
		}
		return w.turned()
	})
	if err != nil {
		return nil, at, time.Time{}, fmt.Errorf("changes of codes: %w", err)
	}
	return w.events, w.at, w.next, nil
}

// codeWatch is a page of a watch of codes.
type codeWatch struct {
	b      *Book
	q      CodeQuery
	now    time.Time
	limit  int
	r      store.Reader
	line   line
	events []CodeEvent
	at     ChangeCursor
	next   time.Time
}

// said adds the sites of which something was said. It reports whether there may
// be more.
func (w *codeWatch) said() (more bool, err error) {
	last, err := lastChange(w.r, tableCodeChanges)
	if err != nil {
		return false, err
	}
	if w.at.N > last {
		return false, ErrNotFound
	}
	for row, err := range w.r.Scan(tableCodeChanges, numberKey(w.at.N+1), nil, false) {
		if err != nil {
			return false, err
		}
		if len(w.events) == w.limit {
			return true, nil
		}
		w.at.N = binary.BigEndian.Uint64(row.Key)
		if err := w.add(bytes.Clone(row.Value)); err != nil {
			return false, err
		}
	}
	return false, nil
}

// turned adds the sites of which something began or ended. What began before the
// watch did is in what was said.
func (w *codeWatch) turned() error {
	from := w.at.Until
	if from.IsZero() {
		from = w.now
	}
	for row, err := range w.r.Scan(tableCodeTurns, numberKey(milli(from)+1), nil, false) {
		if err != nil {
			return err
		}
		turn := time.UnixMilli(int64(binary.BigEndian.Uint64(row.Key)))
		if turn.After(w.now) {
			w.next = turn
			break
		}
		w.at.Until = turn.Add(-time.Millisecond) // another may turn at the same instant
		if err := w.add(bytes.Clone(row.Key[8:])); err != nil {
			return err
		}
	}
	w.at.Until = w.now
	if from.After(w.now) { // the clock was set back
		w.at.Until = from
	}
	return nil
}

// add adds the event of a site.
func (w *codeWatch) add(s site) error {
	said, _, err := siteWords(w.r, s)
	if err != nil {
		return err
	}
	e := CodeEvent{Cursor: w.at}
	for _, scope := range statement.CodeScopes(said) {
		status := statement.CodeStatusOf(said, scope, w.now, w.now)
		matches, err := w.b.codeMatches(w.q, &w.line, status)
		if err != nil {
			return err
		}
		if matches {
			e.Statuses = append(e.Statuses, status)
		}
	}
	w.events = append(w.events, e)
	return nil
}
