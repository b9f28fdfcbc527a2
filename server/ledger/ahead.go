package ledger

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// An urgent entry may come before those that stand in front of it in its log.
// It is proved to be in the log, gets its position and is folded at once, so
// that people see it; a receipt lists it as ahead. When the entries in front of
// it have come and it comes again among them, it keeps its position and only
// moves from one table to the other. So it has one effect and one place in the
// order of positions, whatever happens in between.

// maxAhead is how many entries of one log are held ahead, as many as a receipt
// can list. What comes beyond that waits for its turn in the log.
const maxAhead = 64

// ErrNotAhead says that an entry is not held ahead, though nobody is at fault:
// there are as many already as there may be, its body is not the one that its
// leaf names and comes from its issuer, or it breaks a rule. It comes, and is
// judged, in its turn.
var ErrNotAhead = errors.New("the entry waits for its turn in the log")

// RecordAhead stores an urgent entry that another node sent ahead of those
// before it, after checking that the office of its log signed it. On return
// without an error it is durable and folded, and [Ledger.Receipt] lists it; or
// it is held already, in its turn or ahead, or it is not for this office.
//
// Errors that make the sender at fault: [ErrGap] (it proves from a size that is
// not held), [ErrWrongRoot], [ErrNotAudience], [ErrBody], and those of
// seal.ParseLeaf and seal.OpenCheckpoint. [ErrInconsistent] is proof that the
// office signed two logs. [ErrNotAhead] is nobody's fault. Others are those of
// [Ledger.Record]. Every error means that nothing was stored.
func (l *Ledger) RecordAhead(ctx context.Context, from certs.Office, u Urgent) error {
	if err := l.recordAhead(ctx, from, u); err != nil {
		return fmt.Errorf("record entry %d of %s ahead, sent by %s: %w", u.Sequence, u.Origin, from, err)
	}
	return nil
}

func (l *Ledger) recordAhead(ctx context.Context, from certs.Office, u Urgent) error {
	leaf, c, err := l.checkUrgent(u)
	if err != nil {
		return err
	}
	held := false
	err = l.o.Store.View(ctx, func(r store.Reader) (err error) {
		row, _, err := getLog(r, u.Origin)
		if err != nil {
			return err
		}
		if err := checkStart(r, row, u, c); err != nil {
			return err
		}
		held, err = l.holds(r, row, u)
		return err
	})
	if err != nil || held {
		return err
	}
	switch err := seal.CheckEnvelope(leaf, u.Envelope); {
	case !seal.MayRead(leaf, l.own.Office) && len(u.Envelope) > 0:
		return ErrNotAudience
	case !seal.MayRead(leaf, l.own.Office):
		return nil // there is nothing in it for the people here
	case len(u.Envelope) == 0:
		return fmt.Errorf("%w: it came without its body", ErrNotAhead)
	case err != nil && from != u.Origin.Office:
		return fmt.Errorf("%w: %w", ErrBody, err)
	case err != nil:
		return fmt.Errorf("%w: %w", ErrNotAhead, err)
	}
	var at recordedAt
	err = l.updateUrgent(ctx, from, len(u.Leaf)+len(u.Envelope), func(tx store.Tx) (err error) {
		if err := l.putAhead(tx, u, leaf); err != nil {
			return err
		}
		at, err = l.recordedAt(tx)
		return err
	})
	switch {
	case errors.Is(err, errHeld):
		return nil
	case err != nil:
		return err
	}
	l.show(at)
	return nil
}

// errHeld says that the entry came another way meanwhile.
var errHeld = errors.New("the entry is held")

