package ledger

import (
	"bytes"
	"context"
	"errors"
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
// the gate, and it stays closed over a restart: the store is not the newest. If
// the gate is shut already and what is missing is being fetched, a larger one
// is no error. A checkpoint of another office's log that covers more than the one
// held, and no more than the entries held, takes its place. Nothing is judged by
// what is damaged here: that is [ErrCorrupt].
// Other errors are those of seal.OpenCheckpoint, [certs.ErrNoCard], and those of
// ctx and the store.
func (l *Ledger) CheckHead(ctx context.Context, from certs.Office, note []byte) (seal.Checkpoint, error) {
	c, err := l.openHead(note)
	if err != nil {
		return seal.Checkpoint{}, fmt.Errorf("head from %s: %w", from, err)
	}
	held, err := l.compareHead(ctx, c)
	switch {
	case err != nil:
		return seal.Checkpoint{}, err
	case l.isOwn(c.Origin):
		return c, l.checkOwnHead(ctx, from, signedTree{c, bytes.Clone(note)}, held.size, held.same)
	case !held.same:
		return c, fmt.Errorf("%w: %s holds a checkpoint of %s at size %d with another root than the entries held here",
			ErrInconsistent, from, c.Origin, c.Size)
	case c.Size > held.size:
		return c, l.beyond.compare(from, signedTree{c, bytes.Clone(note)})
	case c.Size > held.noted:
		err := l.renewNote(ctx, signedTree{c, bytes.Clone(note)})
		if !errors.Is(err, store.ErrFull) { // else another one comes
			return c, err
		}
	}
	return c, nil
}

// compared is what is held of a log beside a checkpoint of it.
type compared struct {
	size  uint64
	noted uint64 // size of the checkpoint that is held; 0: none
	same  bool   // the checkpoint covers the same, as far as that is held
}

// compareHead compares a checkpoint with what is held of its log.
func (l *Ledger) compareHead(ctx context.Context, c seal.Checkpoint) (held compared, err error) {
	released := l.released()
	err = l.viewAgain(ctx, func(r store.Reader) error {
		held = compared{same: true}
		row, ok, err := getLog(r, c.Origin)
		if err != nil || !ok {
			return err
		}
		held.size = row.size
		if was, err := seal.ParseCheckpoint(row.note); err == nil {
			held.noted = was.Size
		}
		if c.Size > row.size {
			return nil
		}
		root, err := tree{r, row.id}.root(c.Size)
		if held.same = root == c.Root; held.same || err != nil {
			return err
		}
		return l.vouched(r, row, seal.Checkpoint{Origin: c.Origin, Size: c.Size, Root: root}, released)
	})
	return held, err
}

// checkOwnHead judges a checkpoint of a log of this office that a peer holds.
// What peers hold of an earlier epoch shuts nothing: nobody appends to it.
func (l *Ledger) checkOwnHead(ctx context.Context, from certs.Office, c signedTree, size uint64, same bool) error {
	switch {
	case !same && c.Origin == l.own:
		l.recovery.mu.Lock()
		defer l.recovery.mu.Unlock()
		err := fmt.Errorf("%w: %s holds a checkpoint of the own log %s at size %d with another root than the entries held here",
			ErrInconsistent, from, c.Origin, c.Size)
		return errors.Join(err, l.forked(ctx, from, c.Checkpoint))
	case !same:
		return fmt.Errorf("%w: %s holds a checkpoint of the own log %s at size %d with another root than the entries held here",
			ErrInconsistent, from, c.Origin, c.Size)
	case c.Size <= size:
		if err := l.keepNote(ctx, c); err != nil || c.Origin != l.own {
			return err
		}
		return l.headOfOwn(ctx, from, c.Checkpoint, size)
	case c.Origin.Epoch < l.own.Epoch:
		return nil // what is missing is being fetched
	case c.Origin.Epoch > l.own.Epoch:
		if err := l.keepOpened(ctx, c.Origin.Epoch); err != nil {
			return err
		}
	}
	was := l.Recovering()
	cause := fmt.Sprintf("%s holds a checkpoint of the own log %s at size %d, and %d entries are held here: "+
		"the store is older than what peers hold", from, c.Origin, c.Size, size)
	if err := l.shutFor(ctx, shutRow{kind: shutBehind, cause: cause}); err != nil {
		return err
	}
	if c.Origin == l.own {
		if err := l.headOfOwn(ctx, from, c.Checkpoint, size); err != nil || was {
			return err // it is known that entries are missing, and they are being fetched
		}
	}
	return fmt.Errorf("%w: %s", ErrInconsistent, cause)
}

// keepNote takes back a checkpoint of an own log, if it covers more than the one
// that the store has: the newest one that was released may have lain in memory
// only when the store was lost. The current log needs none while it is signed.
func (l *Ledger) keepNote(ctx context.Context, c signedTree) error {
	if c.Origin == l.own && !l.Recovering() {
		return nil
	}
	covers := func(r store.Reader) (row logRow, more bool, err error) {
		if row, _, err = getLog(r, c.Origin); err != nil {
			return row, false, err
		}
		if kept, err := seal.ParseCheckpoint(row.note); err == nil && kept.Size >= c.Size {
			return row, false, nil
		}
		return row, true, nil
	}
	more := false
	err := l.o.Store.View(ctx, func(r store.Reader) (err error) {
		_, more, err = covers(r)
		return err
	})
	if err != nil || !more {
		return err
	}
	err = l.o.Store.Update(store.WithReserve(ctx), func(tx store.Tx) error {
		row, more, err := covers(tx)
		if err != nil || !more {
			return err
		}
		row.note = c.note
		return putLog(tx, c.Origin, row)
	})
	if err == nil && c.Origin == l.own {
		l.release.offer(c)
	}
	return err
}

// isOwn reports whether a log is one of this office's, of whatever epoch.
func (l *Ledger) isOwn(o certs.Origin) bool {
	return o.Federation == l.own.Federation && o.Office == l.own.Office
}
