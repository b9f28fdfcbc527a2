package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/store"
)

// recovery is the way of a shut gate to open by itself: every peer whose card
// or receipt is held here has to say how much of the own log it holds, all of
// that has to be here again, under this office's own signature, and nothing of
// it may contradict the store. The zero recovery is that of an open gate.
type recovery struct {
	mu     sync.Mutex // taken before those of Ledger and releaser
	active bool
	row    shutRow
	anchor *anchored // what the anchor says; nil: it is missing or damaged
	never  bool      // no answer can open the gate
	peers  map[certs.Office]*answer
	notes  []pendingReceipt // to be added when the lock is free
}

// pendingReceipt is a receipt that waited for entries.
type pendingReceipt struct {
	office certs.Office
	note   []byte
}

// answer is what one peer said about the own log since the gate was shut, or
// since the node started.
type answer struct {
	said   bool
	holds  uint64            // entries, as it says
	agrees uint64            // up to which size it was shown that it holds what is here
	forks  bool              // it holds what this office signed and the store contradicts
	heads  []seal.Checkpoint // signed by this office, beyond what is held here
	notes  [][]byte          // receipts over more than is held here, to be added then
}

// complete reports whether a peer needs to say no more.
func (a *answer) complete(size uint64) bool {
	return a != nil && (a.forks || a.said && a.holds <= size && a.agrees >= a.holds && len(a.heads) == 0)
}

// Recovering reports whether the gate is shut because the store may not be the
// newest, so that own entries are to be fetched from those who hold more of them.
func (l *Ledger) Recovering() bool {
	l.recovery.mu.Lock()
	defer l.recovery.mu.Unlock()
	return l.recovery.active
}

// PeerHolds says how many entries of the own log a peer holds, as its Want
// does. If the gate is shut, the peer counts as having answered once all of
// them are held here too and agree; see [Ledger.Why].
func (l *Ledger) PeerHolds(ctx context.Context, peer certs.Office, o certs.Origin, size uint64) error {
	if o != l.own {
		return nil
	}
	return l.heard(ctx, peer, func(a *answer) error { return l.says(ctx, peer, a, size) })
}

// heard notes what a peer said, if the gate is shut, and looks whether that
// opens it.
func (l *Ledger) heard(ctx context.Context, peer certs.Office, note func(*answer) error) error {
	rec := &l.recovery
	rec.mu.Lock()
	if !rec.active {
		rec.mu.Unlock()
		return nil
	}
	err := note(rec.of(peer))
	if err == nil {
		err = l.evaluate(ctx)
	}
	rec.mu.Unlock()
	if err != nil {
		return err
	}
	return l.addPending(ctx)
}

// addPending adds the receipts whose entries have come back.
func (l *Ledger) addPending(ctx context.Context) error {
	l.recovery.mu.Lock()
	notes := l.recovery.notes
	l.recovery.notes = nil
	l.recovery.mu.Unlock()
	for _, p := range notes {
		err := l.AddReceipt(ctx, p.office, p.note)
		if _, damaged := l.DamagedFrom(l.own); damaged && errors.Is(err, ErrCorrupt) {
			continue // every session begins with the newest one
		}
		if err != nil && !errors.Is(err, ErrReceiptBeyond) && !errors.Is(err, ErrReceiptRoot) {
			return err
		}
	}
	return nil
}

// says notes how much a peer holds; recovery.mu is held.
func (l *Ledger) says(ctx context.Context, peer certs.Office, a *answer, size uint64) error {
	a.said, a.holds = true, size
	// A receipt that was recorded agreed with what is here.
	return l.o.Store.View(ctx, func(r store.Reader) error {
		row, _, err := getLog(r, l.own)
		if err != nil {
			return err
		}
		_, note, err := newestReceipt(r, row.id, peer)
		if said, parseErr := seal.ParseReceipt(note); err == nil && parseErr == nil {
			a.agrees = max(a.agrees, said.Size)
		}
		return err
	})
}

// takeNotes puts the receipts of all peers where addPending finds them; rec.mu
// is held.
func (rec *recovery) takeNotes() {
	for office, a := range rec.peers {
		for _, note := range a.notes {
			rec.notes = append(rec.notes, pendingReceipt{office, note})
		}
		a.notes = nil
	}
}

