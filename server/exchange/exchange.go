package exchange

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
)

// Options is what an exchange works with.
type Options struct {
	Ledger *ledger.Ledger
	// Roster says which office this is and who its peers are. A change acts on
	// sessions that are up.
	Roster *certs.Roster
	// Dial connects to peers; nil: this node dials nobody.
	Dial Dialer
	// Now stamps what is shown, and says when certificates expire; nil:
	// time.Now. Waiting is by package time.
	Now      func() time.Time
	Logger   *slog.Logger // nil: nothing is logged
	Software string       // told to peers, for example "spsd v1.2.0"
	// Ended, if set, is told of each session that ended, with a reason of the
	// published table. Receipted, if set, is told of each receipt that covers more
	// of the own log than the one before, with how long ago the newest entry that
	// it covers was issued. Refilled, if set, is told when all that a peer holds of
	// an own log that was lacking here has come. All MUST return at once, and be
	// safe for concurrent use.
	Ended     func(office certs.Office, reason access.Reason)
	Receipted func(office certs.Office, after time.Duration)
	Refilled  func()

	// Blobs has the attachments, and Book says which are awaited; nil: this
	// node neither serves nor fetches any.
	Blobs *blob.Store
	Book  *casebook.Book
}

// Exchange keeps one session with each peer that can be reached, whoever
// dialled, and serves those that dial this node. All its methods are safe for
// concurrent use.
type Exchange struct {
	spsv1.UnimplementedExchangeServiceServer

	ledger     *ledger.Ledger
	roster     *certs.Roster
	office     certs.Office
	federation string
	dial       Dialer
	now        func() time.Time
	logger     *slog.Logger
	software   string
	ended      func(certs.Office, access.Reason)
	receipted  func(certs.Office, time.Duration)
	refilled   func()
	blobs      *blob.Store
	book       *casebook.Book
	wanted     *wanted

	running  sync.WaitGroup // sessions, and goroutines that outlast them
	stopping chan struct{}  // closed when sessions are to end
	fatal    chan error     // of size one: why the node must stop
	clocks   clocks

	mu       sync.Mutex
	open     bool // Run runs, and new sessions may begin
	sessions map[certs.Office]*session
	states   map[certs.Office]*Status
	scanned  map[certs.Origin]bool
	doubts   map[certs.Office]bool // whose own entries of this office did not prove themselves
	// conflicts are proofs that two trees of a log were signed that cannot both be.
	conflicts map[certs.Origin]*spsv1.Frame
}

// New returns an exchange that does nothing until [Exchange.Run].
func New(o Options) *Exchange {
	own := o.Roster.Own()
	x := &Exchange{
		ledger: o.Ledger, roster: o.Roster, office: own.Office(), federation: own.Federation(),
		dial: o.Dial, now: o.Now, logger: o.Logger, software: o.Software, blobs: o.Blobs, book: o.Book,
		ended: o.Ended, receipted: o.Receipted, refilled: o.Refilled,
		stopping: make(chan struct{}),
		fatal:    make(chan error, 1),
		sessions: make(map[certs.Office]*session),
		states:   make(map[certs.Office]*Status),
		scanned:  make(map[certs.Origin]bool),
		doubts:   make(map[certs.Office]bool),

		conflicts: make(map[certs.Origin]*spsv1.Frame),
	}
	x.wanted = newWanted(x)
	if x.now == nil {
		x.now = time.Now
	}
	if x.logger == nil {
		x.logger = slog.New(slog.DiscardHandler)
	}
	return x
}

// Run dials the peers on the roster that have addresses, keeps dialling those
// with whom no session is up, and lets sessions begin, until ctx is done. Then
// every session says Bye DRAINING, and Run returns nil when nothing of the
// exchange runs any more. If the store no longer knows what it holds, Run ends
// in the same way by itself and returns that error: the process MUST stop.
//
// Run is called once. Streams that peers open before are refused, and dialled
// again.
func (x *Exchange) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	x.mu.Lock()
	x.open = true
	x.mu.Unlock()
	if x.dial != nil {
		x.running.Go(func() { x.dialAll(ctx) })
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-x.fatal:
	}
	x.mu.Lock()
	x.open = false
	close(x.stopping)
	x.mu.Unlock()
	cancel()
	x.running.Wait()
	return err
}

