package exchange

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

const (
	helloLimit  = 10 * time.Second // for the peer's Hello
	creditAgain = 15 * time.Second // after sending nothing
	deafLimit   = 60 * time.Second // with bytes out and no new Credit
	muteLimit   = 45 * time.Second // hearing nothing, with no bytes out
	byeLimit    = time.Second      // for the Bye to go
)

// session is one stream to one peer, from its first frame to its last. It is
// the same whoever dialled.
//
// Seven goroutines share it. receive takes frames off the stream and puts them
// down: it never sends and never waits, so two peers that both have much to say
// cannot wait for each other. write is the only one that sends; it asks what is
// due, looks it up in the ledger at that moment, and so never sends anything
// stale. record and clerk hand to the ledger what receive has put down. refill
// orders what the own log lacks, and fetch asks for bodies that are missing.
// watch ends the session when its time has come.
type session struct {
	x       *Exchange
	stream  Stream
	peer    certs.Peer
	dialled bool // by this node
	logger  *slog.Logger

	wake    chan struct{} // of size one each; they carry no data
	arrived chan struct{} // for record
	posted  chan struct{} // for clerk
	lacking chan struct{} // for refill
	chunked chan struct{} // for fetch
	settled chan struct{} // for watch, when nothing is out any more

	ended    chan struct{} // closed with why set
	stopped  chan struct{} // closed when it no longer touches the ledger
	written  chan struct{} // closed when write has returned
	received chan struct{} // closed when receive has returned
	quit     chan struct{} // closed when nobody waits for write any more
	greeted  chan struct{} // closed with inbox.hello set

	origin  certs.Origin // the peer's log, once it is admitted
	serving *serving     // a body on its way to the peer; write's alone

	proved map[certs.Origin]bool // logs about which the peer was sent a proof; write's alone

	mu     sync.Mutex
	why    *ending
	out    outflow
	in     inflow
	heard  time.Time // when the last frame came
	inbox  inbox
	outbox outbox
}

func newSession(x *Exchange, stream Stream, peer certs.Peer, dialled bool) *session {
	return &session{
		x: x, stream: stream, peer: peer, dialled: dialled,
		logger:  x.logger.With(slog.String("peer", string(peer.Office)), slog.Bool("dialled", dialled)),
		wake:    make(chan struct{}, 1),
		arrived: make(chan struct{}, 1),
		posted:  make(chan struct{}, 1),
		lacking: make(chan struct{}, 1),
		chunked: make(chan struct{}, 1),
		settled: make(chan struct{}, 1),
		ended:   make(chan struct{}), stopped: make(chan struct{}),
		written: make(chan struct{}), received: make(chan struct{}),
		quit: make(chan struct{}), greeted: make(chan struct{}),
		out:    newOutflow(),
		heard:  time.Now(),
		inbox:  newInbox(),
		proved: make(map[certs.Origin]bool),
		outbox: newOutbox(x.hello()),
	}
}

// run is the life of a session. It returns why it ended, when nothing of it
// touches the ledger any more and its Bye has gone or has had its time. receive
// and write may outlast it until the caller ends the stream.
func (s *session) run(ctx context.Context) *ending {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var workers sync.WaitGroup
	s.x.running.Go(s.receive)
	s.x.running.Go(func() { s.write(ctx) })

	if err := s.meet(ctx); err != nil {
		s.end(err)
	} else {
		workers.Go(func() { s.record(ctx) })
		workers.Go(func() { s.clerk(ctx) })
		workers.Go(func() { s.refill(ctx) })
		workers.Go(func() { s.fetch(ctx) })
		s.watch(ctx)
	}
	cancel()
	workers.Wait()
	s.x.leave(s)
	s.farewell()
	return s.why
}

// dialler returns the office that dialled.
func (s *session) dialler() certs.Office {
	if s.dialled {
		return s.x.office
	}
	return s.peer.Office
}

// end ends the session. The first reason stands.
func (s *session) end(why *ending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.why != nil {
		return
	}
	s.why = why
	close(s.ended)
	poke(s.wake)
}

