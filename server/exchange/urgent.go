package exchange

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

const (
	// featureUrgent is what a node says in Hello that takes urgent entries
	// ahead of their turn.
	featureUrgent = "urgent"
	// mostAhead is how many entries of a log a session sends ahead of what goes
	// in its turn: half of what a receiver keeps.
	mostAhead = 32
	// mostPending is how many urgent entries of a backlog are remembered, the
	// newest. Older ones go in their turn.
	mostPending = 1024
)

// ahead is what a standing order knows about the urgent entries of its log.
// Only write touches it.
type ahead struct {
	wanted  uint64   // what the peer held when it gave the order
	looked  uint64   // urgent entries below it were found
	pending []uint64 // those that may go ahead, ascending
	sent    []uint64 // those that went, and whose turn has not come
}

// fillUrgent makes the newest urgent entry that lies behind the next frame of
// its log, with its proofs. It goes before everything that is not yet handed to
// the stream; a frame of entries that is made and waits is taken back.
func (s *session) fillUrgent(ctx context.Context) (bool, error) {
	s.mu.Lock()
	orders := slices.Clone(s.outbox.orders)
	frame := s.out.frame()
	takes := s.takes(featureUrgent) && s.outbox.overtaken < keptHeads-1
	s.mu.Unlock()
	if !takes {
		return false, nil
	}
	for _, order := range orders {
		u, err := s.nextUrgent(ctx, order, frame-frameHead)
		if err != nil {
			return false, err
		}
		if u != nil {
			return true, s.holdUrgent(order, *u)
		}
	}
	return false, nil
}

// nextUrgent returns the urgent entry of an order that goes ahead now, or nil.
// What the next frame holds anyway, or the peer has said to hold, does not.
func (s *session) nextUrgent(ctx context.Context, order *standing, budget int) (*ledger.Urgent, error) {
	if err := s.lookForUrgent(ctx, order); err != nil || len(order.pending) == 0 || len(order.sent) >= mostAhead {
		return nil, err
	}
	page, err := s.x.ledger.Page(ctx, order.origin, order.next, s.peer.Office, budget)
	if err != nil {
		return nil, nil //nolint:nilerr // fillEntries meets the same, and judges it
	}
	order.pending = slices.DeleteFunc(order.pending, func(seq uint64) bool { return seq < page.End() })
	for n := len(order.pending); n > 0; n = len(order.pending) {
		seq := order.pending[n-1]
		order.pending = order.pending[:n-1]
		u, err := s.x.ledger.Urgent(ctx, order.origin, seq, s.peer.Office, order.wanted)
		if errors.Is(err, ledger.ErrNotFound) {
			continue // its body is not held here
		}
		if err != nil {
			return nil, err
		}
		receipt, err := s.x.ledger.ReceiptOf(ctx, s.peer.Office, order.origin)
		if err != nil {
			return nil, err
		}
		order.sent = append(order.sent, seq)
		if receipt == nil || receipt.Lacks(seq, seal.RecordHash(u.Leaf)) {
			return &u, nil
		}
	}
	return nil, nil
}

// lookForUrgent finds the urgent entries that are new in the log of an order,
// and forgets those whose turn has come.
func (s *session) lookForUrgent(ctx context.Context, order *standing) error {
	found, looked, err := s.x.ledger.UrgentFrom(ctx, order.origin, max(order.looked, order.next), s.peer.Office, mostPending)
	if err != nil {
		return fmt.Errorf("urgent entries of %s: %w", order.origin, err)
	}
	order.looked = looked
	order.pending = append(order.pending, found...)
	passed := func(seq uint64) bool { return seq < order.next }
	order.pending = slices.DeleteFunc(order.pending, passed)
	order.sent = slices.DeleteFunc(order.sent, passed)
	if extra := len(order.pending) - mostPending; extra > 0 {
		order.pending = slices.Delete(order.pending, 0, extra)
	}
	return nil
}

