package exchange

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
)

// A node whose store is not the newest gets its own entries back from peers: it
// wants its own log from them, as they want it from it. Any node serves any log
// that it holds, so the peer needs to know nothing about it. In the same way a
// log comes again of which a leaf was found damaged.

// aheadLimit is how long a peer that wants the own log from beyond its end may
// take to show that it is right: then the ledger shuts its gate, and the entries
// are fetched from that very peer.
const aheadLimit = 10 * time.Second

// refill keeps the orders for own logs, and for damaged ones, as they have to
// be.
func (s *session) refill(ctx context.Context) {
	for seen := 0; ; {
		changed := s.x.ledger.Changed()
		if found := s.x.ledger.Damage(); found > seen {
			seen = found
			s.wantDamaged()
			poke(s.lacking)
		}
		select {
		case <-s.lacking:
		case <-changed:
			continue // nothing is lacking because something was recorded
		case <-ctx.Done():
			return
		}
		if err := s.wantOwn(ctx); err != nil && ctx.Err() == nil {
			s.end(s.x.failure(err))
			return
		}
	}
}

// wantDamaged wants again, once in a session, what the peer sends of a log of
// which a leaf is damaged here.
func (s *session) wantDamaged() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for o := range s.inbox.wanted {
		_, damaged := s.x.ledger.DamagedFrom(o)
		if damaged && o.Office != s.x.office && !s.inbox.asked[o] {
			s.inbox.asked[o], s.outbox.wants[o] = true, true
			poke(s.wake)
		}
	}
}

// lack makes every session look again at what the own logs lack.
func (x *Exchange) lack() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, s := range x.sessions {
		poke(s.lacking)
	}
}

// wantOwn orders what the own logs lack and the peer holds, and ends the orders
// for what they lack no longer.
func (s *session) wantOwn(ctx context.Context) error {
	s.mu.Lock()
	holds, said := s.inbox.holds[s.x.ledger.Origin()]
	s.mu.Unlock()
	if said && s.x.ledger.Recovering() { // perhaps it was not yet when the peer said it
		if err := s.x.ledger.PeerHolds(ctx, s.peer.Office, s.x.ledger.Origin(), holds); err != nil {
			return err
		}
	}
	gaps, err := s.x.ledger.Gaps(ctx)
	if err != nil {
		return fmt.Errorf("what is missing of the own log: %w", err)
	}
	receipted, err := s.receipted(ctx, gaps)
	if err != nil {
		return err
	}
	whole := s.x.doubted(s.peer.Office)
	s.mu.Lock()
	defer s.mu.Unlock()
	needed := make(map[certs.Origin]bool)
	for _, gap := range gaps {
		if !s.inbox.lacks(gap, receipted[gap.Origin]) {
			continue
		}
		o := gap.Origin
		needed[o] = true
		if order := s.inbox.wanted[o]; order != nil && !order.stopped {
			continue
		}
		fresh := &order{next: gap.From}
		if whole {
			fresh.next = 0
		}
		s.inbox.wanted[o] = fresh
		s.outbox.wants[o] = true
		poke(s.wake)
	}
	for o, order := range s.inbox.wanted {
		if o.Office == s.x.office && !needed[o] && !order.stopped {
			order.stopped = true
			s.outbox.stops[o] = true
			poke(s.wake)
		}
	}
	return nil
}

// lacks reports whether the peer holds what is missing of an own log, or has
// not been asked yet for bodies that it may hold, or for leaves that are damaged.
// What it said when the session began may be less than it has receipted since.
func (in *inbox) lacks(gap ledger.Gap, receipted uint64) bool {
	holds := in.holds[gap.Origin]
	again := gap.Bodies > 0 && holds > gap.From || gap.Damaged && max(holds, receipted) > gap.From
	return gap.Leaves && holds > gap.Size || again && !in.asked[gap.Origin]
}

