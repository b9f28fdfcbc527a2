package exchange

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
)

// issueUrgent appends an urgent entry.
func (n *node) issueUrgent(size int, audience ...certs.Office) ledger.Entry {
	n.t.Helper()
	d := n.draft(size, audience)
	d.Urgent = true
	e, err := n.append(d)
	if err != nil {
		n.t.Fatalf("issue at %s: %v", n.code, err)
	}
	return e
}

func takesUrgent(h *spsv1.Hello) { h.Features = []string{"urgent"} }

// urgentFrame returns an entry of the script's own log as it goes ahead, and
// the head that it leads to.
func (s *script) urgentFrame(seq uint64, to certs.Office, start uint64) (head *spsv1.Frame, u *spsv1.Urgent) {
	s.t.Helper()
	got, err := s.self.ledger.Urgent(context.Background(), s.self.ledger.Origin(), seq, to, start)
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := seal.ParseCheckpoint(got.Checkpoint)
	if err != nil {
		s.t.Fatal(err)
	}
	return headFrame(got.Checkpoint), &spsv1.Urgent{
		Leaf: got.Leaf, Envelope: got.Envelope, InclusionProof: seal.HashBytes(got.Inclusion), TargetSize: c.Size,
		ConsistencyProof: seal.HashBytes(got.Consistency), StartSize: got.Start,
	}
}

// What is urgent goes before the backlog, the newest first, to those who take
// it, and proves itself.
func TestUrgentGoesAheadOfTheBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn := w.nodes["CN"]
		early := cn.issueUrgent(100, "VN") // in the first frame anyway
		cn.issueGroup(60, 4000, "VN")
		first := cn.issueUrgent(100, "VN")
		cn.issueUrgent(100, "TH")
		cn.issueGroup(60, 4000, "VN")
		second := cn.issueUrgent(100, "VN")
		cn.issueGroup(10, 4000, "VN")
		cn.start()
		defer cn.stop()
		s := cn.play(w.nodes["VN"])
		s.polite = true
		s.send(s.hello(takesUrgent), wantFrame(cn.ledger.Origin(), 0))
		var leaves [][]byte
		for len(leaves) < 2 {
			u := s.until("an urgent entry", func(f *spsv1.Frame) bool { return f.GetUrgent() != nil }).GetUrgent()
			checkUrgent(t, s, u)
			leaves = append(leaves, u.GetLeaf())
		}
		if !bytes.Equal(leaves[0], second.LeafBytes) || !bytes.Equal(leaves[1], first.LeafBytes) {
			t.Errorf("ahead came %x, want the newest first: %x, %x", leaves, second.LeafBytes, first.LeafBytes)
		}
		if slices.Contains(kinds(s.got), "Entries") {
			t.Errorf("got %v, want no entries before what is urgent", kinds(s.got))
		}
		for next := uint64(0); next < 134; {
			e := s.untilEntries()
			if e.GetStart() != next {
				t.Fatalf("entries from %d, want from %d", e.GetStart(), next)
			}
			if next == 0 && !slices.ContainsFunc(e.GetLeaves(), func(l []byte) bool { return bytes.Equal(l, early.LeafBytes) }) {
				t.Errorf("the urgent entry at the beginning is not in the first frame")
			}
			next += uint64(len(e.GetLeaves()))
		}
		if n := count(kinds(s.got), "Urgent"); n != 2 {
			t.Errorf("%d entries went ahead, want 2", n)
		}
		s.p.sever(errCut)
	})
}

func count(all []string, one string) (n int) {
	for _, kind := range all {
		if kind == one {
			n++
		}
	}
	return n
}

// checkUrgent proves an urgent entry to be in the log of the head that it
// names, from nothing.
func checkUrgent(t *testing.T, s *script, u *spsv1.Urgent) {
	t.Helper()
	for _, f := range slices.Backward(s.got) {
		c, err := seal.ParseCheckpoint(f.GetHead().GetCheckpoint())
		if err != nil || c.Size != u.GetTargetSize() {
			continue
		}
		leaf, err := seal.ParseLeaf(u.GetLeaf())
		if err != nil {
			t.Fatal(err)
		}
		proof, err := seal.Hashes(u.GetInclusionProof())
		if err != nil {
			t.Fatal(err)
		}
		if err := seal.CheckInclusion(proof, c, leaf.GetSequence(), tlog.RecordHash(u.GetLeaf())); err != nil {
			t.Error(err)
		}
		if err := seal.CheckEnvelope(leaf, u.GetEnvelope()); err != nil {
			t.Error(err)
		}
		return
	}
	t.Errorf("the head of size %d did not come before", u.GetTargetSize())
}

