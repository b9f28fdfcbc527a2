package office

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/watch"
)

// WatchStatements implements spsv1.CaseServiceServer.
func (s *Service) WatchStatements(req *spsv1.WatchStatementsRequest, stream grpc.ServerStreamingServer[spsv1.WatchStatementsResponse]) error {
	at, err := parseCursor(req.GetCursor())
	if err != nil {
		return err
	}
	f, err := s.followed(stream.Context(), req)
	if err != nil {
		return err
	}
	return watch.Run(s.watches(), stream, watch.Source[spsv1.WatchStatementsResponse]{
		Changed: s.o.Ledger.Changed,
		Read: func(ctx context.Context, send func(*spsv1.WatchStatementsResponse) error) (watch.Turn, error) {
			records, err := s.o.Ledger.After(ctx, at, watch.Page)
			if err != nil {
				return watch.Turn{}, err
			}
			for _, r := range records {
				event, err := s.event(ctx, r, f)
				if err != nil {
					return watch.Turn{}, err
				}
				if at = r.Position; event == nil {
					continue
				}
				if err := send(event); err != nil {
					return watch.Turn{}, err
				}
			}
			return watch.Turn{More: len(records) > 0}, nil
		},
		Beat: func() *spsv1.WatchStatementsResponse { return &spsv1.WatchStatementsResponse{Cursor: at.String()} },
	})
}

// watches is what the watches of the service have in common.
func (s *Service) watches() watch.Loop {
	return watch.Loop{Heartbeat: s.o.Heartbeat, Draining: s.o.Draining}
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
