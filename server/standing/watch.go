package standing

import (
	"context"
	"time"

	"google.golang.org/grpc"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// watchPage is how many changes a watch reads at once.
const watchPage = 64

// watching is what a watch does. What is there and what comes next is one loop:
// the wake-up carries no data, and what begins or ends by a time that was given
// wakes by the clock.
type watching struct {
	changed func() <-chan struct{}                                     // closed when there may be more
	open    func() error                                               // tells the caller that the watch stands
	read    func(context.Context) (sent int, next nextTurn, err error) // sends a page of what changed
	beat    func() error                                               // says that there is nothing to say
}

// nextTurn says when a watch reads again though nothing was recorded.
type nextTurn struct {
	more bool      // at once
	at   time.Time // zero: not by the clock
}

// watch runs a watch until it has to end.
func (o Options) watch(ctx context.Context, w watching) error {
	beat := time.NewTimer(o.Heartbeat)
	defer beat.Stop()
	for opened := false; ; {
		changed := w.changed()
		if !opened {
			if err := w.open(); err != nil {
				return err
			}
			opened = true
		}
		sent, next, err := w.read(ctx)
		if err != nil {
			return err
		}
		if sent > 0 {
			beat.Reset(o.Heartbeat)
		}
		if err := o.over(ctx); err != nil {
			return err
		}
		if next.more {
			continue
		}
		turn, stop := o.wait(next.at)
		select {
		case <-changed:
		case <-turn:
		case <-o.Draining:
		case <-ctx.Done():
		case <-beat.C:
			beat.Reset(o.Heartbeat)
			err = w.beat()
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
	return s.o.watch(stream.Context(), watching{
		changed: s.o.Book.Summarized,
		open:    func() error { return stream.SendHeader(nil) },
		read: func(ctx context.Context) (sent int, next nextTurn, err error) {
			who, err := s.o.Seers(ctx)
			if err != nil {
				return 0, nextTurn{}, err
			}
			events, after, turn, err := s.o.Book.CodesAfter(ctx, q.As(who), at, watchPage)
			if err != nil {
				return 0, nextTurn{}, ahead(err)
			}
			for _, e := range events {
				if len(e.Statuses) == 0 {
					continue
				}
				if err := stream.Send(&spsv1.WatchCodeStatusResponse{Cursor: s.o.cursor(e.Cursor), CodeStatuses: e.Statuses}); err != nil {
					return 0, nextTurn{}, err
				}
				sent++
			}
			at = after
			return sent, nextTurn{at: turn, more: len(events) >= watchPage}, nil
		},
		beat: func() error { return stream.Send(&spsv1.WatchCodeStatusResponse{Cursor: s.o.cursor(at)}) },
	})
}
