package exchange

import (
	"bytes"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// The stream is cut after each frame, for every frame that there is. Whatever
// the cut, the next session goes on without a gap or a repeat.
func TestCutAfterEachFrame(t *testing.T) {
	for k := 0; ; k++ {
		cut := false
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, "CN", "VN")
			cn, vn := w.nodes["CN"], w.nodes["VN"]
			for range 3 {
				cn.issue(20<<10, "VN") // more than one frame
				vn.issue(100, "CN")
			}
			first := true
			w.paired = func(_, _ certs.Office, p *pair) {
				if first {
					p.cutAfter = k
				}
				first = false
				p.seen = func(*end, *spsv1.Frame) { cut = cut || p.frames > k }
			}
			w.down["VN"] = true
			vn.start()
			defer vn.stop()
			w.down["VN"] = false
			cn.start()
			defer cn.stop()
			time.Sleep(3 * redialMax)
			cn.issue(10)
			time.Sleep(3 * redialMax) // the cut may come only now
			cn.wantHolds(vn)
			vn.wantHolds(cn)
			if st := cn.status("VN"); st.Alarm != nil {
				t.Errorf("cut after %d frames: alarm %+v", k, st.Alarm)
			}
		})
		if t.Failed() {
			t.Fatalf("cut after %d frames", k)
		}
		if !cut {
			if k < 10 {
				t.Errorf("the whole exchange took %d frames, want at least 10", k)
			}
			return
		}
	}
}

// Three weeks of a busy federation reach an office that was away in one
// session; what is on its way, and what waits, is bounded all the time.
func TestThreeWeeksOfAbsence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		const days, daily = 21, 60
		for range days {
			cn.issueGroup(daily/3, 2000, "VN")
			cn.issueGroup(daily/3, 2000, "TH")
			cn.issueGroup(daily/3, 1000)
			time.Sleep(24 * time.Hour)
		}
		sessions := 0
		var m meter
		w.paired = func(_, _ certs.Office, p *pair) {
			sessions++
			p.seen = m.count("CN")
		}
		w.down["VN"] = true
		cn.start()
		defer cn.stop()
		w.down["VN"] = false
		vn.start()
		defer vn.stop()
		synctest.Wait()
		vn.wantHolds(cn)
		if got, want := vn.size(cn), uint64(days*daily+1); got != want {
			t.Errorf("VN holds %d entries, want %d", got, want)
		}
		if sessions != 1 {
			t.Errorf("it took %d sessions, want 1", sessions)
		}
		if m.frames < 10 || m.frame > MaxFrame {
			t.Errorf("%d frames of at most %d bytes, want at least 10 of at most %d", m.frames, m.frame, MaxFrame)
		}
		if m.out > maxWindow || m.out < firstWindow/2 {
			t.Errorf("at most %d bytes were on their way, want %d to %d", m.out, firstWindow/2, maxWindow)
		}
		if m.log[0] > firstWindow {
			t.Errorf("%d bytes were sent before the first credit, want at most %d", m.log[0], firstWindow)
		}
	})
}

// meter measures what one side of a pair sends.
type meter struct {
	frames int   // of entries
	frame  int   // the largest
	part   int   // the largest
	out    int   // most bytes without credit
	log    []int // bytes without credit at each credit
	sent   uint64
	taken  uint64
}

// count returns what a pair tells of every frame; from is the office measured.
func (m *meter) count(from certs.Office) func(*end, *spsv1.Frame) {
	sides := map[*end]certs.Office{}
	return func(e *end, f *spsv1.Frame) {
		if h := f.GetHello(); h != nil {
			sides[e] = certs.Office(h.GetOffice())
		}
		switch c := f.GetCredit(); {
		case c != nil && sides[e] != from:
			m.log = append(m.log, int(m.sent-m.taken))
			m.taken = max(m.taken, c.GetBytes())
		case c == nil && sides[e] == from:
			m.sent += uint64(proto.Size(f))
			m.out = max(m.out, int(m.sent-m.taken))
			if f.GetPart() != nil {
				m.part = max(m.part, proto.Size(f))
			}
			if f.GetEntries() != nil {
				m.frames++
				m.frame = max(m.frame, proto.Size(f))
			}
		}
	}
}

// One entry that is larger than half of the window, or than all of it, goes in
// parts that are not.
func TestLargeEntries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		for _, size := range []int{10, 255 << 10, 10, 40 << 10, 255 << 10, 60 << 10, 10} {
			cn.issue(size, "VN")
		}
		var m meter
		w.paired = func(_, _ certs.Office, p *pair) { p.seen = m.count("CN") }
		for _, n := range w.nodes {
			n.start()
			defer n.stop()
		}
		time.Sleep(time.Minute)
		vn.wantHolds(cn)
		if m.part == 0 || m.part > 128<<10 || m.frame > 128<<10 {
			t.Errorf("the largest part had %d bytes and the largest frame of entries %d, want parts, and nothing above 128 KiB", m.part, m.frame)
		}
	})
}

