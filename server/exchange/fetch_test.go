package exchange

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/blob"
	"github.com/spsalert/spsalert/server/ledger"
)

// actsOnBodies is a Hello of a node that acts upon WantBody.
func actsOnBodies(h *spsv1.Hello) { h.Features = append(h.Features, featureBody) }

// untilWantBody returns the next body that the node asks for.
func (s *script) untilWantBody() *spsv1.WantBody {
	s.t.Helper()
	return s.until("a wanted body", func(f *spsv1.Frame) bool { return f.GetWantBody() != nil }).GetWantBody()
}

func (s *script) untilChunk() *spsv1.BodyChunk {
	s.t.Helper()
	return s.until("a chunk", func(f *spsv1.Frame) bool { return f.GetBodyChunk() != nil }).GetBodyChunk()
}

// chunkOf answers a wanted body with some bytes of a whole of a size.
func chunkOf(w *spsv1.WantBody, offset int, data []byte, size int) *spsv1.Frame {
	return &spsv1.Frame{Kind: &spsv1.Frame_BodyChunk{BodyChunk: &spsv1.BodyChunk{
		Origin: w.GetOrigin(), Sequence: w.GetSequence(), Sha256: w.GetSha256(),
		Offset: uint64(offset), Data: data, TotalSize: uint64(size),
	}}}
}

// withhold lets a script send everything of its log but the body of entry 1.
func withhold(cn *node, vn *node) *script {
	s := cn.play(vn)
	s.polite = true
	s.send(s.hello(actsOnBodies))
	s.until("a want", func(f *spsv1.Frame) bool { return f.GetWant() != nil })
	head, e := s.page(0, "CN")
	e.Bodies = slices.DeleteFunc(e.Bodies, func(b *spsv1.EntryBody) bool { return b.GetSequence() == 1 })
	s.send(head, entriesFrame(e))
	return s
}

// A body that did not come with its leaf is asked for, comes in chunks, and is
// no longer listed as missing.
func TestMissingBodyIsFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		entry := vn.issue(1000, "CN")
		cn.start()
		defer cn.stop()
		s := withhold(cn, vn)
		s.until("a receipt that lists it", func(f *spsv1.Frame) bool { return f.GetReceipt() != nil })
		want := s.untilWantBody()
		if want.GetOrigin() != vn.ledger.Origin().String() || want.GetSequence() != 1 || want.GetOffset() != 0 ||
			string(want.GetSha256()) != string(entry.Leaf.GetEnvelopeSha256()) {
			t.Errorf("wanted: %v, want the envelope of entry 1 from the beginning", want)
		}
		size := len(entry.Envelope)
		s.send(
			chunkOf(&spsv1.WantBody{Origin: want.GetOrigin(), Sequence: 7, Sha256: want.GetSha256()}, 0, []byte("x"), 1), // not wanted
			chunkOf(want, 0, entry.Envelope[:400], size), chunkOf(want, 400, entry.Envelope[400:], size),
		)
		if got := s.untilReceipt(); got.Size != 2 || len(got.Missing) != 0 {
			t.Errorf("receipt over %d, missing %v; want over 2, nothing missing", got.Size, got.Missing)
		}
		got, err := cn.ledger.Entry(context.Background(), vn.ledger.Origin(), 1)
		if err != nil || string(got.Envelope) != string(entry.Envelope) {
			t.Errorf("entry 1 has a body of %d bytes (%v), want that of %d bytes", len(got.Envelope), err, size)
		}
		s.p.sever(errCut)
	})
}

