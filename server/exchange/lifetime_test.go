package exchange

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// The same dialler again: the newer session replaces the older, which is
// probably dead.
func TestNewerSessionReplacesOlder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		cn.start()
		defer cn.stop()
		older := cn.play(vn)
		older.send(older.hello())
		synctest.Wait()
		newer := cn.play(vn)
		newer.send(newer.hello())
		older.wantBye(spsv1.ByeReason_BYE_REASON_DUPLICATE, "DUPLICATE")
		newer.until("a want", func(f *spsv1.Frame) bool { return f.GetWant() != nil })
		synctest.Wait()
		if got := cn.status("VN"); !got.Connected || got.Dialled || got.Last.Reason == ReasonDuplicate {
			t.Errorf("status = %+v, last %+v; want connected by VN, and no fault", got, got.Last)
		}
		newer.p.sever(errCut)
	})
}

// The older session lets go of the ledger before the newer one begins.
func TestReplacedSessionHasRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		vn.issue(100, "CN")
		cn.start()
		defer cn.stop()
		older := cn.play(vn)
		older.send(older.hello())
		older.until("a want", func(f *spsv1.Frame) bool { return f.GetWant() != nil })
		cn.store.hold()
		head, e := older.page(0, "CN")
		older.send(head, entriesFrame(e))
		synctest.Wait()
		newer := cn.play(vn)
		newer.send(newer.hello())
		synctest.Wait()
		cn.store.release()
		got := newer.until("a want", func(f *spsv1.Frame) bool { return f.GetWant() != nil }).GetWant()
		if got.GetSize() != 2 {
			t.Errorf("wanted from %d, want 2: after what the older session recorded", got.GetSize())
		}
		newer.p.sever(errCut)
	})
}

// When both dialled, the session dialled by the office whose code sorts first
// stays, whichever was there before.
func TestWhichOfTwoStays(t *testing.T) {
	for _, first := range []certs.Office{"CN", "VN"} {
		t.Run("dialled first by "+string(first), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "CN", "VN")
				cn, vn := w.nodes["CN"], w.nodes["VN"]
				w.down["VN"] = true // nobody dials but the test
				cn.start()
				defer cn.stop()
				byCN := func() *script {
					p := newPair()
					go func() {
						_ = cn.x.Session(context.Background(), p.dialler, vn.as(cn), true)
						p.sever(errCut)
					}()
					return &script{end: p.listener, t: t, self: vn}
				}
				byVN := func() *script { return cn.play(vn) }
				var stays, goes *script
				if first == "CN" {
					stays = byCN()
					stays.send(stays.hello())
					synctest.Wait()
					goes = byVN()
					goes.send(goes.hello())
				} else {
					goes = byVN()
					goes.send(goes.hello())
					synctest.Wait()
					stays = byCN()
					stays.send(stays.hello())
				}
				goes.wantBye(spsv1.ByeReason_BYE_REASON_DUPLICATE, "DUPLICATE")
				stays.until("a want", func(f *spsv1.Frame) bool { return f.GetWant() != nil })
				synctest.Wait()
				if got := cn.status("VN"); !got.Connected || !got.Dialled {
					t.Errorf("status = %+v, want connected by CN", got)
				}
				stays.p.sever(errCut)
			})
		})
	}
}