// holdUrgent puts an urgent entry before everything else that waits.
func (s *session) holdUrgent(order *standing, u ledger.Urgent) error {
	c, err := seal.ParseCheckpoint(u.Checkpoint)
	if err != nil {
		return fmt.Errorf("%w: checkpoint of %s: %w", ledger.ErrCorrupt, u.Origin, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &s.outbox
	if !slices.Contains(out.orders, order) { // a new Want came meanwhile
		return nil
	}
	out.takeBack()
	if out.page != nil { // some parts of it have gone
		out.overtaken++
	}
	if c.Size > out.told[u.Origin] {
		out.told[u.Origin] = c.Size
		out.urgent = append(out.urgent, &spsv1.Frame{Kind: &spsv1.Frame_Head{Head: &spsv1.Head{Checkpoint: u.Checkpoint}}})
	}
	frames, err := s.inParts(&spsv1.Frame{Kind: &spsv1.Frame_Urgent{Urgent: &spsv1.Urgent{
		Leaf: u.Leaf, Envelope: u.Envelope, InclusionProof: seal.HashBytes(u.Inclusion), TargetSize: c.Size,
		ConsistencyProof: seal.HashBytes(u.Consistency), StartSize: u.Start,
	}}}, true)
	out.urgent = append(out.urgent, frames...)
	return err
}

// takes reports whether the peer has said that it acts upon a kind of frame.
func (s *session) takes(feature string) bool {
	return slices.Contains(s.inbox.hello.GetFeatures(), feature)
}

// putUrgent queues an urgent entry for record, before all entries in their
// turn. What it proves is the ledger's to judge.
func (s *session) putUrgent(u *spsv1.Urgent, size, whole int) *ending {
	leaf, err := seal.ParseLeaf(u.GetLeaf())
	if err != nil {
		return refuse(ReasonBadEncoding, "urgent entry: %v", err)
	}
	o, bad := s.log(leaf.GetOrigin())
	if bad != nil {
		return bad
	}
	if s.inbox.wanted[o] == nil {
		return refuse(ReasonGap, "urgent entry of %s, which was not wanted", o)
	}
	if n := len(u.GetEnvelope()); n > seal.MaxEnvelope {
		return refuse(access.ReasonTooLarge, "urgent entry of %s with an envelope of %d bytes, want at most %d", o, n, seal.MaxEnvelope)
	}
	target := s.inbox.target(o, u.GetTargetSize())
	if target == nil {
		return refuse(ReasonBadSeal, "urgent entry of %s leads to size %d, of which no head came", o, u.GetTargetSize())
	}
	var proofs [2][]tlog.Hash
	for i, wire := range [][][]byte{u.GetInclusionProof(), u.GetConsistencyProof()} {
		if proofs[i], err = seal.Hashes(wire); err != nil {
			return refuse(ReasonBadEncoding, "urgent entry of %s: %v", o, err)
		}
	}
	s.inbox.urgent = append(s.inbox.urgent, delivery{origin: o, target: target, size: size, whole: whole, urgent: &ledger.Urgent{
		Origin: o, Sequence: leaf.GetSequence(), Leaf: u.GetLeaf(), Envelope: u.GetEnvelope(), Inclusion: proofs[0],
		Checkpoint: target, Start: u.GetStartSize(), Consistency: proofs[1],
	}})
	poke(s.arrived)
	return nil
}

// recordAhead records an urgent entry and makes a receipt due. One that cannot
// be held ahead is passed over: it comes again in its turn.
func (s *session) recordAhead(ctx context.Context, d delivery) error {
	err := s.x.ledger.RecordAhead(ctx, s.peer.Office, *d.urgent)
	switch {
	case errors.Is(err, ledger.ErrNotAhead), errors.Is(err, store.ErrFull):
		s.logger.LogAttrs(ctx, slog.LevelInfo, "urgent entry waits for its turn", slog.String("log", d.origin.String()),
			slog.Uint64("sequence", d.urgent.Sequence), slog.Any("err", err))
		return nil
	case err != nil:
		return fmt.Errorf("urgent entry %d of %s: %w", d.urgent.Sequence, d.origin, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outbox.receipts[d.origin] = true
	poke(s.wake)
	return nil
}
