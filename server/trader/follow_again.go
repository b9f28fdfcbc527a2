package trader

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// isOfOne reports whether an error is one of a case or an entry, and not of the store
// or of who stops.
func isOfOne(ctx context.Context, err error) bool {
	return ctx.Err() == nil && !errors.Is(err, store.ErrFull) && !errors.Is(err, store.ErrUnknown) && !errors.Is(err, store.ErrClosed)
}

// look is read, but sets aside what cannot be read.
func (f *follower) look(ctx context.Context, p *page, e ledger.Entry) error {
	err := f.read(ctx, p, e)
	if err == nil || !isOfOne(ctx, err) {
		return err
	}
	p.aside[string(placeOf(e))] = err
	return nil
}

// putAside writes what cannot be read, and deletes what could be read at last. It
// returns what had not been set aside before.
func (p *page) putAside(tx store.Tx) (map[string]error, error) {
	fresh := make(map[string]error)
	for _, key := range p.settled {
		if _, again := p.aside[key]; again {
			continue
		}
		if err := tx.Delete(tableAside, []byte(key)); err != nil {
			return nil, err
		}
	}
	for key, reason := range p.aside {
		before, err := tx.Get(tableAside, []byte(key))
		if err != nil {
			return nil, err
		}
		if before != nil {
			continue
		}
		if err := tx.Put(tableAside, []byte(key), []byte(reason.Error())); err != nil {
			return nil, err
		}
		fresh[key] = reason
	}
	return fresh, nil
}

// Aside returns how many cases, and entries of cases, are set aside because they
// cannot be read: their exporters are not told what is new.
func (s *Service) Aside(ctx context.Context) (n int, err error) {
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		n = 0
		for _, err := range r.Scan(tableAside, nil, nil, false) {
			if err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

// some returns a page of the rows of a table behind a key, and the key behind which
// the next page is; nil if there is none.
func (f *follower) some(ctx context.Context, t store.Table, behind []byte) (rows map[string][]byte, next []byte, err error) {
	err = f.o.Store.View(ctx, func(r store.Reader) error {
		rows, next = make(map[string][]byte), nil
		var from []byte
		if behind != nil {
			from = append(bytes.Clone(behind), 0)
		}
		for row, err := range r.Scan(t, from, nil, false) {
			if err != nil {
				return err
			}
			rows[string(row.Key)] = bytes.Clone(row.Value)
			if len(rows) == followPage {
				next = bytes.Clone(row.Key)
				return nil
			}
		}
		return nil
	})
	return rows, next, err
}

// followLate looks again for some bodies that had not arrived when their entries were
// looked at, and goes round among them.
func (f *follower) followLate(ctx context.Context) error {
	late, next, err := f.some(ctx, tableWaiting, f.late)
	if err != nil {
		return err
	}
	p := newPage()
	for _, key := range slices.Sorted(maps.Keys(late)) {
		e, err := f.entryAt(ctx, late[key])
		if err == nil && e.Envelope == nil {
			continue
		}
		p.here = append(p.here, binary.BigEndian.Uint64([]byte(key)))
		if err == nil {
			err = f.read(ctx, p, e)
		}
		if err != nil && !isOfOne(ctx, err) {
			return err
		}
		if err != nil {
			p.aside[string(late[key])] = err
		}
	}
	f.late = next
	if len(p.here) == 0 {
		return nil
	}
	return f.finish(ctx, p, func(store.Tx) error { return nil })
}

// followAside tries some of what could not be read again, and goes round among it.
func (f *follower) followAside(ctx context.Context) error {
	if !f.round {
		return nil
	}
	rows, next, err := f.some(ctx, tableAside, f.aside)
	if err != nil {
		return err
	}
	f.aside = next
	if len(rows) == 0 {
		return nil
	}
	p := newPage()
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		p.settled = append(p.settled, key)
		if err := f.tryAgain(ctx, p, key); err != nil {
			return err
		}
	}
	return f.finish(ctx, p, func(store.Tx) error { return nil })
}

// tryAgain looks once more at a case or an entry that was set aside.
func (f *follower) tryAgain(ctx context.Context, p *page, key string) error {
	err := f.seekAgain(ctx, p, key)
	if err == nil || !isOfOne(ctx, err) {
		return err
	}
	p.aside[key] = err
	return nil
}

func (f *follower) seekAgain(ctx context.Context, p *page, key string) error {
	if isPlace(key) {
		e, err := f.entryAt(ctx, []byte(key))
		if err != nil {
			return err
		}
		return f.read(ctx, p, e)
	}
	m, err := f.matter(ctx, key)
	if err != nil || m == nil {
		return err
	}
	return f.seek(ctx, p, key, m)
}

// isPlace reports whether a key of tableAside is the place of an entry, and not the
// reference of a case: that has no 0.
func isPlace(key string) bool { return strings.IndexByte(key, 0) >= 0 }

// entryAt returns the entry at a place.
func (f *follower) entryAt(ctx context.Context, place []byte) (ledger.Entry, error) {
	text, number, ok := bytes.Cut(place, []byte{0})
	origin, err := certs.ParseOrigin(string(text))
	if err != nil || !ok || len(number) != 8 {
		return ledger.Entry{}, fmt.Errorf("%w: place of an entry, %x", ledger.ErrCorrupt, place)
	}
	return f.o.Ledger.Entry(ctx, origin, binary.BigEndian.Uint64(number))
}
