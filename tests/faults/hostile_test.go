package faults

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/exchange"
	"github.com/spsalert/spsalert/tests/federation"
)

// TestFault14_PeerThatTakesNothing lets a peer want everything and take
// nothing, while it says that it is alive. It is sent no more than a window,
// its session is cut, and others go on as before.
func TestFault14_PeerThatTakesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := federation.New(t, "CN", "TH", "VN")
		f.Start("CN", "TH")
		f.Settle()
		cn := f.Node("CN")
		s := play(t, cn, f.Node("VN"))
		s.send(s.hello(), wantOf(cn.Ledger.Origin(), 0))
		began := time.Now()
		for range 40 {
			cn.Issue(100 << 10) // 4 MB in all
			synctest.Wait()
			f.Node("TH").WantHolds("CN")
		}
		for s.bye() == "" {
			if time.Since(began) > 65*time.Second {
				t.Fatalf("%s after it took nothing the session is up", time.Since(began))
			}
			time.Sleep(5 * time.Second)
			s.send(&spsv1.Frame{Kind: &spsv1.Frame_Credit{Credit: &spsv1.Credit{}}})
		}
		t.Logf("cut after %s", time.Since(began))
		sent := 0
		for _, frame := range s.frames() {
			sent += proto.Size(frame)
		}
		// The window begins with 64 KiB; one entry may be larger.
		if most := 64<<10 + 110<<10; sent > most {
			t.Errorf("%d bytes were sent without Credit, want at most %d", sent, most)
		}
		s.stop()
		f.Start("VN")
		f.Settle()
		f.WantSame()
		f.Judge()
	})
}

// TestFault26_LeavesThatDoNotFollow sends entries of which one is left out, two
// are exchanged, one comes twice, or one is of another log. They are refused by
// name, and nothing of them is stored.
func TestFault26_LeavesThatDoNotFollow(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(e *spsv1.Entries, others [][]byte)
		reason string
	}{
		{"one left out", func(e *spsv1.Entries, _ [][]byte) { e.Leaves = slices.Delete(e.Leaves, 1, 2) }, "WRONG_ROOT"},
		{"the first left out", func(e *spsv1.Entries, _ [][]byte) { e.Leaves, e.Start = e.Leaves[1:], 1 }, "GAP"},
		{"the last left out", func(e *spsv1.Entries, _ [][]byte) { e.Leaves = e.Leaves[:len(e.Leaves)-1] }, "WRONG_ROOT"},
		{"two exchanged", func(e *spsv1.Entries, _ [][]byte) { e.Leaves[1], e.Leaves[2] = e.Leaves[2], e.Leaves[1] }, "WRONG_ROOT"},
		{"one twice", func(e *spsv1.Entries, _ [][]byte) { e.Leaves = slices.Insert(e.Leaves, 1, e.Leaves[1]) }, "WRONG_ROOT"},
		{"one of another log", func(e *spsv1.Entries, others [][]byte) { e.Leaves[1] = others[1] }, "WRONG_ROOT"},
		{"another log under the name", func(e *spsv1.Entries, others [][]byte) { e.Leaves = others }, "WRONG_ROOT"},
		{"the name of another log", func(e *spsv1.Entries, _ [][]byte) { e.Origin = "asean-cn/TH/1" }, "GAP"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := federation.New(t, "CN", "TH", "VN")
				for _, office := range f.Offices() {
					for range 4 {
						f.Node(office).Issue(300)
					}
				}
				f.Start("CN")
				s := play(t, f.Node("CN"), f.Node("VN"))
				s.send(s.hello())
				head, e := s.page(0)
				other := play(t, f.Node("CN"), f.Node("TH"))
				_, others := other.page(0)
				other.stop()
				e.Bodies = nil // withheld, which is no reason to refuse the leaves
				test.change(e, others.GetLeaves())
				s.send(head, entriesOf(e))
				if got := s.bye(); got != test.reason {
					t.Errorf("the session ended for %q, want %q", got, test.reason)
				}
				if got := f.Node("CN").Holds("VN"); got != 0 {
					t.Errorf("CN holds %d entries of VN, want none", got)
				}
				s.stop()
				f.Start("TH", "VN")
				f.Settle()
				f.WantSame()
				f.Judge()
			})
		})
	}
}

