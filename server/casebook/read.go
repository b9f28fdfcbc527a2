package casebook

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// Case returns the original of the case of that reference, and what refers to
// it, in the order of positions, of what was recorded after one position and up
// to another: at most so many. The error is [ErrNotFound] if no notification has
// that reference.
func (b *Book) Case(ctx context.Context, reference string, after, upTo uint64, most int) (whole Item, parts []Item, err error) {
	err = b.o.Store.View(ctx, func(r store.Reader) error {
		var hash []byte
		if whole, hash, err = b.original(r, reference); err != nil {
			return err
		}
		if whole.N > upTo {
			return ErrNotFound
		}
		parts, err = b.parts(r, whole.Place, hash, after, upTo, most)
		return err
	})
	if err != nil {
		return Item{}, nil, fmt.Errorf("case %s: %w", reference, err)
	}
	return whole, parts, nil
}

// MarkedOriginal returns the original of a case that was marked. The error is
// [ErrNotFound] if no notification stands there.
func (b *Book) MarkedOriginal(ctx context.Context, m Mark) (whole Item, err error) {
	err = b.o.Store.View(ctx, func(r store.Reader) error {
		at := m.Place.append(nil)
		value, err := r.Get(tableOriginals, at)
		if err != nil || len(value) < 32 {
			return cmp.Or(err, ErrNotFound)
		}
		number, err := r.Get(tableReferences, append(append(bytes.Clone(value[32:]), 0), at...))
		if err != nil || number == nil {
			return cmp.Or(err, ErrNotFound)
		}
		whole, err = b.item(number, at)
		return err
	})
	if err != nil {
		return Item{}, fmt.Errorf("case of %s %d-%d: %w", m.Place.Office, m.Place.Epoch, m.Place.Sequence, err)
	}
	return whole, nil
}

// parts returns what refers to the original of a place and record hash.
func (b *Book) parts(r store.Reader, whole Place, hash []byte, after, upTo uint64, most int) (parts []Item, err error) {
	prefix := partsKey(whole, hash)
	from := binary.BigEndian.AppendUint64(bytes.Clone(prefix), after+1)
	to := binary.BigEndian.AppendUint64(bytes.Clone(prefix), upTo+1)
	for row, err := range r.Scan(tableParts, from, to, false) {
		if err != nil || len(parts) >= most {
			return parts, err
		}
		part, err := b.item(row.Key[len(prefix):], row.Value)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// Referred returns what has a reference: one statement, or more if an office gave
// it twice.
func (b *Book) Referred(ctx context.Context, reference string) (items []Item, err error) {
	err = b.o.Store.View(ctx, func(r store.Reader) error {
		items = nil
		prefix := append([]byte(reference), 0)
		for row, err := range r.Scan(tableReferences, prefix, store.PrefixEnd(prefix), false) {
			if err != nil {
				return err
			}
			item, err := b.item(row.Value, row.Key[len(prefix):])
			if err != nil {
				return err
			}
			items = append(items, item)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("statements of %s: %w", reference, err)
	}
	return items, nil
}

// original returns the notification that a reference belongs to, with its
// record hash. If an office gave one reference to two, it belongs to the one
// that comes first in its logs.
func (b *Book) original(r store.Reader, reference string) (Item, []byte, error) {
	prefix := append([]byte(reference), 0)
	for row, err := range r.Scan(tableReferences, prefix, store.PrefixEnd(prefix), false) {
		if err != nil {
			return Item{}, nil, err
		}
		at := row.Key[len(prefix):]
		item, err := b.item(row.Value, at)
		if err != nil {
			return Item{}, nil, err
		}
		value, err := r.Get(tableOriginals, at)
		if err != nil {
			return Item{}, nil, err
		}
		if len(value) >= 32 {
			return item, value[:32], nil
		}
	}
	return Item{}, nil, ErrNotFound
}

// Note is what the book knows about an entry beyond its bytes.
type Note struct {
	Recorded time.Time // when this node recorded it; zero if not known
	Case     string    // reference of the case that it belongs to; "" if none, or its original is not here

	// Receipts are when this node recorded the receipts that were asked about,
	// in their order; zero where it is not known.
	Receipts []time.Time
}

// Note returns what the book knows about an entry that says s, and when the
// receipts at some positions were recorded.
func (b *Book) Note(ctx context.Context, e ledger.Entry, s *spsv1.Statement, receipts ...uint64) (Note, error) {
	whole, hash, ok := original(s, b.o.Federation)
	if s.GetNotification() != nil {
		whole = Place{Office: e.Origin.Office, Epoch: e.Origin.Epoch, Sequence: e.Sequence}
		hash, ok = e.Hash[:], true
	}
	var note Note
	err := b.o.Store.View(ctx, func(r store.Reader) (err error) {
		note = Note{}
		if note.Recorded, err = recorded(r, e.Position.N); err != nil {
			return err
		}
		for _, n := range receipts {
			at, err := recorded(r, n)
			if err != nil {
				return err
			}
			note.Receipts = append(note.Receipts, at)
		}
		if !ok {
			return nil
		}
		value, err := r.Get(tableOriginals, whole.append(nil))
		if reference, found := bytes.CutPrefix(value, hash); found {
			note.Case = string(reference)
		}
		return err
	})
	if err != nil {
		return Note{}, fmt.Errorf("note of %s/%d: %w", e.Origin, e.Sequence, err)
	}
	return note, nil
}

// Recorded returns when the node recorded what has that position; the zero time
// if the book has no note of it.
func (b *Book) Recorded(ctx context.Context, n uint64) (t time.Time, err error) {
	err = b.o.Store.View(ctx, func(r store.Reader) (err error) {
		t, err = recorded(r, n)
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("time of position %d: %w", n, err)
	}
	return t, nil
}

func recorded(r store.Reader, n uint64) (time.Time, error) {
	v, err := r.Get(tableTimes, numberKey(n))
	if err != nil || len(v) != 8 {
		return time.Time{}, err
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(v))).UTC(), nil
}

// item makes a line of a position and a place. A row that is neither is what no
// book writes.
func (b *Book) item(number, at []byte) (Item, error) {
	place, ok := parsePlace(at)
	if !ok || len(number) != 8 {
		return Item{}, ledger.ErrCorrupt
	}
	return Item{
		N:      binary.BigEndian.Uint64(number),
		Place:  place,
		Origin: certs.Origin{Federation: b.o.Federation, Office: place.Office, Epoch: place.Epoch},
	}, nil
}