// A peer that does not say that it takes urgent entries is sent none, and one
// whose receipt lists an entry as ahead is not sent it again.
func TestWhoIsSentNothingAhead(t *testing.T) {
	for _, tc := range []struct {
		name string
		do   func(s *script, e ledger.Entry)
	}{
		{"who does not take it", func(s *script, _ ledger.Entry) { s.send(s.hello()) }},
		{"who holds it", func(s *script, e ledger.Entry) {
			head, err := s.self.w.nodes["CN"].ledger.Head(context.Background(), s.self.w.nodes["CN"].ledger.Origin())
			if err != nil {
				s.t.Fatal(err)
			}
			p, err := s.self.w.nodes["CN"].ledger.Page(context.Background(), head.Origin, 0, "VN", 1)
			if err != nil {
				s.t.Fatal(err)
			}
			note, err := seal.SignReceipt(seal.Receipt{
				Origin: head.Origin, Size: 1, Root: tlog.RecordHash(p.Leaves[0]), Time: 1,
				Ahead: []seal.Ahead{{Sequence: e.Sequence, RecordHash: e.Hash}},
			}, "VN", s.self.office.ReceiptKey)
			if err != nil {
				s.t.Fatal(err)
			}
			s.send(s.hello(takesUrgent), receiptFrame("VN", note))
			synctest.Wait()
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "CN", "VN")
				cn := w.nodes["CN"]
				cn.issueGroup(60, 4000, "VN")
				e := cn.issueUrgent(100, "VN")
				cn.start()
				defer cn.stop()
				s := cn.play(w.nodes["VN"])
				s.polite = true
				tc.do(s, e)
				s.send(wantFrame(cn.ledger.Origin(), 1))
				for s.untilEntries(); !slices.ContainsFunc(s.got, func(f *spsv1.Frame) bool {
					n := len(f.GetEntries().GetLeaves())
					return n > 0 && f.GetEntries().GetStart()+uint64(n) == 62
				}); s.untilEntries() {
				}
				if n := count(kinds(s.got), "Urgent"); n != 0 {
					t.Errorf("%d entries went ahead, want none", n)
				}
				s.p.sever(errCut)
			})
		})
	}
}

// A frame of entries that waits for the window is taken back for an urgent
// entry, and comes after it, under a head that is still remembered.
func TestUrgentOvertakesWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn := w.nodes["CN"]
		cn.issue(20<<10, "VN")
		cn.issue(20<<10, "VN")
		cn.issueGroup(20, 4000, "VN")
		cn.start()
		defer cn.stop()
		s := cn.play(w.nodes["VN"])
		s.send(s.hello(takesUrgent), wantFrame(cn.ledger.Origin(), 1))
		s.untilEntries()
		synctest.Wait() // the second waits for credit
		var last ledger.Entry
		for range 2 * keptHeads {
			last = cn.issueUrgent(2000, "VN")
			synctest.Wait()
		}
		s.polite = true
		s.send(creditFrame(s.received()))
		got := s.until("what comes next", func(f *spsv1.Frame) bool { return f.GetUrgent() != nil || f.GetEntries() != nil })
		if got.GetUrgent() == nil {
			t.Errorf("entries from %d came next, want an urgent entry", got.GetEntries().GetStart())
		}
		next := uint64(2)
		for next <= last.Sequence {
			told := map[uint64]bool{}
			e := s.untilEntries()
			if e.GetStart() != next {
				t.Fatalf("entries from %d, want from %d", e.GetStart(), next)
			}
			next += uint64(len(e.GetLeaves()))
			heads := 0
			for _, f := range slices.Backward(s.got) {
				if c, err := seal.ParseCheckpoint(f.GetHead().GetCheckpoint()); err == nil && heads < keptHeads {
					told[c.Size] = true
					heads++
				}
			}
			if !told[e.GetTargetSize()] {
				t.Errorf("entries lead to %d, and the last heads were %v", e.GetTargetSize(), told)
			}
		}
		s.p.sever(errCut)
	})
}

// What comes ahead is durable and receipted as ahead before its turn, is shown
// with its gap, and its turn changes nothing.
func TestUrgentIsTakenAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		vn.issueGroup(20, 4000, "CN")
		e := vn.issueUrgent(100, "CN")
		cn.start()
		defer cn.stop()
		s := cn.play(vn)
		s.polite = true
		head, _ := s.page(0, "CN")
		p, err := vn.ledger.Page(t.Context(), vn.ledger.Origin(), 0, "CN", 1) // of one leaf, with its proof
		if err != nil {
			t.Fatal(err)
		}
		s.send(s.hello())
		synctest.Wait() // the log is wanted
		s.send(head, entriesFrame(entriesOf(p, e.Sequence+1)))
		s.untilReceipt()
		_, u := s.urgentFrame(e.Sequence, "CN", 1)
		s.send(&spsv1.Frame{Kind: &spsv1.Frame_Urgent{Urgent: u}})
		r := s.untilReceipt()
		if r.Size != 1 || len(r.Ahead) != 1 || r.Ahead[0] != (seal.Ahead{Sequence: e.Sequence, RecordHash: e.Hash}) {
			t.Errorf("receipt of size %d with ahead %v, want 1 and entry %d", r.Size, r.Ahead, e.Sequence)
		}
		got, err := cn.ledger.Entry(t.Context(), vn.ledger.Origin(), e.Sequence)
		if err != nil || got.Gap != e.Sequence-1 || !bytes.Equal(got.Envelope, e.Envelope) {
			t.Errorf("entry with a gap of %d (%v), want %d", got.Gap, err, e.Sequence-1)
		}
		_, rest := s.page(1, "CN")
		s.send(entriesFrame(rest))
		if r := s.untilReceipt(); r.Size != e.Sequence+1 || len(r.Ahead)+len(r.Missing) != 0 {
			t.Errorf("last receipt %+v, want size %d and nothing else", r, e.Sequence+1)
		}
		total := uint64(0)
		for _, f := range s.sent {
			if f.GetCredit() == nil {
				total += uint64(proto.Size(f))
			}
		}
		s.until("credit for all", func(f *spsv1.Frame) bool { return f.GetCredit().GetBytes() == total })
		s.p.sever(errCut)
	})
}