// TestFault32_ReceiptsThatCannotBe sends receipts over more than the log has,
// and over another tree. They are rejected with an alarm. A receipt that hides
// a missing body would be the office's lie; its own node does not tell it: it
// lists what it does not hold.
func TestFault32_ReceiptsThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, receipt := range map[string]seal.Receipt{
		"beyond the log": {Size: 9, Root: tlog.Hash{1}},
		"another root":   {Size: 2, Root: tlog.Hash{1}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := federation.New(t, "CN", "VN")
				cn, vn := f.Node("CN"), f.Node("VN")
				cn.Issue(100, "VN")
				f.Start("CN")
				s := play(t, cn, vn)
				receipt.Origin, receipt.Time = cn.Ledger.Origin(), time.Now().Unix()
				note, err := seal.SignReceipt(receipt, "VN", vn.Office.ReceiptKey)
				if err != nil {
					t.Fatal(err)
				}
				s.send(s.hello(), receiptOf("VN", note))
				got := cn.Peer("VN")
				if got.Alarm == nil || got.Alarm.Reason != exchange.ReasonInconsistent {
					t.Errorf("alarm %+v, want %s", got.Alarm, exchange.ReasonInconsistent)
				}
				if got.Receipt != nil {
					t.Errorf("receipt %+v counts, want none", got.Receipt)
				}
				s.stop()
			})
		})
	}
	t.Run("of a body that did not come", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := federation.New(t, "CN", "VN")
			cn, vn := f.Node("CN"), f.Node("VN")
			vn.Issue(100, "CN")
			f.Start("CN")
			s := play(t, cn, vn)
			s.send(s.hello())
			head, e := s.page(0)
			e.Bodies = slices.DeleteFunc(e.Bodies, func(b *spsv1.EntryBody) bool { return b.GetSequence() == 1 })
			s.send(head, entriesOf(e))
			var got *seal.Receipt
			for _, frame := range s.frames() {
				if frame.GetReceipt() == nil {
					continue
				}
				r, err := seal.ParseReceipt(frame.GetReceipt().GetNote())
				if err != nil {
					t.Fatal(err)
				}
				got = &r
			}
			if got == nil || got.Size != 2 || !slices.Equal(got.Missing, []uint64{1}) {
				t.Errorf("receipt %+v, want one over 2 entries that lists 1 as missing", got)
			}
			s.stop()
		})
	})
}

// TestFault28_WrongContext shows what is signed with the right key and means
// something else: it is refused wherever it is taken for what it is not.
func TestFault28_WrongContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := federation.New(t, "CN", "VN")
		cn, vn := f.Node("CN"), f.Node("VN")
		vn.Issue(100, "CN")
		cn.Issue(100, "VN")
		f.Start("CN")
		ours, err := cn.Ledger.Head(t.Context(), cn.Ledger.Origin())
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := vn.Ledger.Head(t.Context(), vn.Ledger.Origin())
		if err != nil {
			t.Fatal(err)
		}
		receipt := seal.Receipt{Origin: ours.Origin, Size: ours.Size, Root: ours.Root, Time: time.Now().Unix()}
		signed := func(r seal.Receipt, by certs.Office, with *federation.Node) []byte {
			note, err := seal.SignReceipt(r, by, with.Office.ReceiptKey)
			if err != nil {
				t.Fatal(err)
			}
			return note
		}
		foreign := receipt
		foreign.Origin.Federation = "mercosur"
		other := theirs.Checkpoint
		other.Origin.Federation = "mercosur"
		elsewhere, err := seal.SignCheckpoint(other, vn.Office.LogKey)
		if err != nil {
			t.Fatal(err)
		}
		wrongKey, err := seal.SignCheckpoint(theirs.Checkpoint, vn.Office.ReceiptKey)
		if err != nil {
			t.Fatal(err)
		}
		hello := func(change func(*spsv1.Hello)) func(*script) *spsv1.Frame {
			return func(s *script) *spsv1.Frame {
				h := s.hello()
				change(h.GetHello())
				return h
			}
		}
		for _, test := range []struct {
			name  string
			hello func(*script) *spsv1.Frame
			frame *spsv1.Frame
			// ends is the reason for which the session ends; "" if it goes on
			// and the frame has no effect.
			ends string
		}{
			{"a checkpoint as a receipt", nil, receiptOf("VN", theirs.Note), "BAD_ENCODING"},
			{"a receipt as a checkpoint", nil, headOf(signed(receipt, "VN", vn)), "BAD_ENCODING"},
			{"a checkpoint under the receipt key", nil, headOf(wrongKey), ""},
			{"a checkpoint of another federation", nil, headOf(elsewhere), "BAD_ENCODING"},
			{"a receipt over a log of another federation", nil, receiptOf("VN", signed(foreign, "VN", vn)), ""},
			{"a receipt in the name of another office", nil, receiptOf("CN", signed(receipt, "CN", vn)), ""},
			{"a receipt of VN signed by CN", nil, receiptOf("VN", signed(receipt, "VN", cn)), ""},
			{"a Hello of another federation", hello(func(h *spsv1.Hello) { h.Federation = "mercosur" }), nil, "BAD_ENCODING"},
			{"a Hello of another office", hello(func(h *spsv1.Hello) { h.Office = "TH" }), nil, "BAD_ENCODING"},
			{"a Hello with the log of another office", hello(func(h *spsv1.Hello) { h.Origin = "asean-cn/CN/1" }), nil, "BAD_ENCODING"},
		} {
			s := play(t, cn, vn)
			if test.hello == nil {
				test.hello = (*script).hello
			}
			s.send(test.hello(s))
			if test.frame != nil {
				s.send(test.frame)
			}
			if got := s.bye(); got != test.ends {
				t.Errorf("%s: the session ended for %q, want %q", test.name, got, test.ends)
			}
			s.stop()
			if got, err := cn.Ledger.ReceiptOf(t.Context(), "VN", cn.Ledger.Origin()); err != nil || got != nil {
				t.Errorf("%s: receipt %+v counts (%v), want none", test.name, got, err)
			}
			if got := cn.Peer("VN").Known; got != 0 {
				t.Errorf("%s: VN is known to have %d entries, want none", test.name, got)
			}
		}
		f.Start("VN")
		f.Settle()
		f.WantSame()
		f.Judge()
	})
}