func TestCardThatChangesOrGoesEndsTheSession(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(t *testing.T, w *world)
		code   spsv1.ByeReason
		reason string
	}{
		{"changed", func(t *testing.T, w *world) {
			signed, err := w.fed.Office("VN").NextCard(func(c *spsv1.Card) { c.Languages = []string{"vi"} })
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.fed.Office("CN").Roster.Apply(signed); err != nil {
				t.Fatal(err)
			}
		}, spsv1.ByeReason_BYE_REASON_IDENTITY_CHANGED, "CARD_CHANGED"},
		{"removed", func(t *testing.T, w *world) {
			if err := w.fed.Office("CN").Roster.Remove("VN"); err != nil {
				t.Fatal(err)
			}
		}, spsv1.ByeReason_BYE_REASON_REVOKED, "REVOKED"},
		{"of another office", func(t *testing.T, w *world) {
			signed, err := w.fed.Office("TH").NextCard(func(c *spsv1.Card) { c.Languages = []string{"th"} })
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.fed.Office("CN").Roster.Apply(signed); err != nil {
				t.Fatal(err)
			}
		}, 0, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "CN", "TH", "VN")
				cn := w.nodes["CN"]
				cn.start()
				defer cn.stop()
				s := cn.play(w.nodes["VN"])
				s.send(s.hello())
				s.until("a want", func(f *spsv1.Frame) bool { return f.GetWant() != nil })
				began := time.Now()
				tc.change(t, w)
				if tc.code == 0 {
					synctest.Wait()
					if !cn.status("VN").Connected {
						t.Error("the session of VN ended")
					}
					s.p.sever(errCut)
					return
				}
				s.wantBye(tc.code, tc.reason)
				if took := time.Since(began); took > time.Second {
					t.Errorf("Bye after %s, want within a second", took)
				}
			})
		})
	}
}

func TestSessionEndsWithTheCertificate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		cn.start()
		defer cn.stop()
		p := newPair()
		peer := vn.as(cn)
		peer.NotAfter = time.Now().Add(40 * time.Second)
		go func() { p.listener.finish(cn.x.Session(p.listener.Context(), p.listener, peer, false)) }()
		s := &script{end: p.dialler, t: t, self: vn}
		s.send(s.hello())
		began := time.Now()
		s.wantBye(spsv1.ByeReason_BYE_REASON_IDENTITY_CHANGED, "CERTIFICATE_EXPIRED")
		if took := time.Since(began); took != 40*time.Second {
			t.Errorf("Bye after %s, want 40 s", took)
		}
	})
}

// A side with nothing to send repeats its Credit, and a peer that says nothing
// is dead after 45 s.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		cn.start()
		defer cn.stop()
		s := cn.play(vn)
		s.polite = true
		s.send(s.hello())
		s.until("its own head", func(f *spsv1.Frame) bool { return f.GetHead() != nil })
		s.polite, s.got = false, nil // nothing is out now
		began := time.Now()
		s.wantBye(spsv1.ByeReason_BYE_REASON_PROTOCOL, "SILENT")
		if took := time.Since(began); took != muteLimit {
			t.Errorf("dead after %s of silence, want %s", took, muteLimit)
		}
		// The third Credit falls on the instant of the Bye.
		got := slices.DeleteFunc(kinds(s.got), func(kind string) bool { return kind == "Credit" })
		if credits := len(s.got) - len(got); credits < 2 || credits > 3 || !slices.Equal(got, []string{"Bye"}) {
			t.Errorf("got %s, want Credit every 15 s and Bye", kinds(s.got))
		}
	})
}

// Two nodes with nothing to say stay connected.
func TestIdleSessionLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		sessions := 0
		w.paired = func(_, _ certs.Office, _ *pair) { sessions++ }
		for _, n := range w.nodes {
			n.start()
			defer n.stop()
		}
		time.Sleep(time.Minute)
		before := sessions
		time.Sleep(time.Hour)
		if sessions != before || !w.nodes["CN"].status("VN").Connected {
			t.Errorf("%d sessions in an idle hour, want none but the first; status %+v", sessions-before, w.nodes["CN"].status("VN"))
		}
	})
}

