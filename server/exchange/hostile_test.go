package exchange

import (
	"bytes"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// What does not prove itself is refused by name, nothing of it is stored, and
// the node goes on with others.
func TestRefusedEntries(t *testing.T) {
	protocol := spsv1.ByeReason_BYE_REASON_PROTOCOL
	for _, tc := range []struct {
		name   string
		reason string
		// do sends something wrong as VN, whose log has a card, an entry for CN
		// and one for TH.
		do func(s *script)
	}{
		{"a leaf of more than 4 KiB", "TOO_LARGE", func(s *script) {
			head, e := s.page(0, "CN")
			e.Leaves[1] = make([]byte, seal.MaxLeaf+1)
			s.send(head, entriesFrame(e))
		}},
		{"a frame of more than 1 MiB", "TOO_LARGE", func(s *script) {
			head, e := s.page(0, "CN")
			e.Bodies = append(e.Bodies, &spsv1.EntryBody{Sequence: 2, Envelope: make([]byte, MaxFrame)})
			s.send(head, entriesFrame(e))
		}},
		{"too many leaves", "TOO_LARGE", func(s *script) {
			head, e := s.page(0, "CN")
			e.Leaves = make([][]byte, maxLeaves+1)
			s.send(head, entriesFrame(e))
		}},
		{"no leaves", "BAD_ENCODING", func(s *script) {
			head, e := s.page(0, "CN")
			e.Leaves = nil
			s.send(head, entriesFrame(e))
		}},
		{"a changed leaf", "WRONG_ROOT", func(s *script) {
			head, e := s.page(0, "CN")
			e.Leaves[1] = bytes.Clone(e.Leaves[1])
			e.Leaves[1][20] ^= 1
			s.send(head, entriesFrame(e))
		}},
		{"leaves in another order", "WRONG_ROOT", func(s *script) {
			head, e := s.page(0, "CN")
			e.Leaves[1], e.Leaves[2] = e.Leaves[2], e.Leaves[1]
			s.send(head, entriesFrame(e))
		}},
		{"a leaf left out", "WRONG_ROOT", func(s *script) {
			head, e := s.page(0, "CN")
			e.Leaves = e.Leaves[:2]
			s.send(head, entriesFrame(e))
		}},
		{"a gap", "GAP", func(s *script) {
			head, e := s.page(1, "CN")
			s.send(head, entriesFrame(e))
		}},
		{"a log that was not wanted", "GAP", func(s *script) {
			head, e := s.page(0, "CN")
			e.Origin = "asean-cn/TH/1"
			s.send(head, entriesFrame(e))
		}},
		{"a body for somebody else", "NOT_AUDIENCE", func(s *script) {
			head, e := s.page(0, "TH") // TH may read entry 2, CN may not
			s.send(head, entriesFrame(e))
		}},
		{"a head that did not come", "BAD_SEAL", func(s *script) {
			_, e := s.page(0, "CN")
			s.send(entriesFrame(e))
		}},
		{"a head under another key", "BAD_SEAL", func(s *script) {
			note := s.forge(3, tlog.Hash{1})
			c := &note[len(note)-10] // of the signature, in base64
			*c = map[bool]byte{true: 'B', false: 'A'}[*c == 'A']
			s.send(headFrame(note))
		}},
		{"a signed root that is not the leaves'", "WRONG_ROOT", func(s *script) {
			_, e := s.page(0, "CN")
			s.send(headFrame(s.forge(3, tlog.Hash{1})), entriesFrame(e))
		}},
		{"a proof of hashes that are none", "BAD_ENCODING", func(s *script) {
			head, e := s.page(0, "CN")
			e.ConsistencyProof = [][]byte{{1, 2, 3}}
			s.send(head, entriesFrame(e))
		}},
		{"a proof that is too long", "WRONG_ROOT", func(s *script) {
			_, e := s.page(0, "CN")
			for range 100 {
				e.ConsistencyProof = append(e.ConsistencyProof, make([]byte, 32))
			}
			e.TargetSize = 1 << 40
			s.send(headFrame(s.forge(1<<40, tlog.Hash{1})), entriesFrame(e))
		}},
		{"entries of no log", "BAD_ENCODING", func(s *script) {
			_, e := s.page(0, "CN")
			e.Origin = "asean-cn/VN/01"
			s.send(entriesFrame(e))
		}},
		{"a want of no log", "BAD_ENCODING", func(s *script) {
			s.send(&spsv1.Frame{Kind: &spsv1.Frame_Want{Want: &spsv1.Want{}}})
		}},
		{"a want of another federation", "BAD_ENCODING", func(s *script) {
			s.send(&spsv1.Frame{Kind: &spsv1.Frame_Want{Want: &spsv1.Want{Origin: "mercosur/CN/1"}}})
		}},
		{"a want beyond all sizes", "BAD_ENCODING", func(s *script) {
			s.send(&spsv1.Frame{Kind: &spsv1.Frame_Want{Want: &spsv1.Want{Origin: "asean-cn/CN/1", Size: 1 << 63}}})
		}},
		{"a head that is none", "BAD_ENCODING", func(s *script) {
			s.send(headFrame([]byte("asean-cn/VN/1\n007\n")))
		}},
		{"a receipt that is none", "BAD_ENCODING", func(s *script) {
			s.send(receiptFrame("VN", []byte("sps-receipt/v1")))
		}},
		{"a receipt of nobody", "BAD_ENCODING", func(s *script) {
			s.send(receiptFrame("vn", nil))
		}},
		{"credit for what was never sent", "BAD_ENCODING", func(s *script) {
			s.send(creditFrame(1 << 40))
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "CN", "TH", "VN")
				cn, th, vn := w.nodes["CN"], w.nodes["TH"], w.nodes["VN"]
				vn.issue(100, "CN")
				vn.issue(100, "TH")
				cn.start()
				defer cn.stop()
				th.start()
				defer th.stop()

				s := cn.play(vn)
				s.send(s.hello())
				s.until("a want", func(f *spsv1.Frame) bool { return f.GetWant() != nil })
				tc.do(s)
				s.wantBye(protocol, tc.reason)
				synctest.Wait()
				if got := cn.size(vn); got != 0 {
					t.Errorf("%d entries of VN were stored, want none", got)
				}
				if got := cn.status("VN"); got.Connected || got.Last == nil || string(got.Last.Reason) != tc.reason {
					t.Errorf("status of VN = %+v, last %+v, want not connected for %s", got, got.Last, tc.reason)
				}
				// Nobody else noticed, and VN may come again.
				th.issue(10)
				vn.start()
				defer vn.stop()
				time.Sleep(time.Minute)
				cn.wantHolds(th)
				cn.wantHolds(vn)
			})
		})
	}
}

