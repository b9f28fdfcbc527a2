package casebook

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// What is recorded only marks the cases that it changes, in the transaction that
// records it: one small row each, which stays until the case was summarized.
// Receipts and cards change many cases at once, so they leave one row for all,
// which [Book.Stir] turns into marks.

// Mark says that something about a case has changed since it was summarized.
type Mark struct {
	Place Place // of its original, which may not be here
	value []byte
}

// markOf returns the value of a mark: the newest position for which it was set,
// behind which the case is not looked at before, and how often it was.
func markOf(n uint64, times uint64) []byte {
	return binary.BigEndian.AppendUint64(numberKey(n), times)
}

// mark marks the case of an original.
func (b *Book) mark(tx store.Tx, original []byte, n uint64) error {
	before, err := tx.Get(tableDirty, original)
	if err != nil {
		return err
	}
	times := uint64(0)
	if len(before) == 16 {
		n, times = max(n, binary.BigEndian.Uint64(before)), binary.BigEndian.Uint64(before[8:])+1
	}
	return tx.Put(tableDirty, original, markOf(n, times))
}

// Marked returns marks of cases, at most limit of those about which everything
// up to a position is to be shown.
func (b *Book) Marked(ctx context.Context, upTo uint64, limit int) (marks []Mark, err error) {
	err = b.o.Store.View(ctx, func(r store.Reader) error {
		marks = nil
		for row, err := range r.Scan(tableDirty, nil, nil, false) {
			if err != nil || len(marks) == limit {
				return err
			}
			place, ok := parsePlace(row.Key)
			if !ok || len(row.Value) != 16 {
				return fmt.Errorf("%w: mark of a case, %x", ledger.ErrCorrupt, row.Key)
			}
			if binary.BigEndian.Uint64(row.Value) <= upTo {
				marks = append(marks, Mark{place, bytes.Clone(row.Value)})
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("marked cases: %w", err)
	}
	return marks, nil
}

// CountMarked returns how many cases are to be summarized, counting no further
// than most.
func (b *Book) CountMarked(ctx context.Context, most int) (n int, err error) {
	err = b.o.Store.View(ctx, func(r store.Reader) error {
		n = 0
		for _, err := range r.Scan(tableDirty, nil, nil, false) {
			if err != nil || n == most {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

// The kinds of rows that stir cases, and begin their keys.
const (
	stirReceipt = 'r' // then office, office of the log and its epoch → size
	stirAll     = 'a' // → the row of a list behind which it goes on, nothing at first: hours may have changed
)

// stirReceipted notes that a receipt came, which starts clocks: those of its
// office over what is below the size, or is listed ahead of it. The note of one
// of a larger size stands above it.
func (b *Book) stirReceipted(tx store.Tx, r ledger.Receipt) error {
	key := append([]byte{stirReceipt}, r.From...)
	key = append(key, r.Origin.Office...)
	key = binary.BigEndian.AppendUint64(key, r.Origin.Epoch)
	size := r.Size
	for _, a := range r.Ahead {
		size = max(size, a.Sequence+1)
	}
	before, err := tx.Get(tableStirred, key)
	if err != nil || len(before) == 8 && binary.BigEndian.Uint64(before) >= size {
		return err
	}
	return tx.Put(tableStirred, key, numberKey(size))
}

// StirAll marks every case in which something is to be done; it is for what
// changes hours and is not recorded in the ledger.
func (b *Book) StirAll(ctx context.Context) error {
	return b.o.Store.Update(store.WithReserve(ctx), stirLive)
}

func stirLive(tx store.Tx) error { return tx.Put(tableStirred, []byte{stirAll}, nil) }

// stirAtOnce is how many marks one transaction sets.
const stirAtOnce = 1024

// Stir turns what receipts and cards left into marks of cases. It reports
// whether there is more to do. It may use the reserve of the store if the ctx
// may: a call that only reads MUST NOT.
func (b *Book) Stir(ctx context.Context) (more bool, err error) {
	var any bool
	err = b.o.Store.View(ctx, func(r store.Reader) error {
		any = false
		for _, err := range r.Scan(tableStirred, nil, nil, false) {
			any = true
			return err
		}
		return nil
	})
	if err == nil && any {
		err = b.o.Store.Update(ctx, func(tx store.Tx) (err error) {
			more, err = b.stirOnce(tx)
			return err
		})
	}
	if err != nil {
		return false, fmt.Errorf("mark cases whose clocks may have changed: %w", err)
	}
	return more, nil
}

// stirOnce deals with one row.
func (b *Book) stirOnce(tx store.Tx) (bool, error) {
	for row, err := range tx.Scan(tableStirred, nil, nil, false) {
		if err != nil {
			return false, err
		}
		key, value := bytes.Clone(row.Key), bytes.Clone(row.Value)
		done := false
		switch {
		case len(key) == 13 && key[0] == stirReceipt && len(value) == 8:
			done, err = b.stirAwaiting(tx, key[1:], value)
		case len(key) == 1 && key[0] == stirAll:
			done, err = b.markLive(tx, key, value)
		default:
			err = fmt.Errorf("%w: what stirs cases, %x", ledger.ErrCorrupt, key)
		}
		if err == nil && done {
			err = tx.Delete(tableStirred, key)
		}
		return true, err
	}
	return false, nil
}

// stirAwaiting marks the cases in which an office's receipt over statements of a
// log is awaited, of those below a size. Each row is taken away: the summary of
// its case puts it back if the receipt does not cover the statement.
func (b *Book) stirAwaiting(tx store.Tx, prefix, size []byte) (done bool, err error) {
	var rows [][]byte
	for row, err := range tx.Scan(tableAwaiting, prefix, append(bytes.Clone(prefix), size...), false) {
		if err != nil {
			return false, err
		}
		if len(rows) == stirAtOnce {
			break
		}
		rows = append(rows, bytes.Clone(row.Key))
	}
	for _, key := range rows {
		if len(key) != awaitingSize {
			return false, fmt.Errorf("%w: awaited receipt, %x", ledger.ErrCorrupt, key)
		}
		if err := b.mark(tx, key[2+placeSize:], 0); err != nil {
			return false, err
		}
		if err := tx.Delete(tableAwaiting, key); err != nil {
			return false, err
		}
	}
	return len(rows) < stirAtOnce, nil
}

// markLive marks the cases of some rows of the lists of the desk, those behind
// after, and notes under key how far it came.
func (b *Book) markLive(tx store.Tx, key, after []byte) (done bool, err error) {
	var from []byte
	if len(after) > 0 {
		from = append(bytes.Clone(after), 0)
	}
	var places [][]byte
	for row, err := range tx.Scan(tableDeskLists, from, nil, false) {
		if err != nil {
			return false, err
		}
		if len(row.Key) != 9 || len(row.Value) != placeSize {
			return false, fmt.Errorf("%w: list of the desk, %x", ledger.ErrCorrupt, row.Key)
		}
		if len(places) == stirAtOnce {
			break
		}
		places, after = append(places, bytes.Clone(row.Value)), bytes.Clone(row.Key)
	}
	for _, place := range places {
		if err := b.mark(tx, place, 0); err != nil {
			return false, err
		}
	}
	if len(places) < stirAtOnce {
		return true, nil
	}
	return false, tx.Put(tableStirred, key, after)
}