// receipted returns how much the peer has receipted of own logs that are
// damaged.
func (s *session) receipted(ctx context.Context, gaps []ledger.Gap) (map[certs.Origin]uint64, error) {
	sizes := make(map[certs.Origin]uint64)
	for _, gap := range gaps {
		if !gap.Damaged {
			continue
		}
		theirs, err := s.x.ledger.ReceiptOf(ctx, s.peer.Office, gap.Origin)
		if err != nil {
			return nil, fmt.Errorf("receipt of %s: %w", s.peer.Office, err)
		}
		if theirs != nil {
			sizes[gap.Origin] = theirs.Size
		}
	}
	return sizes, nil
}

// doubt makes the next session with a peer want the own log from its beginning:
// what it sent did not lead to what this office signed, and the first entry
// that differs shows whose fault that is.
func (x *Exchange) doubt(office certs.Office) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.doubts[office] = true
}

func (x *Exchange) doubted(office certs.Office) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.doubts[office]
}

// recordOwn takes own entries back. That the store contradicts what this office
// signed is an alarm, and not the end of the session.
func (s *session) recordOwn(ctx context.Context, d delivery) error {
	page := packageOf(d)
	_, err := s.x.ledger.Refill(ctx, s.peer.Office, page)
	switch {
	case errors.Is(err, ledger.ErrInconsistent):
		s.x.alarm(s.peer.Office, ReasonInconsistent, err.Error())
	case errors.Is(err, ledger.ErrWrongRoot):
		s.x.doubt(s.peer.Office)
		return err
	case err != nil:
		return err
	}
	s.mu.Lock()
	s.inbox.wanted[d.origin].next = page.End()
	all := page.End() >= s.inbox.holds[d.origin]
	if all {
		s.inbox.asked[d.origin] = true
	}
	s.mu.Unlock()
	if all && s.x.refilled != nil {
		s.x.refilled()
	}
	poke(s.lacking)
	return nil
}

// heardHolds tells the ledger how much of an own log the peer holds.
func (s *session) heardHolds(ctx context.Context, o certs.Origin, size uint64) error {
	err := s.x.ledger.PeerHolds(ctx, s.peer.Office, o, size)
	poke(s.lacking)
	if err != nil {
		return err
	}
	return s.remember(ctx, o, size)
}

// maxCarried is how many receipts a peer is shown that it has forgotten.
const maxCarried = 1024

// remember shows a peer the receipts that it gave over more of an own log than it
// holds now: it was restored from a backup, and clocks run from them.
func (s *session) remember(ctx context.Context, o certs.Origin, size uint64) error {
	notes, err := s.x.ledger.Above(ctx, s.peer.Office, o, size, maxCarried)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outbox.carried = notes
	poke(s.wake)
	return err
}

// mayShow reports whether a peer that wants an own log from beyond its end is to
// be given time: until what it holds has come back, or, if the gate is open, so
// long as it takes to show what it holds. Nothing is lost by waiting: its order
// gets nothing meanwhile.
func (s *session) mayShow(order *standing) bool {
	o := order.origin
	if o.Office != s.x.office {
		return false
	}
	if o.Epoch < s.x.ledger.Origin().Epoch || s.x.ledger.Recovering() {
		return true
	}
	if order.beyond.IsZero() {
		order.beyond = time.Now()
		time.AfterFunc(aheadLimit, func() { poke(s.wake) })
	}
	return time.Since(order.beyond) < aheadLimit
}

// stop returns the frame that ends an order of this side.
func stop(o certs.Origin) *spsv1.Frame {
	return &spsv1.Frame{Kind: &spsv1.Frame_Want{Want: &spsv1.Want{Origin: o.String(), Stop: true}}}
}

// rolledBack notes that the peer's own log ends before what is held here of it.
// Its node is not the newest, and is fetching back what it lacks.
func (s *session) rolledBack(o certs.Origin, size, held uint64) {
	s.x.note(s.peer.Office, access.ReasonCursorAhead, fmt.Sprintf(
		"%s says that its log %s ends at %d, and %d entries of it are held here: its node was restored, or is not the newest one",
		s.peer.Office, o, size, held))
}