// An urgent entry that does not prove itself is refused by name.
func TestRefusedUrgentEntries(t *testing.T) {
	for _, tc := range []struct {
		name, reason string
		change       func(u *spsv1.Urgent)
	}{
		{"no leaf", "BAD_ENCODING", func(u *spsv1.Urgent) { u.Leaf = nil }},
		{"a leaf that is none", "BAD_ENCODING", func(u *spsv1.Urgent) { u.Leaf = []byte("leaf") }},
		{"a changed leaf", "WRONG_ROOT", func(u *spsv1.Urgent) { u.Leaf = bytes.Replace(u.Leaf, []byte("VN-2"), []byte("VN-3"), 1) }},
		{"a wrong proof", "WRONG_ROOT", func(u *spsv1.Urgent) { u.InclusionProof = u.InclusionProof[1:] }},
		{"hashes that are none", "BAD_ENCODING", func(u *spsv1.Urgent) { u.InclusionProof = [][]byte{{1, 2, 3}} }},
		{"a proof that is too long", "BAD_ENCODING", func(u *spsv1.Urgent) { u.ConsistencyProof = make([][]byte, 100) }},
		{"a size that is not held", "GAP", func(u *spsv1.Urgent) { u.StartSize = 3 }},
		{"an enormous size", "GAP", func(u *spsv1.Urgent) { u.StartSize = 1 << 63 }},
		{"hashes from the empty tree", "WRONG_ROOT", func(u *spsv1.Urgent) { u.ConsistencyProof = [][]byte{make([]byte, 32)} }},
		{"a head that did not come", "BAD_SEAL", func(u *spsv1.Urgent) { u.TargetSize = 2 }},
		{"an envelope above its limit", "TOO_LARGE", func(u *spsv1.Urgent) { u.Envelope = make([]byte, seal.MaxEnvelope+1) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "CN", "VN")
				cn, vn := w.nodes["CN"], w.nodes["VN"]
				vn.issue(100, "CN")
				e := vn.issueUrgent(100, "CN")
				cn.start()
				defer cn.stop()
				s := cn.play(vn)
				head, u := s.urgentFrame(e.Sequence, "CN", 0)
				tc.change(u)
				s.send(s.hello())
				synctest.Wait() // the log is wanted
				s.send(head, &spsv1.Frame{Kind: &spsv1.Frame_Urgent{Urgent: u}})
				s.wantBye(spsv1.ByeReason_BYE_REASON_PROTOCOL, tc.reason)
				if sum, err := cn.ledger.Verify(t.Context()); err != nil || sum.Ahead != 0 {
					t.Errorf("verify = %+v, %v; want nothing ahead", sum, err)
				}
			})
		})
	}
}

// An issuer that says one thing ahead and another in its turn is an alarm.
func TestUrgentEntryThatItsTurnBelies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		vn.issue(100, "CN")
		e := vn.issueUrgent(100, "CN")
		cn.start()
		defer cn.stop()
		s := cn.play(vn)
		// Another log of VN, whose last leaf is another.
		leaf := proto.CloneOf(e.Leaf)
		leaf.Reference = "VN-2000-000777"
		b, err := seal.MarshalLeaf(leaf)
		if err != nil {
			t.Fatal(err)
		}
		_, held := s.page(0, "CN")
		hashes := []tlog.Hash{tlog.RecordHash(held.GetLeaves()[0]), tlog.RecordHash(held.GetLeaves()[1]), tlog.RecordHash(b)}
		left := tlog.NodeHash(hashes[0], hashes[1])
		forged := headFrame(s.forge(3, tlog.NodeHash(left, hashes[2])))
		s.send(s.hello())
		synctest.Wait() // the log is wanted
		s.send(forged, &spsv1.Frame{Kind: &spsv1.Frame_Urgent{Urgent: &spsv1.Urgent{
			Leaf: b, Envelope: e.Envelope, InclusionProof: [][]byte{left[:]}, TargetSize: 3,
		}}})
		synctest.Wait()
		vn.issue(100, "CN")
		head, page := s.page(0, "CN")
		s.send(head, entriesFrame(page))
		s.wantBye(spsv1.ByeReason_BYE_REASON_PROTOCOL, string(ReasonInconsistent))
		time.Sleep(time.Second)
		if a := cn.status("VN").Alarm; a == nil || a.Reason != ReasonInconsistent {
			t.Errorf("alarm %+v, want %s", a, ReasonInconsistent)
		}
	})
}
