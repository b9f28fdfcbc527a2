package office

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
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
	note, err := s.o.Book.Note(ctx, e, effective)
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
	if e.Origin.Office == s.self() {
		if shown.Deliveries, err = s.deliveries(ctx, e, reading.Statement); err != nil {
			return nil, err
		}
	}
	if view == full {
		shown.Envelope = e.Envelope
		shown.Seal, err = s.o.Ledger.Seal(ctx, e.Origin, e.Sequence)
		if err != nil && !errors.Is(err, ledger.ErrUnsealed) { // a log that is being caught up with
			return nil, fmt.Errorf("seal of %s: %w", shown.GetName(), err)
		}
	}
	return shown, nil
}

// deliveries returns how an own statement stands with each addressee, in the
// order of their codes.
func (s *Service) deliveries(ctx context.Context, e ledger.Entry, st *spsv1.Statement) ([]*spsv1.Delivery, error) {
	offices := make(map[certs.Office]bool)
	if e.Leaf.GetAudience().GetNetwork() {
		for _, office := range s.o.Roster.Offices() {
			offices[office] = true
		}
	}
	for _, office := range e.Leaf.GetAudience().GetOffices() {
		offices[certs.Office(office)] = true
	}
	for _, a := range st.GetAddressees() {
		if a.GetOffice() != "" {
			offices[certs.Office(a.GetOffice())] = true
		}
	}
	delete(offices, s.self())
	var deliveries []*spsv1.Delivery
	for _, office := range slices.Sorted(maps.Keys(offices)) {
		d, err := s.delivery(ctx, e, office)
		if err != nil {
			return nil, fmt.Errorf("delivery of %s/%d to %s: %w", e.Origin, e.Sequence, office, err)
		}
		deliveries = append(deliveries, d)
	}
	return deliveries, nil
}

func (s *Service) delivery(ctx context.Context, e ledger.Entry, office certs.Office) (*spsv1.Delivery, error) {
	receipt, err := s.o.Ledger.Covering(ctx, office, e.Origin, e.Sequence)
	if err != nil {
		return nil, err
	}
	if receipt != nil {
		recorded, err := s.o.Book.Recorded(ctx, receipt.Position.N)
		return &spsv1.Delivery{
			Office: string(office), State: spsv1.DeliveryState_DELIVERY_STATE_DELIVERED,
			ReceiptTime: timestamppb.New(time.Unix(receipt.Time, 0)), RecordTime: timeOrNil(recorded),
		}, err
	}
	newest, err := s.o.Ledger.ReceiptOf(ctx, office, e.Origin)
	if err != nil {
		return nil, err
	}
	state := spsv1.DeliveryState_DELIVERY_STATE_UNDELIVERED
	if _, known := s.o.Roster.Card(office); !known {
		state = spsv1.DeliveryState_DELIVERY_STATE_BY_HAND
	} else if newest != nil && e.Sequence < newest.Size {
		state = spsv1.DeliveryState_DELIVERY_STATE_BODY_MISSING
	}
	return &spsv1.Delivery{Office: string(office), State: state}, nil
}

func timeOrNil(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
