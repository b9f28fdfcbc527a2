package exchange

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
)

const (
	// maxLeaves is how many leaves a frame may have, by the contract; a page of
	// the ledger has fewer.
	maxLeaves = 8192
	// frameHead is what a frame of entries needs besides leaves and bodies:
	// the names, and a proof of at most 41 hashes.
	frameHead = 2 << 10
)

// fill looks up one thing that is due and puts it where it waits to be sent. It
// reports whether there may be more to send now; nothing but urgent entries is
// made while frames are held, and nothing at all while those are.
func (s *session) fill(ctx context.Context) (bool, error) {
	s.mu.Lock()
	out := &s.outbox
	if !out.open || len(out.urgent) > 0 {
		s.mu.Unlock()
		return false, nil
	}
	s.mu.Unlock()
	if more, err := s.fillUrgent(ctx); more || err != nil {
		return more, err
	}
	s.mu.Lock()
	if len(out.held) > 0 {
		s.mu.Unlock()
		return false, nil
	}
	for _, due := range []struct {
		logs map[certs.Origin]bool
		fill func(context.Context, certs.Origin) error
	}{{out.wants, s.fillWant}, {out.receipts, s.fillReceipt}, {out.heads, s.fillHead}} {
		if o, ok := pop(due.logs); ok {
			s.mu.Unlock()
			return true, due.fill(ctx, o)
		}
	}
	if o, ok := pop(out.stops); ok {
		s.mu.Unlock()
		s.hold(stop(o))
		return true, nil
	}
	if notes := out.carried; len(notes) > 0 {
		out.carried = nil
		s.mu.Unlock()
		s.holdReceipts(s.peer.Office, notes)
		return true, nil
	}
	s.mu.Unlock()
	if s.fillConflict() {
		return true, nil
	}
	s.mu.Lock()
	if out.wantBody != nil {
		out.held = append(out.held, out.wantBody)
		out.wantBody = nil
		s.mu.Unlock()
		return true, nil
	}
	s.mu.Unlock()
	if more, err := s.fillEntries(ctx); more || err != nil {
		return more, err
	}
	return s.fillBody(ctx)
}

// hold puts frames behind those that wait for the window.
func (s *session) hold(frames ...*spsv1.Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outbox.held = append(s.outbox.held, frames...)
}

// fillWant says how many entries of a log are held here; of an own log, or one of
// which a leaf is damaged, from where on it is to come back.
func (s *session) fillWant(ctx context.Context, o certs.Origin) error {
	size, err := s.x.held(ctx, o)
	if err != nil {
		return err
	}
	if from, damaged := s.x.ledger.DamagedFrom(o); damaged {
		size = min(size, from)
	}
	s.mu.Lock()
	if o.Office == s.x.office {
		size = s.inbox.wanted[o].next
	}
	s.inbox.wanted[o].next = size
	s.mu.Unlock()
	s.hold(&spsv1.Frame{Kind: &spsv1.Frame_Want{Want: &spsv1.Want{Origin: o.String(), Size: size}}})
	return nil
}

// fillReceipt says what is held of a log, as of now: however many packages were
// recorded in one second, there is one receipt for all; and before it what was
// held at the end of each second of which the peer has no receipt, since clocks
// run from there.
func (s *session) fillReceipt(ctx context.Context, o certs.Origin) error {
	s.mu.Lock()
	sent, known := s.outbox.receipted[o]
	s.mu.Unlock()
	if !known {
		sent.Time = math.MaxInt64
	}
	notes, err := s.x.ledger.Receipts(ctx, o, sent)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	newest, err := seal.ParseReceipt(notes[len(notes)-1])
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.outbox.receipted[o] = newest
	s.mu.Unlock()
	s.holdReceipts(s.x.office, notes)
	return nil
}

// holdReceipts holds receipts of an office, in order.
func (s *session) holdReceipts(office certs.Office, notes [][]byte) {
	for _, note := range notes {
		s.hold(&spsv1.Frame{Kind: &spsv1.Frame_Receipt{Receipt: &spsv1.ReceiptNote{Office: string(office), Note: note}}})
	}
}

// fillHead says what the newest checkpoint of a log is here.
func (s *session) fillHead(ctx context.Context, o certs.Origin) error {
	h, err := s.x.ledger.Head(ctx, o)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return nil
	case err != nil:
		return err
	case len(h.Note) > 0:
		s.tell(o, h.Checkpoint.Size, h.Note)
	}
	return nil
}

