package ledger

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// Urgent is one urgent entry on its way between two nodes ahead of what comes
// before it, with the proofs that it is in the log. Its slices MUST NOT be
// changed.
type Urgent struct {
	Origin    certs.Origin
	Sequence  uint64
	Leaf      []byte // as signed
	Envelope  []byte
	Inclusion []tlog.Hash // of the leaf in the tree of Checkpoint
	// Checkpoint is the note of the tree that both proofs lead to.
	Checkpoint []byte
	// Start is a size that the receiver held when the sender last knew, and
	// Consistency the proof from there to the tree: empty from 0, and if they
	// are the same.
	Start       uint64
	Consistency []tlog.Hash
}

// goesAhead reports whether an entry is one of those that may go ahead: an
// urgent statement, or a readdress that brings an office into one. Nothing else
// is for people.
func goesAhead(leaf *spsv1.Leaf) bool {
	switch leaf.GetType() {
	case spsv1.LeafType_LEAF_TYPE_STATEMENT, spsv1.LeafType_LEAF_TYPE_READDRESS:
		return leaf.GetUrgent()
	}
	return false
}

// UrgentFrom returns the sequences of the entries of a log that may go ahead to
// a reader, from a sequence on and below the newest checkpoint that is
// released, ascending: at most the newest most of them. next is where to look
// from the next time. For a log that is not held there are none.
func (l *Ledger) UrgentFrom(ctx context.Context, o certs.Origin, from uint64, reader certs.Office, most int) (seqs []uint64, next uint64, err error) {
	released := l.released()
	next = from
	err = l.view(ctx, func(r store.Reader) error {
		row, ok, err := getLog(r, o)
		if err != nil || !ok {
			return err
		}
		newest, err := l.newest(o, row, released)
		if err != nil || newest.Size <= from {
			return err
		}
		next = newest.Size
		for item, err := range r.Scan(tableUrgent, entryKey(row.id, from), entryKey(row.id, newest.Size), true) {
			if err != nil || len(seqs) == most {
				return err
			}
			_, seq, err := decodeEntryKey(item.Key)
			if err != nil {
				return err
			}
			leaf, err := urgentLeaf(r, row.id, seq)
			if err != nil {
				return err
			}
			if seal.MayRead(leaf, reader) {
				seqs = append(seqs, seq)
			}
		}
		return nil
	})
	for i, j := 0, len(seqs)-1; i < j; i, j = i+1, j-1 {
		seqs[i], seqs[j] = seqs[j], seqs[i]
	}
	return seqs, next, err
}

func urgentLeaf(r store.Reader, id logID, seq uint64) (*spsv1.Leaf, error) {
	row, err := getLeaf(r, id, seq)
	if err != nil {
		return nil, err
	}
	leaf, err := seal.ParseLeaf(row.leaf)
	if err != nil {
		return nil, fmt.Errorf("%w: urgent entry %d of log %d: %w", ErrCorrupt, seq, id, err)
	}
	return leaf, nil
}