// Commits and signatures on the way of an entry: one commit at the issuer, one
// at the receiver and one for the receipt; one signature of the log and one
// receipt. All of it holds for a whole group.
func TestOneCommitAndOneSignatureForAGroup(t *testing.T) {
	for _, group := range []int{1, 35} {
		t.Run(fmt.Sprint(group), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "CN", "VN")
				cn, vn := w.nodes["CN"], w.nodes["VN"]
				for _, n := range w.nodes {
					n.start()
					defer n.stop()
				}
				time.Sleep(time.Minute)
				commits, recorded := cn.bolt.Stats().Commits, vn.bolt.Stats().Commits
				signed, receipted := cn.signer.n.Load(), vn.receipt.n.Load()

				// All callers come while the store is busy.
				busy := make(chan struct{})
				go func() {
					_ = cn.bolt.Update(t.Context(), func(store.Tx) error { <-busy; return nil })
				}()
				synctest.Wait()
				issued := make(chan struct{})
				go func() { cn.issueGroup(group, 100, "VN"); close(issued) }()
				synctest.Wait()
				close(busy)
				<-issued
				synctest.Wait()
				vn.wantHolds(cn)

				// One for the entries, and one for the receipt.
				if got := cn.bolt.Stats().Commits - commits; got != 2 {
					t.Errorf("the issuer made %d commits for %d entries, want 2", got, group)
				}
				if got := vn.bolt.Stats().Commits - recorded; got != 1 {
					t.Errorf("the receiver made %d commits for %d entries, want 1", got, group)
				}
				if got := cn.signer.n.Load() - signed; got != 1 {
					t.Errorf("the log was signed %d times for %d entries, want once", got, group)
				}
				if got := vn.receipt.n.Load() - receipted; got != 1 {
					t.Errorf("%d receipts were signed for %d entries, want 1", got, group)
				}
			})
		})
	}
}

// Heads of third logs pass every minute, if they have changed, so that two
// parts of a federation that are told different things find out.
func TestHeadsOfThirdLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "TH", "VN")
		cn, th, vn := w.nodes["CN"], w.nodes["TH"], w.nodes["VN"]
		w.down["VN"] = true
		cn.start()
		defer cn.stop()
		th.start()
		defer th.stop()
		time.Sleep(30 * time.Second) // CN holds what TH said
		s := cn.play(vn)
		s.polite = true
		s.send(s.hello())
		head := func() seal.Checkpoint {
			f := s.until("a head of TH", func(f *spsv1.Frame) bool {
				c, err := seal.ParseCheckpoint(f.GetHead().GetCheckpoint())
				return err == nil && c.Origin.Office == "TH"
			})
			c, err := seal.ParseCheckpoint(f.GetHead().GetCheckpoint())
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		if got := head(); got.Size != 1 {
			t.Errorf("head of size %d, want 1", got.Size)
		}
		began := time.Now()
		th.issue(10)
		if got := head(); got.Size != 2 {
			t.Errorf("head of size %d, want 2", got.Size)
		}
		if took := time.Since(began); took > gossipEvery {
			t.Errorf("the changed head came after %s, want %s", took, gossipEvery)
		}
		// Another tree of the same log, from another corner.
		note, err := seal.SignCheckpoint(seal.Checkpoint{Origin: th.ledger.Origin(), Size: 2}, th.office.LogKey)
		if err != nil {
			t.Fatal(err)
		}
		s.send(headFrame(note))
		synctest.Wait()
		if got := cn.status("VN").Alarm; got == nil || got.Reason != ReasonInconsistent {
			t.Errorf("alarm = %+v, want INCONSISTENT", got)
		}
		s.p.sever(errCut)
	})
}

// A reader that found another source ends its order: nothing more of that log
// comes until it is wanted again.
func TestWantThatStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn := w.nodes["CN"]
		cn.start()
		defer cn.stop()
		s := cn.play(w.nodes["VN"])
		s.polite = true
		s.send(s.hello(), wantFrame(cn.ledger.Origin(), 0))
		held := uint64(len(s.untilEntries().GetLeaves()))
		s.send(&spsv1.Frame{Kind: &spsv1.Frame_Want{Want: &spsv1.Want{Origin: cn.ledger.Origin().String(), Size: held, Stop: true}}})
		synctest.Wait()
		cn.issue(100, "VN")
		synctest.Wait()
		s.send(wantFrame(cn.ledger.Origin(), 0))
		if e := s.untilEntries(); e.GetStart() != 0 || uint64(len(e.GetLeaves())) != held+1 {
			t.Errorf("%d leaves from %d after the order had ended and began anew, want %d from 0", len(e.GetLeaves()), e.GetStart(), held+1)
		}
		s.p.sever(errCut)
	})
}

// A log that a node holds is served to whoever wants it, bodies only to those
// whom they are for.
func TestServingAnotherOfficesLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "TH", "VN")
		cn, th, vn := w.nodes["CN"], w.nodes["TH"], w.nodes["VN"]
		both := th.issue(100, "CN", "VN")
		th.issue(100, "CN")
		w.down["VN"] = true
		s := (*script)(nil)
		cn.start()
		defer cn.stop()
		s = cn.play(vn)
		s.send(s.hello(), wantFrame(th.ledger.Origin(), 0)) // which CN does not hold yet
		synctest.Wait()
		th.start()
		defer th.stop()
		e := s.untilEntries()
		if e.GetOrigin() != "asean-cn/TH/1" || len(e.GetLeaves()) != 3 || len(e.GetBodies()) != 2 {
			t.Fatalf("%d leaves and %d bodies of %s, want 3 and 2 of asean-cn/TH/1", len(e.GetLeaves()), len(e.GetBodies()), e.GetOrigin())
		}
		if got := e.GetBodies()[1]; got.GetSequence() != 1 || !bytes.Equal(got.GetEnvelope(), both.Envelope) {
			t.Errorf("second body is of entry %d, want that of 1", got.GetSequence())
		}
		s.p.sever(errCut)
	})
}
