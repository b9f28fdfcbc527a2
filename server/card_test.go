package server_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server"
)

func TestNextCardReachesPeersByTheLog(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	cn, vn := w.start("CN"), w.start("VN")
	issue(t, cn, notification("under the first card"))

	// China's administrator puts the next card in place of the first.
	next, err := cn.office.NextCard(func(c *spsv1.Card) { c.Languages = []string{"zh-Hans", "en"} })
	if err != nil {
		t.Fatal(err)
	}
	own := w.config("CN").Identity.Card
	if err := os.WriteFile(own, next, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := cn.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	admin := spsv1.NewNodeServiceClient(vn.as(certs.RoleAdmin, "minh"))
	peer := func() *spsv1.Peer {
		t.Helper()
		p, err := admin.GetPeer(t.Context(), &spsv1.GetPeerRequest{Name: "peers/CN"})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	deadline := time.After(20 * time.Second)
	for tick := time.NewTicker(20 * time.Millisecond); peer().GetCardNumber() != 2; {
		select {
		case <-deadline:
			t.Fatalf("VN's card of CN = %v, want number 2", peer())
		case <-tick.C:
		}
	}
	// The session of the first card has ended, and the next one carries on.
	after := issue(t, cn, notification("under the second card"))
	vn.watch("offices/CN", "").statement(after.GetName())

	// Published once, also over a restart.
	size := cn.size()
	cn.stop()
	cn = w.start("CN")
	if got := cn.size(); got != size {
		t.Errorf("entries of CN after a restart = %d, want %d", got, size)
	}

	// A card that leaves one out would be refused by every peer.
	if _, err := cn.office.NextCard(nil); err != nil {
		t.Fatal(err)
	}
	skipping, err := cn.office.NextCard(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(own, skipping, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := cn.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "peers take 3 next") {
		t.Errorf("Reload of card 4 after card 2 = %v, want an error that names card 3", err)
	}
}

// A card that peers would refuse is not published: it could never be taken back.
func TestNextCardThatPeersWouldRefuse(t *testing.T) {
	other := authority.ForTest(t, "CN").Office("CN")
	for _, tc := range []struct {
		name, says string
		change     func(*spsv1.Card)
	}{
		{"another receipt key", "receipt key", func(c *spsv1.Card) { c.ReceiptKeys = other.Card.Message().GetReceiptKeys() }},
		{"another log key", "leaves out a log key", func(c *spsv1.Card) { c.LogKeys = other.Card.Message().GetLogKeys() }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, "CN")
			cn := w.start("CN")
			message := cn.office.Card.Message()
			message.Number++
			tc.change(message)
			next, err := certs.MakeCard(message, cn.office.CardKey)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(w.config("CN").Identity.Card, next, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := cn.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("Reload = %v, want an error that says %q", err, tc.says)
			}
			if got := cn.size(); got != 1 {
				t.Errorf("entries of CN = %d, want 1", got)
			}
		})
	}
}

// A node does not start with a card that a running one would refuse.
func TestStartWithACardThatSkips(t *testing.T) {
	w := newWorld(t, "CN")
	cn := w.start("CN")
	cn.stop()
	var next []byte
	for range 2 {
		var err error
		if next, err = cn.office.NextCard(nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(w.config("CN").Identity.Card, next, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := server.New(t.Context(), server.Options{Config: w.config("CN")})
	if err == nil {
		_ = s.Stop(t.Context())
	}
	if !errors.Is(err, server.ErrIdentity) || !strings.Contains(err.Error(), "configure card 2") {
		t.Errorf("New with card 3 after card 1 = %v, want an error that names card 2", err)
	}
}

// size returns how many entries the node's own log has.
func (n *node) size() uint64 {
	n.w.t.Helper()
	got, err := spsv1.NewNodeServiceClient(n.as(certs.RoleAdmin, "minh")).GetNode(n.w.t.Context(), &spsv1.GetNodeRequest{})
	if err != nil {
		n.w.t.Fatal(err)
	}
	return got.GetSize()
}