// Urgent returns an entry with the proofs that it needs to go ahead, for a
// reader that holds start entries of its log. The error is [ErrNotFound] if
// there is no such entry under a checkpoint that is released, if it is not an
// urgent one that may go ahead, or if its body is not held or not for the reader. The
// bytes are those that were signed, and are the caller's to keep.
func (l *Ledger) Urgent(ctx context.Context, o certs.Origin, seq uint64, reader certs.Office, start uint64) (u Urgent, err error) {
	released := l.released()
	err = l.view(ctx, func(r store.Reader) error {
		row, err := l.find(r, o)
		if err != nil {
			return err
		}
		newest, err := l.newest(o, row, released)
		if err != nil {
			return err
		}
		if seq >= newest.Size || start > newest.Size {
			return fmt.Errorf("%w: entry %d of %s ahead of %d", ErrNotFound, seq, o, start)
		}
		leaf, err := getLeaf(r, row.id, seq)
		if err != nil {
			return err
		}
		u = Urgent{Origin: o, Sequence: seq, Leaf: bytes.Clone(leaf.leaf), Checkpoint: newest.note, Start: start}
		if parsed, err := seal.ParseLeaf(leaf.leaf); err == nil && goesAhead(parsed) && leaf.fault == "" {
			if u.Envelope, err = bodyFor(r, row.id, seq, leaf, reader); err != nil {
				return err
			}
		}
		if u.Envelope == nil {
			return fmt.Errorf("%w: entry %d of %s for %s", ErrNotFound, seq, o, reader)
		}
		if u.Inclusion, err = tlog.ProveRecord(int64(newest.Size), int64(seq), tree{r, row.id}); err != nil {
			return err
		}
		if err := seal.CheckInclusion(u.Inclusion, newest.Checkpoint, seq, seal.RecordHash(u.Leaf)); err != nil {
			return &damageError{part: damagedTree, origin: o, err: fmt.Errorf("urgent entry %d of %s: %w", seq, o, err)}
		}
		if 0 < start && start < newest.Size {
			u.Consistency, err = tlog.ProveTree(int64(newest.Size), int64(start), tree{r, row.id})
		}
		return err
	})
	if err != nil {
		return Urgent{}, err
	}
	return u, nil
}

// aheadRow is what is kept of an entry that is held ahead of those before it.
// It is its seal, so that it can be proved, and kept as evidence should the log
// turn out to be another. Its body lies where that of any entry does.
type aheadRow struct {
	n     uint64 // position
	proof []tlog.Hash
	note  []byte // of the checkpoint that the proof leads to
	leaf  []byte
}

// aheadRowFixed is the length of what comes first in a row: position, number
// of hashes, length of the note.
const aheadRowFixed = 8 + 1 + 2

func (a aheadRow) encode() []byte {
	b := binary.BigEndian.AppendUint64(nil, a.n)
	b = append(b, byte(len(a.proof)))
	b = binary.BigEndian.AppendUint16(b, uint16(len(a.note)))
	for _, h := range a.proof {
		b = append(b, h[:]...)
	}
	return append(append(b, a.note...), a.leaf...)
}

// decodeAheadRow returns the row in b; note and leaf are slices of b.
func decodeAheadRow(b []byte) (aheadRow, error) {
	if len(b) < aheadRowFixed {
		return aheadRow{}, fmt.Errorf("%w: entry ahead of %d bytes", ErrCorrupt, len(b))
	}
	a := aheadRow{n: binary.BigEndian.Uint64(b)}
	hashes, note := int(b[8]), int(binary.BigEndian.Uint16(b[9:]))
	rest := b[aheadRowFixed:]
	if len(rest) < hashes*tlog.HashSize+note {
		return aheadRow{}, fmt.Errorf("%w: entry ahead of %d bytes", ErrCorrupt, len(b))
	}
	for range hashes {
		a.proof = append(a.proof, tlog.Hash(rest[:tlog.HashSize]))
		rest = rest[tlog.HashSize:]
	}
	a.note, a.leaf = rest[:note], rest[note:]
	return a, nil
}

// getAhead returns the row of an entry that is held ahead, valid within the
// transaction, and whether there is one.
func getAhead(r store.Reader, id logID, seq uint64) (aheadRow, bool, error) {
	b, err := r.Get(tableAhead, entryKey(id, seq))
	if err != nil || b == nil {
		return aheadRow{}, false, err
	}
	row, err := decodeAheadRow(b)
	return row, err == nil, err
}

// aheads returns what is held ahead of a log, ascending by sequence, valid
// within the transaction.
func aheads(r store.Reader, id logID) (seqs []uint64, rows []aheadRow, err error) {
	prefix := binary.BigEndian.AppendUint32(nil, uint32(id))
	for item, err := range r.Scan(tableAhead, prefix, store.PrefixEnd(prefix), false) {
		if err != nil {
			return nil, nil, err
		}
		_, seq, err := decodeEntryKey(item.Key)
		if err != nil {
			return nil, nil, err
		}
		row, err := decodeAheadRow(item.Value)
		if err != nil {
			return nil, nil, err
		}
		seqs, rows = append(seqs, seq), append(rows, row)
	}
	return seqs, rows, nil
}
