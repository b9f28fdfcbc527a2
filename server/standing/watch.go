package standing

import (
	"context"

	"google.golang.org/grpc"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/watch"
)

// watches is what the watches of the services have in common.
func (o Options) watches() watch.Loop {
	return watch.Loop{Heartbeat: o.Heartbeat, Draining: o.Draining, Now: o.Now}
}

// WatchCodeStatus implements spsv1.CodeStatusServiceServer.
func (s *Codes) WatchCodeStatus(req *spsv1.WatchCodeStatusRequest, stream grpc.ServerStreamingServer[spsv1.WatchCodeStatusResponse]) error {
	at, err := s.o.parseCursor(req.GetCursor())
	if err != nil {
		return err
	}
	q, problems := s.o.Queries.ParseCodeQuery(req.GetFilter(), "")
	if len(problems) > 0 {
		return access.Problems(problems)
	}
	return watch.Run(s.o.watches(), stream, watch.Source[spsv1.WatchCodeStatusResponse]{
		Changed: s.o.Book.Summarized,
		Read: func(ctx context.Context, send func(*spsv1.WatchCodeStatusResponse) error) (watch.Turn, error) {
			who, err := s.o.Seers(ctx)
			if err != nil {
				return watch.Turn{}, err
			}
			events, after, turn, err := s.o.Book.CodesAfter(ctx, q.As(who), at, watch.Page)
			if err != nil {
				return watch.Turn{}, ahead(err)
			}
			for _, e := range events {
				if len(e.Statuses) == 0 {
					continue
				}
				if err := send(&spsv1.WatchCodeStatusResponse{Cursor: s.o.cursor(e.Cursor), CodeStatuses: e.Statuses}); err != nil {
					return watch.Turn{}, err
				}
			}
			at = after
			return watch.Turn{More: len(events) >= watch.Page, At: turn}, nil
		},
		Beat: func() *spsv1.WatchCodeStatusResponse {
			return &spsv1.WatchCodeStatusResponse{Cursor: s.o.cursor(at)}
		},
	})
}
