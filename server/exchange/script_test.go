package exchange

import (
	"context"
	"errors"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
)

// script is a peer that does what a test says. It has the identity and the
// ledger of a node whose own exchange does not run.
type script struct {
	*end
	t    testing.TB
	self *node
	// polite makes the script credit what it gets.
	polite bool
	got    []*spsv1.Frame // all that came
	sent   []*spsv1.Frame // all that went
}

// play lets a script dial n as another office. The session ends at the latest
// with the test.
func (n *node) play(as *node) *script {
	n.t.Helper()
	p := newPair()
	go func() {
		err := n.x.Session(p.listener.Context(), p.listener, as.as(n), false)
		p.listener.finish(err)
	}()
	return &script{end: p.dialler, t: n.t, self: as}
}

func (s *script) send(frames ...*spsv1.Frame) {
	s.t.Helper()
	for _, f := range frames {
		if err := s.Send(f); err != nil {
			s.t.Fatalf("script sends %T: %v", f.GetKind(), err)
		}
		s.sent = append(s.sent, f)
	}
}

// untilLimit is how long the script waits for a frame, by the clock of the
// bubble: a session that only stays up would keep it waiting for ever.
const untilLimit = time.Hour

var errNothing = errors.New("nothing of the kind came within " + untilLimit.String())

// until returns the next frame that fits, and keeps all that came before it.
func (s *script) until(what string, fits func(*spsv1.Frame) bool) *spsv1.Frame {
	s.t.Helper()
	limit := time.AfterFunc(untilLimit, func() { s.p.sever(errNothing) })
	defer limit.Stop()
	for {
		f, err := s.Recv()
		if err != nil {
			s.t.Fatalf("waiting for %s: %v; got %s", what, err, kinds(s.got))
		}
		s.got = append(s.got, f)
		if s.polite {
			s.send(creditFrame(s.received()))
		}
		if fits(f) {
			return f
		}
	}
}

func (s *script) untilEntries() *spsv1.Entries {
	s.t.Helper()
	return s.until("entries", func(f *spsv1.Frame) bool { return f.GetEntries() != nil }).GetEntries()
}

func (s *script) untilReceipt() seal.Receipt {
	s.t.Helper()
	f := s.until("a receipt", func(f *spsv1.Frame) bool { return f.GetReceipt() != nil })
	r, err := seal.ParseReceipt(f.GetReceipt().GetNote())
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// wantBye fails unless the session ends with this Bye.
func (s *script) wantBye(code spsv1.ByeReason, reason string) *spsv1.Bye {
	s.t.Helper()
	b := s.until("a Bye", func(f *spsv1.Frame) bool { return f.GetBye() != nil }).GetBye()
	if b.GetCode() != code || b.GetReason() != reason {
		s.t.Errorf("Bye %s %s (%s), want %s %s", b.GetCode(), b.GetReason(), b.GetMessage(), code, reason)
	}
	return b
}

func kinds(frames []*spsv1.Frame) []string {
	var all []string
	for _, f := range frames {
		switch f.GetKind().(type) {
		case *spsv1.Frame_Hello:
			all = append(all, "Hello")
		case *spsv1.Frame_Want:
			all = append(all, "Want")
		case *spsv1.Frame_Head:
			all = append(all, "Head")
		case *spsv1.Frame_Entries:
			all = append(all, "Entries")
		case *spsv1.Frame_Urgent:
			all = append(all, "Urgent")
		case *spsv1.Frame_Receipt:
			all = append(all, "Receipt")
		case *spsv1.Frame_Credit:
			all = append(all, "Credit")
		case *spsv1.Frame_Bye:
			all = append(all, "Bye")
		default:
			all = append(all, "other")
		}
	}
	return all
}

// hello returns the Hello of the script's office, changed.
func (s *script) hello(change ...func(*spsv1.Hello)) *spsv1.Frame {
	h := &spsv1.Hello{
		Versions: []uint32{1}, Federation: "asean-cn", Office: string(s.self.code),
		Origin: s.self.ledger.Origin().String(), Time: timestamppb.Now(), CardNumber: 1, Software: "script",
	}
	for _, c := range change {
		c(h)
	}
	return &spsv1.Frame{Kind: &spsv1.Frame_Hello{Hello: h}}
}

// page returns the head and the entries of the script's own log from a
// sequence on, as they are sent to an office.
func (s *script) page(from uint64, to certs.Office) (head *spsv1.Frame, entries *spsv1.Entries) {
	s.t.Helper()
	p, err := s.self.ledger.Page(context.Background(), s.self.ledger.Origin(), from, to, ledger.MaxPage)
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := seal.ParseCheckpoint(p.Checkpoint)
	if err != nil {
		s.t.Fatal(err)
	}
	return headFrame(p.Checkpoint), entriesOf(p, c.Size)
}

func headFrame(note []byte) *spsv1.Frame {
	return &spsv1.Frame{Kind: &spsv1.Frame_Head{Head: &spsv1.Head{Checkpoint: note}}}
}

func entriesFrame(e *spsv1.Entries) *spsv1.Frame {
	return &spsv1.Frame{Kind: &spsv1.Frame_Entries{Entries: e}}
}

func wantFrame(o certs.Origin, size uint64) *spsv1.Frame {
	return &spsv1.Frame{Kind: &spsv1.Frame_Want{Want: &spsv1.Want{Origin: o.String(), Size: size}}}
}

func creditFrame(bytes uint64) *spsv1.Frame {
	return &spsv1.Frame{Kind: &spsv1.Frame_Credit{Credit: &spsv1.Credit{Bytes: bytes}}}
}

func receiptFrame(office certs.Office, note []byte) *spsv1.Frame {
	return &spsv1.Frame{Kind: &spsv1.Frame_Receipt{Receipt: &spsv1.ReceiptNote{Office: string(office), Note: note}}}
}

// forge signs a checkpoint of the script's log with any size and root, as only
// its office could.
func (s *script) forge(size uint64, root tlog.Hash) []byte {
	s.t.Helper()
	note, err := seal.SignCheckpoint(seal.Checkpoint{Origin: s.self.ledger.Origin(), Size: size, Root: root}, s.self.office.LogKey)
	if err != nil {
		s.t.Fatal(err)
	}
	return note
}

// received returns how many bytes the script got that count for Credit.
func (s *script) received() uint64 {
	var n uint64
	for _, f := range s.got {
		if f.GetCredit() == nil {
			n += uint64(proto.Size(f))
		}
	}
	return n
}