// A body that should have come and did not, or that its own office sends wrong,
// is no reason to stop the log: the receipt says that it is missing.
func TestMissingBody(t *testing.T) {
	for _, tc := range []struct {
		name string
		// spoil changes the entries of VN before they are sent.
		spoil func(*spsv1.Entries)
	}{
		{"withheld", func(e *spsv1.Entries) { e.Bodies = append(e.Bodies[:1], e.Bodies[2]) }},
		{"another", func(e *spsv1.Entries) { e.Bodies[1].Envelope = e.Bodies[2].GetEnvelope() }},
		{"too large", func(e *spsv1.Entries) { e.Bodies[1].Envelope = make([]byte, seal.MaxEnvelope+1) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "CN", "VN")
				cn, vn := w.nodes["CN"], w.nodes["VN"]
				vn.issue(100, "CN")
				vn.issue(100, "CN")
				cn.start()
				defer cn.stop()
				s := cn.play(vn)
				s.send(s.hello())
				s.until("a want", func(f *spsv1.Frame) bool { return f.GetWant() != nil })
				head, e := s.page(0, "CN")
				tc.spoil(e)
				s.send(head, entriesFrame(e))
				got := s.untilReceipt()
				if got.Size != 3 || len(got.Missing) != 1 || got.Missing[0] != 1 {
					t.Errorf("receipt over %d, missing %v; want over 3, missing [1]", got.Size, got.Missing)
				}
				s.p.sever(errCut)
			})
		})
	}
}

// What takes many times its length in memory is refused before it waits to be
// recorded: the window counts lengths.
func TestEntriesOfNothingDoNotWait(t *testing.T) {
	for _, tc := range []struct {
		name  string
		bloat func(*spsv1.Entries)
	}{
		{"bodies", func(e *spsv1.Entries) { e.Bodies = slices.Repeat([]*spsv1.EntryBody{{}}, MaxFrame/4) }},
		{"hashes", func(e *spsv1.Entries) { e.ConsistencyProof = make([][]byte, MaxFrame/4) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, "CN", "VN")
			cn, vn := w.nodes["CN"], w.nodes["VN"]
			x := New(Options{Ledger: cn.ledger, Roster: cn.office.Roster})
			s := newSession(x, nil, vn.as(cn), false)
			peer := &script{t: t, self: vn}
			head, entries := peer.page(0, "CN")
			for _, frame := range []*spsv1.Frame{peer.hello(), head} {
				if err := s.put(frame); err != nil {
					t.Fatalf("put %T: %v", frame.GetKind(), err)
				}
			}
			if err := s.begin(t.Context(), vn.ledger.Origin()); err != nil {
				t.Fatalf("begin: %v", err)
			}
			tc.bloat(entries)
			if err := s.put(entriesFrame(entries)); err == nil || len(s.inbox.entries) != 0 {
				t.Errorf("%d frames wait, refused by %v; want none, and a reason", len(s.inbox.entries), err)
			}
		})
	}
}