// over reports whether the session has ended.
func (s *session) over() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// meet waits for the peer's Hello, judges it, and takes the place of the one
// session between the two offices.
func (s *session) meet(ctx context.Context) *ending {
	limit := time.NewTimer(helloLimit)
	defer limit.Stop()
	select {
	case <-s.greeted:
	case <-limit.C:
		return refuse(ReasonSilent, "no Hello within %s", helloLimit)
	case <-ctx.Done():
		return s.cut()
	case <-s.x.stopping:
		return draining()
	case <-s.ended:
		return s.why
	}
	origin, err := s.judge(s.inbox.hello)
	if err != nil {
		return err
	}
	if err := s.x.admit(ctx, s); err != nil {
		return err
	}
	return s.begin(ctx, origin)
}

// watch returns when the session has ended, and ends it when the node stops,
// the peer's card or certificate is no longer what it was, or the peer is dead.
func (s *session) watch(ctx context.Context) {
	expiry := time.NewTimer(s.peer.NotAfter.Sub(s.x.now()))
	defer expiry.Stop()
	alive := time.NewTimer(muteLimit)
	defer alive.Stop()
	for {
		changed := s.x.roster.Changed()
		if err := s.identity(); err != nil {
			s.end(err)
			return
		}
		at, err := s.deadline()
		left := time.Until(at)
		if left <= 0 {
			s.end(err)
			return
		}
		alive.Reset(left)
		select {
		case <-s.ended:
			return
		case <-ctx.Done():
			s.end(s.cut())
			return
		case <-s.x.stopping:
			s.end(draining())
			return
		case <-changed:
		case <-s.settled:
		case <-expiry.C:
			s.end(expired(s.peer.NotAfter))
			return
		case <-alive.C:
		}
	}
}

// identity returns why the session may not go on under the roster as it is.
func (s *session) identity() *ending {
	card, err := s.x.roster.Peer(s.peer.Office)
	switch {
	case err != nil:
		return closing(spsv1.ByeReason_BYE_REASON_REVOKED, access.ReasonRevoked,
			"the card of %s is no longer accepted here", s.peer.Office)
	case !card.Same(s.peer.Card):
		return closing(spsv1.ByeReason_BYE_REASON_IDENTITY_CHANGED, ReasonCardChanged,
			"card %d of %s is in force now: dial again", card.Number(), s.peer.Office)
	}
	return nil
}

func expired(at time.Time) *ending {
	return closing(spsv1.ByeReason_BYE_REASON_IDENTITY_CHANGED, access.ReasonExpired,
		"the certificate expired at %s: renew it and dial again", at.UTC().Format(time.RFC3339))
}

// deadline returns when the peer counts as dead unless something comes.
func (s *session) deadline() (time.Time, *ending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.out.out() > 0 {
		return s.out.since.Add(deafLimit), refuse(ReasonSilent, "no credit for %s with %d bytes out", deafLimit, s.out.out())
	}
	return s.heard.Add(muteLimit), refuse(ReasonSilent, "nothing heard for %s", muteLimit)
}

// cut returns why the context of the stream is done. The stream itself knows
// best, unless the access guard ended it with the certificate.
func (s *session) cut() *ending {
	if !s.x.now().Before(s.peer.NotAfter) {
		return expired(s.peer.NotAfter)
	}
	limit := time.NewTimer(byeLimit)
	defer limit.Stop()
	select {
	case <-s.ended:
		return s.why
	case <-limit.C:
		return broken(context.Canceled)
	}
}

// farewell gives the Bye its time to go. A stream that this node dialled is
// dropped with all that waits on it when it is closed, so there it waits until
// the peer has ended the stream, which it does on a Bye.
func (s *session) farewell() {
	defer close(s.quit)
	if s.why.theirs {
		return
	}
	limit := time.NewTimer(byeLimit)
	defer limit.Stop()
	waitFor := []<-chan struct{}{s.written}
	if s.dialled {
		waitFor = append(waitFor, s.received)
	}
	for _, done := range waitFor {
		select {
		case <-done:
		case <-limit.C:
			return
		}
	}
}

// poke wakes whoever waits on a channel of size one.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
