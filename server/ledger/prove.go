package ledger

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/store"
)

// run is what is new in a package, proved and judged, ready to be written.
type run struct {
	origin  certs.Origin
	row     logRow // the log as it was when the run was proved
	target  signedTree
	entries []incoming
	last    time.Time // the log's last time behind the run
	urgent  bool
}

// incoming is one entry to be recorded.
type incoming struct {
	Entry

	above []tlog.Hash // tree hashes that it completes
}

// bytes returns how long its leaves and bodies are together.
func (r *run) bytes() (n int) {
	for i := range r.entries {
		n += len(r.entries[i].LeafBytes) + len(r.entries[i].Envelope)
	}
	return n
}

func (r *run) end() uint64 { return r.row.size + uint64(len(r.entries)) }

// checkPackage checks what can be checked without the store.
func (l *Ledger) checkPackage(p Package) (signedTree, error) {
	if p.Origin.Federation != l.own.Federation {
		return signedTree{}, fmt.Errorf("%w: it is of another federation than %s", certs.ErrNoCard, l.own.Federation)
	}
	if l.isOwn(p.Origin) {
		return signedTree{}, ErrOwnLog
	}
	return l.openTarget(p)
}

// openTarget verifies the checkpoint of a package and looks at its sizes.
func (l *Ledger) openTarget(p Package) (signedTree, error) {
	c, err := l.openHead(p.Checkpoint)
	if err != nil {
		return signedTree{}, err
	}
	if c.Origin != p.Origin || p.Start > seal.MaxSize || p.End() > c.Size {
		return signedTree{}, fmt.Errorf("%w: entries %d to %d under a checkpoint of %s of size %d", ErrWrongRoot, p.Start, p.End(), c.Origin, c.Size)
	}
	for i, leaf := range p.Leaves {
		if len(leaf) > seal.MaxLeaf {
			return signedTree{}, fmt.Errorf("entry %d: %w: %d bytes", p.Start+uint64(i), seal.ErrLeafTooLarge, len(leaf))
		}
	}
	return signedTree{c, bytes.Clone(p.Checkpoint)}, nil
}

// prove shows that the leaves of p that are not held yet follow those that are
// under the target, and judges each of them. The run has no entries if there
// is nothing new.
func (l *Ledger) prove(ctx context.Context, from certs.Office, p Package, target signedTree) (*run, error) {
	next := &run{origin: p.Origin, target: target}
	var grown *grown
	// The View reads the peaks and, rarely, what is held again or readdressed;
	// hashing and judging come after it.
	err := l.o.Store.View(ctx, func(r store.Reader) (err error) {
		if next.row, _, err = getLog(r, p.Origin); err != nil {
			return err
		}
		if p.Start > next.row.size {
			return fmt.Errorf("%w: it begins at %d, and %d are held", ErrGap, p.Start, next.row.size)
		}
		if err := checkOverlap(r, next.row, p); err != nil {
			return err
		}
		grown, err = tree{r, next.row.id}.grow(next.row.size)
		return err
	})
	held := next.row.size - p.Start
	if err != nil || uint64(len(p.Leaves)) <= held {
		return next, err
	}
	next.last = next.row.last
	if next.row.size == 0 {
		next.last = beginning
	}
	for i, leaf := range p.Leaves[held:] {
		e := incoming{Entry: Entry{Origin: p.Origin, Sequence: next.row.size + uint64(i), LeafBytes: leaf, Hash: seal.RecordHash(leaf)}}
		if e.above, err = grown.append(e.Hash); err != nil {
			return next, err
		}
		next.entries = append(next.entries, e)
	}
	root, err := grown.root()
	if err != nil {
		return next, err
	}
	if err := seal.CheckConsistency(p.Proof, target.Checkpoint, next.end(), root); err != nil {
		return next, fmt.Errorf("%w: %w", ErrWrongRoot, err)
	}
	// From here on the leaves are the issuer's own words.
	return next, l.judge(ctx, next, from, p.Bodies)
}

// checkOverlap compares what is sent again with what is held.
func checkOverlap(r store.Reader, row logRow, p Package) error {
	for seq := p.Start; seq < min(row.size, p.End()); seq++ {
		held, err := getLeaf(r, row.id, seq)
		if err != nil {
			return err
		}
		if !bytes.Equal(held.leaf, p.Leaves[seq-p.Start]) {
			return fmt.Errorf("%w: entry %d is held with other bytes", ErrWrongRoot, seq)
		}
	}
	return nil
}