// What is held already is passed over, as when two sources overlap.
func TestRepeatedEntries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		vn.issue(100, "CN")
		cn.start()
		defer cn.stop()
		s := cn.play(vn)
		s.send(s.hello())
		s.until("a want", func(f *spsv1.Frame) bool { return f.GetWant() != nil })
		head, e := s.page(0, "CN")
		s.send(head, entriesFrame(e))
		if got := s.untilReceipt(); got.Size != 2 {
			t.Errorf("receipt over %d, want 2", got.Size)
		}
		vn.issue(100, "CN")
		head, e = s.page(0, "CN")
		s.send(head, entriesFrame(e))
		if got := s.untilReceipt(); got.Size != 3 {
			t.Errorf("receipt over %d, want 3", got.Size)
		}
		s.p.sever(errCut)
	})
}

// A want from beyond the end is never read as no news: the session ends, and
// both sides raise an alarm, which stays.
func TestCursorAhead(t *testing.T) {
	for _, origin := range []string{"asean-cn/CN/1", "asean-cn/CN/2", "asean-cn/TH/1"} {
		t.Run(origin, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "CN", "VN")
				cn := w.nodes["CN"]
				cn.issue(10)
				cn.start()
				defer cn.stop()
				o, err := certs.ParseOrigin(origin)
				if err != nil {
					t.Fatal(err)
				}
				s := cn.play(w.nodes["VN"])
				s.send(s.hello(), wantFrame(o, 3))
				s.wantBye(spsv1.ByeReason_BYE_REASON_CURSOR_AHEAD, "CURSOR_AHEAD")
				synctest.Wait()
				if got := cn.status("VN").Alarm; got == nil || got.Reason != "CURSOR_AHEAD" {
					t.Errorf("alarm = %+v, want CURSOR_AHEAD", got)
				}
			})
		})
	}
}

func TestByeIsKept(t *testing.T) {
	for _, tc := range []struct {
		bye   *spsv1.Bye
		want  string
		alarm bool
	}{
		{&spsv1.Bye{Code: spsv1.ByeReason_BYE_REASON_CURSOR_AHEAD, Message: "you want more than I have"}, "CURSOR_AHEAD", true},
		{&spsv1.Bye{Code: spsv1.ByeReason_BYE_REASON_PROTOCOL, Reason: "WRONG_ROOT", Message: "bad"}, "WRONG_ROOT", false},
		{&spsv1.Bye{Code: spsv1.ByeReason_BYE_REASON_READ_ONLY}, "READ_ONLY", false},
	} {
		t.Run(tc.want, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "CN", "VN")
				cn := w.nodes["CN"]
				cn.start()
				defer cn.stop()
				s := cn.play(w.nodes["VN"])
				s.send(s.hello(), &spsv1.Frame{Kind: &spsv1.Frame_Bye{Bye: tc.bye}})
				synctest.Wait()
				got := cn.status("VN")
				if got.Connected || got.Last == nil || string(got.Last.Reason) != tc.want {
					t.Errorf("last fault = %+v, want %s", got.Last, tc.want)
				}
				if (got.Alarm != nil) != tc.alarm {
					t.Errorf("alarm = %+v, want one: %v", got.Alarm, tc.alarm)
				}
			})
		})
	}
}

// Two trees of one log that cannot both be raise the alarm; the session stays.
func TestInconsistentHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		vn.issue(100, "CN")
		cn.start()
		defer cn.stop()
		s := cn.play(vn)
		s.send(s.hello())
		s.until("a want", func(f *spsv1.Frame) bool { return f.GetWant() != nil })
		head, e := s.page(0, "CN")
		s.send(head, entriesFrame(e))
		s.untilReceipt()
		s.send(headFrame(s.forge(2, tlog.Hash{1})))
		synctest.Wait()
		got := cn.status("VN")
		if got.Alarm == nil || got.Alarm.Reason != ReasonInconsistent || !got.Connected {
			t.Errorf("alarm = %+v, connected %v; want INCONSISTENT and connected", got.Alarm, got.Connected)
		}
		s.p.sever(errCut)
	})
}

