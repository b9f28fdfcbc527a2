package office

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
)

// watchPage is how many records a watch reads at once.
const watchPage = 64

// WatchStatements implements spsv1.CaseServiceServer. What is there and what
// comes next is one loop over the ledger: the wake-up carries no data.
func (s *Service) WatchStatements(req *spsv1.WatchStatementsRequest, stream grpc.ServerStreamingServer[spsv1.WatchStatementsResponse]) error {
	at, err := ledger.ParsePosition(req.GetCursor())
	if err != nil {
		return access.Invalid(access.Violation{
			Field: "cursor", Reason: "CURSOR", Sentence: "give a cursor of a list or watch as it came, or none",
		})
	}
	ctx := stream.Context()
	beat := time.NewTimer(s.o.Heartbeat)
	defer beat.Stop()
	for {
		changed := s.o.Ledger.Changed()
		records, err := s.o.Ledger.After(ctx, at, watchPage)
		switch {
		case errors.Is(err, ledger.ErrOtherIncarnation), errors.Is(err, ledger.ErrAhead):
			return access.CursorAhead("cursor")
		case err != nil:
			return err
		}
		for _, r := range records {
			sent, err := s.sendRecord(stream, r, req)
			if err != nil {
				return err
			}
			if at = r.Position; sent {
				beat.Reset(s.o.Heartbeat)
			}
		}
		if err := s.over(ctx); err != nil {
			return err
		}
		if len(records) > 0 {
			continue
		}
		select {
		case <-changed:
		case <-s.o.Draining:
		case <-ctx.Done():
		case <-beat.C:
			beat.Reset(s.o.Heartbeat)
			if err := stream.Send(&spsv1.WatchStatementsResponse{Cursor: at.String()}); err != nil {
				return err
			}
		}
	}
}

// over returns why a watch has to end, or nil.
func (s *Service) over(ctx context.Context) error {
	select {
	case <-s.o.Draining:
		return access.Draining()
	case <-ctx.Done():
		return context.Cause(ctx)
	default:
		return nil
	}
}

// sendRecord sends one record, or returns false if it is not for this watch.
func (s *Service) sendRecord(stream grpc.ServerStreamingServer[spsv1.WatchStatementsResponse], r ledger.Record, req *spsv1.WatchStatementsRequest) (bool, error) {
	resp := &spsv1.WatchStatementsResponse{Cursor: r.Position.String()}
	office := parentOffice(req.GetParent())
	switch {
	case r.Entry != nil && (office == "" || r.Entry.Origin.Office == office):
		shown, err := s.show(stream.Context(), *r.Entry, viewOr(req.GetView(), basic))
		if shown == nil || err != nil {
			return false, err
		}
		resp.Event = &spsv1.WatchStatementsResponse_Statement{Statement: shown}
	case r.Receipt != nil && r.Receipt.Origin.Office == s.self():
		recorded, err := s.o.Book.Recorded(stream.Context(), r.Position.N)
		if err != nil {
			return false, err
		}
		resp.Event = &spsv1.WatchStatementsResponse_Receipt{Receipt: &spsv1.RecordedReceipt{
			Office: string(r.Receipt.From), Origin: r.Receipt.Origin.String(), Size: r.Receipt.Size,
			Time: timestamppb.New(time.Unix(r.Receipt.Time, 0)), RecordTime: timeOrNil(recorded),
			Missing: r.Receipt.Missing,
		}}
	default:
		return false, nil
	}
	return true, stream.Send(resp)
}
