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

// cameLeaves is what one peer sent of a damaged log. Nothing proves it before the
// tree is made with it, so what one peer forges stands in nobody else's way.
type cameLeaves struct {
	leaves map[uint64][]byte // other ones than those held
	bytes  int
	pages  int // that brought any
	rounds int // in which the end of the log came, and it was not that
}

const (
	// maxCameBytes bounds the leaves of one peer that wait until all have come
	// that lead to the signed root.
	maxCameBytes = 1 << 20

	// maxRounds is how often a peer may send the whole of a damaged log. An honest
	// one needs two, if the damage turns out to begin earlier.
	maxRounds = 3
)

// refit looks among leaves that a peer sent for those that are damaged here. They
// are right if they lead to the root that was signed, and are then written in
// place. It reports whether the log still is damaged. The tree is made a few
// times for each peer, whatever it sends: with its 1st, 2nd, 4th, 8th … page that
// brings other leaves, and at the end of the log.
func (l *Ledger) refit(ctx context.Context, from certs.Office, p Package) (damaged bool, err error) {
	l.damages.mending.Lock()
	defer l.damages.mending.Unlock()
	d := l.damages.of(p.Origin)
	if d == nil {
		return false, nil
	}
	came := d.came[from]
	if came == nil {
		came = &cameLeaves{leaves: make(map[uint64][]byte)}
		d.came[from] = came
	}
	if came.rounds >= maxRounds {
		return true, nil
	}
	var signed seal.Checkpoint
	fresh := false
	err = l.o.Store.View(ctx, func(r store.Reader) (err error) {
		var row logRow
		if row, signed, err = l.signedPart(r, p.Origin); err != nil {
			return err
		}
		fresh, err = came.take(r, row.id, p, signed.Size)
		return err
	})
	if err != nil {
		return true, err
	}
	if fresh {
		came.pages++
	}
	end := p.Start < signed.Size && signed.Size <= p.End()
	if len(came.leaves) > 0 && (end || fresh && came.pages&(came.pages-1) == 0) {
		made, err := l.fitTree(store.WithReserve(ctx), signed, came.leaves)
		if err != nil {
			return true, err
		}
		if made.root == signed.Root {
			l.damages.set(p.Origin, nil)
			return false, nil
		}
	}
	if end { // all has come, and it was not that
		d.came[from] = &cameLeaves{leaves: make(map[uint64][]byte), rounds: came.rounds + 1}
		l.damages.set(p.Origin, &damagedLog{came: d.came})
	}
	return true, nil
}

// take keeps the leaves of a package that are others than those held, and reports
// whether any came that was not kept before.
func (c *cameLeaves) take(r store.Reader, id logID, p Package, size uint64) (fresh bool, err error) {
	for i, leaf := range p.Leaves {
		seq := p.Start + uint64(i)
		if seq >= size {
			break
		}
		held, err := getLeaf(r, id, seq)
		if err != nil {
			return fresh, err
		}
		was := c.leaves[seq]
		switch {
		case bytes.Equal(held.leaf, leaf):
			delete(c.leaves, seq)
			c.bytes -= len(was)
		case !bytes.Equal(was, leaf) && c.bytes-len(was)+len(leaf) <= maxCameBytes:
			c.leaves[seq], fresh = bytes.Clone(leaf), true
			c.bytes += len(leaf) - len(was)
		}
	}
	return fresh, nil
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
