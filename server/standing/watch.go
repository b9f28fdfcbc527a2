package standing

import (
	"time"

	"google.golang.org/grpc"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// watchPage is how many changes a watch reads at once.
const watchPage = 64

// WatchCodeStatus implements spsv1.CodeStatusServiceServer. What is there and
// what comes next is one loop over the changes: the wake-up carries no data, and
// what begins or ends by a time that was given wakes by the clock.
func (s *Codes) WatchCodeStatus(req *spsv1.WatchCodeStatusRequest, stream grpc.ServerStreamingServer[spsv1.WatchCodeStatusResponse]) error {
	at, err := s.o.parseCursor(req.GetCursor())
	if err != nil {
		return err
	}
	q, problems := s.o.Queries.ParseCodeQuery(req.GetFilter(), "")
	if len(problems) > 0 {
		return access.Problems(problems)
	}
	ctx, opened := stream.Context(), false
	beat := time.NewTimer(s.o.Heartbeat)
	defer beat.Stop()
	for {
		changed := s.o.Book.Summarized()
		events, after, next, err := s.o.Book.CodesAfter(ctx, q, at, watchPage)
		if err != nil {
			return ahead(err)
		}
		if !opened { // tells the caller that the watch stands, though there may be nothing for long
			if err := stream.SendHeader(nil); err != nil {
				return err
			}
			opened = true
		}
		for _, e := range events {
			if len(e.Statuses) == 0 {
				continue
			}
			if err := stream.Send(&spsv1.WatchCodeStatusResponse{Cursor: s.o.cursor(e.Cursor), CodeStatuses: e.Statuses}); err != nil {
				return err
			}
			beat.Reset(s.o.Heartbeat)
		}
		at = after
		if err := s.o.over(ctx); err != nil {
			return err
		}
		if len(events) >= watchPage {
			continue
		}
		turn, stop := s.o.wait(next)
		select {
		case <-changed:
		case <-turn:
		case <-s.o.Draining:
		case <-ctx.Done():
		case <-beat.C:
			beat.Reset(s.o.Heartbeat)
			err = stream.Send(&spsv1.WatchCodeStatusResponse{Cursor: s.o.cursor(at)})
		}
		stop()
		if err != nil {
			return err
		}
	}
}

// wait returns a channel that carries something at an instant of the clock of
// stamps, nothing for the zero time, and what frees it.
func (o Options) wait(next time.Time) (<-chan time.Time, func() bool) {
	if next.IsZero() {
		return nil, func() bool { return true }
	}
	t := time.NewTimer(next.Sub(o.Now()))
	return t.C, t.Stop
}
