package ledger

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/store"
)

// verifiedHeads remembers, per log, the checkpoint that was verified last, so
// that the packages of a long way to one target cost one signature check.
type verifiedHeads struct {
	mu   sync.Mutex
	last map[certs.Origin]verifiedHead
}

// verifiedHead is a checkpoint that was verified under the cards of its time.
type verifiedHead struct {
	signedTree

	cards <-chan struct{} // what the roster's Changed was
}

// openHead verifies a checkpoint under the keys of its office's card.
func (l *Ledger) openHead(note []byte) (seal.Checkpoint, error) {
	c, err := seal.ParseCheckpoint(note)
	if err != nil {
		return seal.Checkpoint{}, err
	}
	cards := l.o.Roster.Changed() // taken first, so that a change after it is noticed
	l.verified.mu.Lock()
	known, ok := l.verified.last[c.Origin]
	l.verified.mu.Unlock()
	if ok && known.cards == cards && bytes.Equal(known.note, note) {
		return known.Checkpoint, nil
	}
	if _, ok := l.o.Roster.Card(c.Origin.Office); !ok {
		_, err := l.o.Roster.Peer(c.Origin.Office)
		return seal.Checkpoint{}, err
	}
	if c, err = seal.OpenCheckpoint(note, l.o.Roster.Keys(c.Origin)); err != nil {
		return seal.Checkpoint{}, err
	}
	l.verified.mu.Lock()
	defer l.verified.mu.Unlock()
	if l.verified.last == nil {
		l.verified.last = make(map[certs.Origin]verifiedHead)
	}
	l.verified.last[c.Origin] = verifiedHead{signedTree{c, bytes.Clone(note)}, cards}
	return c, nil
}

// CheckHead verifies a checkpoint that a peer holds and compares it with what
// is held here. It returns what the checkpoint says. The error is
// [ErrInconsistent] if its office signed another tree than the one held here:
// an alarm, and proof of misbehaviour together with the note held here. A
// checkpoint of the own log that is larger than it, or different, also closes
// the gate: the store is not the newest. Other errors are those of
// seal.OpenCheckpoint, [certs.ErrNoCard], and those of ctx and the store.
func (l *Ledger) CheckHead(ctx context.Context, from certs.Office, note []byte) (seal.Checkpoint, error) {
	c, err := l.openHead(note)
	if err != nil {
		return seal.Checkpoint{}, fmt.Errorf("head from %s: %w", from, err)
	}
	var size uint64
	same := true
	err = l.o.Store.View(ctx, func(r store.Reader) error {
		row, ok, err := getLog(r, c.Origin)
		if err != nil || !ok {
			return err
		}
		size = row.size
		if c.Size > size {
			return nil
		}
		root, err := tree{r, row.id}.root(c.Size)
		same = root == c.Root
		return err
	})
	switch {
	case err != nil:
		return seal.Checkpoint{}, err
	case !same:
		err = fmt.Errorf("%w: %s holds a checkpoint of %s at size %d with another root than the entries held here",
			ErrInconsistent, from, c.Origin, c.Size)
	case l.isOwn(c.Origin) && c.Size > size:
		err = fmt.Errorf("%w: %s holds a checkpoint of the own log %s at size %d, and %d entries are held here",
			ErrInconsistent, from, c.Origin, c.Size, size)
	}
	if err != nil && l.isOwn(c.Origin) {
		l.shut(err.Error() + ": the store is older than what peers hold; " + instructions)
	}
	return c, err
}

// isOwn reports whether a log is one of this office's, of whatever epoch.
func (l *Ledger) isOwn(o certs.Origin) bool {
	return o.Federation == l.own.Federation && o.Office == l.own.Office
}
