package ledger

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/store"
)

// maxReceipts is how many receipts are signed again at once: what came in as
// many seconds and was not receipted.
const maxReceipts = 256

// Receipts returns the receipts of this office over the log of another for each
// second from that of the one that was sent last, in which something came that
// it does not say, oldest first; the last is that of [Ledger.Receipt], which is
// there in any case, and whose errors are returned. Of the one that was sent
// the time is enough. Of more than 256 receipts the oldest are left out.
func (l *Ledger) Receipts(ctx context.Context, o certs.Origin, sent seal.Receipt) ([][]byte, error) {
	newest, err := l.Receipt(ctx, o)
	if err != nil {
		return nil, err
	}
	said, err := seal.ParseReceipt(newest)
	if err != nil {
		return nil, err
	}
	earlier, err := l.earlierReceipts(ctx, sent, said)
	if err != nil {
		return nil, fmt.Errorf("receipts over %s: %w", o, err)
	}
	var notes [][]byte
	for _, e := range earlier {
		note, err := seal.SignReceipt(e, l.own.Office, l.o.Receipts)
		if err != nil {
			return nil, err
		}
		notes = append(notes, note)
	}
	return append(notes, newest), nil
}

// earlierReceipts returns what was held at the end of each second from that of
// one receipt on and before that of another, without what the first says. It
// reads in Views of a bounded size: what comes meanwhile is held since later.
func (l *Ledger) earlierReceipts(ctx context.Context, sent, before seal.Receipt) (all []seal.Receipt, err error) {
	if sent.Time >= before.Time {
		return nil, nil
	}
	var row logRow
	var sizes []held
	err = l.view(ctx, func(r store.Reader) (err error) {
		if row, err = l.find(r, before.Origin); err == nil {
			sizes, err = heldBetween(r, row.id, sent.Time, before.Time)
		}
		return err
	})
	if err != nil || len(sizes) == 0 { // nothing was held in its turn yet
		return nil, err
	}
	bodies, err := l.heldBodies(ctx, row.id, sizes[0])
	if err != nil {
		return nil, err
	}
	var times []int64
	for _, h := range slices.Concat(sizes, bodies) {
		if h.time >= sent.Time && h.time < before.Time {
			times = append(times, h.time)
		}
	}
	slices.Sort(times)
	times = slices.Compact(times)
	for _, t := range times[max(0, len(times)-maxReceipts):] {
		var receipt seal.Receipt
		err := l.view(ctx, func(r store.Reader) (err error) {
			receipt, err = l.receiptAt(r, row, t, sizes, bodies, before)
			return err
		})
		if err != nil {
			return nil, err
		}
		known := receipt.Size == sent.Size && slices.Equal(receipt.Missing, sent.Missing) && slices.Equal(receipt.Ahead, sent.Ahead)
		if !known && receipt.Check() == nil { // else nothing is held in its turn yet, or more is missing than can be listed
			all = append(all, receipt)
		}
	}
	return all, nil
}

// heldBetween returns the sizes up to which a log was held from one time on and
// before another, and the last one before them, ascending; no more than the
// newest maxReceipts receipts need, since it is a peer that names the time.
func heldBetween(r store.Reader, id logID, after, before int64) (sizes []held, err error) {
	for item, err := range r.Scan(tableHeld, heldKey(id, heldUpTo, 0), heldKey(id, heldBody, 0), true) {
		if err != nil {
			return nil, err
		}
		h, err := decodeHeld(item)
		if err != nil {
			return nil, err
		}
		if h.time >= before {
			continue
		}
		if sizes = append(sizes, h); h.time < after || len(sizes) > maxReceipts {
			break
		}
	}
	slices.Reverse(sizes)
	return sizes, nil
}

// heldBodies returns the bodies that came out of their turn and were not there,
// or not in their turn, when a log was held up to a size first, ascending.
func (l *Ledger) heldBodies(ctx context.Context, id logID, first held) (bodies []held, err error) {
	v := verifier{store: l.o.Store}
	err = v.scan(ctx, tableHeld, heldKey(id, heldBody, 0), heldKey(id, heldLast, 0), func(_ store.Reader, item store.Item) error {
		h, err := decodeHeld(item)
		if err == nil && (h.time >= first.time || h.number >= first.number) {
			bodies = append(bodies, h)
		}
		return err
	})
	return bodies, err
}

// receiptAt returns what was held at the end of a second, as far as a later
// receipt stands by it.
func (l *Ledger) receiptAt(r store.Reader, row logRow, t int64, sizes, bodies []held, later seal.Receipt) (seal.Receipt, error) {
	receipt := seal.Receipt{Origin: later.Origin, Time: t}
	for _, h := range sizes {
		if h.time <= t {
			receipt.Size = min(h.number, later.Size)
		}
	}
	if receipt.Size == 0 {
		return receipt, nil
	}
	for _, seq := range later.Missing {
		if seq < receipt.Size {
			receipt.Missing = append(receipt.Missing, seq)
		}
	}
	for _, h := range bodies {
		switch {
		case h.number < receipt.Size && h.time > t:
			receipt.Missing = append(receipt.Missing, h.number)
		case h.number >= receipt.Size && h.time <= t:
			hash, err := recordHashOf(r, row.id, h.number)
			if err != nil {
				return receipt, err
			}
			receipt.Ahead = append(receipt.Ahead, seal.Ahead{Sequence: h.number, RecordHash: hash})
		}
	}
	slices.Sort(receipt.Missing)
	slices.SortFunc(receipt.Ahead, func(a, b seal.Ahead) int { return cmp.Compare(a.Sequence, b.Sequence) })
	var err error
	receipt.Root, err = l.checkedRoot(r, row, receipt.Checkpoint())
	return receipt, err
}

// recordHashOf returns the record hash of an entry, in its turn or ahead of it.
func recordHashOf(r store.Reader, id logID, seq uint64) (tlog.Hash, error) {
	ahead, ok, err := getAhead(r, id, seq)
	if err != nil || ok {
		return seal.RecordHash(ahead.leaf), err
	}
	leaf, err := getLeaf(r, id, seq)
	return seal.RecordHash(leaf.leaf), err
}
