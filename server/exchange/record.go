package exchange

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// fullRetry is how long a node whose store is full waits before it asks again
// for what it could not take.
const fullRetry = 5 * time.Second

// record hands entries to the ledger, one package and so one transaction at a
// time. A frame counts as taken when it is recorded, so that a slow disk here
// slows the peer down, and never more than a window waits.
func (s *session) record(ctx context.Context) {
	retry := time.NewTimer(0)
	retry.Stop()
	defer retry.Stop()
	for {
		d, ok := s.delivery()
		if !ok {
			select {
			case <-s.arrived:
			case <-retry.C:
				s.repeat()
			case <-ctx.Done():
				return
			}
			continue
		}
		err := s.recordOne(ctx, d)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, store.ErrFull):
			s.x.note(s.peer.Office, access.ReasonReadOnly, err.Error())
			s.logger.LogAttrs(ctx, slog.LevelWarn, "entries not taken", slog.Any("err", err))
			s.postpone(d.origin)
			retry.Reset(fullRetry)
		case err != nil:
			s.end(s.x.failure(err))
			return
		}
		s.mu.Lock()
		s.done(d)
		s.mu.Unlock()
	}
}

// delivery returns what is to be recorded next, if there is anything: urgent
// entries first. Entries that were on their way when an order was repeated are
// passed over.
func (s *session) delivery() (delivery, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.inbox.urgent) > 0 {
		d := s.inbox.urgent[0]
		s.inbox.urgent[0] = delivery{}
		s.inbox.urgent = s.inbox.urgent[1:]
		return d, true
	}
	for len(s.inbox.entries) > 0 {
		d := s.inbox.entries[0]
		s.inbox.entries[0] = delivery{}
		s.inbox.entries = s.inbox.entries[1:]
		order := s.inbox.wanted[d.origin]
		if !order.repeat {
			return d, true
		}
		if order.asked && d.entries.GetStart() == order.next {
			order.repeat, order.asked = false, false
			return d, true
		}
		s.done(d)
	}
	return delivery{}, false
}

// done counts a delivery that waits no more; s.mu is held.
func (s *session) done(d delivery) {
	s.inbox.whole -= d.whole
	s.take(d.size)
}

// postpone passes over the entries of a log until they are wanted again. The
// session stays up: what goes the other way, and receipts, need no room here.
func (s *session) postpone(o certs.Origin) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inbox.wanted[o].repeat = true
}

// repeat wants again what was postponed.
func (s *session) repeat() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for o, order := range s.inbox.wanted {
		if order.repeat {
			order.asked = true
			s.outbox.wants[o] = true
		}
	}
	poke(s.wake)
}

// recordOne records a package and makes a receipt due.
func (s *session) recordOne(ctx context.Context, d delivery) error {
	switch own := d.origin.Office == s.x.office; {
	case own && d.urgent != nil:
		return nil // it comes back in its turn
	case own:
		return s.recordOwn(ctx, d)
	case d.urgent != nil:
		return s.recordAhead(ctx, d)
	}
	page := packageOf(d)
	if err := s.x.beginEpoch(ctx, page); err != nil {
		return err
	}
	size, err := s.x.ledger.Record(ctx, s.peer.Office, page)
	if err != nil {
		return fmt.Errorf("entries of %s from %d: %w", d.origin, page.Start, err)
	}
	s.mu.Lock()
	s.inbox.wanted[d.origin].next = size
	s.outbox.receipts[d.origin] = true
	poke(s.wake)
	s.mu.Unlock()
	if err := s.outgrown(ctx, d.origin, size); err != nil {
		return err
	}
	if d.origin == s.origin {
		s.x.update(s.peer.Office, func(st *Status) { st.Held, st.Known = max(st.Held, size), max(st.Known, size) })
	}
	s.x.applyCards(ctx, page)
	return nil
}

// outgrown compares what was recorded with the heads of the log that others
// showed when less of it was held.
func (s *session) outgrown(ctx context.Context, o certs.Origin, size uint64) error {
	note, err := s.x.ledger.Outgrown(ctx, o, size)
	switch {
	case err != nil && s.comesAgain(ctx, o, err):
		return nil
	case err != nil, note == nil:
		return err
	}
	return s.contradicted(ctx, o, note, fmt.Sprintf("a peer holds a checkpoint of %s with another root than the %d entries that came", o, size))
}

// blame says for each error of the ledger what the peer is told that caused it.
var blame = []struct {
	err    error
	reason access.Reason
}{
	{ledger.ErrGap, ReasonGap},
	{ledger.ErrWrongRoot, ReasonWrongRoot},
	{ledger.ErrNotAudience, ReasonNotAudience},
	{ledger.ErrBody, ReasonBadSeal},
	{ledger.ErrOwnLog, ReasonGap},
	{seal.ErrLeafTooLarge, access.ReasonTooLarge},
	{seal.ErrFormat, ReasonBadEncoding},
	{seal.ErrUnknownKey, ReasonBadSeal},
	{seal.ErrBadSignature, ReasonBadSeal},
	{seal.ErrProof, ReasonWrongRoot},
	{seal.ErrKeyRange, access.ReasonRevoked},
	{certs.ErrNoCard, access.ReasonUnknownPeer},
}

// failure turns an error into the end of a session: the peer's fault if the
// ledger says so, and otherwise this node's. When the store does not know what
// it holds, the whole exchange stops.
func (x *Exchange) failure(err error) *ending {
	var e *ending
	if errors.As(err, &e) {
		return e
	}
	if errors.Is(err, ledger.ErrInconsistent) {
		e := refuse(ReasonInconsistent, "%v", err)
		e.alarm = true
		return e
	}
	for _, b := range blame {
		// What is wrong in this node's own store is not the peer's doing,
		// whatever the parser says that found it.
		if errors.Is(err, b.err) && !errors.Is(err, ledger.ErrCorrupt) {
			e := refuse(b.reason, "%v", err)
			e.cause = err
			return e
		}
	}
	if errors.Is(err, store.ErrUnknown) || errors.Is(err, store.ErrClosed) {
		x.fail(err)
	}
	e = closing(spsv1.ByeReason_BYE_REASON_READ_ONLY, access.ReasonInternal, "a fault of this node: dial again later")
	e.cause = err
	return e
}
