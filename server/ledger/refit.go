package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/store"
)

// refit looks among leaves that a peer sent for those that are damaged here. They
// are right if they lead to the root that was signed, and are then written in
// place. It reports whether the log still is damaged.
func (l *Ledger) refit(ctx context.Context, p Package) (damaged bool, err error) {
	l.damages.mending.Lock()
	defer l.damages.mending.Unlock()
	d := l.damages.of(p.Origin)
	if d == nil {
		return false, nil
	}
	var row logRow
	var signed seal.Checkpoint
	fresh := false
	err = l.o.Store.View(ctx, func(r store.Reader) (err error) {
		if row, signed, err = l.signedPart(r, p.Origin); err != nil {
			return err
		}
		for i, leaf := range p.Leaves {
			seq := p.Start + uint64(i)
			if seq >= signed.Size || len(d.came) >= maxDamagedLeaves {
				break
			}
			held, err := getLeaf(r, row.id, seq)
			if err != nil {
				return err
			}
			if !bytes.Equal(held.leaf, leaf) && !bytes.Equal(d.came[seq], leaf) {
				d.came[seq], fresh = bytes.Clone(leaf), true
			}
		}
		return nil
	})
	if err != nil || !fresh {
		return true, err
	}
	made, err := l.fitTree(store.WithReserve(ctx), signed, d.came)
	if err != nil {
		return true, err
	}
	if made.root != signed.Root {
		if p.End() >= signed.Size { // all has come, and it was not that
			l.damages.set(p.Origin, &damagedLog{came: make(map[uint64][]byte)})
		}
		return true, nil
	}
	l.damages.set(p.Origin, nil)
	return false, nil
}

// Reread reads every entry as it is sent, so that what is damaged is found, and
// had again, before somebody needs it. It changes nothing else. The error is
// that of ctx or of the store; what is damaged is none.
func (l *Ledger) Reread(ctx context.Context) error {
	heads, err := l.Heads(ctx)
	if errors.Is(err, ErrCorrupt) {
		heads, err = l.Heads(ctx) // without the checkpoint that was found damaged
	}
	if err != nil && !errors.Is(err, ErrCorrupt) {
		return fmt.Errorf("reread the ledger: %w", err)
	}
	for _, h := range heads {
		if err := l.rereadLog(ctx, h.Origin); err != nil && !errors.Is(err, ErrCorrupt) {
			return fmt.Errorf("reread log %s: %w", h.Origin, err)
		}
	}
	return nil
}

// rereadLog makes the tree of a log anew, and reads its bodies.
func (l *Ledger) rereadLog(ctx context.Context, o certs.Origin) error {
	l.damages.mending.Lock()
	err := l.mendTree(store.WithReserve(ctx), o)
	l.damages.mending.Unlock()
	if err != nil {
		return err
	}
	for at, tries := uint64(0), 0; ; tries++ {
		if _, damaged := l.DamagedFrom(o); damaged {
			return nil // it comes again
		}
		p, err := l.Page(ctx, o, at, l.own.Office, MaxPage)
		switch {
		case errors.Is(err, ErrCorrupt) && tries < maxPageLeaves:
			continue // without the body that was found damaged
		case err != nil, len(p.Leaves) == 0:
			return err
		}
		at, tries = p.End(), 0
	}
}

// madeTree is a tree that was made anew from the leaves.
type madeTree struct {
	root    tlog.Hash
	hashes  map[uint64][]tlog.Hash // of the rows that have others
	suspect uint64                 // the first leaf that may be damaged, if the root is wrong
}

// makeTree makes the tree of the first end leaves of a log, with some of them
// exchanged, in Views of a bounded size. The root is that of the first size.
func (l *Ledger) makeTree(ctx context.Context, id logID, size, end uint64, came map[uint64][]byte) (*madeTree, error) {
	grown, made := new(grown), &madeTree{hashes: make(map[uint64][]tlog.Hash), suspect: (size - 1) &^ 1}
	v := verifier{store: l.o.Store}
	err := v.scan(ctx, tableLeaves, entryKey(id, 0), entryKey(id, end), func(_ store.Reader, item store.Item) error {
		seq := grown.leaves
		if !bytes.Equal(item.Key, entryKey(id, seq)) {
			return fmt.Errorf("%w: entry %d of log %d is gone", ErrCorrupt, seq, id)
		}
		row, err := decodeLeafRow(item.Value)
		if err != nil {
			return err
		}
		if leaf := came[seq]; leaf != nil {
			row.leaf = leaf
		}
		above, err := grown.append(seal.RecordHash(row.leaf))
		if err != nil {
			return err
		}
		if !equalHashes(above, row.hashes) {
			made.hashes[seq] = above
			made.suspect = min(made.suspect, seq&^1)
		}
		if grown.leaves == size {
			made.root, err = grown.root()
		}
		return err
	})
	if err == nil && grown.leaves < end {
		err = fmt.Errorf("%w: log %d has %d entries, want %d", ErrCorrupt, id, grown.leaves, end)
	}
	return made, err
}