// fail stops the exchange for an error after which the process must not go on.
func (x *Exchange) fail(err error) {
	select {
	case x.fatal <- err:
	default:
	}
}

// Session runs one session over a stream to a peer whom the caller has
// verified, and returns when it has ended: nil if the peer ended it, and
// otherwise why this node did, as an [access.Refusal]. The caller MUST then end
// the stream, so that a pending Send or Recv returns.
func (x *Exchange) Session(ctx context.Context, stream Stream, peer certs.Peer, dialled bool) error {
	x.mu.Lock()
	if !x.open {
		x.mu.Unlock()
		return draining().status()
	}
	x.running.Add(1) // under the lock, so that Run does not wait yet
	x.mu.Unlock()
	defer x.running.Done()

	s := newSession(x, stream, peer, dialled)
	var why *ending
	if err := s.introduce(ctx); err != nil {
		why = x.failure(err)
	} else {
		why = s.run(ctx)
	}
	x.report(s, why)
	return why.status()
}

// report keeps and logs why a session ended. Its Bye told the peer.
func (x *Exchange) report(s *session, why *ending) {
	level := slog.LevelWarn
	switch {
	case why.alarm:
		x.alarm(s.peer.Office, why.reason, why.Error())
	case why.reason == ReasonDuplicate, why.reason == access.ReasonDraining && !why.theirs:
		level = slog.LevelDebug
	default:
		x.note(s.peer.Office, why.reason, why.Error())
	}
	attrs := []slog.Attr{slog.String("reason", string(why.reason)), slog.String("why", why.Error())}
	if why.cause != nil {
		attrs = append(attrs, slog.Any("err", why.cause))
	}
	s.logger.LogAttrs(context.Background(), level, "session ended", attrs...)
	if x.ended != nil {
		x.ended(s.peer.Office, why.reason)
	}
}

// admit makes s the session with its peer. Of two that the same side dialled,
// the newer stays; of two that both sides dialled, the one dialled by the
// office whose code sorts first: both sides see both, and decide alike. The
// one that goes has let go of the ledger when admit returns, so that two never
// record the same entries.
func (x *Exchange) admit(ctx context.Context, s *session) *ending {
	for {
		x.mu.Lock()
		old := x.sessions[s.peer.Office]
		switch {
		case old == nil:
			x.sessions[s.peer.Office] = s
			st := x.state(s.peer.Office)
			st.Connected, st.Since, st.Dialled, st.NotAfter = true, x.now(), s.dialled, s.peer.NotAfter
			x.mu.Unlock()
			return nil
		case old.over():
			// It only has to let go.
		case old.dialler() == s.dialler():
			old.end(duplicate("replaced by a newer session"))
		case old.dialler() < s.dialler():
			x.mu.Unlock()
			return duplicate("the session that " + string(old.dialler()) + " dialled stays")
		default:
			old.end(duplicate("the session that " + string(s.dialler()) + " dialled stays"))
		}
		x.mu.Unlock()
		select {
		case <-old.stopped:
		case <-s.ended:
			return s.why
		case <-ctx.Done():
			return s.cut()
		}
	}
}

// leave makes room for the next session with the peer.
func (x *Exchange) leave(s *session) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.sessions[s.peer.Office] == s {
		delete(x.sessions, s.peer.Office)
		st := x.state(s.peer.Office)
		st.Connected, st.Since = false, x.now()
	}
	close(s.stopped)
}

// up returns the session with a peer, or nil.
func (x *Exchange) up(office certs.Office) *session {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.sessions[office]
}