// What a peer does that does not hold a body, or sends other bytes, is its own
// fault alone: it stays connected, and the body comes from another who may read
// the entry.
func TestBodyComesFromAnotherSource(t *testing.T) {
	for _, tc := range []struct {
		name   string
		answer func(w *spsv1.WantBody, size int) *spsv1.Frame
		reason string // that CN notes about VN
	}{
		{"not there", func(w *spsv1.WantBody, _ int) *spsv1.Frame { return chunkOf(w, 0, nil, 0) }, ""},
		{"other bytes", func(w *spsv1.WantBody, size int) *spsv1.Frame { return chunkOf(w, 0, make([]byte, size), size) }, "BAD_SEAL"},
		{"another size", func(w *spsv1.WantBody, size int) *spsv1.Frame { return chunkOf(w, 0, []byte("x"), size+1) }, "BAD_SEAL"},
		{"from elsewhere", func(w *spsv1.WantBody, size int) *spsv1.Frame { return chunkOf(w, 1, []byte("x"), size) }, "BAD_SEAL"},
		{"beyond the end", func(w *spsv1.WantBody, size int) *spsv1.Frame { return chunkOf(w, 0, make([]byte, size+1), size) }, "BAD_SEAL"},
		{"no bytes", func(w *spsv1.WantBody, size int) *spsv1.Frame { return chunkOf(w, 0, nil, size) }, "BAD_SEAL"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "CN", "TH", "VN")
				cn, th, vn := w.nodes["CN"], w.nodes["TH"], w.nodes["VN"]
				entry := vn.issue(1000, "CN", "TH")
				record(t, th, vn)
				cn.start()
				defer cn.stop()
				s := withhold(cn, vn)
				s.send(tc.answer(s.untilWantBody(), len(entry.Envelope)))
				synctest.Wait()
				fault := ""
				if last := cn.status("VN").Last; last != nil && last.Reason != ReasonUnreachable { // before the script dialled
					fault = string(last.Reason)
				}
				if !cn.status("VN").Connected || fault != tc.reason {
					t.Errorf("VN is connected: %v, fault %q; want true, %q", cn.status("VN").Connected, fault, tc.reason)
				}
				th.start()
				defer th.stop()
				time.Sleep(40 * time.Second) // to dial, and to look again
				synctest.Wait()
				got, err := cn.ledger.Entry(context.Background(), vn.ledger.Origin(), 1)
				if err != nil || string(got.Envelope) != string(entry.Envelope) {
					t.Errorf("entry 1 has a body of %d bytes (%v), want that of %d bytes", len(got.Envelope), err, len(entry.Envelope))
				}
				s.p.sever(errCut)
			})
		})
	}
}

// record lets one node have all of another's log.
func record(t *testing.T, at, of *node) {
	t.Helper()
	page, err := of.ledger.Page(context.Background(), of.ledger.Origin(), 0, at.code, ledger.MaxPage)
	if err == nil {
		_, err = at.ledger.Record(context.Background(), of.code, page)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Bodies are asked of nobody who has not said that it acts upon it.
func TestBodiesAreNotAskedOfOldNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		vn.issue(1000, "CN")
		cn.start()
		defer cn.stop()
		s := cn.play(vn)
		s.send(s.hello())
		s.until("a want", func(f *spsv1.Frame) bool { return f.GetWant() != nil })
		head, e := s.page(0, "CN")
		e.Bodies = e.Bodies[:1]
		s.send(head, entriesFrame(e))
		s.untilReceipt()
		time.Sleep(30 * time.Second)
		s.p.sever(errCut)
		for {
			f, err := s.Recv()
			if err != nil {
				break
			}
			if f.GetWantBody() != nil {
				t.Error("a body is asked of a node that did not say that it acts upon it")
			}
		}
	})
}

// A node serves what it holds to whom it is addressed, from where it is asked.
func TestBodiesAreServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "TH", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		entry := cn.issue(200_000, "VN")
		cn.start()
		defer cn.stop()
		s := cn.play(vn)
		s.polite = true
		s.send(s.hello())
		s.until("a want", func(f *spsv1.Frame) bool { return f.GetWant() != nil })
		ask := func(seq uint64, sum []byte, offset int) *spsv1.Frame {
			return &spsv1.Frame{Kind: &spsv1.Frame_WantBody{WantBody: &spsv1.WantBody{
				Origin: cn.ledger.Origin().String(), Sequence: seq, Sha256: sum, Offset: uint64(offset),
			}}}
		}
		s.send(ask(1, entry.Leaf.GetEnvelopeSha256(), 1000))
		size := len(entry.Envelope)
		for at := 1000; at < size; {
			c := s.untilChunk()
			if int(c.GetOffset()) != at || int(c.GetTotalSize()) != size ||
				at+len(c.GetData()) > size || string(c.GetData()) != string(entry.Envelope[at:at+len(c.GetData())]) {
				t.Fatalf("chunk of %d bytes at %d of %d, want the bytes at %d of %d", len(c.GetData()), c.GetOffset(), c.GetTotalSize(), at, size)
			}
			at += len(c.GetData())
		}
		for _, none := range []*spsv1.Frame{ask(1, make([]byte, 32), 0), ask(9, entry.Leaf.GetEnvelopeSha256(), 0)} {
			s.send(none)
			if c := s.untilChunk(); len(c.GetData()) > 0 || c.GetTotalSize() > 0 {
				t.Errorf("asked for what is not there: %d bytes of %d, want no bytes and no length", len(c.GetData()), c.GetTotalSize())
			}
		}
		s.p.sever(errCut)
	})
}

