package intake

import (
	"fmt"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

const (
	// maxErrors and maxNotes are how many of each are kept of an import; the others
	// are counted. Who has more of them has one fault in every row.
	maxErrors = 10_000
	maxNotes  = 10_000
	// maxWritten is how many bytes of a cell are shown; it is cut at a character.
	maxWritten = 200
)

// tally counts the records of a phase, in its transaction.
type tally struct {
	id     []byte
	phase  phase
	counts *spsv1.ImportCounts
}

// add counts a record, and keeps what is wrong with it and what is to be known.
func (t *tally) add(tx store.Tx, r Record, outcome Outcome, kept bool) error {
	t.counts.Records++
	switch {
	case len(r.Problems()) > 0 || len(outcome.Violations) > 0:
		t.counts.Refused++
	case outcome.Unchanged:
		t.counts.Unchanged++
	default:
		t.counts.Good++
		t.counts.Kept += one(kept)
		t.counts.Changed += one(outcome.Changed)
		t.counts.Ends += one(outcome.Ends)
		t.counts.NewOwners += one(outcome.NewOwner)
	}
	for _, e := range r.Problems() {
		if err := t.keep(tx, e, false); err != nil {
			return err
		}
	}
	for _, v := range outcome.Violations {
		if err := t.keep(tx, r.Violation(v), false); err != nil {
			return err
		}
	}
	for _, v := range outcome.Notes {
		if err := t.keep(tx, r.Violation(v), true); err != nil {
			return err
		}
	}
	for _, e := range r.Notes() {
		if err := t.keep(tx, e, true); err != nil {
			return err
		}
	}
	return nil
}

// one is 1 if something is so.
func one(so bool) int32 {
	if so {
		return 1
	}
	return 0
}

// keep keeps a row error, if there are not too many.
func (t *tally) keep(tx store.Tx, e *spsv1.RowError, note bool) error {
	e.Heading, e.Written, e.Note = clip(e.GetHeading()), clip(e.GetWritten()), note
	number, most := &t.counts.Errors, int32(maxErrors)
	if note {
		number, most = &t.counts.Notes, maxNotes
	}
	n := *number
	if *number++; n >= most {
		return nil
	}
	row, err := proto.MarshalOptions{Deterministic: true}.Marshal(e)
	if err != nil {
		return fmt.Errorf("row error: %w", err)
	}
	return tx.Put(tableErrors, errorKey(t.id, t.phase, note, uint64(n)), row)
}

// clip keeps what is written in a cell short.
func clip(s string) string {
	if len(s) <= maxWritten {
		return s
	}
	s = s[:maxWritten]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + "…"
}
