package ledger

import (
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/store"
)

// A disk may give back other bytes than it was given. Nothing that it gives is
// signed or sent before it was held against a tree that was signed when it was
// whole: for that the reader hashes as much as a peer does who receives it.

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
		return fmt.Errorf("%w: what is stored of %s does not go on from the tree of %d entries that was signed: %w",
			ErrCorrupt, is.Origin, was.Size, err)
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
		return fmt.Errorf("%w: entries %d to %d of %s are not those that were signed: %w", ErrCorrupt, p.Start, p.End(), p.Origin, err)
	}
	return nil
}

// storedHead returns a checkpoint of another office that was verified when it
// was stored, and ErrCorrupt if it is not as it was. Under a key that a card
// has replaced since only its text can be looked at.
func (l *Ledger) storedHead(note []byte) (signedTree, error) {
	c, err := l.openHead(note)
	switch {
	case errors.Is(err, seal.ErrFormat), errors.Is(err, seal.ErrBadSignature):
		return signedTree{}, fmt.Errorf("%w: a checkpoint that was stored: %w", ErrCorrupt, err)
	case err != nil:
		c, err = seal.ParseCheckpoint(note)
	}
	return signedTree{Checkpoint: c, note: note}, err
}

// checkedRoot returns the root over so many entries of another office's log, of
// which a checkpoint was stored.
func (l *Ledger) checkedRoot(r store.Reader, row logRow, is seal.Checkpoint) (tlog.Hash, error) {
	t := tree{r, row.id}
	root, err := t.root(is.Size)
	if err != nil || len(row.note) == 0 {
		return root, err
	}
	was, err := l.storedHead(row.note)
	if err != nil {
		return root, err
	}
	if is.Root = root; is.Size < was.Size {
		return root, t.extends(was.Checkpoint, is)
	}
	return root, t.extends(is, was.Checkpoint)
}
