package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/store"
)

// Conflict proves to anyone that an office signed two trees of one log, neither
// of which is a beginning of the other.
type Conflict struct {
	Smaller, Larger []byte // checkpoints
	// Root is that of the larger tree at the size of the smaller, and Proof leads
	// from there to the larger; it is empty if they are of the same size.
	Root  tlog.Hash
	Proof []tlog.Hash
}

// errNoConflict says that a proof does not prove anything.
var errNoConflict = fmt.Errorf("%w: the two trees do not contradict each other", seal.ErrProof)

// CheckConflict verifies a proof, wherever it came from, and returns the log. A
// proof about a log of this office is judged as both heads are by
// [Ledger.CheckHead], which shuts the gate if need be. Errors are those of
// CheckHead but for [ErrInconsistent], and [seal.ErrProof].
func (l *Ledger) CheckConflict(ctx context.Context, from certs.Office, p Conflict) (certs.Origin, error) {
	o, err := l.checkConflict(p)
	if err != nil {
		return certs.Origin{}, fmt.Errorf("proof from %s: %w", from, err)
	}
	if l.isOwn(o) {
		for _, note := range [][]byte{p.Smaller, p.Larger} {
			if _, err := l.CheckHead(ctx, from, note); err != nil && !errors.Is(err, ErrInconsistent) {
				return certs.Origin{}, err
			}
		}
	}
	return o, nil
}

func (l *Ledger) checkConflict(p Conflict) (certs.Origin, error) {
	smaller, err := l.openHead(p.Smaller)
	if err != nil {
		return certs.Origin{}, err
	}
	larger, err := l.openHead(p.Larger)
	if err != nil {
		return certs.Origin{}, err
	}
	if smaller.Origin != larger.Origin || smaller.Size < 1 || smaller.Root == p.Root {
		return certs.Origin{}, errNoConflict
	}
	return smaller.Origin, seal.CheckConsistency(p.Proof, larger, smaller.Size, p.Root)
}

// ConflictWith returns what proves that a checkpoint, of which CheckHead said
// that it is [ErrInconsistent], and the one held here cannot both be; nil if no
// checkpoint held here covers as much yet, under a key that still stands. What
// it returns passes [Ledger.CheckConflict]; if it would not, since something is
// damaged here, the error is [ErrCorrupt].
func (l *Ledger) ConflictWith(ctx context.Context, note []byte) (p *Conflict, err error) {
	c, err := seal.ParseCheckpoint(note)
	if err != nil {
		return nil, err
	}
	released := l.released()
	err = l.view(ctx, func(r store.Reader) error {
		row, err := l.find(r, c.Origin)
		if err != nil {
			return err
		}
		newest, err := l.newest(c.Origin, row, released)
		if err != nil || newest.Size < c.Size {
			return err
		}
		p, err = proveConflict(tree{r, row.id}, signedTree{c, note}, newest)
		return err
	})
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, nil
	case err != nil || p == nil:
		return nil, err
	}
	switch _, err := l.checkConflict(*p); {
	case errors.Is(err, seal.ErrProof):
		err = &damageError{part: damagedTree, origin: c.Origin, err: fmt.Errorf("what is stored of %s proves no conflict: %w", c.Origin, err)}
		return nil, errors.Join(err, l.mend(ctx, err))
	case errors.Is(err, seal.ErrUnknownKey), errors.Is(err, seal.ErrKeyRange):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return p, nil
}

// proveConflict makes the proof from what is stored of a log; nil if it holds the
// smaller tree.
func proveConflict(t tree, smaller, larger signedTree) (p *Conflict, err error) {
	p = &Conflict{Smaller: smaller.note, Larger: larger.note}
	if p.Root, err = t.root(smaller.Size); err != nil || p.Root == smaller.Root {
		return nil, err
	}
	if smaller.Size < larger.Size {
		p.Proof, err = tlog.ProveTree(int64(larger.Size), int64(smaller.Size), t)
	}
	return p, err
}

// heldBeyond remembers the heads of logs beyond what is held of them, so that
// two that cannot both be are found, before the entries come or when they do.
type heldBeyond struct {
	mu    sync.Mutex
	heads map[certs.Origin][]signedTree // the last few of each log
}

// keptBeyond is how many heads of a log are remembered. They are verified, so
// there are no more logs than cards name.
const keptBeyond = 16

// compare returns an error if another tree of the same size was shown before.
func (b *heldBeyond) compare(from certs.Office, c signedTree) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	heads := b.heads[c.Origin]
	for _, h := range heads {
		if h.Checkpoint == c.Checkpoint {
			return nil
		}
		if h.Size == c.Size {
			return fmt.Errorf("%w: %s holds a checkpoint of %s at size %d with another root than one that was shown before",
				ErrInconsistent, from, c.Origin, c.Size)
		}
	}
	if b.heads == nil {
		b.heads = make(map[certs.Origin][]signedTree)
	}
	b.heads[c.Origin] = append(heads[max(0, len(heads)-keptBeyond+1):], c)
	return nil
}

// reached forgets those heads of a log that are not beyond a size, and returns
// them.
func (b *heldBeyond) reached(o certs.Origin, size uint64) (reached []signedTree) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var rest []signedTree
	for _, h := range b.heads[o] {
		if h.Size <= size {
			reached = append(reached, h)
		} else {
			rest = append(rest, h)
		}
	}
	if reached != nil {
		b.heads[o] = rest
	}
	return reached
}

// putBack remembers again heads that reached returned.
func (b *heldBeyond) putBack(o certs.Origin, heads []signedTree) {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := append(heads, b.heads[o]...)
	b.heads[o] = all[max(0, len(all)-keptBeyond):]
}

// Outgrown compares the heads of a log that were shown when less of it was held
// with what is held now. It returns one that the log contradicts, or nil. After
// an error they are compared the next time; it is [ErrCorrupt] while something
// of the log is damaged, by which nothing is judged.
func (l *Ledger) Outgrown(ctx context.Context, o certs.Origin, size uint64) (note []byte, err error) {
	heads := l.beyond.reached(o, size)
	if len(heads) == 0 {
		return nil, nil
	}
	released := l.released()
	err = l.viewAgain(ctx, func(r store.Reader) error {
		note = nil
		row, err := l.find(r, o)
		if err != nil {
			return err
		}
		for _, h := range heads {
			root, err := tree{r, row.id}.root(h.Size)
			if err == nil && root != h.Root {
				note = h.note
				err = l.vouched(r, row, seal.Checkpoint{Origin: o, Size: h.Size, Root: root}, released)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		l.beyond.putBack(o, heads)
		return nil, err
	}
	return note, nil
}
