package access

import (
	"context"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/server/store"
)

// examine refuses a request that is beyond the scope of a token or breaks field
// rules.
func (c *call) examine(request proto.Message) error {
	if c.rule.scope != nil {
		if err := c.rule.scope(c.caller, request); err != nil {
			return err
		}
	}
	if c.rule.ownCheck {
		return nil
	}
	return CheckAll(request, nil)
}

// enter returns the context in which the handler runs.
func (c *call) enter(ctx context.Context) context.Context {
	if c.audit != nil && c.changes() {
		ctx = context.WithValue(ctx, pendingKey{}, c.audit)
	}
	return with(ctx, c.caller)
}

func (c *call) changes() bool { return c.rule.Class == ClassWrite || c.rule.Class == ClassIssue }

// open counts a call that stays open, or refuses it.
func (c *call) open(now time.Time) (closed func(), err error) {
	if c.audit == nil || c.rule.Class != ClassWatch {
		return func() {}, nil
	}
	return c.audit.register.limiter.open(c.caller.name(), now)
}

// done sees to the record of a call that succeeded, before it is answered. An
// error means that the answer MUST NOT be given.
func (c *call) done(ctx context.Context, request, answer any) error {
	switch {
	case c.audit == nil:
		return nil
	case c.rule.shows != nil:
		asked, _ := request.(proto.Message)
		given, _ := answer.(proto.Message)
		names, err := c.rule.shows(asked, given)
		if err != nil {
			return err
		}
		return c.showed(ctx, names)
	case c.changes():
		c.audit.settle(ctx, answer)
		return nil
	}
	if m, ok := answer.(proto.Message); ok {
		return c.showed(ctx, restricted(m))
	}
	return nil
}

// showed records that the caller is shown restricted statements.
func (c *call) showed(ctx context.Context, names []string) error {
	r := c.audit.register
	for part := range slices.Chunk(names, maxResources) {
		record := proto.CloneOf(c.audit.record)
		record.Resources = part
		r.finish(record, nil)
		if err := r.soon(ctx, record); err != nil {
			return err
		}
	}
	return nil
}

// carries records that the caller is given restricted statements, and returns
// when the records are in the store.
func (c *call) carries(ctx context.Context, names []string) error {
	r := c.audit.register
	return r.o.Store.Update(ctx, func(tx store.Tx) error {
		for part := range slices.Chunk(names, maxResources) {
			record := proto.CloneOf(c.audit.record)
			record.Resources = part
			r.finish(record, nil)
			if _, _, err := putRecord(tx, record); err != nil {
				return err
			}
		}
		return nil
	})
}

// failed records a call that was refused, or at which the node failed. Of a
// caller who is refused often only some are kept.
func (c *call) failed(err error) {
	if c.audit == nil || c.rule.Class == ClassSession {
		return
	}
	r := c.audit.register
	record := proto.CloneOf(c.audit.record)
	r.finish(record, err)
	if !c.changes() && !isRefusedCaller(record.GetReason()) {
		return // a read that found nothing, a watch whose caller went away
	}
	var keep bool
	if record.Skipped, keep = r.limiter.keepRefusal(c.caller.name(), r.o.Now()); keep {
		r.later(record)
	}
}

// isRefusedCaller reports whether a reason is about who calls, not about what
// is asked for.
func isRefusedCaller(reason string) bool {
	switch Reason(reason) {
	case ReasonDenied, ReasonScope, ReasonUnauthenticated, ReasonRevoked, ReasonExpired, ReasonUnknownPeer, ReasonRate:
		return true
	default:
		return false
	}
}

// watchDeferral is how long a watch may show statements before the record of it
// is on its way.
const watchDeferral = time.Minute

// guardedStream is a stream whose context knows the caller, whose requests have
// passed scope and field rules, and of which the audit log knows what it showed.
type guardedStream struct {
	grpc.ServerStream
	ctx  context.Context
	call *call
	now  func() time.Time

	names []string  // shown and not recorded yet
	since time.Time // the first of them

	carried []string // what the next message carries away, and is not recorded yet
}

// Context implements grpc.ServerStream.
func (s *guardedStream) Context() context.Context { return s.ctx }

// RecvMsg implements grpc.ServerStream.
func (s *guardedStream) RecvMsg(m any) error {
	if err := s.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	if msg, ok := m.(proto.Message); ok {
		return s.call.examine(msg)
	}
	return nil
}

// SendMsg implements grpc.ServerStream.
func (s *guardedStream) SendMsg(m any) error {
	if msg, ok := m.(proto.Message); ok && s.call.audit != nil && s.call.rule.Class != ClassSession {
		if err := s.show(restricted(msg)); err != nil {
			return err
		}
	}
	if names := s.carried; len(names) > 0 {
		s.carried = nil
		if err := s.call.carries(s.ctx, names); err != nil {
			return err
		}
	}
	return s.ServerStream.SendMsg(m)
}

// streamKey is the context key of the guarded stream of a call.
type streamKey struct{}

// Carry notes that what the call of ctx sends from now on carries restricted
// statements away, by their names, in a form in which the guard does not see
// them, such as the cells of a table. The next message is sent when the record of
// them is in the store, and not if it cannot be written. It is for methods that
// answer with a stream, and for the goroutine that sends on it; in a context
// that passed no [Guard] it does nothing.
func Carry(ctx context.Context, names ...string) {
	if s, ok := ctx.Value(streamKey{}).(*guardedStream); ok && s.call.audit != nil {
		s.carried = append(s.carried, names...)
	}
}

// show notes what is about to be shown, and records it from time to time.
func (s *guardedStream) show(names []string) error {
	now := s.now()
	if len(s.names) == 0 {
		s.since = now
	}
	s.names = append(s.names, names...)
	if len(s.names) < maxResources && now.Sub(s.since) < watchDeferral {
		return nil
	}
	names, s.names = s.names, nil
	return s.call.showed(s.ctx, names)
}

// flush records what is not recorded yet, when the stream has ended.
func (s *guardedStream) flush() {
	if s.call.audit == nil || len(s.names) == 0 {
		return
	}
	_ = s.call.showed(context.WithoutCancel(s.ctx), s.names) // waits for room
}
