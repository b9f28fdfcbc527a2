package exchange

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// gossipEvery is how often changed heads of third logs are sent.
const gossipEvery = time.Minute

// write is the only sender of a session. It sends what is due, most pressing
// first, waits, and begins again: the first pass over a backlog and the newest
// entry are the same loop. It returns after the Bye, or when the stream fails,
// of which receive tells why.
func (s *session) write(ctx context.Context) {
	defer close(s.written)
	defer func() { s.serving.close() }()
	idle := time.NewTimer(creditAgain)
	defer idle.Stop()
	gossip := time.NewTicker(gossipEvery)
	defer gossip.Stop()
	for {
		changed := s.x.ledger.Changed() // before looking, so that nothing is missed
		frame, err := s.next(ctx)
		switch {
		case errors.Is(err, errLast):
			if frame != nil {
				_ = s.stream.Send(frame) // the session is over either way
			}
			return
		case err != nil && ctx.Err() == nil:
			s.end(s.x.failure(err))
			continue
		case frame != nil:
			if s.stream.Send(frame) != nil {
				return
			}
			idle.Reset(creditAgain)
			continue
		}
		select {
		case <-s.wake:
		case <-changed:
		case <-idle.C:
			s.remind()
			idle.Reset(creditAgain)
		case <-gossip.C:
			if err := s.gossip(ctx); err != nil && ctx.Err() == nil {
				s.end(s.x.failure(err))
			}
		case <-s.quit:
			return
		}
	}
}

// errLast says that no frame comes after this one.
var errLast = errors.New("the last frame")

// next returns the frame that goes now and counts it, nil if none does, and
// errLast with the last of the session.
func (s *session) next(ctx context.Context) (*spsv1.Frame, error) {
	for {
		frame, err := s.ready()
		if frame != nil || err != nil {
			return frame, err
		}
		more, err := s.fill(ctx)
		if !more || err != nil {
			return nil, err
		}
	}
}

// ready returns a frame that needs nothing from the ledger: the Bye, Hello and
// Credit, which no window holds back, or a frame that was made before and now
// fits the window.
func (s *session) ready() (*spsv1.Frame, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &s.outbox
	switch {
	case s.why != nil && s.why.theirs:
		return nil, errLast
	case s.why != nil:
		return s.why.bye(), errLast
	case out.hello != nil:
		frame := out.hello
		out.hello = nil
		return s.count(frame), nil
	case s.in.due() || out.credit:
		credit := &spsv1.Credit{Bytes: s.in.taken}
		if out.credit {
			credit.Time = timestamppb.New(s.x.now())
		}
		out.credit = false
		s.in.told = s.in.taken
		return &spsv1.Frame{Kind: &spsv1.Frame_Credit{Credit: credit}}, nil
	case len(out.urgent) > 0:
		if !s.out.fits(proto.Size(out.urgent[0])) {
			return nil, nil
		}
		frame := out.urgent[0]
		out.urgent = out.urgent[1:]
		return s.count(frame), nil
	case len(out.held) > 0 && s.out.fits(proto.Size(out.held[0])):
		frame := out.held[0]
		if out.held = out.held[1:]; len(out.held) == 0 {
			out.page, out.overtaken = nil, 0
		}
		return s.count(frame), nil
	}
	return nil, nil
}

// count adds a frame to what is out; s.mu is held.
func (s *session) count(frame *spsv1.Frame) *spsv1.Frame {
	s.out.send(proto.Size(frame), time.Now())
	return frame
}

// remind makes a sign of life due.
func (s *session) remind() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outbox.credit = s.inbox.hello != nil
}

// gossip makes the heads of third logs due that have changed since they were
// sent. Two parts of a federation to whom an office tells different things find
// out as soon as any path joins them.
func (s *session) gossip(ctx context.Context) error {
	heads, err := s.x.ledger.Heads(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.outbox.open {
		return nil
	}
	for _, h := range heads {
		third := h.Origin.Office != s.peer.Office && h.Origin.Office != s.x.office
		if third && h.Checkpoint.Size > s.outbox.told[h.Origin] {
			s.outbox.heads[h.Origin] = true
		}
	}
	return nil
}
