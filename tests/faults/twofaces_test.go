package faults

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/exchange"
	"github.com/spsalert/spsalert/tests/federation"
)

// TestFault24_TwoFaces lets LA say one thing to TH and another to VN, of the same
// length or not, while the two do not reach each other. When they do, everybody
// has the proof within a minute: TH, VN, and CN, to whom LA said nothing.
func TestFault24_TwoFaces(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		th, vn   int // entries behind those that both begin with
		thBefore int // of them, when TH and VN meet; TH then gets the rest
	}{
		{"of the same length", 1, 1, 1},
		{"TH has less", 1, 3, 1},
		{"TH has more", 3, 1, 3},
		{"TH gets more only after they met", 2, 1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := federation.New(t, "CN", "LA", "TH", "VN")
				f.Oracle.Hostile = []certs.Office{"LA"}
				f.Start("CN", "TH", "VN")
				f.Network.Cut("TH", "VN")
				f.Network.Cut("TH", "CN")
				la := f.Node("LA")
				la.Issue(100)
				common, anchor := la.Backup(), la.Anchor()
				tell(t, f.Node("TH"), la, test.thBefore)
				after, afterAnchor := la.Backup(), la.Anchor()
				la.RollBack(common, anchor)
				tell(t, f.Node("VN"), la, test.vn)
				if got := f.Node("VN").Peer("TH").Alarm; got != nil {
					t.Fatalf("alarm %+v before they met", got)
				}
				f.Network.Heal("TH", "VN")
				time.Sleep(time.Minute)
				if test.th > test.thBefore {
					la.RollBack(after, afterAnchor)
					tell(t, f.Node("TH"), la, test.th-test.thBefore)
					time.Sleep(time.Minute)
				}
				for _, at := range []certs.Office{"CN", "TH", "VN"} {
					if got := f.Node(at).Peer("LA").Alarm; got == nil || got.Reason != exchange.ReasonInconsistent {
						t.Errorf("alarm of %s about LA: %+v, want %s", at, got, exchange.ReasonInconsistent)
					}
					proves(t, f.Node(at), la)
				}
			})
		})
	}
}

// tell issues entries at an office that does not run, and shows its log to a node.
func tell(t *testing.T, to, la *federation.Node, entries int) {
	t.Helper()
	for range entries {
		la.Issue(100)
	}
	la.Crash(false) // the anchor is durable
	s := play(t, to, la)
	defer s.stop()
	s.send(s.hello())
	head, e := s.page(to.Holds("LA"))
	s.send(head, entriesOf(e))
}

// proves holds that a node hands to whoever comes next what proves to anyone
// with the card of LA that it signed two trees that cannot both be.
func proves(t *testing.T, at, la *federation.Node) {
	t.Helper()
	s := play(t, at, la)
	defer s.stop()
	hello := s.hello()
	hello.GetHello().Features = []string{"misbehaviour"}
	s.send(hello)
	var c *spsv1.TreeConflict
	for _, frame := range s.frames() {
		if m := frame.GetMisbehaviour(); m != nil {
			c = m.GetTreeConflict()
		}
	}
	if c == nil {
		t.Errorf("%s hands on no proof", at.Office.Code())
		return
	}
	keys := la.Office.Card.LogKeys(la.Ledger.Origin())
	smaller, err := seal.OpenCheckpoint(c.GetSmallerCheckpoint(), keys)
	if err != nil {
		t.Errorf("the smaller checkpoint that %s hands on: %v", at.Office.Code(), err)
	}
	larger, err := seal.OpenCheckpoint(c.GetLargerCheckpoint(), keys)
	if err != nil {
		t.Errorf("the larger checkpoint that %s hands on: %v", at.Office.Code(), err)
	}
	proof, err := seal.Hashes(c.GetConsistencyProof())
	if err != nil {
		t.Fatal(err)
	}
	root := tlog.Hash(c.GetRootAtSmaller())
	if err := seal.CheckConsistency(proof, larger, smaller.Size, root); err != nil || root == smaller.Root {
		t.Errorf("the proof that %s hands on: the larger tree begins with root %s (%v), the smaller one has %s; want two roots",
			at.Office.Code(), root, err, smaller.Root)
	}
}

// TestFault24_ProofsThatAreNone hands CN proofs that prove nothing: no alarm
// follows, but a note about who sent them.
func TestFault24_ProofsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		forge func(smaller, larger []byte, c *spsv1.TreeConflict)
	}{
		{"the same tree", func(_, larger []byte, c *spsv1.TreeConflict) { c.SmallerCheckpoint = larger }},
		{"a tree that grew", func(_, _ []byte, _ *spsv1.TreeConflict) {}},
		{"no proof", func(_, _ []byte, c *spsv1.TreeConflict) { c.ConsistencyProof = nil }},
		{"a signature that is none", func(smaller, _ []byte, c *spsv1.TreeConflict) {
			forged := append([]byte(nil), smaller...)
			forged[len(forged)-10] ^= 1
			c.SmallerCheckpoint = forged
		}},
		{"no checkpoint", func(_, _ []byte, c *spsv1.TreeConflict) { c.LargerCheckpoint = nil }},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := federation.New(t, "CN", "VN")
				f.Start("CN")
				cn, vn := f.Node("CN"), f.Node("VN")
				smaller := noteOf(t, vn)
				vn.Issue(100)
				larger := noteOf(t, vn)
				c := &spsv1.TreeConflict{
					SmallerCheckpoint: smaller, LargerCheckpoint: larger, RootAtSmaller: make([]byte, 32), ConsistencyProof: [][]byte{make([]byte, 32)},
				}
				test.forge(smaller, larger, c)
				s := play(t, cn, vn)
				s.send(s.hello(), &spsv1.Frame{Kind: &spsv1.Frame_Misbehaviour{Misbehaviour: &spsv1.Misbehaviour{
					Proof: &spsv1.Misbehaviour_TreeConflict{TreeConflict: c},
				}}})
				if got := cn.Peer("VN"); got.Alarm != nil || got.Last == nil || got.Last.Reason != exchange.ReasonBadSeal {
					t.Errorf("alarm %+v, last %+v; want no alarm, and %s", got.Alarm, got.Last, exchange.ReasonBadSeal)
				}
				s.stop()
			})
		})
	}
}

func noteOf(t *testing.T, n *federation.Node) []byte {
	t.Helper()
	h, err := n.Ledger.Head(context.Background(), n.Ledger.Origin())
	if err != nil {
		t.Fatal(err)
	}
	return h.Note
}