// Who asks for what is not addressed to it, or from behind the end, is told that
// it is not here, and stays connected: a third office may have led it to ask.
func TestBodiesAreNotServedToOthers(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(w *spsv1.WantBody, card []byte)
		reason string // that CN notes about TH
	}{
		{"not addressed", func(*spsv1.WantBody, []byte) {}, "NOT_AUDIENCE"},
		{"not addressed, and another digest", func(w *spsv1.WantBody, _ []byte) { w.Sha256[0] ^= 1 }, "NOT_AUDIENCE"},
		{"beyond its end", func(w *spsv1.WantBody, card []byte) { w.Sequence, w.Sha256, w.Offset = 0, card, blob.MaxSize }, "BAD_ENCODING"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "CN", "TH", "VN")
				cn := w.nodes["CN"]
				entry := cn.issue(1000, "VN")
				first, err := cn.ledger.Entry(context.Background(), cn.ledger.Origin(), 0)
				if err != nil {
					t.Fatal(err)
				}
				cn.start()
				defer cn.stop()
				s := cn.play(w.nodes["TH"])
				s.polite = true
				s.send(s.hello())
				s.until("a want", func(f *spsv1.Frame) bool { return f.GetWant() != nil })
				ask := &spsv1.WantBody{
					Origin: cn.ledger.Origin().String(), Sequence: 1, Sha256: slices.Clone(entry.Leaf.GetEnvelopeSha256()),
				}
				tc.change(ask, first.Leaf.GetEnvelopeSha256())
				s.send(&spsv1.Frame{Kind: &spsv1.Frame_WantBody{WantBody: ask}})
				if c := s.untilChunk(); len(c.GetData()) > 0 || c.GetTotalSize() > 0 {
					t.Errorf("answer: %d bytes of %d, want no bytes and no length", len(c.GetData()), c.GetTotalSize())
				}
				synctest.Wait()
				st := cn.status("TH")
				if !st.Connected || st.Last == nil || string(st.Last.Reason) != tc.reason {
					t.Errorf("TH is connected: %v, fault %+v; want true, %s", st.Connected, st.Last, tc.reason)
				}
				s.p.sever(errCut)
			})
		})
	}
}

// A file that two statements name is asked for once at a time, and not at once
// again if it is open here.
func TestFileOfTwoStatementsIsFetchedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		leaf := vn.issue(1000, "CN").Leaf
		x := New(Options{Ledger: cn.ledger, Roster: cn.office.Roster, Dial: cn.dial, Software: "test"})
		named := func(seq uint64) *wantedBody {
			return &wantedBody{bodyKey: bodyKey{vn.ledger.Origin(), seq, blob.Digest{1}}, size: 100}
		}
		claim := func(w *wantedBody, want bool, when string) {
			t.Helper()
			if got := x.wanted.claim(w, leaf, "VN"); got != want {
				t.Errorf("%s: to be asked of VN: %v, want %v", when, got, want)
			}
		}
		claim(named(1), true, "first")
		claim(named(2), false, "while another statement's is fetched")
		again := named(1)
		s := newSession(x, nil, vn.as(cn), false)
		if err := s.fetched(context.Background(), again, fmt.Errorf("resume: %w", blob.ErrBusy)); err != nil {
			t.Errorf("fetched = %v, want nil", err)
		}
		claim(again, false, "at once after its file was open here")
		claim(named(2), false, "at once after, for another statement")
		time.Sleep(afterBusy)
		claim(named(2), true, "a while after")
	})
}

