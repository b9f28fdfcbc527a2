package intake

import (
	"context"
	"time"

	"google.golang.org/grpc"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
)

// WatchImport implements spsv1.ImportServiceServer.
func (s *Service) WatchImport(req *spsv1.WatchImportRequest, stream grpc.ServerStreamingServer[spsv1.WatchImportResponse]) error {
	ctx := stream.Context()
	at, err := ledger.ParsePosition(req.GetCursor())
	if err != nil {
		return access.Invalid(access.Violation{
			Field: "cursor", Reason: "CURSOR", Sentence: "give a cursor of a list or watch as it came, or none",
		})
	}
	if req.GetCursor() != "" && at.Incarnation != s.o.Incarnation() {
		return access.CursorAhead("cursor")
	}
	beat := time.NewTimer(s.o.Heartbeat)
	defer beat.Stop()
	for opened, told := false, false; ; {
		changed := s.whenChanged()
		j, err := s.shown(ctx, req.GetName())
		if err != nil {
			return err
		}
		if at.N > j.Revision {
			return access.CursorAhead("cursor")
		}
		if !opened { // tells the caller that the watch stands
			if err := stream.SendHeader(nil); err != nil {
				return err
			}
			opened = true
		}
		if at.N < j.Revision {
			at = ledger.Position{Incarnation: s.o.Incarnation(), N: j.Revision}
			event := &spsv1.WatchImportResponse{Cursor: at.String(), Event: &spsv1.WatchImportResponse_Import{Import: j.show(ctx)}}
			if err := stream.Send(event); err != nil {
				return err
			}
			beat.Reset(s.o.Heartbeat)
			told = true
		}
		if state := j.shown.GetState(); ended(state) || told && state == spsv1.ImportState_IMPORT_STATE_CHECKED {
			return nil
		}
		select {
		case <-changed:
		case <-s.o.Draining:
			return access.Draining()
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-beat.C:
			beat.Reset(s.o.Heartbeat)
			if err := stream.Send(&spsv1.WatchImportResponse{Cursor: at.String()}); err != nil {
				return err
			}
		}
	}
}
