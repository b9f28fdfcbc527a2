package office

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
)

// item returns what a line of the casebook stands for.
func (s *Service) item(ctx context.Context, i casebook.Item, view spsv1.StatementView) (*spsv1.IssuedStatement, error) {
	e, err := s.o.Ledger.Entry(ctx, i.Origin, i.Sequence)
	if err != nil {
		return nil, fmt.Errorf("entry of position %d: %w", i.N, err)
	}
	shown, err := s.show(ctx, e, view)
	if shown == nil && err == nil {
		err = fmt.Errorf("entry of position %d is in the casebook and not to be shown: %w", i.N, ledger.ErrCorrupt)
	}
	return shown, err
}

// show returns what an entry is to this office, or nil if nothing.
func (s *Service) show(ctx context.Context, e ledger.Entry, view spsv1.StatementView) (*spsv1.IssuedStatement, error) {
	e, reading, ok, err := s.read(ctx, e)
	if err != nil || !ok {
		return nil, err
	}
	effective := reading.Statement
	if reading.Fault != "" {
		effective = nil // a faulty entry belongs to no case
	}
	readers, err := s.standings(ctx, e, reading.Statement)
	if err != nil {
		return nil, err
	}
	note, err := s.o.Book.Note(ctx, e, effective, readers.receipts()...)
	if err != nil {
		return nil, err
	}
	shown := &spsv1.IssuedStatement{
		Name:       statementName(e.Origin, e.Sequence),
		Reference:  e.Leaf.GetReference(),
		IssueTime:  e.Leaf.GetTime(),
		RecordTime: timeOrNil(note.Recorded),
		Statement:  reading.Statement,
		Audience:   e.Leaf.GetAudience(),
		Entry:      &spsv1.EntryRef{Origin: e.Origin.String(), Sequence: e.Sequence, RecordHash: e.Hash[:]},
		Fault:      reading.Fault,
		GapBefore:  e.Gap,
	}
	shown.Attachments = s.attachments(shown.GetName(), reading.Statement)
	if note.Case != "" {
		shown.Case = casePrefix + note.Case
	}
	shown.Deliveries = s.deliveries(e, readers, note.Receipts)
	if view == full {
		shown.Envelope = e.Envelope
		shown.Seal, err = s.o.Ledger.Seal(ctx, e.Origin, e.Sequence)
		if err != nil && !errors.Is(err, ledger.ErrUnsealed) { // a log that is being caught up with
			return nil, fmt.Errorf("seal of %s: %w", shown.GetName(), err)
		}
	}
	return shown, nil
}

func timeOrNil(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