// checkUrgent checks what can be checked without the store.
func (l *Ledger) checkUrgent(u Urgent) (*spsv1.Leaf, seal.Checkpoint, error) {
	if u.Origin.Federation != l.own.Federation {
		return nil, seal.Checkpoint{}, fmt.Errorf("%w: it is of another federation than %s", certs.ErrNoCard, l.own.Federation)
	}
	if l.isOwn(u.Origin) {
		return nil, seal.Checkpoint{}, ErrOwnLog
	}
	c, err := l.openHead(u.Checkpoint)
	if err != nil {
		return nil, seal.Checkpoint{}, err
	}
	leaf, err := seal.ParseLeaf(u.Leaf)
	switch {
	case err != nil:
		return nil, seal.Checkpoint{}, err
	case c.Origin != u.Origin, leaf.GetOrigin() != u.Origin.String(), leaf.GetSequence() != u.Sequence:
		return nil, seal.Checkpoint{}, fmt.Errorf("%w: leaf %d of %s under a checkpoint of %s",
			ErrWrongRoot, leaf.GetSequence(), leaf.GetOrigin(), c.Origin)
	case !goesAhead(leaf):
		return nil, seal.Checkpoint{}, fmt.Errorf("%w: nothing but urgent statements and readdresses goes ahead", ErrGap)
	}
	if err := seal.CheckInclusion(u.Inclusion, c, u.Sequence, seal.RecordHash(u.Leaf)); err != nil {
		return nil, seal.Checkpoint{}, fmt.Errorf("%w: %w", ErrWrongRoot, err)
	}
	return leaf, c, nil
}

// checkStart checks that the tree of c goes on from what is held.
func checkStart(r store.Reader, row logRow, u Urgent, c seal.Checkpoint) error {
	if u.Start > row.size {
		return fmt.Errorf("%w: it proves from size %d, and %d are held", ErrGap, u.Start, row.size)
	}
	root, err := tree{r, row.id}.root(u.Start)
	if err != nil {
		return err
	}
	if err := seal.CheckConsistency(u.Consistency, c, u.Start, root); err != nil {
		return fmt.Errorf("%w: %w", ErrWrongRoot, err)
	}
	return nil
}

// holds reports whether an urgent entry is held already, in its turn or ahead.
// Its leaf is proved to be under a signed tree, and so is what is held.
func (l *Ledger) holds(r store.Reader, row logRow, u Urgent) (bool, error) {
	if u.Sequence < row.size {
		held, err := getLeaf(r, row.id, u.Sequence)
		if err == nil && !bytes.Equal(held.leaf, u.Leaf) {
			err = twoLeaves(u.Origin, u.Sequence)
		}
		return err == nil, err
	}
	held, ok, err := getAhead(r, row.id, u.Sequence)
	if err != nil || !ok {
		return false, err
	}
	if !bytes.Equal(held.leaf, u.Leaf) {
		return false, twoLeaves(u.Origin, u.Sequence)
	}
	return true, nil
}

// twoLeaves is the alarm about an office that signed two trees with different
// leaves in one place.
func twoLeaves(o certs.Origin, seq uint64) error {
	return fmt.Errorf("%w: %s was signed with two different entries %d; the first is kept with its proof", ErrInconsistent, o, seq)
}

// putAhead writes an urgent entry with everything that belongs to it.
func (l *Ledger) putAhead(tx store.Tx, u Urgent, leaf *spsv1.Leaf) error {
	row, ok, err := getLog(tx, u.Origin)
	if err != nil {
		return err
	}
	if !ok {
		if row, err = addLog(tx); err != nil {
			return err
		}
		if err := putLog(tx, u.Origin, row); err != nil {
			return err
		}
	}
	switch held, err := l.holds(tx, row, u); {
	case err != nil:
		return err
	case held:
		return errHeld
	}
	seqs, _, err := aheads(tx, row.id)
	switch {
	case err != nil:
		return err
	case len(seqs) >= maxAhead:
		return fmt.Errorf("%w: %d are ahead", ErrNotAhead, len(seqs))
	case leaf.GetTime().AsTime().Before(row.last):
		return fmt.Errorf("%w: its time is before that of an earlier entry", ErrNotAhead)
	}
	if err := putBody(tx, row.id, u.Sequence, u.Envelope); err != nil {
		return err
	}
	last, err := lastPosition(tx)
	if err != nil {
		return err
	}
	kept := aheadRow{n: last + 1, proof: u.Inclusion, note: u.Checkpoint, leaf: u.Leaf}
	if err := tx.Put(tableAhead, entryKey(row.id, u.Sequence), kept.encode()); err != nil {
		return err
	}
	if err := l.holdBody(tx, row.id, u.Sequence); err != nil {
		return err
	}
	place := placeRow{id: row.id, number: u.Sequence}
	if err := tx.Put(tablePositions, positionKey(kept.n), place.encode()); err != nil {
		return err
	}
	e, err := l.readEntry(tx, row.id, u.Origin, u.Sequence)
	if err != nil {
		return err
	}
	if err := l.o.Fold.Entry(tx, e); err != nil {
		return fmt.Errorf("fold entry %d of %s: %w", u.Sequence, u.Origin, err)
	}
	return nil
}

