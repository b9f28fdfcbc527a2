package ledger

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/store"
)

// Clocks run from receipts, and both ends of a link must count from the same
// second though a receipt may be lost on the way. So the time of a receipt is
// not when it was signed, but when the last of what it says came to be held,
// which is written in the transaction that records it. The same receipt can be
// signed again at any time, and for each second in which something came there is
// one: [Ledger.Receipts] returns those that the office of the log has not got.

// The kinds of rows of tableHeld, behind the number of the log in their keys.
const (
	heldUpTo byte = iota // then a size: everything below came in its turn by then
	heldBody             // then a sequence: its body came by then, ahead of its turn or late
	heldLast             // then 0: when anything came last
)

func heldKey(id logID, kind byte, number uint64) []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, 13), uint32(id))
	return binary.BigEndian.AppendUint64(append(b, kind), number)
}

// held is a row of tableHeld.
type held struct {
	number uint64
	time   int64 // Unix seconds
}

func decodeHeld(item store.Item) (held, error) {
	if len(item.Key) != 13 || len(item.Value) != 8 {
		return held{}, fmt.Errorf("%w: time at which something was held, %x", ErrCorrupt, item.Key)
	}
	return held{binary.BigEndian.Uint64(item.Key[5:]), int64(binary.BigEndian.Uint64(item.Value))}, nil
}

func putHeld(tx store.Tx, id logID, kind byte, h held) error {
	return tx.Put(tableHeld, heldKey(id, kind, h.number), binary.BigEndian.AppendUint64(nil, uint64(h.time)))
}

// scanHeld returns the first row of a kind from a number on, or backwards the
// last one before it.
func scanHeld(r store.Reader, id logID, kind byte, number uint64, back bool) (held, bool, error) {
	from, to := heldKey(id, kind, number), heldKey(id, kind+1, 0)
	if back {
		from, to = heldKey(id, kind, 0), from
	}
	for item, err := range r.Scan(tableHeld, from, to, back) {
		if err != nil {
			return held{}, false, err
		}
		h, err := decodeHeld(item)
		return h, err == nil, err
	}
	return held{}, false, nil
}

// heldNow returns the second in which something comes now; it never falls.
func (l *Ledger) heldNow(tx store.Tx, id logID) (int64, error) {
	last, _, err := scanHeld(tx, id, heldLast, 0, false)
	if err != nil {
		return 0, err
	}
	now := max(l.o.Now().Unix(), last.time)
	return now, putHeld(tx, id, heldLast, held{0, now})
}

// holdUpTo notes that a log, of which so much was held before, is held up to a
// size from now on. What comes in one second shares a row. It changes nothing
// where a receipt of this office was given before for as much.
func (l *Ledger) holdUpTo(tx store.Tx, id logID, before, size uint64) error {
	now, err := l.heldNow(tx, id)
	if err != nil {
		return err
	}
	last, ok, err := scanHeld(tx, id, heldUpTo, 1<<63, true)
	switch {
	case err != nil:
		return err
	case ok && last.number >= size:
		return nil
	case !ok && before > 0: // by a version that did not note it: it is not known when
		if err := putHeld(tx, id, heldUpTo, held{before, 0}); err != nil {
			return err
		}
	case ok && last.time == now:
		if err := tx.Delete(tableHeld, heldKey(id, heldUpTo, last.number)); err != nil {
			return err
		}
	}
	return putHeld(tx, id, heldUpTo, held{size, now})
}

// holdBody notes that the body of an entry is held from now on, out of its turn.
func (l *Ledger) holdBody(tx store.Tx, id logID, seq uint64) error {
	now, err := l.heldNow(tx, id)
	if err != nil {
		return err
	}
	if before, err := tx.Get(tableHeld, heldKey(id, heldBody, seq)); before != nil || err != nil {
		return err
	}
	return putHeld(tx, id, heldBody, held{seq, now})
}