// A peer that takes nothing is cut off after 60 s, whether it says that it is
// alive or not; others do not notice.
func TestPeerThatTakesNothing(t *testing.T) {
	for _, alive := range []bool{false, true} {
		t.Run(map[bool]string{false: "silent", true: "repeating its Credit"}[alive], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "CN", "TH", "VN")
				cn, th, vn := w.nodes["CN"], w.nodes["TH"], w.nodes["VN"]
				cn.start()
				defer cn.stop()
				th.start()
				defer th.stop()
				time.Sleep(30 * time.Second) // until TH is there
				s := cn.play(vn)
				s.send(s.hello(), wantFrame(cn.ledger.Origin(), 0))
				began := time.Now()
				for range 30 { // 3 MB, while VN reads nothing
					cn.issue(100 << 10)
					synctest.Wait()
					th.wantHolds(cn)
				}
				for range 11 {
					time.Sleep(5 * time.Second)
					if alive {
						s.send(creditFrame(0))
					}
				}
				if !cn.status("VN").Connected {
					t.Errorf("cut off after %s, want 60 s", time.Since(began))
				}
				time.Sleep(5*time.Second + byeLimit)
				if got := cn.status("VN"); got.Connected || got.Last == nil || got.Last.Reason != ReasonSilent {
					t.Errorf("after %s: status %+v, last %+v; want cut off for SILENT", time.Since(began), got, got.Last)
				}
				s.p.sever(errCut)
			})
		})
	}
}

// A peer that is stopped while it has much to take lets go at once.
func TestStopSaysBye(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn := w.nodes["CN"]
		for range 50 {
			cn.issue(100 << 10)
		}
		cn.start()
		s := cn.play(w.nodes["VN"])
		s.send(s.hello(), wantFrame(cn.ledger.Origin(), 0))
		synctest.Wait()
		began := time.Now()
		cn.stop()
		if took := time.Since(began); took > byeLimit {
			t.Errorf("Run returned after %s, want at most %s", took, byeLimit)
		}
		s.wantBye(spsv1.ByeReason_BYE_REASON_DRAINING, "DRAINING")

		// Afterwards, and before Run, nobody is let in.
		if err := cn.x.Session(context.Background(), s.end, w.nodes["VN"].as(cn), false); !isRefusal(err, access.ReasonDraining) {
			t.Errorf("Session after Run: %v, want DRAINING", err)
		}
	})
}

func isRefusal(err error, reason access.Reason) bool {
	var r *access.Refusal
	return errors.As(err, &r) && r.Reason == reason
}

// A full store passes entries over, keeps the session, and takes them when
// there is room again.
func TestFullStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		sessions := 0
		w.paired = func(_, _ certs.Office, _ *pair) { sessions++ }
		cn.start()
		defer cn.stop()
		vn.start()
		defer vn.stop()
		time.Sleep(30 * time.Second)
		before := sessions
		cn.store.fail(store.ErrFull)
		for range 30 {
			vn.issue(100<<10, "CN")
		}
		time.Sleep(2 * time.Minute)
		if got := cn.status("VN"); !got.Connected || sessions != before || got.Last == nil || got.Last.Reason != access.ReasonReadOnly {
			t.Errorf("status = %+v, last %+v, %d new sessions; want connected by the same one, READ_ONLY", got, got.Last, sessions-before)
		}
		if got := cn.size(vn); got != 1 {
			t.Errorf("%d entries of VN held, want 1", got)
		}
		cn.store.fail(nil)
		time.Sleep(2 * fullRetry)
		cn.wantHolds(vn)
		if sessions != before {
			t.Errorf("%d new sessions, want none", sessions-before)
		}
	})
}

// When the store no longer knows what it holds, the exchange stops.
func TestUnknownOutcomeStopsTheExchange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		cn.start()
		vn.start()
		defer vn.stop()
		time.Sleep(30 * time.Second)
		cn.store.fail(store.ErrUnknown)
		vn.issue(100, "CN")
		if err := <-cn.done; !errors.Is(err, store.ErrUnknown) {
			t.Errorf("Run: %v, want %v", err, store.ErrUnknown)
		}
		synctest.Wait()
		if got := vn.status("CN"); got.Connected {
			t.Errorf("at VN: %+v, want not connected", got)
		}
	})
}