// Who asks for what cannot be is refused.
func TestBodiesAreRefused(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*spsv1.WantBody)
		reason string
	}{
		{"no log", func(w *spsv1.WantBody) { w.Origin = "CN" }, "BAD_ENCODING"},
		{"another federation", func(w *spsv1.WantBody) { w.Origin = "other/CN/1" }, "BAD_ENCODING"},
		{"no digest", func(w *spsv1.WantBody) { w.Sha256 = nil }, "BAD_ENCODING"},
		{"beyond every end", func(w *spsv1.WantBody) { w.Offset = blob.MaxSize + 1 }, "BAD_ENCODING"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "CN", "TH", "VN")
				cn := w.nodes["CN"]
				entry := cn.issue(1000, "VN")
				cn.start()
				defer cn.stop()
				s := cn.play(w.nodes["TH"])
				s.send(s.hello())
				s.until("a want", func(f *spsv1.Frame) bool { return f.GetWant() != nil })
				ask := &spsv1.WantBody{
					Origin: cn.ledger.Origin().String(), Sequence: 1, Sha256: slices.Clone(entry.Leaf.GetEnvelopeSha256()),
				}
				tc.change(ask)
				s.send(&spsv1.Frame{Kind: &spsv1.Frame_WantBody{WantBody: ask}})
				s.wantBye(spsv1.ByeReason_BYE_REASON_PROTOCOL, tc.reason)
			})
		})
	}
}

// A peer that is asked and says nothing, or a byte now and then, is not waited
// for.
func TestBodyThatStallsIsAskedOfAnother(t *testing.T) {
	t.Run("nothing", func(t *testing.T) { stalledBody(t, false) })
	t.Run("a byte now and then", func(t *testing.T) { stalledBody(t, true) })
}

func stalledBody(t *testing.T, drips bool) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "TH", "VN")
		cn, th, vn := w.nodes["CN"], w.nodes["TH"], w.nodes["VN"]
		entry := vn.issue(1000, "CN", "TH")
		record(t, th, vn)
		cn.start()
		defer cn.stop()
		th.start()
		defer th.stop()
		time.Sleep(20 * time.Second)
		s := withhold(cn, vn)
		want := s.untilWantBody()
		var taken atomic.Uint64
		taken.Store(s.received())
		go func() {
			for {
				f, err := s.Recv()
				if err != nil {
					return
				}
				if f.GetCredit() == nil {
					taken.Add(uint64(proto.Size(f)))
				}
			}
		}()
		for i := range 12 { // it is alive, and entries would go
			time.Sleep(15 * time.Second)
			s.send(creditFrame(taken.Load()))
			if drips {
				s.send(chunkOf(want, i, entry.Envelope[i:i+1], len(entry.Envelope)))
			}
		}
		synctest.Wait()
		got, err := cn.ledger.Entry(context.Background(), vn.ledger.Origin(), 1)
		if err != nil || string(got.Envelope) != string(entry.Envelope) {
			t.Errorf("entry 1 has a body of %d bytes (%v), want that of %d bytes", len(got.Envelope), err, len(entry.Envelope))
		}
		s.p.sever(errCut)
	})
}

// FuzzAddChunk adds any chunk to a body that is half here: it never grows beyond
// its size, and nothing but the bytes that come next is added.
func FuzzAddChunk(f *testing.F) {
	f.Add(uint64(50), uint64(100), []byte("next"))
	f.Add(uint64(50), uint64(100), make([]byte, 51))
	f.Add(uint64(1<<63), uint64(100), []byte("x"))
	f.Add(uint64(0), uint64(0), []byte(nil))
	f.Fuzz(func(t *testing.T, offset, size uint64, data []byte) {
		w := &wantedBody{bodyKey: bodyKey{origin: certs.Origin{Federation: "asean-cn", Office: "VN", Epoch: 1}}, size: 100}
		target := &envelopeTarget{w: w, body: make([]byte, 50)}
		err := addChunk(w, target, &spsv1.BodyChunk{Offset: offset, TotalSize: size, Data: data})
		added := target.Offset() - 50
		switch {
		case err == nil && (offset != 50 || size != 100 || added != int64(len(data)) || added < 1 || added > 50):
			t.Errorf("%d bytes at %d of %d were taken, %d added", len(data), offset, size, added)
		case err != nil && (added != 0 || !errors.Is(err, errWrong) && !errors.Is(err, errNotThere)):
			t.Errorf("%d bytes at %d of %d: %v, %d added", len(data), offset, size, err, added)
		}
	})
}
