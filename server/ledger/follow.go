package ledger

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/store"
)

// maxCopied is how much a View copies before it ends, in bytes, so that it is
// short.
const maxCopied = 1 << 20

// After returns what was recorded behind a position, in order, at most limit
// records and about 1 MiB; none if there is nothing yet. The zero position is
// the beginning. An entry of the own log, and what is behind it, is not shown
// before it is released.
//
// The error is [ErrOtherIncarnation] for a position of another store and
// [ErrAhead] for one beyond the end: the reader begins again.
func (l *Ledger) After(ctx context.Context, p Position, limit int) (records []Record, err error) {
	if p != (Position{}) && p.Incarnation != l.incarnation {
		return nil, ErrOtherIncarnation
	}
	released := l.Released()
	err = l.view(ctx, func(r store.Reader) error {
		last, err := lastPosition(r)
		if err != nil {
			return err
		}
		if p.N > last {
			return fmt.Errorf("%w: position %d, the last is %d", ErrAhead, p.N, last)
		}
		if p.N >= released.N {
			return nil
		}
		records, err = l.recorded(r, p.N+1, released.N, limit)
		return err
	})
	return records, err
}

// recorded copies what was recorded from one position to another.
func (l *Ledger) recorded(r store.Reader, from, to uint64, limit int) ([]Record, error) {
	origins, err := origins(r)
	if err != nil {
		return nil, err
	}
	var records []Record
	copied := 0
	for item, err := range r.Scan(tablePositions, positionKey(from), positionKey(to+1), false) {
		if err != nil {
			return nil, err
		}
		if len(records) >= limit || copied >= maxCopied {
			break
		}
		if n := from + uint64(len(records)); !bytes.Equal(item.Key, positionKey(n)) {
			return nil, fmt.Errorf("%w: position %d is gone", ErrCorrupt, n)
		}
		record, size, err := l.record(r, origins, item)
		if err != nil {
			return nil, err
		}
		records = append(records, record)
		copied += size
	}
	return records, nil
}

// record reads what is at one position, and says how large it is.
func (l *Ledger) record(r store.Reader, origins map[logID]certs.Origin, item store.Item) (Record, int, error) {
	place, err := decodePlaceRow(item.Value)
	if err != nil {
		return Record{}, 0, err
	}
	o, ok := origins[place.id]
	if !ok {
		return Record{}, 0, fmt.Errorf("%w: log %d is gone", ErrCorrupt, place.id)
	}
	n := binary.BigEndian.Uint64(item.Key)
	record := Record{Position: Position{Incarnation: l.incarnation, N: n}}
	if place.office == "" {
		e, err := l.readEntry(r, place.id, o, place.number)
		record.Entry = &e
		return record, len(e.LeafBytes) + len(e.Envelope), err
	}
	note, err := r.Get(tableReceipts, receiptKey(place.id, place.office, place.number, n))
	if err != nil {
		return Record{}, 0, err
	}
	receipt, err := l.readReceipt(place.office, n, note)
	record.Receipt = receipt
	return record, len(note), err
}

// readReceipt copies a receipt out of a transaction.
func (l *Ledger) readReceipt(office certs.Office, n uint64, note []byte) (*Receipt, error) {
	said, err := seal.ParseReceipt(note)
	if err != nil {
		return nil, fmt.Errorf("%w: receipt of %s at position %d: %w", ErrCorrupt, office, n, err)
	}
	return &Receipt{
		Receipt:  said,
		Position: Position{Incarnation: l.incarnation, N: n},
		From:     office,
		Note:     bytes.Clone(note),
	}, nil
}

// origins returns the logs by number.
func origins(r store.Reader) (map[logID]certs.Origin, error) {
	all := make(map[logID]certs.Origin)
	for item, err := range r.Scan(tableLogs, nil, nil, false) {
		if err != nil {
			return nil, err
		}
		row, err := decodeLogRow(item.Value)
		if err != nil {
			return nil, err
		}
		if all[row.id], err = certs.ParseOrigin(string(item.Key)); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
	}
	return all, nil
}

// Rebuild hands everything recorded behind a position to fold, in order, in
// transactions of a bounded size; the fold has removed before what it made of
// it. Nothing may be appended or recorded meanwhile. If it is interrupted, the
// fold knows from the last position that it was given where to go on.
func (l *Ledger) Rebuild(ctx context.Context, after Position, fold Fold) error {
	const batch = 512
	for from, done := after.N+1, false; !done; {
		next := from
		err := l.o.Store.Update(store.WithReserve(ctx), func(tx store.Tx) error {
			records, err := l.recorded(tx, from, math.MaxUint64-1, batch)
			if err != nil {
				return err
			}
			for _, record := range records {
				if err := foldRecord(tx, fold, record); err != nil {
					return fmt.Errorf("fold position %d: %w", record.Position.N, err)
				}
			}
			next = from + uint64(len(records))
			return nil
		})
		if err != nil {
			return fmt.Errorf("rebuild from position %d: %w", from, err)
		}
		from, done = next, next == from
	}
	return nil
}

func foldRecord(tx store.Tx, fold Fold, record Record) error {
	if record.Entry != nil {
		return fold.Entry(tx, *record.Entry)
	}
	return fold.Receipt(tx, *record.Receipt)
}
