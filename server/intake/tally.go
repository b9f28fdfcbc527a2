package intake

import (
	"cmp"
	"fmt"
	"slices"
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
	wrong, notes := slices.Clone(r.Problems()), make([]*spsv1.RowError, 0, len(outcome.Notes))
	for _, v := range outcome.Violations {
		wrong = append(wrong, r.Violation(v))
	}
	for _, v := range outcome.Notes {
		notes = append(notes, r.Violation(v))
	}
	if err := t.keep(tx, wrong, false); err != nil {
		return err
	}
	return t.keep(tx, append(notes, r.Notes()...), true)
}

// inOrder compares row errors of a record by where they are in the sheet.
func inOrder(a, b *spsv1.RowError) int {
	return cmp.Or(
		cmp.Compare(a.GetRow(), b.GetRow()),
		cmp.Compare(len(a.GetColumn()), len(b.GetColumn())), // B stands before AA
		cmp.Compare(a.GetColumn(), b.GetColumn()),
	)
}

// one is 1 if something is so.
func one(so bool) int32 {
	if so {
		return 1
	}
	return 0
}

// keep keeps the row errors of a record in the order of the sheet, if there are not
// too many.
func (t *tally) keep(tx store.Tx, errors []*spsv1.RowError, note bool) error {
	number, most := &t.counts.Errors, int32(maxErrors)
	if note {
		number, most = &t.counts.Notes, maxNotes
	}
	slices.SortStableFunc(errors, inOrder)
	for _, e := range errors {
		e.Heading, e.Written, e.Note = clip(e.GetHeading()), clip(e.GetWritten()), note
		n := *number
		if *number++; n >= most {
			continue
		}
		row, err := proto.MarshalOptions{Deterministic: true}.Marshal(e)
		if err != nil {
			return fmt.Errorf("row error: %w", err)
		}
		if err := tx.Put(tableErrors, errorKey(t.id, t.phase, note, uint64(n)), row); err != nil {
			return err
		}
	}
	return nil
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
