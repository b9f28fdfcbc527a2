package office

import (
	"cmp"
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
)

// watchPage is how many records a watch reads at once.
const watchPage = 64

// WatchStatements implements spsv1.CaseServiceServer. What is there and what
// comes next is one loop over the ledger: the wake-up carries no data.
func (s *Service) WatchStatements(req *spsv1.WatchStatementsRequest, stream grpc.ServerStreamingServer[spsv1.WatchStatementsResponse]) error {
	at, err := parseCursor(req.GetCursor())
	if err != nil {
		return err
	}
	ctx, opened := stream.Context(), false
	beat := time.NewTimer(s.o.Heartbeat)
	defer beat.Stop()
	for {
		changed := s.o.Ledger.Changed()
		records, err := s.o.Ledger.After(ctx, at, watchPage)
		if err != nil { // that a cursor is not of this store, or only that the watch is over
			return cmp.Or(s.over(ctx), err)
		}
		if !opened { // tells the caller that the watch stands, though there may be nothing for long
			if err := stream.SendHeader(nil); err != nil {
				return err
			}
			opened = true
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

func parseCursor(cursor string) (ledger.Position, error) {
	at, err := ledger.ParsePosition(cursor)
	if err != nil {
		return ledger.Position{}, access.Invalid(access.Violation{
			Field: "cursor", Reason: "CURSOR", Sentence: "give a cursor of a list or watch as it came, or none",
		})
	}
	return at, nil
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
	event, err := s.event(stream.Context(), r, parentOffice(req.GetParent()), viewOr(req.GetView(), basic))
	if event == nil || err != nil {
		return false, err
	}
	return true, stream.Send(event)
}

// event returns a record as those are told of it who follow what an office
// issued, or all if it is empty; nil if it is not for them.
func (s *Service) event(ctx context.Context, r ledger.Record, office certs.Office, view spsv1.StatementView) (*spsv1.WatchStatementsResponse, error) {
	resp := &spsv1.WatchStatementsResponse{Cursor: r.Position.String()}
	switch {
	case r.Entry != nil && (office == "" || r.Entry.Origin.Office == office):
		shown, err := s.show(ctx, *r.Entry, view)
		if shown == nil || err != nil {
			return nil, err
		}
		resp.Event = &spsv1.WatchStatementsResponse_Statement{Statement: shown}
	case r.Receipt != nil && r.Receipt.Origin.Office == s.self():
		recorded, err := s.o.Book.Recorded(ctx, r.Position.N)
		if err != nil {
			return nil, err
		}
		resp.Event = &spsv1.WatchStatementsResponse_Receipt{Receipt: &spsv1.RecordedReceipt{
			Office: string(r.Receipt.From), Origin: r.Receipt.Origin.String(), Size: r.Receipt.Size,
			Time: timestamppb.New(time.Unix(r.Receipt.Time, 0)), RecordTime: timeOrNil(recorded),
			Missing: r.Receipt.Missing,
		}}
	default:
		return nil, nil
	}
	return resp, nil
}
