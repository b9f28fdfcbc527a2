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
// checkpoint held here covers as much yet.
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
		found := &Conflict{Smaller: note, Larger: newest.note}
		t := tree{r, row.id}
		if found.Root, err = t.root(c.Size); err != nil || found.Root == c.Root {
			return err
		}
		if c.Size < newest.Size {
			found.Proof, err = tlog.ProveTree(int64(newest.Size), int64(c.Size), t)
		}
		p = found
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return nil, nil
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

// Outgrown compares the heads of a log that were shown when less of it was held
// with what is held now. It returns one that the log contradicts, or nil.
func (l *Ledger) Outgrown(ctx context.Context, o certs.Origin, size uint64) (note []byte, err error) {
	heads := l.beyond.reached(o, size)
	if len(heads) == 0 {
		return nil, nil
	}
	err = l.o.Store.View(ctx, func(r store.Reader) error {
		row, err := l.find(r, o)
		if err != nil {
			return err
		}
		for _, h := range heads {
			root, err := tree{r, row.id}.root(h.Size)
			if err != nil {
				return err
			}
			if root != h.Root {
				note = h.note
			}
		}
		return nil
	})
	return note, err
}
