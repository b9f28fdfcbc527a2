package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/store"
)

// instructions are part of every reason why the gate is closed.
const instructions = "the node receives, serves and gives receipts, and does not issue; " +
	"if an up to date copy of the store or the anchor is at hand, stop the node and put it back"

// gateReading is what store and anchor say at the gate.
type gateReading struct {
	row    logRow
	shut   shutRow // zero: the store does not say that the gate is shut
	causes []string
	// different says that the store is not the one of the anchor, so that no
	// entry that comes back can make it that.
	different bool
}

// readGate compares the store with the anchor, which is nil if it could not be
// opened. The gate is open if there are no causes.
func readGate(r store.Reader, own certs.Origin, a *anchor, anchorErr error) (g gateReading, err error) {
	var isShut bool
	if g.shut, isShut, err = getShut(r); err != nil {
		return g, err
	}
	if isShut && g.shut.kind != shutEpoch {
		g.causes = append(g.causes, g.shut.cause)
	}
	if g.row, _, err = getLog(r, own); err != nil {
		return g, err
	}
	if a == nil {
		g.causes = append(g.causes, fmt.Sprintf("%v, so nobody knows whether the store is the newest", anchorErr))
		return g, nil
	}
	difference, err := compareAnchor(r, g.row, own.Epoch, a.last)
	if err != nil {
		return g, err
	}
	if difference != "" {
		g.causes = append(g.causes, difference)
		g.different = a.last.tree.Origin == own && a.last.tree.Size <= g.row.size
	}
	return g, nil
}

// unusable reports whether an error of openAnchor is of the disk, rather than
// that there is no anchor or none that is whole.
func unusable(anchorErr error) bool {
	return anchorErr != nil && !errors.Is(anchorErr, errNoAnchor) && !errors.Is(anchorErr, errAnchorDamaged)
}

// gate decides whether the ledger may append. If the store goes on from the
// anchor, the ledger takes over the anchor and releases everything durable; if
// not, it is read-only.
func (l *Ledger) gate(ctx context.Context) (err error) {
	a, anchorErr := openAnchor(l.o.Anchor)
	if unusable(anchorErr) {
		return fmt.Errorf("open anchor: %w", anchorErr)
	}
	defer func() {
		if a != nil && (err != nil || l.release.anchor != a) {
			err = errors.Join(err, a.close())
		}
	}()
	var g gateReading
	read := func(r store.Reader) (err error) {
		g, err = readGate(r, l.own, a, anchorErr)
		return err
	}
	if err = l.o.Store.View(ctx, read); err == nil && g.different {
		// Tree hashes that are damaged look like those of another log.
		var mended bool
		if mended, err = l.mendOwnTree(a.last.tree); mended {
			err = l.o.Store.View(ctx, read)
		}
	}
	if err != nil {
		return err
	}
	if g.shut.kind == shutEpoch {
		if a, err = l.finishEpoch(ctx, a); err != nil {
			return err
		}
		g.causes = nil
	}
	if len(g.causes) > 0 {
		return l.openShut(ctx, g, a)
	}
	l.release.anchor = a
	if err := l.sealUpTo(g.row.size); !errors.Is(err, ErrCorrupt) || l.Why() != "" {
		return err
	}
	return l.sealUpTo(g.row.size) // over tree hashes that were made anew
}

// CompareAnchor returns why [Open] would close the gate over a store with that
// anchor file, "" if it would not. It changes nothing.
func CompareAnchor(ctx context.Context, s store.Store, roster *certs.Roster, path string) (why string, err error) {
	a, anchorErr := openAnchor(path)
	if unusable(anchorErr) {
		return "", fmt.Errorf("open anchor: %w", anchorErr)
	}
	err = s.View(ctx, func(r store.Reader) error {
		own, err := newestEpoch(r, roster)
		if err != nil {
			return err
		}
		g, err := readGate(r, own, a, anchorErr)
		if len(g.causes) > 0 && g.shut.kind != shutEpoch {
			why = joinCauses(g.causes)
		}
		return err
	})
	if a != nil {
		err = errors.Join(err, a.close())
	}
	return why, err
}

// compareAnchor returns what is wrong with the store by the anchor, "" if it
// goes on from it.
func compareAnchor(r store.Reader, row logRow, epoch uint64, last anchored) (string, error) {
	was := last.tree
	switch {
	case was.Origin.Epoch > epoch:
		return fmt.Sprintf("the store ends with epoch %d and the anchor says %s: the store is older than the anchor", epoch, was.Origin), nil
	case was.Origin.Epoch < epoch:
		// After a crash between a new epoch and its anchor, the store says so.
		return fmt.Sprintf("the store ends with epoch %d and the anchor says %s: the anchor is not the newest, so nobody knows whether the store is", epoch, was.Origin), nil
	case was.Size > row.size:
		return fmt.Sprintf("the store holds %d entries of the own log and the anchor says that %d were released: the store is older than the anchor", row.size, was.Size), nil
	}
	root, err := tree{r, row.id}.root(was.Size)
	if err != nil {
		return "", err
	}
	if root != was.Root {
		return fmt.Sprintf("the store and the anchor disagree on the first %d entries of the own log: they are of two different nodes", was.Size), nil
	}
	return "", nil
}

// openShut opens read-only. Nothing is signed: a checkpoint over a store that
// is not the newest could contradict one that peers hold. What was released
// according to the store is served. Cursors of readers begin anew, since the
// store may now give their positions to other records.
func (l *Ledger) openShut(ctx context.Context, g gateReading, a *anchor) error {
	rec := &l.recovery
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.active, rec.row = true, g.shut
	rec.row.cause = joinCauses(g.causes)
	rec.never = g.different || g.shut.kind == shutForked
	if a != nil {
		rec.anchor = &a.last
	}
	l.shut(rec.row.cause + "; " + instructions)
	if len(g.row.note) > 0 {
		c, err := seal.ParseCheckpoint(g.row.note)
		if err != nil {
			return fmt.Errorf("%w: own checkpoint: %w", ErrCorrupt, err)
		}
		l.release.newest.Store(&signedTree{Checkpoint: c, note: g.row.note})
	}
	var at recordedAt
	var incarnation [16]byte
	err := l.o.Store.Update(store.WithReserve(ctx), func(tx store.Tx) (err error) {
		if incarnation, err = renewIncarnation(tx); err != nil {
			return err
		}
		if err := clearAnswers(tx); err != nil {
			return err
		}
		at, err = l.recordedAt(tx)
		return err
	})
	if err != nil {
		return fmt.Errorf("begin a new incarnation: %w", err)
	}
	l.incarnation = incarnation
	l.show(at)
	return l.evaluate(ctx)
}
