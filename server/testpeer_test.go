package server_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

const (
	checkOK     = spsv1.PeerCheckState_PEER_CHECK_STATE_OK
	checkLook   = spsv1.PeerCheckState_PEER_CHECK_STATE_LOOK
	checkBroken = spsv1.PeerCheckState_PEER_CHECK_STATE_BROKEN
)

// admin returns the node's service as its administrator sees it.
func (n *node) admin() spsv1.NodeServiceClient {
	n.w.t.Helper()
	return spsv1.NewNodeServiceClient(n.as(certs.RoleAdmin, "hoa"))
}

// testPeer tests the link to an office, and returns the checks by their names.
func (n *node) testPeer(office string) map[string]*spsv1.PeerCheck {
	n.w.t.Helper()
	got, err := n.admin().TestPeer(n.w.t.Context(), &spsv1.TestPeerRequest{Name: "peers/" + office})
	if err != nil {
		n.w.t.Fatal(err)
	}
	checks := make(map[string]*spsv1.PeerCheck)
	for _, c := range got.GetChecks() {
		checks[c.GetCheck()] = c
	}
	return checks
}

// wantCheck fails the test unless a check came out in one of some ways, and
// says all of the words.
func wantCheck(t *testing.T, checks map[string]*spsv1.PeerCheck, name string, states []spsv1.PeerCheckState, words ...string) {
	t.Helper()
	c := checks[name]
	if !slices.Contains(states, c.GetState()) {
		t.Errorf("%s is %s, want %v: %v", name, c.GetState(), states, c)
	}
	text := c.GetReason() + " " + c.GetDetail() + " " + c.GetFix()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%s says %q, want %q in it", name, text, w)
		}
	}
	if c.GetState() != checkOK && c.GetFix() == "" {
		t.Errorf("%s says no word about what to do: %v", name, c)
	}
}

func TestALinkIsTested(t *testing.T) {
	w := newWorld(t, "VN", "CN", "TH")
	vn := w.start("VN")
	address := w.fed.Office("CN").Card.Addresses()[0]

	t.Run("nobody there", func(t *testing.T) {
		checks := vn.testPeer("CN")
		wantCheck(t, checks, "card", []spsv1.PeerCheckState{checkOK}, "number 1", w.fed.Office("CN").Card.Fingerprint())
		wantCheck(t, checks, "connect", []spsv1.PeerCheckState{checkBroken}, "UNREACHABLE", "nobody listens", "firewall")
		wantCheck(t, checks, "session", []spsv1.PeerCheckState{checkBroken})
		wantCheck(t, checks, "receipt", []spsv1.PeerCheckState{checkBroken}, "no receipt")
		if checks["handshake"] != nil || checks["clock"] != nil {
			t.Errorf("checks %v, want none of a handshake that was not made", checks)
		}
	})
	cn := w.start("CN")
	issue(t, vn, notification("fruit fly in mango", "CN"))
	vn.watch("offices/-", "").receipt("CN", 1)
	t.Run("all is well", func(t *testing.T) {
		for name, c := range vn.testPeer("CN") {
			if c.GetState() != checkOK {
				t.Errorf("%s: %v, want OK", name, c)
			}
			if about := slices.Contains([]string{"connect", "handshake", "their_side"}, name); about != (c.GetAddress() == address) {
				t.Errorf("%s: address %q, want %s only where one was dialled", name, c.GetAddress(), address)
			}
		}
		if _, err := cn.admin().GetNode(t.Context(), &spsv1.GetNodeRequest{}); err != nil {
			t.Fatal(err)
		}
		up, err := vn.admin().GetPeer(t.Context(), &spsv1.GetPeerRequest{Name: "peers/CN"})
		if err != nil || !up.GetConnected() {
			t.Errorf("after the test the session is %v, %v; want that it has not noticed", up, err)
		}
	})
	t.Run("another office answers", func(t *testing.T) {
		w.mu.Lock()
		w.listeners[w.fed.Office("TH").Card.Addresses()[0]] = w.listeners[address]
		w.mu.Unlock()
		checks := vn.testPeer("TH")
		wantCheck(t, checks, "handshake", []spsv1.PeerCheckState{checkBroken}, "office", "want TH", "address on the card")
	})
	t.Run("not for officers", func(t *testing.T) {
		officer := spsv1.NewNodeServiceClient(vn.as(certs.RoleOfficer, "minh"))
		_, err := officer.TestPeer(t.Context(), &spsv1.TestPeerRequest{Name: "peers/CN"})
		if reason(err) != "PERMISSION_DENIED" {
			t.Errorf("an officer tests a link: %v, want PERMISSION_DENIED", err)
		}
	})
	t.Run("an office that nobody knows", func(t *testing.T) {
		_, err := vn.admin().TestPeer(t.Context(), &spsv1.TestPeerRequest{Name: "peers/LA"})
		if status.Code(err) != codes.NotFound {
			t.Errorf("test of LA: %v, want NOT_FOUND", err)
		}
	})
}

func TestRevokePeer(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn, cn := w.start("VN"), w.start("CN")
	issue(t, vn, notification("fruit fly in mango", "CN"))
	vn.watch("offices/-", "").receipt("CN", 1)

	officer := spsv1.NewNodeServiceClient(cn.as(certs.RoleOfficer, "wang"))
	if _, err := officer.RevokePeer(t.Context(), &spsv1.RevokePeerRequest{Name: "peers/VN"}); reason(err) != "PERMISSION_DENIED" {
		t.Fatalf("an officer revokes: %v, want PERMISSION_DENIED", err)
	}
	was, err := cn.admin().RevokePeer(t.Context(), &spsv1.RevokePeerRequest{Name: "peers/VN"})
	if err != nil || was.GetFingerprint() != vn.office.Card.Fingerprint() {
		t.Fatalf("revoked: %v, %v; want VN as it was", was, err)
	}
	if _, err := cn.admin().GetPeer(t.Context(), &spsv1.GetPeerRequest{Name: "peers/VN"}); status.Code(err) != codes.NotFound {
		t.Errorf("VN at CN: %v, want NOT_FOUND", err)
	}
	if left, err := filepath.Glob(filepath.Join(w.dir, "CN", "peers", "VN.card")); err != nil || len(left) > 0 {
		t.Errorf("files %v, %v; want that the card is gone for the next start too", left, err)
	}

	// VN is told by the end of its session, and then by every handshake.
	checks := vn.testPeer("CN")
	wantCheck(t, checks, "handshake", []spsv1.PeerCheckState{checkOK})
	wantCheck(t, checks, "their_side", []spsv1.PeerCheckState{checkBroken}, "has not accepted this office's card")
}