// of returns what a peer said; rec.mu is held.
func (rec *recovery) of(peer certs.Office) *answer {
	if rec.peers == nil {
		rec.peers = make(map[certs.Office]*answer)
	}
	if rec.peers[peer] == nil {
		rec.peers[peer] = &answer{}
	}
	return rec.peers[peer]
}

// maxPending bounds the heads and the receipts of one peer that wait for
// entries.
const maxPending = 8

// headOfOwn takes into account a checkpoint of the own log that a peer holds.
// It verified, and size is how much is held here.
func (l *Ledger) headOfOwn(ctx context.Context, peer certs.Office, c seal.Checkpoint, size uint64) error {
	return l.heard(ctx, peer, func(a *answer) error {
		if c.Size <= size {
			a.agrees = max(a.agrees, c.Size)
		} else if len(a.heads) < maxPending && !slices.Contains(a.heads, c) {
			a.heads = append(a.heads, c)
		}
		return nil
	})
}

// receiptOfOwn takes into account a receipt over the own log that agrees.
func (l *Ledger) receiptOfOwn(ctx context.Context, peer certs.Office, size uint64) error {
	return l.heard(ctx, peer, func(a *answer) error {
		a.agrees = max(a.agrees, size)
		return nil
	})
}

// receiptBeyond keeps a receipt over more of the own log than is held, until
// that has come back. again says that it has come back meanwhile.
func (l *Ledger) receiptBeyond(ctx context.Context, peer certs.Office, size uint64, note []byte) (again bool, err error) {
	l.recovery.mu.Lock()
	defer l.recovery.mu.Unlock()
	var row logRow
	err = l.o.Store.View(ctx, func(r store.Reader) (err error) {
		row, _, err = getLog(r, l.own)
		return err
	})
	if err != nil || size <= row.size || !l.recovery.active {
		return err == nil && size <= row.size, err
	}
	a := l.recovery.of(peer)
	a.notes = append(a.notes[max(0, len(a.notes)-maxPending+1):], note)
	return false, nil
}

// evaluate looks at what has been said, renews the reason that is shown, and
// opens the gate if nothing is missing; recovery.mu is held.
func (l *Ledger) evaluate(ctx context.Context) error {
	rec := &l.recovery
	var view gateView
	released := l.released()
	err := l.viewAgain(ctx, func(r store.Reader) (err error) {
		view, err = l.viewGate(r, released)
		return err
	})
	if err != nil {
		return err
	}
	if view.contradicted != nil {
		if err := l.keepFork(ctx, *view.contradicted); err != nil {
			return err
		}
	}
	var silent []certs.Office
	var answered []certs.Office
	for _, office := range view.awaited {
		if rec.peers[office].complete(view.size) {
			answered = append(answered, office)
		} else {
			silent = append(silent, office)
		}
	}
	if err := l.keepAnswers(ctx, answered); err != nil {
		return err
	}
	l.setWhy(rec.why(view, silent))
	if rec.never || len(silent) > 0 || len(view.awaited) == 0 || view.blocked != "" {
		return nil
	}
	return l.openGate(ctx)
}

// why returns the reason that the administrator is shown.
func (rec *recovery) why(v gateView, silent []certs.Office) string {
	cause := rec.row.cause
	if v.blocked != "" && !strings.Contains(cause, v.blocked) {
		cause += "; " + v.blocked
	}
	cause += "; " + instructions
	switch {
	case rec.never && len(silent) > 0:
		cause += "; no peer can mend that: " + anotherEpoch + "; not heard yet: " + rec.names(v, silent)
	case rec.never:
		cause += "; no peer can mend that: " + anotherEpoch
	case len(v.awaited) == 0:
		cause += "; there is no peer who could say more: " + anotherEpoch
	case len(silent) == 0: // blocked
		cause += fmt.Sprintf("; all peers have answered, and what they hold ends at %d: %s", v.size, anotherEpoch)
	default:
		cause += fmt.Sprintf("; it issues again by itself when every peer has answered and what it holds is here again; %d entries are here, waiting for %s",
			v.size, rec.names(v, silent))
	}
	return cause
}

const anotherEpoch = "go on with `spsd store open`, which opens a new epoch (see the runbook, SpsdReadOnly)"

