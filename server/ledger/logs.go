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

// Head is the end of a log as it is held here.
type Head struct {
	Origin certs.Origin
	Size   uint64    // how many entries are held; of the own log, released
	Root   tlog.Hash // of the tree of Size
	// Checkpoint is the newest one up to which everything is held, and Note
	// its bytes. It is smaller than Size while a peer's log is caught up with,
	// and zero as long as there is none.
	Checkpoint seal.Checkpoint
	Note       []byte
	Missing    int // bodies addressed to this office that are not held
}

// Head returns the end of one log, or [ErrNotFound].
func (l *Ledger) Head(ctx context.Context, o certs.Origin) (h Head, err error) {
	released := l.released()
	err = l.view(ctx, func(r store.Reader) error {
		row, err := l.find(r, o)
		if err != nil {
			return err
		}
		h, err = l.head(r, o, row, released)
		return err
	})
	return h, err
}

// Heads returns the ends of all logs held, sorted by origin.
func (l *Ledger) Heads(ctx context.Context) (heads []Head, err error) {
	released := l.released()
	err = l.view(ctx, func(r store.Reader) error {
		for item, err := range r.Scan(tableLogs, nil, nil, false) {
			if err != nil {
				return err
			}
			o, err := certs.ParseOrigin(string(item.Key))
			if err != nil {
				return fmt.Errorf("%w: %w", ErrCorrupt, err)
			}
			row, err := decodeLogRow(item.Value)
			if err != nil {
				return err
			}
			h, err := l.head(r, o, row, released)
			if err != nil {
				return err
			}
			heads = append(heads, h)
		}
		return nil
	})
	return heads, err
}

func (l *Ledger) head(r store.Reader, o certs.Origin, row logRow, released *signedTree) (Head, error) {
	newest, err := l.newest(o, row, released)
	if err != nil {
		return Head{}, err
	}
	h := Head{Origin: o, Size: row.size, Checkpoint: newest.Checkpoint, Note: newest.note}
	if o == l.own && l.Why() == "" {
		h.Size = newest.Size
	}
	if h.Root, err = (tree{r, row.id}).root(h.Size); err != nil {
		return Head{}, err
	}
	for _, err := range r.Scan(tableMissing, entryKey(row.id, 0), entryKey(row.id, h.Size), false) {
		if err != nil {
			return Head{}, err
		}
		h.Missing++
	}
	return h, nil
}

// newest returns the newest checkpoint up to which everything is held, and may
// be sent. It is zero if there is none. released is that of the own log; the
// caller MUST have taken it before its View began, which then holds all of it.
func (l *Ledger) newest(o certs.Origin, row logRow, released *signedTree) (signedTree, error) {
	if o == l.own {
		if released == nil {
			return signedTree{}, nil
		}
		return *released, nil
	}
	if len(row.note) == 0 {
		return signedTree{}, nil
	}
	return l.storedHead(o, row.note)
}

// Seal returns what proves one entry off line: its leaf, a checkpoint and the
// proof between them. The error is [ErrNotFound], or [ErrUnsealed] as long as
// the log of another office is caught up with and no checkpoint up to which
// everything is held covers the entry yet.
func (l *Ledger) Seal(ctx context.Context, o certs.Origin, seq uint64) (s *spsv1.Seal, err error) {
	released := l.released()
	err = l.view(ctx, func(r store.Reader) error {
		row, err := l.find(r, o)
		if err != nil {
			return err
		}
		newest, err := l.newest(o, row, released)
		if err != nil {
			return err
		}
		ahead, isAhead, err := getAhead(r, row.id, seq)
		switch {
		case err != nil:
			return err
		case isAhead:
			s = seal.New(bytes.Clone(ahead.leaf), ahead.proof, bytes.Clone(ahead.note))
			return nil
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
		s = seal.New(bytes.Clone(leaf.leaf), proof, newest.note)
		return nil
	})
	return s, err
}

// RootAt returns the root that a log had at a size, by the entries held here;
// [ErrNotFound] if there are not so many.
func (l *Ledger) RootAt(ctx context.Context, o certs.Origin, size uint64) (root tlog.Hash, err error) {
	err = l.view(ctx, func(r store.Reader) error {
		row, err := l.find(r, o)
		if err != nil {
			return err
		}
		if size > row.size {
			return fmt.Errorf("%w: size %d of %s, which has %d", ErrNotFound, size, o, row.size)
		}
		root, err = tree{r, row.id}.root(size)
		return err
	})
	return root, err
}
