package intake

import (
	"context"

	"google.golang.org/grpc"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/watch"
)

// WatchImport implements spsv1.ImportServiceServer.
func (s *Service) WatchImport(req *spsv1.WatchImportRequest, stream grpc.ServerStreamingServer[spsv1.WatchImportResponse]) error {
	at, err := ledger.ParsePosition(req.GetCursor())
	if err != nil {
		return access.Invalid(access.Violation{
			Field: "cursor", Reason: "CURSOR", Sentence: "give a cursor of a list or watch as it came, or none",
		})
	}
	if req.GetCursor() != "" && at.Incarnation != s.o.Incarnation() {
		return access.CursorAhead("cursor")
	}
	told := false
	return watch.Run(watch.Loop{Heartbeat: s.o.Heartbeat, Draining: s.o.Draining}, stream, watch.Source[spsv1.WatchImportResponse]{
		Changed: s.whenChanged,
		Read: func(ctx context.Context, send func(*spsv1.WatchImportResponse) error) (watch.Turn, error) {
			j, err := s.shown(ctx, req.GetName())
			if err == nil && at.N > j.Revision {
				err = access.CursorAhead("cursor")
			}
			if err != nil {
				return watch.Turn{}, err
			}
			if at.N < j.Revision {
				at, told = ledger.Position{Incarnation: s.o.Incarnation(), N: j.Revision}, true
				event := &spsv1.WatchImportResponse{Cursor: at.String(), Event: &spsv1.WatchImportResponse_Import{Import: j.show(ctx)}}
				if err := send(event); err != nil {
					return watch.Turn{}, err
				}
			}
			state := j.shown.GetState()
			return watch.Turn{Over: ended(state) || told && state == spsv1.ImportState_IMPORT_STATE_CHECKED}, nil
		},
		Beat: func() *spsv1.WatchImportResponse { return &spsv1.WatchImportResponse{Cursor: at.String()} },
	})
}
