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
	"github.com/spsalert/spsalert/server/casebook"
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
	f, err := s.followed(stream.Context(), req)
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
			event, err := s.event(ctx, r, f)
			if err != nil {
				return err
			}
			if at = r.Position; event == nil {
				continue
			}
			if err := stream.Send(event); err != nil {
				return err
			}
			beat.Reset(s.o.Heartbeat)
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

// following is what a watch or poll asks for.
type following struct {
	office certs.Office // "" for all
	view   spsv1.StatementView
	query  casebook.Query
	chosen bool // by the query: then there are no receipts
}

// followRequest is what the requests of watches and polls have.
type followRequest interface {
	GetParent() string
	GetView() spsv1.StatementView
	GetFilter() string
	GetQuery() string
}

// followed reads what a watch or poll asks for.
func (s *Service) followed(ctx context.Context, req followRequest) (following, error) {
	q, err := s.parseQuery(ctx, req.GetFilter(), req.GetQuery(), "")
	return following{
		office: parentOffice(req.GetParent()), view: viewOr(req.GetView(), basic),
		query: q, chosen: req.GetFilter() != "" || req.GetQuery() != "",
	}, err
}

// event returns a record as those are told of it who follow f; nil if it is not
// for them.
func (s *Service) event(ctx context.Context, r ledger.Record, f following) (*spsv1.WatchStatementsResponse, error) {
	if f.chosen {
		n := r.Position.N
		if r.Entry != nil {
			n = r.Entry.Position.N // another if its body came late
		}
		found, err := s.o.Book.Matches(ctx, n, f.query)
		if err != nil || !found {
			return nil, err
		}
	}
	resp := &spsv1.WatchStatementsResponse{Cursor: r.Position.String()}
	switch {
	case r.Entry != nil && (f.office == "" || r.Entry.Origin.Office == f.office):
		shown, err := s.show(ctx, *r.Entry, f.view)
		if shown == nil || err != nil {
			return nil, err
		}
		if sees, err := s.sees(ctx, shown); err != nil || !sees {
			return nil, err
		}
		resp.Event = &spsv1.WatchStatementsResponse_Statement{Statement: shown}
	case r.Receipt != nil && r.Receipt.Origin.Office == s.self():
		if caller, err := access.CallerOf(ctx); err != nil || !caller.Focal() { // it is over the whole log, whose statements a unit does not see
			return nil, err
		}
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