// Held returns the time, in Unix seconds, of the receipt of this office that
// covers an entry of another first. It is false if the entry is not held, or was
// recorded by a version that did not note it. That its body is held is for the
// caller to know.
func (l *Ledger) Held(ctx context.Context, o certs.Origin, seq uint64) (t int64, ok bool, err error) {
	err = l.view(ctx, func(r store.Reader) error {
		row, err := l.find(r, o)
		if err != nil {
			return err
		}
		value, err := r.Get(tableHeld, heldKey(row.id, heldBody, seq))
		if err != nil {
			return err
		}
		if len(value) == 8 {
			t, ok = int64(binary.BigEndian.Uint64(value)), true
			return nil
		}
		first, found, err := scanHeld(r, row.id, heldUpTo, seq+1, false)
		t, ok = first.time, found && first.time > 0 && seq < row.size
		return err
	})
	if err != nil {
		return 0, false, fmt.Errorf("since when entry %d of %s is held: %w", seq, o, err)
	}
	return t, ok, nil
}

// Above returns the receipts of an office over a log that say more than that it
// holds the log up to a size, oldest first, and at most so many.
func (l *Ledger) Above(ctx context.Context, office certs.Office, o certs.Origin, size uint64, most int) (notes [][]byte, err error) {
	err = l.view(ctx, func(r store.Reader) error {
		notes = nil
		row, err := l.find(r, o)
		if err != nil {
			return err
		}
		prefix := receiptPrefix(row.id, office)
		from := binary.BigEndian.AppendUint64(slices.Clone(prefix), size)
		for item, err := range r.Scan(tableReceipts, from, store.PrefixEnd(prefix), false) {
			if err != nil || len(notes) == most {
				return err
			}
			receipt, err := l.receiptItem(item)
			if err != nil {
				return err
			}
			if receipt.Size > size || len(receipt.Ahead) > 0 {
				notes = append(notes, receipt.Note)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("receipts of %s over %s: %w", office, o, err)
	}
	return notes, nil
}

// Recall takes up a receipt that this office gave before its store was restored
// from a backup: what it covers was held by its time, and clocks have run from
// there since. The fold is told of it as of a receipt of this office without a
// position. Errors are those of [seal.OpenReceipt], ctx and the store.
//
// BUG(ledger): of a body that the receipt lists missing, and that came late, the
// time is that of the receipt.
func (l *Ledger) Recall(ctx context.Context, note []byte) error {
	said, err := seal.OpenReceipt(note, l.own.Office, l.o.Roster.Own().ReceiptKeys())
	if err == nil && l.isOwn(said.Origin) {
		err = ErrOwnLog
	}
	if err == nil {
		err = l.o.Store.Update(store.WithReserve(ctx), func(tx store.Tx) error { return l.recall(tx, said) })
	}
	if err != nil {
		return fmt.Errorf("recall an own receipt: %w", err)
	}
	return nil
}

func (l *Ledger) recall(tx store.Tx, said seal.Receipt) error {
	row, err := l.find(tx, said.Origin)
	if errors.Is(err, ErrNotFound) {
		return nil // it comes again when the log has begun
	}
	if err != nil {
		return err
	}
	changed, err := recallSize(tx, row.id, said)
	if err != nil {
		return err
	}
	for _, a := range said.Ahead {
		at, ok, err := scanHeld(tx, row.id, heldBody, a.Sequence, false)
		if err != nil {
			return err
		}
		if ok && at.number == a.Sequence && at.time <= said.Time {
			continue
		}
		if err := putHeld(tx, row.id, heldBody, held{a.Sequence, said.Time}); err != nil {
			return err
		}
		changed = true
	}
	if !changed {
		return nil
	}
	last, _, err := scanHeld(tx, row.id, heldLast, 0, false)
	if err == nil && last.time < said.Time {
		err = putHeld(tx, row.id, heldLast, held{0, said.Time})
	}
	if err != nil {
		return err
	}
	return l.o.Fold.Receipt(tx, Receipt{Receipt: said, From: l.own.Office})
}

// recallSize notes that a log was held up to the size of a receipt by its time,
// in place of what came to be held again later. It reports whether that is new.
func recallSize(tx store.Tx, id logID, said seal.Receipt) (bool, error) {
	first, ok, err := scanHeld(tx, id, heldUpTo, said.Size, false)
	if err != nil || ok && first.time <= said.Time {
		return false, err
	}
	for {
		later, ok, err := scanHeld(tx, id, heldUpTo, said.Size, true)
		if err != nil {
			return false, err
		}
		if !ok || later.time <= said.Time {
			return true, putHeld(tx, id, heldUpTo, held{said.Size, said.Time})
		}
		if err := tx.Delete(tableHeld, heldKey(id, heldUpTo, later.number)); err != nil {
			return false, err
		}
	}
}
