package ledger

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/store"
)

// A disk may give back other bytes than it was given. Nothing that it gives is
// signed or sent before it was held against a tree that was signed when it was
// whole: for that the reader hashes as much as a peer does who receives it. What
// is found so can often be had again; see mend.go.

// damagedPart is what of a log is not as it was stored.
type damagedPart int

const (
	damagedBody damagedPart = iota // of one entry: not the one that its leaf names
	damagedTree                    // leaves or tree hashes do not lead to what was signed
	damagedNote                    // the checkpoint of another office
)

// damageError is an [ErrCorrupt] of which it is known what is damaged.
type damageError struct {
	part   damagedPart
	origin certs.Origin
	seq    uint64 // of the entry whose body it is
	err    error
}

func (e *damageError) Error() string { return fmt.Sprintf("%v: %v", ErrCorrupt, e.err) }

func (e *damageError) Unwrap() []error { return []error{ErrCorrupt, e.err} }

// view is View of the store for what is read out of the ledger. What turns out
// to be damaged is mended before it returns, as far as that goes, so that a
// second reading finds it right, or finds that it is missing. The error is
// [ErrCorrupt] all the same.
func (l *Ledger) view(ctx context.Context, fn func(store.Reader) error) error {
	err := l.o.Store.View(ctx, fn)
	if mendErr := l.mend(ctx, err); mendErr != nil {
		return errors.Join(err, mendErr)
	}
	return err
}

// viewAgain is view, once more if something was damaged: what could be mended at
// once was.
func (l *Ledger) viewAgain(ctx context.Context, fn func(store.Reader) error) error {
	err := l.view(ctx, fn)
	if errors.Is(err, ErrCorrupt) {
		err = l.view(ctx, fn)
	}
	return err
}

// vouched returns [ErrCorrupt] unless what was signed of a log goes together with
// a tree of what is held of it; nobody is told of a contradiction to that tree
// before. It costs no more than one proof, whatever a peer shows and how often:
// all leaves are read only where something is damaged indeed. For what lies
// behind the newest checkpoint nothing vouches. released is as in newest.
func (l *Ledger) vouched(r store.Reader, row logRow, is seal.Checkpoint, released *signedTree) error {
	was, err := l.newest(is.Origin, row, released)
	if err != nil {
		return err
	}
	t := tree{r, row.id}
	if is.Size < was.Size {
		return t.extends(was.Checkpoint, is)
	}
	return t.extends(is, was.Checkpoint)
}

// extends returns [ErrCorrupt] unless what is stored leads from one tree to
// another that goes on from it. The first was signed; it may be empty.
func (t tree) extends(is, was seal.Checkpoint) error {
	if was.Size == 0 || was.Origin != is.Origin {
		return nil
	}
	proof, err := tlog.ProveTree(int64(is.Size), int64(was.Size), t)
	if err != nil {
		return err
	}
	if err := seal.CheckConsistency(proof, is, was.Size, was.Root); err != nil {
		return &damageError{part: damagedTree, origin: is.Origin, err: fmt.Errorf(
			"what is stored of %s does not go on from the tree of %d entries that was signed: %w", is.Origin, was.Size, err)}
	}
	return nil
}

// checkPage returns ErrCorrupt unless the leaves of a page are those under its
// checkpoint.
func (t tree) checkPage(p Package, c seal.Checkpoint) error {
	g, err := t.grow(p.Start)
	if err != nil {
		return err
	}
	for _, leaf := range p.Leaves {
		if _, err := g.append(seal.RecordHash(leaf)); err != nil {
			return err
		}
	}
	root, err := g.root()
	if err != nil {
		return err
	}
	if err := seal.CheckConsistency(p.Proof, c, p.End(), root); err != nil {
		return &damageError{part: damagedTree, origin: p.Origin, err: fmt.Errorf(
			"entries %d to %d of %s are not those that were signed: %w", p.Start, p.End(), p.Origin, err)}
	}
	return nil
}

// storedHead returns the checkpoint of another office's log that was verified
// when it was stored, and ErrCorrupt if it is not as it was. Under a key that a
// card has replaced since only its text can be looked at.
func (l *Ledger) storedHead(o certs.Origin, note []byte) (signedTree, error) {
	c, err := l.openHead(note)
	switch {
	case errors.Is(err, seal.ErrFormat), errors.Is(err, seal.ErrBadSignature):
		return signedTree{}, &damageError{part: damagedNote, origin: o, err: fmt.Errorf("the checkpoint of %s that was stored: %w", o, err)}
	case err != nil:
		c, err = seal.ParseCheckpoint(note)
	}
	return signedTree{Checkpoint: c, note: note}, err
}

// checkedRoot returns the root over so many entries of another office's log, of
// which a checkpoint was stored.
func (l *Ledger) checkedRoot(r store.Reader, row logRow, is seal.Checkpoint) (root tlog.Hash, err error) {
	if is.Root, err = (tree{r, row.id}).root(is.Size); err != nil {
		return tlog.Hash{}, err
	}
	return is.Root, l.vouched(r, row, is, nil)
}