// tell holds a head unless the peer was told of it before.
func (s *session) tell(o certs.Origin, size uint64, note []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if size > s.outbox.told[o] {
		s.outbox.told[o] = size
		s.outbox.held = append(s.outbox.held, &spsv1.Frame{Kind: &spsv1.Frame_Head{Head: &spsv1.Head{Checkpoint: note}}})
	}
}

// fillEntries takes the next page of the first order that has one, if the
// window has room for a whole frame. The bytes of leaves and bodies come from
// the store as they were signed and are copied once, into the message that
// gRPC sends; no frames are shared among peers, since each has its own cursor
// and its own audience.
func (s *session) fillEntries(ctx context.Context) (bool, error) {
	s.mu.Lock()
	frame := s.out.frame()
	room := s.out.out() == 0 || s.out.fits(frame)
	orders := slices.Clone(s.outbox.orders)
	s.mu.Unlock()
	if !room {
		return false, nil
	}
	budget := frame - frameHead
	for _, order := range orders {
		page, err := s.x.ledger.Page(ctx, order.origin, order.next, s.peer.Office, budget)
		switch {
		case errors.Is(err, ledger.ErrAhead), errors.Is(err, ledger.ErrNotFound) && order.next > 0:
			if s.mayShow(order) {
				continue
			}
			return false, s.ahead(ctx, order)
		case errors.Is(err, ledger.ErrNotFound), err == nil && len(page.Leaves) == 0:
			continue
		case err != nil:
			return false, err
		}
		return true, s.holdPage(order, page)
	}
	return false, nil
}

// ahead ends a session whose peer wants a log from beyond its end. It is never
// read as no news: the peer holds what this node has lost, or forges.
func (s *session) ahead(ctx context.Context, order *standing) error {
	size, err := s.x.held(ctx, order.origin)
	if err != nil {
		return err
	}
	e := closing(spsv1.ByeReason_BYE_REASON_CURSOR_AHEAD, access.ReasonCursorAhead,
		"%s wants %s from %d; only %d entries are held here", s.peer.Office, order.origin, order.next, size)
	e.alarm = true
	return e
}

// holdPage holds the head that a page leads to, if the peer has not been told
// of it, and the page itself.
func (s *session) holdPage(order *standing, page ledger.Package) error {
	c, err := seal.ParseCheckpoint(page.Checkpoint)
	if err != nil {
		return fmt.Errorf("%w: page of %s from %d: %w", ledger.ErrCorrupt, page.Origin, page.Start, err)
	}
	s.mu.Lock()
	current := slices.Contains(s.outbox.orders, order)
	if current {
		order.next = page.End()
		s.outbox.served(order)
	}
	s.mu.Unlock()
	if !current { // a new Want came meanwhile
		return nil
	}
	s.tell(page.Origin, c.Size, page.Checkpoint)
	s.mu.Lock()
	defer s.mu.Unlock()
	frames, err := s.inParts(&spsv1.Frame{Kind: &spsv1.Frame_Entries{Entries: entriesOf(page, c.Size)}}, false)
	out := &s.outbox
	out.held = append(out.held, frames...)
	out.page, out.start, out.parts, out.overtaken = order, page.Start, len(frames), 0
	return err
}

func entriesOf(page ledger.Package, target uint64) *spsv1.Entries {
	e := &spsv1.Entries{
		Origin: page.Origin.String(), Start: page.Start, Leaves: page.Leaves, TargetSize: target,
	}
	for _, b := range page.Bodies {
		e.Bodies = append(e.Bodies, &spsv1.EntryBody{Sequence: b.Sequence, Envelope: b.Envelope})
	}
	for _, h := range page.Proof {
		e.ConsistencyProof = append(e.ConsistencyProof, h[:])
	}
	return e
}

// packageOf is the reverse of entriesOf, for entries that putEntries let in.
func packageOf(d delivery) ledger.Package {
	p := ledger.Package{
		Origin: d.origin, Start: d.entries.GetStart(), Leaves: d.entries.GetLeaves(), Checkpoint: d.target,
	}
	for _, b := range d.entries.GetBodies() {
		p.Bodies = append(p.Bodies, ledger.Body{Sequence: b.GetSequence(), Envelope: b.GetEnvelope()})
	}
	for _, h := range d.entries.GetConsistencyProof() {
		p.Proof = append(p.Proof, tlog.Hash(h))
	}
	return p
}
