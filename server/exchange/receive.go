package exchange

import (
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// receive takes frames off the stream until it or the session ends. It never
// sends and never waits for anything but the next frame.
func (s *session) receive() {
	defer close(s.received)
	for {
		frame, err := s.stream.Recv()
		if err != nil {
			s.end(broken(err))
			return
		}
		if err := s.put(frame); err != nil {
			s.end(err)
			if err.theirs {
				return
			}
		}
	}
}

// put judges the form of a frame and puts it where it is picked up. After the
// session has ended frames are dropped: the peer may need them to be taken
// before it can read the Bye.
func (s *session) put(frame *spsv1.Frame) *ending {
	size := proto.Size(frame)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.why != nil {
		return nil
	}
	s.heard = time.Now()
	if size > MaxFrame {
		return refuse(access.ReasonTooLarge, "frame of %d bytes, want at most %d", size, MaxFrame)
	}
	if err := s.greet(frame); err != nil {
		return err
	}
	if c, ok := frame.GetKind().(*spsv1.Frame_Credit); ok {
		return s.putCredit(c.Credit)
	}
	if err := s.in.receive(size); err != nil {
		return closing(spsv1.ByeReason_BYE_REASON_QUOTA, ReasonQuota, "%v", err)
	}
	waits, err := s.putKind(frame, size)
	if err == nil && !waits {
		s.take(size)
	}
	return err
}

// greet checks that Hello comes first, and only once.
func (s *session) greet(frame *spsv1.Frame) *ending {
	switch hello := frame.GetHello(); {
	case hello != nil && s.inbox.hello != nil:
		return refuse(ReasonBadEncoding, "a second Hello")
	case hello != nil:
		s.inbox.hello = hello
		s.x.clocks.hear(s.peer.Office, hello.GetTime())
		close(s.greeted)
	case frame.GetBye() != nil: // a refusal needs no greeting
	case s.inbox.hello == nil:
		return refuse(ReasonBadEncoding, "the first frame is no Hello")
	}
	return nil
}

// putKind puts a frame into its slot. It reports whether the frame waits to be
// taken; what waits in a slot of its own is bounded there and counts as taken.
// Kinds that this version does not know or does not use are passed over.
func (s *session) putKind(frame *spsv1.Frame, size int) (waits bool, _ *ending) {
	switch kind := frame.GetKind().(type) {
	case *spsv1.Frame_Want:
		return false, s.putWant(kind.Want)
	case *spsv1.Frame_Head:
		return false, s.putHead(kind.Head)
	case *spsv1.Frame_Entries:
		err := s.putEntries(kind.Entries, size, 0)
		return err == nil, err
	case *spsv1.Frame_Urgent:
		err := s.putUrgent(kind.Urgent, size, 0)
		return err == nil, err
	case *spsv1.Frame_Part:
		return s.putPart(kind.Part, size)
	case *spsv1.Frame_Receipt:
		return false, s.putReceipt(kind.Receipt)
	case *spsv1.Frame_Misbehaviour:
		s.putMisbehaviour(kind.Misbehaviour)
	case *spsv1.Frame_WantBody:
		return false, s.putWantBody(kind.WantBody)
	case *spsv1.Frame_BodyChunk:
		return s.putChunk(kind.BodyChunk, size)
	case *spsv1.Frame_Bye:
		return false, said(kind.Bye)
	}
	return false, nil
}

// take counts a frame that is done with; s.mu is held.
func (s *session) take(size int) {
	s.in.take(size)
	if s.in.due() {
		poke(s.wake)
	}
}

func (s *session) putCredit(c *spsv1.Credit) *ending {
	if err := s.out.credit(c.GetBytes(), time.Now()); err != nil {
		return refuse(ReasonBadEncoding, "%v", err)
	}
	s.x.clocks.hear(s.peer.Office, c.GetTime())
	if s.out.out() == 0 {
		poke(s.settled)
	}
	poke(s.wake)
	return nil
}

func (s *session) putWant(w *spsv1.Want) *ending {
	o, err := s.log(w.GetOrigin())
	if err != nil {
		return err
	}
	if w.GetSize() > seal.MaxSize {
		return refuse(ReasonBadEncoding, "want of size %d, want at most %d", w.GetSize(), uint64(seal.MaxSize))
	}
	if w.GetStop() {
		s.outbox.stop(o)
		return nil
	}
	if o.Office == s.x.office && (s.inbox.holds[o] > 0 || len(s.inbox.holds) < maxLogs) {
		s.inbox.holds[o], s.inbox.unsaid[o] = w.GetSize(), true
		poke(s.posted)
	}
	if !s.outbox.order(o, w.GetSize()) {
		return closing(spsv1.ByeReason_BYE_REASON_QUOTA, ReasonQuota, "more than %d logs wanted", maxLogs)
	}
	poke(s.wake)
	return nil
}

func (s *session) putHead(h *spsv1.Head) *ending {
	c, err := seal.ParseCheckpoint(h.GetCheckpoint())
	switch {
	case err != nil:
		return refuse(ReasonBadEncoding, "head: %v", err)
	case c.Origin.Federation != s.x.federation:
		return refuse(ReasonBadEncoding, "head of %s, want one of federation %s", c.Origin, s.x.federation)
	}
	if s.inbox.putHead(head{Checkpoint: c, note: h.GetCheckpoint()}) {
		poke(s.posted)
	}
	return nil
}

func (s *session) putReceipt(r *spsv1.ReceiptNote) *ending {
	office, err := certs.ParseOffice(r.GetOffice())
	if err != nil {
		return refuse(ReasonBadEncoding, "receipt: %v", err)
	}
	receipt, err := seal.ParseReceipt(r.GetNote())
	if err != nil {
		return refuse(ReasonBadEncoding, "receipt of %s: %v", office, err)
	}
	if s.inbox.putReceipt(receiptKey{office: office, origin: receipt.Origin}, posted{receipt.Time, r.GetNote()}) {
		poke(s.posted)
	}
	return nil
}

// putEntries queues entries for record. That they fit what is held is record's
// to judge; here nothing is looked at that costs more than their length. A body
// that is too large is not the one that its leaf names: the ledger finds that,
// and it must not stop the log.
func (s *session) putEntries(e *spsv1.Entries, size, whole int) *ending {
	o, bad := s.log(e.GetOrigin())
	if bad != nil {
		return bad
	}
	if s.inbox.wanted[o] == nil {
		return refuse(ReasonGap, "entries of %s, which was not wanted", o)
	}
	if len(e.GetLeaves()) == 0 {
		return refuse(ReasonBadEncoding, "entries of %s without a leaf", o)
	}
	if n := len(e.GetLeaves()); n > maxLeaves {
		return refuse(access.ReasonTooLarge, "%d leaves of %s, want at most %d", n, o, maxLeaves)
	}
	for i, leaf := range e.GetLeaves() {
		if len(leaf) > seal.MaxLeaf {
			return refuse(access.ReasonTooLarge, "leaf %d of %s has %d bytes, want at most %d",
				e.GetStart()+uint64(i), o, len(leaf), seal.MaxLeaf)
		}
	}
	// Empty bodies and hashes would take many times their length in memory, and
	// it is their length that the flow bounds.
	if n := len(e.GetBodies()); n > len(e.GetLeaves()) {
		return refuse(ReasonBadSeal, "%d bodies of %s, and %d leaves", n, o, len(e.GetLeaves()))
	}
	for _, h := range e.GetConsistencyProof() {
		if len(h) != tlog.HashSize {
			return refuse(ReasonBadEncoding, "proof with a hash of %d bytes, want %d", len(h), tlog.HashSize)
		}
	}
	target := s.inbox.target(o, e.GetTargetSize())
	if target == nil {
		return refuse(ReasonBadSeal, "entries of %s lead to size %d, of which no head came", o, e.GetTargetSize())
	}
	s.inbox.entries = append(s.inbox.entries, delivery{origin: o, entries: e, target: target, size: size, whole: whole})
	poke(s.arrived)
	return nil
}

// log parses the name of a log of this federation.
func (s *session) log(text string) (certs.Origin, *ending) {
	o, err := certs.ParseOrigin(text)
	if err != nil {
		return certs.Origin{}, refuse(ReasonBadEncoding, "%v", err)
	}
	if o.Federation != s.x.federation {
		return certs.Origin{}, refuse(ReasonBadEncoding, "log %s, want one of federation %s", o, s.x.federation)
	}
	return o, nil
}