// fillGap makes an entry that was held ahead one in its turn. It keeps its
// position and its body, and is folded again only if its place shows that it
// breaks a rule. It reports whether the entry was ahead.
func (l *Ledger) fillGap(tx store.Tx, id logID, in *incoming) (bool, error) {
	held, ok, err := getAhead(tx, id, in.Sequence)
	if err != nil || !ok {
		return false, err
	}
	if !bytes.Equal(held.leaf, in.LeafBytes) {
		return false, twoLeaves(in.Origin, in.Sequence)
	}
	if err := tx.Delete(tableAhead, entryKey(id, in.Sequence)); err != nil {
		return false, err
	}
	row := leafRow{n: held.n, fault: in.Fault, hashes: in.above, leaf: in.LeafBytes}
	if err := tx.Put(tableLeaves, entryKey(id, in.Sequence), row.encode()); err != nil {
		return false, err
	}
	if err := putUrgent(tx, id, &in.Entry); err != nil || in.Fault == "" {
		return true, err
	}
	e := in.Entry
	e.Position = Position{Incarnation: l.incarnation, N: held.n}
	if e.Envelope, err = getBody(tx, id, in.Sequence); err != nil {
		return true, err
	}
	if err := l.o.Fold.Entry(tx, e); err != nil {
		return true, fmt.Errorf("fold entry %d of %s again: %w", e.Sequence, e.Origin, err)
	}
	return true, nil
}

// putUrgent notes an entry that may go ahead on its way to others.
func putUrgent(tx store.Tx, id logID, e *Entry) error {
	if e.Fault != "" || !goesAhead(e.Leaf) {
		return nil
	}
	return tx.Put(tableUrgent, entryKey(id, e.Sequence), nil)
}

// readAhead copies an entry that is held ahead out of a transaction, and
// whether there is one.
func (l *Ledger) readAhead(r store.Reader, id logID, o certs.Origin, seq uint64) (Entry, bool, error) {
	row, ok, err := getAhead(r, id, seq)
	if err != nil || !ok {
		return Entry{}, false, err
	}
	log, err := l.find(r, o)
	if err != nil {
		return Entry{}, false, err
	}
	e := Entry{
		Position:  Position{Incarnation: l.incarnation, N: row.n},
		Origin:    o,
		Sequence:  seq,
		LeafBytes: bytes.Clone(row.leaf),
		Hash:      seal.RecordHash(row.leaf),
		Gap:       seq - log.size,
	}
	for _, err := range r.Scan(tableAhead, entryKey(id, log.size), entryKey(id, seq), false) {
		if err != nil {
			return Entry{}, false, err
		}
		e.Gap-- // ahead too
	}
	if e.Leaf, err = seal.ParseLeaf(e.LeafBytes); err != nil {
		return Entry{}, false, fmt.Errorf("%w: entry %d of %s: %w", ErrCorrupt, seq, o, err)
	}
	e.Envelope, err = getBody(r, id, seq)
	return e, true, err
}

// aheadLines returns what a receipt of a log lists as ahead, in at most so many
// lines. Those that came first are listed first, so that a receipt of the same
// size never takes one back.
func aheadLines(r store.Reader, id logID, most int) ([]seal.Ahead, error) {
	seqs, rows, err := aheads(r, id)
	if err != nil || len(seqs) == 0 {
		return nil, err
	}
	type line struct {
		n uint64
		seal.Ahead
	}
	lines := make([]line, len(seqs))
	for i, row := range rows {
		lines[i] = line{row.n, seal.Ahead{Sequence: seqs[i], RecordHash: seal.RecordHash(row.leaf)}}
	}
	slices.SortFunc(lines, func(a, b line) int { return cmp.Compare(a.n, b.n) })
	var listed []seal.Ahead
	for _, l := range lines[:min(len(lines), most)] {
		listed = append(listed, l.Ahead)
	}
	slices.SortFunc(listed, func(a, b seal.Ahead) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return listed, nil
}
