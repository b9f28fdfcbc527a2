package ledger

import (
	"bytes"
	"cmp"
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// Entry is one entry of a log, as it is held here. Its slices MUST NOT be
// changed.
type Entry struct {
	Position Position
	Origin   certs.Origin
	Sequence uint64
	// Leaf is nil if the bytes are no leaf that follows the format; Fault then
	// says why.
	Leaf      *spsv1.Leaf
	LeafBytes []byte
	Hash      tlog.Hash // the record hash
	// Envelope is nil if the body is not held: not addressed to this office,
	// or missing.
	Envelope []byte
	// Fault says which rule the issuer broke; "" if none. A faulty entry MUST
	// have no effect but to be shown as faulty.
	Fault string
	// Gap is how many entries before it are not held yet: it is urgent and came
	// ahead of them. 0 for all others.
	Gap uint64
}

// Receipt is a receipt that another office gave, after it was verified and
// found to agree with the log as it is held here.
type Receipt struct {
	seal.Receipt

	Position Position
	From     certs.Office
	Note     []byte // as signed; MUST NOT be changed
}

// Record is what was recorded at a position: exactly one of Entry and Receipt.
// An Entry whose Position is an earlier one is there again because its body came
// late.
type Record struct {
	Position Position
	Entry    *Entry
	Receipt  *Receipt
}

// Fold is told of everything that is recorded, in the order of positions, in
// the transaction that records it. It is the casebook. Of an entry whose body
// came late it is told again, with the body and the position of before.
//
// The transaction may be run again, so a Fold MUST have no effect but through
// the Tx. Entries of the own log are folded before they are released: what the
// fold wrote about them may be shown to people of the own office, and MUST NOT
// be sent to another. An error means that the store failed; content that the
// fold cannot read is its own to mark.
//
// An entry is folded again, at the same position, when what is known of it has
// changed: its body came late, or it came ahead of those before it and its turn
// shows that it breaks a rule. The fold then has the effects of what it is told
// now and of nothing that it was told before.
type Fold interface {
	Entry(tx store.Tx, e Entry) error
	Receipt(tx store.Tx, r Receipt) error
}

// Entry returns one entry, or [ErrNotFound] if it is not held or not released.
func (l *Ledger) Entry(ctx context.Context, o certs.Origin, seq uint64) (e Entry, err error) {
	released := l.Released()
	err = l.view(ctx, func(r store.Reader) error {
		row, err := l.find(r, o)
		if err != nil {
			return err
		}
		if seq >= row.size {
			if _, ahead, err := getAhead(r, row.id, seq); err != nil || !ahead {
				return cmp.Or(err, fmt.Errorf("%w: entry %d of %s", ErrNotFound, seq, o))
			}
		}
		if e, err = l.readEntry(r, row.id, o, seq); err == nil && e.Position.N > released.N {
			err = fmt.Errorf("%w: entry %d of %s is not released", ErrNotFound, seq, o)
		}
		return err
	})
	if err != nil {
		return Entry{}, err
	}
	return e, nil
}

// find returns the row of a log, or [ErrNotFound].
func (l *Ledger) find(r store.Reader, o certs.Origin) (logRow, error) {
	row, ok, err := getLog(r, o)
	if err == nil && !ok {
		err = fmt.Errorf("%w: log %s", ErrNotFound, o)
	}
	return row, err
}

// readEntry copies an entry out of a transaction.
func (l *Ledger) readEntry(r store.Reader, id logID, o certs.Origin, seq uint64) (Entry, error) {
	if e, ahead, err := l.readAhead(r, id, o, seq); ahead || err != nil {
		return e, err
	}
	row, err := getLeaf(r, id, seq)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{
		Position:  Position{Incarnation: l.incarnation, N: row.n},
		Origin:    o,
		Sequence:  seq,
		LeafBytes: bytes.Clone(row.leaf),
		Hash:      seal.RecordHash(row.leaf),
		Fault:     row.fault,
	}
	// A leaf that does not parse was marked when it was recorded.
	if e.Leaf, err = seal.ParseLeaf(e.LeafBytes); err != nil && e.Fault == "" {
		return Entry{}, fmt.Errorf("%w: entry %d of %s: %w", ErrCorrupt, seq, o, err)
	}
	e.Envelope, err = bodyOf(r, id, seq, e.Leaf)
	return e, err
}

// bodyOf returns the body of an entry, or nil if it is not held. That of a
// readdress may lie under its subject. The slice is the caller's. What is not
// the body that the leaf names is [ErrCorrupt]: no other was stored. Once that
// was found, the body counts as missing until it has come again.
func bodyOf(r store.Reader, id logID, seq uint64, leaf *spsv1.Leaf) ([]byte, error) {
	b, err := getBody(r, id, seq)
	if err == nil && b == nil && leaf.GetType() == spsv1.LeafType_LEAF_TYPE_READDRESS {
		b, err = subjectBody(r, leaf)
	}
	if err != nil || b == nil || leaf == nil {
		return b, err
	}
	if bad := seal.CheckEnvelope(leaf, b); bad != nil {
		missing, err := r.Get(tableMissing, entryKey(id, seq))
		if err != nil || missing != nil {
			return nil, err
		}
		o, err := originOf(r, id)
		if err != nil {
			return nil, err
		}
		return nil, &damageError{part: damagedBody, origin: o, seq: seq, err: fmt.Errorf("body of entry %d of %s: %w", seq, o, bad)}
	}
	return b, nil
}

// subjectBody returns the body of the entry that a readdress is about, if it is
// held and is the one that the readdress names.
func subjectBody(r store.Reader, leaf *spsv1.Leaf) ([]byte, error) {
	o, err := certs.ParseOrigin(leaf.GetSubject().GetOrigin())
	if err != nil {
		return nil, nil //nolint:nilerr // a subject that names no log has no body
	}
	row, ok, err := getLog(r, o)
	if err != nil || !ok {
		return nil, err
	}
	b, err := getBody(r, row.id, leaf.GetSubject().GetSequence())
	if err != nil || b == nil || seal.CheckEnvelope(leaf, b) != nil {
		return nil, err
	}
	return b, nil
}

// originOf returns the log of a number. There are few logs.
func originOf(r store.Reader, id logID) (certs.Origin, error) {
	for item, err := range r.Scan(tableLogs, nil, nil, false) {
		if err != nil {
			return certs.Origin{}, err
		}
		row, err := decodeLogRow(item.Value)
		if err != nil {
			return certs.Origin{}, err
		}
		if row.id == id {
			return certs.ParseOrigin(string(item.Key))
		}
	}
	return certs.Origin{}, fmt.Errorf("%w: log %d is gone", ErrCorrupt, id)
}