// A receipt over a tree that is not ours is rejected and an alarm.
func TestReceiptsThatCannotBe(t *testing.T) {
	for name, receipt := range map[string]seal.Receipt{
		"beyond the log": {Size: 5},
		"another root":   {Size: 1, Root: tlog.Hash{1}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "CN", "VN")
				cn, vn := w.nodes["CN"], w.nodes["VN"]
				cn.start()
				defer cn.stop()
				s := cn.play(vn)
				s.send(s.hello())
				receipt.Origin, receipt.Time = cn.ledger.Origin(), time.Now().Unix()
				note, err := seal.SignReceipt(receipt, "VN", vn.office.ReceiptKey)
				if err != nil {
					t.Fatal(err)
				}
				s.send(receiptFrame("VN", note))
				synctest.Wait()
				got := cn.status("VN")
				if got.Alarm == nil || got.Alarm.Reason != ReasonInconsistent || !got.Connected {
					t.Errorf("alarm = %+v, connected %v; want INCONSISTENT and connected", got.Alarm, got.Connected)
				}
				if got.Receipt != nil {
					t.Errorf("receipt %+v was added, want none", got.Receipt)
				}
				s.p.sever(errCut)
			})
		})
	}
}

// Receipts of offices or logs that are not known here have no effect, and
// neither has one of this office that comes back.
func TestReceiptsOfStrangers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		cn.start()
		defer cn.stop()
		s := cn.play(vn)
		s.send(s.hello())
		for _, r := range []seal.Receipt{
			{Origin: cn.ledger.Origin(), Size: 1, Time: 1},
			{Origin: certs.Origin{Federation: "asean-cn", Office: "TH", Epoch: 1}, Size: 1, Time: 1},
		} {
			for _, office := range []certs.Office{"LA", "VN", "CN"} {
				note, err := seal.SignReceipt(r, office, vn.office.CardKey) // of no known receipt key
				if err != nil {
					t.Fatal(err)
				}
				s.send(receiptFrame(office, note))
			}
		}
		note := s.forge(9, tlog.Hash{1})
		s.send(headFrame(bytes.ReplaceAll(note, []byte("/VN/"), []byte("/TH/"))))
		synctest.Wait()
		if got := cn.status("VN"); !got.Connected || got.Alarm != nil {
			t.Errorf("status = %+v, alarm %+v; want connected without", got, got.Alarm)
		}
		s.p.sever(errCut)
	})
}

// A peer that sends without Credit is told so, and holds no more memory than a
// window.
func TestSenderThatIgnoresTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		vn.issue(100, "CN")
		cn.start()
		defer cn.stop()
		s := cn.play(vn)
		s.send(s.hello())
		s.until("a want", func(f *spsv1.Frame) bool { return f.GetWant() != nil })
		cn.store.hold()
		defer cn.store.release()
		head, e := s.page(0, "CN")
		s.send(head, entriesFrame(e)) // of which CN's disk does not come to an end
		e = proto.CloneOf(e)
		e.Bodies[1].Envelope = make([]byte, 750<<10)
		frame := entriesFrame(e)
		for range maxWindow/proto.Size(frame) + 1 {
			s.send(frame)
		}
		synctest.Wait()
		cn.store.release()
		s.wantBye(spsv1.ByeReason_BYE_REASON_QUOTA, "QUOTA")
	})
}

func TestTooManyWants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn := w.nodes["CN"]
		cn.start()
		defer cn.stop()
		s := cn.play(w.nodes["VN"])
		s.send(s.hello())
		for epoch := range uint64(maxLogs + 1) {
			s.send(wantFrame(certs.Origin{Federation: "asean-cn", Office: "TH", Epoch: epoch + 1}, 0))
		}
		s.wantBye(spsv1.ByeReason_BYE_REASON_QUOTA, "QUOTA")
	})
}

// However many logs a peer speaks about, what is kept of it is bounded.
func TestHeadsOfTooManyLogs(t *testing.T) {
	in := newInbox()
	for epoch := range uint64(2 * maxLogs) {
		o := certs.Origin{Federation: "asean-cn", Office: "TH", Epoch: epoch + 1}
		for size := range uint64(2 * keptHeads) {
			in.putHead(head{Checkpoint: seal.Checkpoint{Origin: o, Size: size + 1}})
		}
		in.putReceipt(receiptKey{office: "VN", origin: o}, posted{})
	}
	if got := len(in.heads); got != maxLogs {
		t.Errorf("heads of %d logs, want %d", got, maxLogs)
	}
	for o, heads := range in.heads {
		if len(heads) != keptHeads || heads[keptHeads-1].Size != 2*keptHeads {
			t.Errorf("heads of %s: %d, last of size %d; want %d, %d", o, len(heads), heads[len(heads)-1].Size, keptHeads, 2*keptHeads)
		}
	}
	if got := len(in.receipts); got != maxLogs {
		t.Errorf("%d receipts, want %d", got, maxLogs)
	}
	if !in.putReceipt(receiptKey{office: "VN", origin: certs.Origin{Federation: "asean-cn", Office: "TH", Epoch: 1}}, posted{1, []byte("new")}) {
		t.Error("a newer receipt did not replace the one before")
	}
}