// names lists the peers that have not answered, with what they are known to
// hold.
func (rec *recovery) names(v gateView, silent []certs.Office) string {
	var names []string
	for _, office := range silent {
		name := string(office)
		switch a := rec.peers[office]; {
		case a == nil || !a.said:
		case a.holds > v.size:
			name += fmt.Sprintf(" (holds %d entries, which have not come yet)", a.holds)
		default:
			name += fmt.Sprintf(" (holds %d entries, and has not shown that they are ours)", a.holds)
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// shutFor shuts the gate for what a peer showed, so that it stays shut over a
// restart; recovery.mu is not held.
func (l *Ledger) shutFor(ctx context.Context, row shutRow) error {
	l.recovery.mu.Lock()
	defer l.recovery.mu.Unlock()
	return l.shutLocked(ctx, row)
}

// shutLocked is shutFor with recovery.mu held. The gate is shut before the
// store knows: if the power fails between, the next meeting shuts it again.
func (l *Ledger) shutLocked(ctx context.Context, row shutRow) error {
	rec := &l.recovery
	if rec.active && (rec.row.kind == shutForked || row.kind != shutForked) {
		return nil // the first reason stays, unless this one is worse
	}
	l.shut(row.cause + "; " + instructions)
	if !rec.active {
		// The anchor is that of the release before, or of this very one.
		rec.anchor = l.release.detach()
	}
	rec.active, rec.row, rec.never = true, row, rec.never || row.kind == shutForked
	// The reason does not depend on whether it could be kept.
	err := l.o.Store.Update(store.WithReserve(context.WithoutCancel(ctx)), func(tx store.Tx) error {
		return errors.Join(putShut(tx, row), clearAnswers(tx))
	})
	if err != nil {
		return fmt.Errorf("keep that the gate is shut: %w", err)
	}
	return nil
}

// forked shuts the gate for good: a peer holds a tree that this office signed
// and that is not the store's; recovery.mu is held.
func (l *Ledger) forked(ctx context.Context, peer certs.Office, c seal.Checkpoint) error {
	if err := l.keepFork(ctx, c); err != nil {
		return err
	}
	l.recovery.of(peer).forks = true
	return l.evaluate(ctx)
}

// keepFork keeps that this office signed a tree that is not the store's;
// recovery.mu is held.
func (l *Ledger) keepFork(ctx context.Context, c seal.Checkpoint) error {
	row := shutRow{
		kind: shutForked,
		cause: fmt.Sprintf("the store contradicts what this office signed: peers hold a checkpoint of %s at size %d with another root",
			c.Origin, c.Size),
		note: []byte(c.Text()),
	}
	return l.shutLocked(ctx, row)
}

// openGate opens the gate: the anchor is written anew, then the store forgets
// that it was shut, then everything is released; recovery.mu is held. A power
// cut between leaves a gate that is shut still.
func (l *Ledger) openGate(ctx context.Context) error {
	var now anchored
	err := l.o.Store.View(ctx, func(r store.Reader) (err error) {
		now, err = ownTree(r, l.own)
		return err
	})
	if err != nil {
		return err
	}
	a, err := renewAnchor(l.o.Anchor, now)
	if err != nil {
		l.setWhy(fmt.Sprintf("everything is here again, and the anchor %s could not be written: %v; mend its disk and start again", l.o.Anchor, err))
		return nil // the reason is shown, and the next answer tries again
	}
	err = l.o.Store.Update(store.WithReserve(context.WithoutCancel(ctx)), func(tx store.Tx) error {
		return errors.Join(tx.Delete(tableMeta, keyShut), clearAnswers(tx))
	})
	if err != nil {
		return errors.Join(err, a.close())
	}
	l.recovery.takeNotes()
	l.recovery.active, l.recovery.peers, l.recovery.row = false, nil, shutRow{}
	l.release.attach(a)
	released := uint64(0)
	if newest := l.released(); newest != nil {
		released = newest.Size
	}
	l.shown.reopen(released)
	l.setWhy("")
	return l.sealUpTo(now.tree.Size)
}

// setWhy replaces the reason why the ledger is read-only.
func (l *Ledger) setWhy(why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.why != why {
		l.why = why
		l.wakeLocked()
	}
}
