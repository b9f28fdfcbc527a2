package ledger

import (
	"bytes"
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// Seals returns the seals of some entries of one log, all under the same
// checkpoint, in the order of seqs. Errors are those of [Ledger.Seal].
func (l *Ledger) Seals(ctx context.Context, o certs.Origin, seqs []uint64) (seals []*spsv1.Seal, err error) {
	released := l.released()
	err = l.view(ctx, func(r store.Reader) error {
		seals = nil
		row, err := l.find(r, o)
		if err != nil {
			return err
		}
		newest, err := l.newest(o, row, released)
		if err != nil {
			return err
		}
		for _, seq := range seqs {
			switch {
			case seq >= row.size:
				return fmt.Errorf("%w: entry %d of %s", ErrNotFound, seq, o)
			case seq >= newest.Size:
				return fmt.Errorf("%w: entry %d of %s", ErrUnsealed, seq, o)
			}
			leaf, err := getLeaf(r, row.id, seq)
			if err != nil {
				return err
			}
			proof, err := tlog.ProveRecord(int64(newest.Size), int64(seq), tree{r, row.id})
			if err != nil {
				return err
			}
			if err := seal.CheckInclusion(proof, newest.Checkpoint, seq, seal.RecordHash(leaf.leaf)); err != nil {
				return &damageError{part: damagedTree, origin: o, err: fmt.Errorf("entry %d of %s: %w", seq, o, err)}
			}
			seals = append(seals, seal.New(bytes.Clone(leaf.leaf), proof, bytes.Clone(newest.note)))
		}
		return nil
	})
	return seals, err
}

// Inclusion returns the proof that an entry is in the tree of a log at a size,
// such as that of a receipt. The error is [ErrNotFound] if that tree is not
// held, or does not have the entry.
func (l *Ledger) Inclusion(ctx context.Context, o certs.Origin, seq, size uint64) (proof []tlog.Hash, err error) {
	err = l.view(ctx, func(r store.Reader) error {
		row, err := l.find(r, o)
		if err != nil {
			return err
		}
		if seq >= size || size > row.size {
			return fmt.Errorf("%w: entry %d of %s at size %d", ErrNotFound, seq, o, size)
		}
		proof, err = tlog.ProveRecord(int64(size), int64(seq), tree{r, row.id})
		return err
	})
	return proof, err
}

// maxScanned is how many leaves one transaction of [Ledger.Leaves] reads.
const maxScanned = 4096

// Leaves hands the leaves of a log that are shown, from a sequence on and in
// order, to f, which keeps none of them. It returns the sequence behind the
// last. The error is [ErrNotFound] if there is no such log.
func (l *Ledger) Leaves(ctx context.Context, o certs.Origin, from uint64, f func(seq uint64, leaf []byte)) (next uint64, err error) {
	end := from
	for next = from; ; {
		released := l.released()
		err := l.view(ctx, func(r store.Reader) error {
			row, err := l.find(r, o)
			if err != nil {
				return err
			}
			end = row.size
			if o == l.own {
				newest, err := l.newest(o, row, released)
				if err != nil {
					return err
				}
				end = newest.Size
			}
			for upTo := min(end, next+maxScanned); next < upTo; next++ {
				leaf, err := getLeaf(r, row.id, next)
				if err != nil {
					return err
				}
				f(next, leaf.leaf)
			}
			return nil
		})
		if err != nil || next >= end {
			return next, err
		}
	}
}
