package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/store"
)

// signedTree is a checkpoint with its note.
type signedTree struct {
	seal.Checkpoint

	note []byte
}

// releaser signs checkpoints of the own log and writes the anchor.
type releaser struct {
	newest atomic.Pointer[signedTree] // released last; nil: none

	mu      sync.Mutex    // held while signing
	anchor  *anchor       // nil: the gate is closed
	pending chan struct{} // closed when the anchor is written; nil: none is

	retrying bool           // sealLater runs
	retries  sync.WaitGroup // of it
	closing  chan struct{}  // closed by close; nil: the ledger was not opened
	closed   sync.Once
}

// released returns the newest checkpoint of the own log that was released, or
// nil.
func (l *Ledger) released() *signedTree { return l.release.newest.Load() }

// sealUpTo returns when a checkpoint of at least size entries is released. The
// first of the callers that wait signs for all of them: everything durable by
// then. There is no timer; a group of entries that became durable together is
// signed once.
func (l *Ledger) sealUpTo(size uint64) error {
	l.release.mu.Lock()
	defer l.release.mu.Unlock()
	if newest := l.released(); newest != nil && newest.Size >= size {
		return nil
	}
	if err := l.signNext(); err != nil {
		l.sealLater()
		return fmt.Errorf("%w: %w", ErrUnsealed, err)
	}
	return nil
}

// How long to wait before a checkpoint that could not be signed is tried again:
// the key may lie in a device that is away for a while.
const (
	resealMin = time.Second
	resealMax = 30 * time.Second
)

// sealLater tries again until what is durable is released, or the gate shuts;
// release.mu is held. Those whose Append returned meanwhile ask again with the
// same request ID; nobody else has to ask for anything.
func (l *Ledger) sealLater() {
	r := &l.release
	if r.retrying || r.closing == nil || r.anchor == nil || l.Why() != "" {
		return
	}
	r.retrying = true
	r.retries.Go(func() {
		timer := time.NewTimer(resealMin)
		defer timer.Stop()
		for wait := resealMin; ; wait = min(2*wait, resealMax) {
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-r.closing:
				return
			}
			if l.sealAgain() {
				return
			}
		}
	})
}

// sealAgain reports whether nothing is left to be tried.
func (l *Ledger) sealAgain() bool {
	l.release.mu.Lock()
	defer l.release.mu.Unlock()
	done := l.Why() != "" || l.release.anchor == nil || l.signNext() == nil
	l.release.retrying = !done
	return done
}

// signNext signs and releases what is durable; release.mu is held. The anchor
// lags by at most one group: that of the release before is waited for here,
// that of this one is written while readers go ahead.
func (l *Ledger) signNext() error {
	if err := l.waitAnchor(); err != nil {
		return err
	}
	if l.release.anchor == nil {
		return errors.New("the ledger is closed")
	}
	// What a View shows is durable, so it may be signed. It does not end with
	// the caller's context, since others wait for the same signature.
	var next anchored
	var last uint64
	err := l.o.Store.View(context.Background(), func(r store.Reader) (err error) {
		if next, err = l.nextTree(r); err != nil {
			return err
		}
		last, err = lastPosition(r)
		return err
	})
	if errors.Is(err, ErrCorrupt) {
		// What can be made right is signed at the next try.
		if mended, mendErr := l.mendOwnTree(l.lastSigned()); !mended {
			l.shut(fmt.Sprintf("%v; stop the node, keep the store as it is, and run `spsd store verify`", errors.Join(err, mendErr)))
		}
	}
	if err != nil {
		return err
	}
	note, err := seal.SignCheckpoint(next.tree, l.o.Signer)
	if err != nil {
		return err
	}
	l.release.newest.Store(&signedTree{Checkpoint: next.tree, note: note})
	l.shown.released(last, next.tree.Size)
	l.wake()
	pending, a := make(chan struct{}), l.release.anchor
	l.release.pending = pending
	go func() {
		defer close(pending)
		l.writeAnchor(a, next)
	}()
	return nil
}

// nextTree returns the tree that is to be signed: it goes on from the one that
// was signed last, or, at the start, from that of the anchor.
func (l *Ledger) nextTree(r store.Reader) (anchored, error) {
	next, err := ownTree(r, l.own)
	if err != nil {
		return anchored{}, err
	}
	row, _, err := getLog(r, l.own)
	if err != nil {
		return anchored{}, err
	}
	return next, tree{r, row.id}.extends(next.tree, l.lastSigned())
}

// lastSigned returns the tree that was signed last, or, at the start, that of
// the anchor; release.mu is held.
func (l *Ledger) lastSigned() seal.Checkpoint {
	if newest := l.released(); newest != nil {
		return newest.Checkpoint
	}
	return l.release.anchor.last.tree
}

// writeAnchor makes the anchor durable. If it cannot, the gate closes: without
// it a restored backup would go unnoticed.
func (l *Ledger) writeAnchor(a *anchor, next anchored) {
	if err := a.write(next); err != nil {
		l.shut(fmt.Sprintf("the anchor %s could not be written: %v; mend its disk and start again", l.o.Anchor, err))
	}
}

// waitAnchor waits until the anchor of the last release is durable, and returns
// why the gate is closed if it is; release.mu is held.
func (l *Ledger) waitAnchor() error {
	if l.release.pending != nil {
		<-l.release.pending
		l.release.pending = nil
	}
	if why := l.Why(); why != "" {
		return errors.New(why)
	}
	return nil
}

// ownTree returns everything durable of the own log, and the last reference.
func ownTree(r store.Reader, own certs.Origin) (anchored, error) {
	row, ok, err := getLog(r, own)
	if err != nil {
		return anchored{}, err
	}
	if !ok {
		return anchored{}, fmt.Errorf("%w: log %s is gone", ErrCorrupt, own)
	}
	root, err := tree{r, row.id}.root(row.size)
	if err != nil {
		return anchored{}, err
	}
	reference, err := lastReference(r, own.Office, row.last)
	return anchored{tree: seal.Checkpoint{Origin: own, Size: row.size, Root: root}, reference: reference}, err
}

// offer lets readers have a checkpoint that was signed before and came back, if
// it covers more than what they have.
func (r *releaser) offer(c signedTree) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if newest := r.newest.Load(); newest == nil || newest.Size < c.Size {
		r.newest.Store(&c)
	}
}

// detach takes the anchor away, so that nothing is signed any more, and returns
// what it says; nil if there is none.
func (r *releaser) detach() *anchored {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.anchor == nil {
		return nil
	}
	if r.pending != nil {
		<-r.pending
		r.pending = nil
	}
	last := r.anchor.last
	_ = r.anchor.close() // what it says is durable
	r.anchor = nil
	return &last
}

// attach lets the ledger sign, and takes over the anchor.
func (r *releaser) attach(a *anchor) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.anchor = a
}

func (r *releaser) close() error {
	r.closed.Do(func() {
		if r.closing != nil {
			close(r.closing)
		}
	})
	r.retries.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.anchor == nil {
		return nil
	}
	if r.pending != nil {
		<-r.pending
		r.pending = nil
	}
	a := r.anchor
	r.anchor = nil
	return a.close()
}
