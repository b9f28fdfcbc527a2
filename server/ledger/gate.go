package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/store"
)

// instructions end every reason why the gate is closed.
const instructions = "the node receives, serves and gives receipts, and does not issue; " +
	"if an up to date copy of the store or the anchor is at hand, stop the node and put it back"

// gate compares the store with the anchor, which is nil if it could not be
// opened. If the two agree, the ledger takes over the anchor and releases
// everything durable; if not, it is read-only.
func (l *Ledger) gate(ctx context.Context, a *anchor, anchorErr error) error {
	var row logRow
	var shut shutRow
	var isShut bool
	var difference string
	err := l.o.Store.View(ctx, func(r store.Reader) (err error) {
		if shut, isShut, err = getShut(r); err != nil {
			return err
		}
		if row, _, err = getLog(r, l.own); err != nil || anchorErr != nil {
			return err
		}
		difference, err = compareAnchor(r, row, l.own.Epoch, a.last)
		return err
	})
	switch {
	case err != nil:
		return err
	case errors.Is(anchorErr, errNoAnchor), errors.Is(anchorErr, errAnchorDamaged):
		return l.openShut(ctx, row, fmt.Sprintf("%v, so nobody knows whether the store is the newest; %s", anchorErr, instructions))
	case anchorErr != nil:
		return fmt.Errorf("open anchor: %w", anchorErr)
	case difference != "":
		return l.openShut(ctx, row, fmt.Sprintf("%s; %s", difference, instructions))
	case isShut:
		return l.openShut(ctx, row, fmt.Sprintf("%s; %s", shut.cause, instructions))
	}
	l.release.anchor = a
	return l.sealUpTo(row.size)
}

// CompareAnchor returns why [Open] would close the gate over a store with that
// anchor file, "" if it would not. It changes nothing.
func CompareAnchor(ctx context.Context, s store.Store, roster *certs.Roster, path string) (why string, err error) {
	a, anchorErr := openAnchor(path)
	if anchorErr != nil && !errors.Is(anchorErr, errNoAnchor) && !errors.Is(anchorErr, errAnchorDamaged) {
		return "", fmt.Errorf("open anchor: %w", anchorErr)
	}
	if anchorErr != nil {
		return fmt.Sprintf("%v, so nobody knows whether the store is the newest", anchorErr), nil
	}
	err = s.View(ctx, func(r store.Reader) error {
		own, err := newestEpoch(r, roster)
		if err != nil {
			return err
		}
		row, _, err := getLog(r, own)
		if err != nil {
			return err
		}
		why, err = compareAnchor(r, row, own.Epoch, a.last)
		return err
	})
	return why, errors.Join(err, a.close())
}

// compareAnchor returns what is wrong with the store by the anchor, "" if it
// goes on from it.
func compareAnchor(r store.Reader, row logRow, epoch uint64, last anchored) (string, error) {
	was := last.tree
	switch {
	case was.Origin.Epoch > epoch:
		return fmt.Sprintf("the store ends with epoch %d and the anchor says %s: the store is older than the anchor", epoch, was.Origin), nil
	case was.Origin.Epoch < epoch:
		return "", nil // the crash came between the new epoch and its anchor
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
func (l *Ledger) openShut(ctx context.Context, row logRow, why string) error {
	l.shut(why)
	if len(row.note) > 0 {
		c, err := seal.ParseCheckpoint(row.note)
		if err != nil {
			return fmt.Errorf("%w: own checkpoint: %w", ErrCorrupt, err)
		}
		l.release.newest.Store(&signedTree{Checkpoint: c, note: row.note})
	}
	var incarnation [16]byte
	var at recordedAt
	err := l.o.Store.Update(store.WithReserve(ctx), func(tx store.Tx) (err error) {
		if incarnation, err = renewIncarnation(tx); err != nil {
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
	return nil
}
