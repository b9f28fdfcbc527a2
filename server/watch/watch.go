// Package watch is the loop that every watch runs. What is there and what comes
// next are one: a page is read and sent, and when nothing more is there the watch
// waits to be woken, and reads again. The wake-up carries no data, so none is ever
// missed and none is sent twice.
package watch

import (
	"cmp"
	"context"
	"time"

	"google.golang.org/grpc"

	"github.com/spsalert/spsalert/server/access"
)

// Page is how many changes a watch reads at once.
const Page = 64

// Loop is what all watches of a service have in common.
type Loop struct {
	// Heartbeat is how often a watch that has nothing to say says so.
	Heartbeat time.Duration
	// Draining is closed when the node begins to stop: watches then end.
	Draining <-chan struct{}
	// Now is the clock of [Turn.At]; nil if no watch goes by the clock.
	Now func() time.Time
}

// Source is what one watch says, in events E. Its functions are called one after the other.
type Source[E any] struct {
	// Changed returns what is closed when there may be more. It is called before each
	// Read, so that nothing comes between the two unnoticed.
	Changed func() <-chan struct{}
	// Also is as Changed, for what is said elsewhere; nil if there is nothing.
	Also func() <-chan struct{}
	// Read sends a page of what is behind its last one. An error ends the watch; before
	// anything was sent the caller is told it in place of the watch.
	Read func(ctx context.Context, send func(*E) error) (Turn, error)
	// Beat returns the event which says that there is nothing to say: where Read stands.
	Beat func() *E
}

// Turn says what comes after a page.
type Turn struct {
	More bool      // there is more at once
	At   time.Time // read again then, though nothing was recorded; zero: not by the clock
	Over bool      // nothing will come any more: the watch ends well
}

// Run runs a watch until it ends. That it stands the caller sees at once, though
// there may be nothing to say for long.
func Run[E any](l Loop, stream grpc.ServerStreamingServer[E], s Source[E]) error {
	ctx, stands := stream.Context(), false
	beat := time.NewTimer(l.Heartbeat)
	defer beat.Stop()
	send := func(e *E) error {
		stands = true
		beat.Reset(l.Heartbeat)
		return stream.Send(e)
	}
	for {
		changed, also := s.Changed(), (<-chan struct{})(nil)
		if s.Also != nil {
			also = s.Also()
		}
		turn, err := s.Read(ctx, send)
		if err != nil {
			return cmp.Or(l.Over(ctx), err) // which may only be that the watch is over
		}
		if !stands {
			if err := stream.SendHeader(nil); err != nil {
				return err
			}
			stands = true
		}
		if turn.Over {
			return nil
		}
		if err := l.Over(ctx); err != nil {
			return err
		}
		if turn.More {
			continue
		}
		due, stop := l.at(turn.At)
		select {
		case <-changed:
		case <-also:
		case <-due:
		case <-l.Draining:
		case <-ctx.Done():
		case <-beat.C:
			err = send(s.Beat())
		}
		stop()
		if err != nil {
			return err
		}
	}
}

// Over returns why a watch, or whatever else waits for ctx, has to end, or nil.
func (l Loop) Over(ctx context.Context) error {
	select {
	case <-l.Draining:
		return access.Draining()
	case <-ctx.Done():
		return context.Cause(ctx)
	default:
		return nil
	}
}

// at returns a channel that carries something at an instant, nothing for the zero
// time, and what frees it.
func (l Loop) at(t time.Time) (due <-chan time.Time, stop func() bool) {
	if t.IsZero() {
		return nil, func() bool { return true }
	}
	timer := time.NewTimer(t.Sub(l.Now()))
	return timer.C, timer.Stop
}
