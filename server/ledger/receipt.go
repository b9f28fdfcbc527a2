package ledger

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/store"
)

// ownReceipts remembers the newest receipt that was signed here for each log.
// After a restart each is signed anew, with the same time, when it is asked for.
type ownReceipts struct {
	mu   sync.Mutex // held while signing
	last map[certs.Origin]ownReceipt
}

type ownReceipt struct {
	said seal.Receipt
	note []byte
}

// Receipt returns the newest receipt of this office over the log of another,
// over everything that is held of it, ahead of a gap too, signed once for each
// thing that it says. If more bodies are missing than a receipt can list, it
// stops at a smaller size. The note is the
// caller's. The error is [ErrNotFound] if nothing of the log is held yet, and
// [ErrOwnLog] for the own.
func (l *Ledger) Receipt(ctx context.Context, o certs.Origin) ([]byte, error) {
	if l.isOwn(o) {
		return nil, ErrOwnLog
	}
	// Held over the View too, so that sizes never fall.
	l.receipts.mu.Lock()
	defer l.receipts.mu.Unlock()
	last := l.receipts.last[o]
	var next seal.Receipt
	var heldAt int64
	err := l.view(ctx, func(r store.Reader) error {
		row, err := l.find(r, o)
		if err != nil {
			return err
		}
		next = seal.Receipt{Origin: o}
		newest, _, err := scanHeld(r, row.id, heldLast, 0, false)
		if err != nil {
			return err
		}
		heldAt = newest.time
		if next.Size, next.Missing, err = holding(r, row); err != nil {
			return err
		}
		if next.Ahead, err = aheadLines(r, row.id, seal.MaxReceiptLines-len(next.Missing)); err != nil {
			return err
		}
		if next.Size == last.said.Size {
			next.Root = last.said.Root
			return nil
		}
		next.Root, err = l.checkedRoot(r, row, next.Checkpoint())
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case next.Size == 0:
		return nil, fmt.Errorf("%w: nothing of %s can be receipted yet", ErrNotFound, o)
	case next.Size == last.said.Size && slices.Equal(next.Missing, last.said.Missing) && slices.Equal(next.Ahead, last.said.Ahead):
		return bytes.Clone(last.note), nil
	}
	if next.Time = last.said.Time; heldAt > 0 {
		next.Time = max(next.Time, heldAt)
	} else { // recorded by a version that did not note it
		next.Time = max(next.Time, l.o.Now().Unix())
	}
	note, err := seal.SignReceipt(next, l.own.Office, l.o.Receipts)
	if err != nil {
		return nil, err
	}
	if l.receipts.last == nil {
		l.receipts.last = make(map[certs.Origin]ownReceipt)
	}
	l.receipts.last[o] = ownReceipt{next, note}
	return bytes.Clone(note), nil
}

// holding returns the size that a receipt can speak of, and the bodies below it
// that are missing.
func holding(r store.Reader, row logRow) (size uint64, missing []uint64, err error) {
	for item, err := range r.Scan(tableMissing, entryKey(row.id, 0), entryKey(row.id, row.size), false) {
		if err != nil {
			return 0, nil, err
		}
		_, seq, err := decodeEntryKey(item.Key)
		if err != nil {
			return 0, nil, err
		}
		if len(missing) == seal.MaxReceiptLines {
			return seq, missing, nil
		}
		missing = append(missing, seq)
	}
	return row.size, missing, nil
}

// AddReceipt records a receipt that an office gave, wherever it came from. On
// return without an error it is durable, or says nothing that was not known
// already, and then there was no transaction.
//
// Errors: [ErrReceiptRoot] and, over the own log, [ErrReceiptBeyond] are alarms:
// that office holds another log than this one. Over the log of a third office
// ErrReceiptBeyond says that it holds more than is held here: offer it again
// later. Others: [ErrOwnLog] for one of this office, [ErrNotFound] for a log
// that is not held, [ErrCorrupt] while something of it is damaged, by which
// nothing is judged, [certs.ErrNoCard], those of seal.OpenReceipt, of ctx and of
// the store.
func (l *Ledger) AddReceipt(ctx context.Context, office certs.Office, note []byte) error {
	said, err := l.openReceipt(office, note)
	if err != nil {
		return fmt.Errorf("receipt of %s: %w", office, err)
	}
	var row logRow
	known := false
	released := l.released()
	err = l.viewAgain(ctx, func(r store.Reader) (err error) {
		if row, err = l.find(r, said.Origin); err == nil {
			known, err = l.compareReceipt(r, row, Receipt{Receipt: said, From: office, Note: note}, released)
		}
		return err
	})
	switch {
	case said.Origin != l.own:
	case err == nil:
		err = l.receiptOfOwn(ctx, office, said.Size)
	case errors.Is(err, ErrReceiptBeyond):
		again, keepErr := l.receiptBeyond(ctx, office, said.Size, bytes.Clone(note))
		if again {
			return l.AddReceipt(ctx, office, note)
		}
		err = errors.Join(err, keepErr)
	}
	if err != nil {
		return fmt.Errorf("receipt of %s: %w", office, err)
	}
	if known {
		return nil
	}
	var at recordedAt
	err = l.o.Store.Update(store.WithReserve(ctx), func(tx store.Tx) error {
		if known, err = saysNothingNew(tx, row.id, office, said); err != nil || known {
			return err
		}
		if err := l.putReceipt(tx, row.id, Receipt{Receipt: said, From: office, Note: bytes.Clone(note)}); err != nil {
			return err
		}
		at, err = l.recordedAt(tx)
		return err
	})
	if err != nil {
		return fmt.Errorf("receipt of %s: %w", office, err)
	}
	if !known {
		l.show(at)
	}
	return nil
}

func (l *Ledger) openReceipt(office certs.Office, note []byte) (seal.Receipt, error) {
	if office == l.own.Office {
		return seal.Receipt{}, ErrOwnLog
	}
	card, err := l.o.Roster.Peer(office)
	if err != nil {
		return seal.Receipt{}, err
	}
	return seal.OpenReceipt(note, office, card.ReceiptKeys())
}

// compareReceipt compares a receipt with what is held of its log, and reports
// whether it says nothing new.
func (l *Ledger) compareReceipt(r store.Reader, row logRow, said Receipt, released *signedTree) (known bool, err error) {
	_, newest, err := newestReceipt(r, row.id, said.From)
	if known = bytes.Equal(newest, said.Note); err != nil || known {
		return known, err
	}
	// An old receipt may still be over another tree.
	if said.Size > row.size {
		return false, fmt.Errorf("%w: size %d of %s, which has %d here", ErrReceiptBeyond, said.Size, said.Origin, row.size)
	}
	root, err := tree{r, row.id}.root(said.Size)
	if err != nil {
		return false, err
	}
	if root != said.Root {
		err := l.vouched(r, row, seal.Checkpoint{Origin: said.Origin, Size: said.Size, Root: root}, released)
		if err == nil {
			err = fmt.Errorf("%w: size %d of %s", ErrReceiptRoot, said.Size, said.Origin)
		}
		return false, err
	}
	return saysNothingNew(r, row.id, said.From, said.Receipt)
}

// saysNothingNew reports whether a receipt is one that is held, or older: of a
// smaller size, or of the same size and no more held. So the receipts of an
// office over a log of any size are bounded, whatever it signs.
func saysNothingNew(r store.Reader, id logID, office certs.Office, said seal.Receipt) (bool, error) {
	_, note, err := newestReceipt(r, id, office)
	if err != nil || note == nil {
		return false, err
	}
	last, err := seal.ParseReceipt(note)
	if err != nil {
		return false, fmt.Errorf("%w: receipt of %s: %w", ErrCorrupt, office, err)
	}
	if said.Size != last.Size {
		return said.Size < last.Size, nil
	}
	return !holdsMore(said, last), nil
}

// holdsMore reports whether a receipt takes nothing back of what one of the
// same size said before, and adds something.
func holdsMore(said, last seal.Receipt) bool {
	for _, seq := range said.Missing {
		if !slices.Contains(last.Missing, seq) {
			return false
		}
	}
	for _, a := range last.Ahead {
		if !slices.Contains(said.Ahead, a) {
			return false
		}
	}
	return len(said.Missing) < len(last.Missing) || len(said.Ahead) > len(last.Ahead)
}

// newestReceipt returns the position and the note, valid within the
// transaction, of the newest receipt of an office for a log; nil if none.
func newestReceipt(r store.Reader, id logID, office certs.Office) (n uint64, note []byte, err error) {
	prefix := receiptPrefix(id, office)
	for item, err := range r.Scan(tableReceipts, prefix, store.PrefixEnd(prefix), true) {
		if err != nil {
			return 0, nil, err
		}
		_, _, _, n, err := decodeReceiptKey(item.Key)
		return n, item.Value, err
	}
	return 0, nil, nil
}

func (l *Ledger) putReceipt(tx store.Tx, id logID, receipt Receipt) error {
	last, err := lastPosition(tx)
	if err != nil {
		return err
	}
	receipt.Position = Position{Incarnation: l.incarnation, N: last + 1}
	place := placeRow{id: id, number: receipt.Size, office: receipt.From}
	if err := tx.Put(tablePositions, positionKey(last+1), place.encode()); err != nil {
		return err
	}
	if err := tx.Put(tableReceipts, receiptKey(id, receipt.From, receipt.Size, last+1), receipt.Note); err != nil {
		return err
	}
	if err := l.o.Fold.Receipt(tx, receipt); err != nil {
		return fmt.Errorf("fold: %w", err)
	}
	return nil
}

// ReceiptOf returns the newest receipt of an office for a log as it was added,
// or nil if there is none.
func (l *Ledger) ReceiptOf(ctx context.Context, office certs.Office, o certs.Origin) (newest *Receipt, err error) {
	err = l.view(ctx, func(r store.Reader) error {
		row, err := l.find(r, o)
		if err != nil {
			return err
		}
		n, note, err := newestReceipt(r, row.id, office)
		if err != nil || note == nil {
			return err
		}
		newest, err = l.readReceipt(office, n, note)
		return err
	})
	return newest, err
}

// Covering returns the earliest receipt of an office that covers an entry: by
// its size, unless the body is listed missing, or by listing it ahead. It is
// nil if there is none.
func (l *Ledger) Covering(ctx context.Context, office certs.Office, o certs.Origin, seq uint64) (earliest *Receipt, err error) {
	err = l.view(ctx, func(r store.Reader) error {
		row, err := l.find(r, o)
		if err != nil {
			return err
		}
		if seq >= row.size {
			return fmt.Errorf("%w: entry %d of %s", ErrNotFound, seq, o)
		}
		leaf, err := getLeaf(r, row.id, seq)
		if err != nil {
			return err
		}
		earliest, err = l.covering(r, row.id, office, seq, seal.RecordHash(leaf.leaf))
		return err
	})
	return earliest, err
}

// covering looks at the receipts before the sequence, which may list the entry
// ahead, backwards, and then at those above it.
func (l *Ledger) covering(r store.Reader, id logID, office certs.Office, seq uint64, hash tlog.Hash) (earliest *Receipt, err error) {
	prefix := receiptPrefix(id, office)
	above := binary.BigEndian.AppendUint64(bytes.Clone(prefix), seq+1)
	for item, err := range r.Scan(tableReceipts, prefix, above, true) {
		if err != nil {
			return nil, err
		}
		receipt, err := l.receiptItem(item)
		if err != nil {
			return nil, err
		}
		if receipt.Lacks(seq, hash) {
			break
		}
		earliest = receipt // ahead of its turn it is listed again and again
	}
	if earliest != nil {
		return earliest, nil
	}
	for item, err := range r.Scan(tableReceipts, above, store.PrefixEnd(prefix), false) {
		if err != nil {
			return nil, err
		}
		receipt, err := l.receiptItem(item)
		if err != nil || !receipt.Lacks(seq, hash) {
			return receipt, err
		}
	}
	return nil, nil
}

func (l *Ledger) receiptItem(item store.Item) (*Receipt, error) {
	_, office, _, n, err := decodeReceiptKey(item.Key)
	if err != nil {
		return nil, err
	}
	return l.readReceipt(office, n, item.Value)
}
