package ledger

import (
	"bytes"
	"context"

	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/store"
)

// verifiedAhead is an entry that was held ahead when the verifier began.
type verifiedAhead struct {
	aheadRow

	seq uint64
}

// beginAhead copies what is held ahead of a log: it may be in its turn by the
// time that the verifier comes to it.
func (v *verifier) beginAhead(r store.Reader, log *verifiedLog) error {
	seqs, rows, err := aheads(r, log.id)
	for i, row := range rows {
		row.note, row.leaf = bytes.Clone(row.note), bytes.Clone(row.leaf)
		log.aheads = append(log.aheads, verifiedAhead{row, seqs[i]})
	}
	v.sum.Ahead += uint64(len(rows))
	return err
}

// verifyAheads checks every entry that is held ahead of a log: its place behind
// the gap, its seal, its body and its position.
func (v *verifier) verifyAheads(ctx context.Context, log *verifiedLog) error {
	for _, a := range log.aheads {
		if err := v.store.View(ctx, func(r store.Reader) error { return v.verifyAhead(r, log, a) }); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) verifyAhead(r store.Reader, log *verifiedLog, a verifiedAhead) error {
	if a.seq < log.size || log.own {
		v.find("%s entry %d: is held ahead of %d entries", log.origin, a.seq, log.size)
	}
	c, err := seal.ParseCheckpoint(a.note)
	if keys := v.roster.Keys(log.origin); err == nil && len(keys) > 0 {
		if _, err = seal.OpenCheckpoint(a.note, keys); v.sinceReplaced(err, log.origin.Office) {
			err = nil
		}
	}
	if err == nil {
		err = seal.CheckInclusion(a.proof, c, a.seq, seal.RecordHash(a.leaf))
	}
	leaf, leafErr := seal.ParseLeaf(a.leaf)
	switch {
	case err != nil:
		v.find("%s entry %d, held ahead: %v", log.origin, a.seq, err)
	case leafErr != nil:
		v.find("%s entry %d, held ahead: %v", log.origin, a.seq, leafErr)
		return nil
	case c.Origin != log.origin || leaf.GetOrigin() != log.origin.String() || leaf.GetSequence() != a.seq || !goesAhead(leaf):
		v.find("%s entry %d, held ahead: the leaf says %s entry %d under a checkpoint of %s, urgent %v",
			log.origin, a.seq, leaf.GetOrigin(), leaf.GetSequence(), c.Origin, leaf.GetUrgent())
	}
	place, err := r.Get(tablePositions, positionKey(a.n))
	if err != nil {
		return err
	}
	if want := (placeRow{id: log.id, number: a.seq}).encode(); !bytes.Equal(place, want) {
		v.find("%s entry %d, held ahead: position %d is %x, want %x", log.origin, a.seq, a.n, place, want)
	}
	body, err := getBody(r, log.id, a.seq)
	if err != nil {
		return err
	}
	v.sum.Bodies++
	if err := seal.CheckEnvelope(leaf, body); err != nil {
		v.find("%v", err)
	}
	return nil
}

// verifyUrgent checks that an entry is in the index of those that may go ahead
// if it is one, and else not.
func (v *verifier) verifyUrgent(r store.Reader, log *verifiedLog, seq uint64, row leafRow) error {
	listed, err := r.Get(tableUrgent, entryKey(log.id, seq))
	if err != nil {
		return err
	}
	leaf, err := seal.ParseLeaf(row.leaf)
	if urgent := err == nil && row.fault == "" && goesAhead(leaf); urgent != (listed != nil) {
		v.find("%s entry %d: may go ahead %v, and is listed so %v", log.origin, seq, urgent, listed != nil)
	}
	return nil
}
