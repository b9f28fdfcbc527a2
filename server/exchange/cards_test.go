package exchange

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// publish enters a card into the log of n.
func (n *node) publish(signed []byte) {
	n.t.Helper()
	envelope, err := proto.Marshal(&spsv1.Envelope{PayloadType: ledger.CardPayload, Payload: signed})
	if err != nil {
		n.t.Fatal(err)
	}
	n.publishEnvelope(envelope)
}

func (n *node) publishEnvelope(envelope []byte) {
	n.t.Helper()
	n.issued++
	_, err := n.ledger.Append(context.Background(), func(store.Tx) (ledger.Draft, error) {
		return ledger.Draft{
			RequestID: time.Now().String() + string(rune('a'+n.issued)), Fingerprint: sha256.Sum256(envelope),
			Type: spsv1.LeafType_LEAF_TYPE_CARD, Network: true, Envelope: envelope,
		}, nil
	})
	if err != nil {
		n.t.Fatal(err)
	}
}

// number returns the number of the card of another office in force at n.
func (n *node) number(office certs.Office) uint64 {
	n.t.Helper()
	card, err := n.office.Roster.Peer(office)
	if err != nil {
		n.t.Fatal(err)
	}
	return card.Number()
}

// An office publishes its next card in its log: the peers apply it, and meet
// again under it.
func TestCardFromTheLogIsApplied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		for _, n := range w.nodes {
			n.start()
			defer n.stop()
		}
		time.Sleep(time.Minute)
		signed, err := vn.office.NextCard(func(c *spsv1.Card) { c.Languages = []string{"vi"} })
		if err != nil {
			t.Fatal(err)
		}
		vn.publish(signed)
		synctest.Wait()
		if got := cn.number("VN"); got != 2 {
			t.Errorf("card %d of VN in force at CN, want 2", got)
		}
		time.Sleep(time.Minute)
		if st := cn.status("VN"); !st.Connected || st.Alarm != nil {
			t.Errorf("status = %+v, alarm %+v; want connected again", st, st.Alarm)
		}
		cn.wantHolds(vn)
	})
}

// The node died between recording a card and applying it: the peer's Hello
// says that there is a newer one, and it is found in what is held.
func TestCardMissedByACrashIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		for range 20 {
			vn.issue(60<<10, "CN") // more than one page
		}
		signed, err := vn.office.NextCard(func(c *spsv1.Card) { c.Languages = []string{"vi"} })
		if err != nil {
			t.Fatal(err)
		}
		vn.publish(signed)
		for from := uint64(0); ; {
			p, err := vn.ledger.Page(t.Context(), vn.ledger.Origin(), from, "CN", ledger.MaxPage)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Leaves) == 0 {
				break
			}
			if from, err = cn.ledger.Record(t.Context(), "VN", p); err != nil {
				t.Fatal(err)
			}
		}
		if got := cn.number("VN"); got != 1 {
			t.Fatalf("card %d of VN in force at CN before they met, want 1", got)
		}
		for _, n := range w.nodes {
			n.start()
			defer n.stop()
		}
		time.Sleep(time.Minute)
		if got := cn.number("VN"); got != 2 {
			t.Errorf("card %d of VN in force at CN, want 2", got)
		}
		if !cn.status("VN").Connected {
			t.Errorf("status = %+v, want connected", cn.status("VN"))
		}
	})
}

// A session that is cut while it looks through a log leaves it to the next one.
func TestLookingForCardsIsTakenUpAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		next, err := w.fed.Office("VN").NextCard(func(c *spsv1.Card) { c.Languages = []string{"vi"} })
		if err != nil {
			t.Fatal(err)
		}
		vn.publish(next)
		page, err := vn.ledger.Page(t.Context(), vn.ledger.Origin(), 0, "CN", 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cn.ledger.Record(t.Context(), "VN", page); err != nil { // the roster is left behind
			t.Fatal(err)
		}
		x := New(Options{Ledger: cn.ledger, Roster: cn.office.Roster})
		cut, cancel := context.WithCancel(t.Context())
		cancel()
		if err := x.rescanCards(cut, vn.ledger.Origin()); !errors.Is(err, context.Canceled) {
			t.Errorf("looking while the session is cut: %v, want %v", err, context.Canceled)
		}
		if err := x.rescanCards(t.Context(), vn.ledger.Origin()); err != nil {
			t.Fatal(err)
		}
		if got := cn.number("VN"); got != 2 {
			t.Errorf("card %d of VN in force, want 2", got)
		}
	})
}

// A card that may not be applied is an alarm, and the log goes on.
func TestCardsThatAreNotApplied(t *testing.T) {
	next := func(t *testing.T, o *authority.Office, change func(*spsv1.Card)) []byte {
		signed, err := o.NextCard(change)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	for _, tc := range []struct {
		name   string
		bytes  func(t *testing.T, w *world) []byte
		reason string
	}{
		{"of another office", func(t *testing.T, w *world) []byte {
			return next(t, w.fed.Office("TH"), func(c *spsv1.Card) { c.Languages = []string{"th"} })
		}, "CARD_REFUSED"},
		{"with a card left out", func(t *testing.T, w *world) []byte {
			next(t, w.fed.Office("VN"), func(*spsv1.Card) {})
			return next(t, w.fed.Office("VN"), func(*spsv1.Card) {})
		}, "CARD_REFUSED"},
		{"of the same number", func(t *testing.T, w *world) []byte {
			signed, err := certs.MakeCard(func() *spsv1.Card {
				c := w.fed.Office("VN").Card.Message()
				c.Languages = []string{"xx"}
				return c
			}(), w.fed.Office("VN").CardKey)
			if err != nil {
				t.Fatal(err)
			}
			return signed
		}, "INCONSISTENT"},
		{"that is none", func(*testing.T, *world) []byte { return []byte("card") }, "CARD_REFUSED"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "CN", "TH", "VN")
				cn, vn := w.nodes["CN"], w.nodes["VN"]
				vn.publish(tc.bytes(t, w))
				vn.issue(100, "CN")
				cn.start()
				defer cn.stop()
				vn.start()
				defer vn.stop()
				time.Sleep(time.Minute)
				if got := cn.status("VN").Alarm; got == nil || string(got.Reason) != tc.reason {
					t.Errorf("alarm = %+v, want %s", got, tc.reason)
				}
				if got := cn.number("VN"); got != 1 {
					t.Errorf("card %d of VN in force, want 1", got)
				}
				cn.wantHolds(vn)
			})
		})
	}
}

func TestCardEntriesWithOtherPayloads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "CN", "VN")
		cn, vn := w.nodes["CN"], w.nodes["VN"]
		other, err := proto.Marshal(&spsv1.Envelope{PayloadType: "application/other", Payload: []byte("x")})
		if err != nil {
			t.Fatal(err)
		}
		vn.publishEnvelope(other)
		vn.publishEnvelope([]byte("no envelope"))
		cn.start()
		defer cn.stop()
		vn.start()
		defer vn.stop()
		time.Sleep(time.Minute)
		if got := cn.status("VN").Alarm; got == nil || got.Reason != ReasonCardRefused {
			t.Errorf("alarm = %+v, want CARD_REFUSED", got)
		}
		cn.wantHolds(vn)
	})
}
