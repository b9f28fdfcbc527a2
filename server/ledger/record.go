package ledger

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// Package is a run of consecutive entries of one log on its way between two
// nodes. Its slices MUST NOT be changed.
type Package struct {
	Origin certs.Origin
	Start  uint64   // sequence of the first leaf
	Leaves [][]byte // as signed
	Bodies []Body   // of those that the reader may read, ascending
	// Checkpoint is the note of the target, a tree that holds all of Leaves,
	// and Proof the consistency proof from the end of Leaves to it: empty if
	// they are the same.
	Checkpoint []byte
	Proof      []tlog.Hash
}

// End returns the sequence after the last leaf.
func (p Package) End() uint64 { return p.Start + uint64(len(p.Leaves)) }

// Body is the body of one entry of a package.
type Body struct {
	Sequence uint64
	Envelope []byte
}

// errMoved says that another Record of the same log came first.
var errMoved = errors.New("the log has grown")

// Record stores a package that another node sent, after checking that the
// office of its log signed every leaf of it, and returns how many entries of
// the log are then held; after [ErrGap], how many were held. On return without
// an error they are durable, and [Ledger.Receipt] covers them. What is already
// held is passed over, if it is the same.
//
// Every error means that nothing was stored. Errors that make the sender at
// fault, so that another source is to be tried: [ErrGap], [ErrWrongRoot],
// [ErrNotAudience], [ErrBody], and those of seal.OpenCheckpoint. One by the
// issuer: seal.ErrLeafTooLarge, after which the log cannot be followed further.
// Others: [certs.ErrNoCard], [ErrOwnLog], those of ctx and of the store.
//
// A body that was withheld, or that comes from the issuer itself and is not
// the one that the leaf names, is missing: the entry is stored without it and
// the receipt says so.
func (l *Ledger) Record(ctx context.Context, from certs.Office, p Package) (size uint64, err error) {
	for {
		size, err = l.recordOnce(ctx, from, p)
		if !errors.Is(err, errMoved) {
			break
		}
	}
	if err != nil {
		return size, fmt.Errorf("record %s from %d, sent by %s: %w", p.Origin, p.Start, from, err)
	}
	return size, nil
}

func (l *Ledger) recordOnce(ctx context.Context, from certs.Office, p Package) (uint64, error) {
	c, err := l.checkPackage(p)
	if err != nil {
		return 0, err
	}
	damaged, err := l.refit(ctx, from, p)
	if err != nil {
		return 0, err
	}
	run, err := l.prove(ctx, from, p, c)
	if damaged && run.row.size >= p.End() {
		return run.row.size, nil // what is damaged may be among what follows
	}
	if err != nil || len(run.entries) == 0 {
		return run.row.size, l.ownFault(ctx, run.row, p.Origin, err)
	}
	update := l.o.Store.Update
	if run.urgent {
		update = func(ctx context.Context, fn func(store.Tx) error) error {
			return l.updateUrgent(ctx, from, run.bytes(), fn)
		}
	}
	var at recordedAt
	err = update(ctx, func(tx store.Tx) (err error) {
		if err := l.putRun(tx, run); err != nil {
			return err
		}
		at, err = l.recordedAt(tx)
		return err
	})
	if err != nil {
		return run.row.size, err
	}
	l.show(at)
	return run.end(), nil
}

// ownFault returns [ErrCorrupt] in the place of an error that blames the sender,
// if what is held of the log is not what was signed.
func (l *Ledger) ownFault(ctx context.Context, row logRow, o certs.Origin, err error) error {
	if !errors.Is(err, ErrWrongRoot) {
		return err
	}
	own := l.view(ctx, func(r store.Reader) error {
		_, err := l.checkedRoot(r, row, seal.Checkpoint{Origin: o, Size: row.size})
		return err
	})
	if errors.Is(own, ErrCorrupt) {
		return own
	}
	return err
}

// putRun writes a proved run, with everything that belongs to it.
func (l *Ledger) putRun(tx store.Tx, run *run) error {
	row, ok, err := getLog(tx, run.origin)
	switch {
	case err != nil:
		return err
	case row.size != run.row.size:
		return errMoved
	case !ok:
		if row, err = addLog(tx); err != nil {
			return err
		}
		if err := putLog(tx, run.origin, row); err != nil { // for bodies under subjects of this run
			return err
		}
	}
	for i := range run.entries {
		if err := l.putRecorded(tx, row.id, &run.entries[i]); err != nil {
			return err
		}
	}
	before := row.size
	row.size, row.last = run.end(), run.last
	if run.target.Size <= row.size {
		row.note = run.target.note
	}
	if err := l.holdUpTo(tx, row.id, before, row.size); err != nil {
		return err
	}
	return putLog(tx, run.origin, row)
}

// putRecorded writes one entry with its body, if it came. The body of a
// readdress may be held under its subject: it is read here, where one at a time
// is in memory, since a package may readdress thousands.
func (l *Ledger) putRecorded(tx store.Tx, id logID, in *incoming) error {
	if was, err := l.fillGap(tx, id, in); was || err != nil {
		return err
	}
	e := in.Entry // a copy: the transaction may run again
	if e.Leaf.GetType() == spsv1.LeafType_LEAF_TYPE_READDRESS {
		held, err := subjectBody(tx, e.Leaf)
		if err != nil {
			return err
		}
		if held != nil {
			e.Envelope = held
			return l.putEntry(tx, id, &e, leafRow{hashes: in.above})
		}
	}
	switch {
	case e.Envelope != nil:
		if err := putBody(tx, id, e.Sequence, e.Envelope); err != nil {
			return err
		}
	case e.Leaf != nil && seal.MayRead(e.Leaf, l.own.Office):
		if err := tx.Put(tableMissing, entryKey(id, e.Sequence), nil); err != nil {
			return err
		}
	}
	return l.putEntry(tx, id, &e, leafRow{hashes: in.above})
}
