package ledger_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
)

// signedTrees are the checkpoints that an office was ever seen to sign, by size.
type signedTrees map[uint64]seal.Checkpoint

// see fails the test if another tree of the same size was signed before: P3.
func (s signedTrees) see(rt *rapid.T, n *ledgertest.Node) {
	h, err := n.Head(rt.Context(), n.Origin())
	if err != nil {
		rt.Fatal(err)
	}
	c := h.Checkpoint
	if before, ok := s[c.Size]; ok && before != c {
		rt.Fatalf("two checkpoints of size %d: %v and %v", c.Size, before, c)
	}
	s[c.Size] = c
}

// holdsOf returns how many entries of a node's log another one holds.
func holdsOf(t testing.TB, at, of *ledgertest.Node) uint64 {
	t.Helper()
	h, err := at.Head(t.Context(), of.Origin())
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		t.Fatal(err)
	}
	return h.Size
}

// Whatever was in the backup, and whoever is met after it was restored, in
// whatever order and with restarts between: the node ends open, with everything
// that any peer holds, or read-only with a reason; and it never signs two trees
// of one size.
func TestRestoredAtRandom(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN", "TH")
	audiences := [][]certs.Office{nil, {"CN"}, {"TH"}, {"VN"}}
	rapid.Check(t, func(rt *rapid.T) {
		vn, cn, th := restorableOf(t, fed)
		peers := []*ledgertest.Node{cn, th}
		defer func() {
			for _, n := range append(peers, vn) {
				n.Stop(t)
			}
		}()
		trees, issued := signedTrees{}, 0
		talk := func(label string) {
			for range rapid.IntRange(0, 6).Draw(rt, label) {
				switch rapid.IntRange(0, 3).Draw(rt, "what") {
				case 0:
					peer := rapid.SampledFrom(peers).Draw(rt, "follower")
					peer.Follow(t, vn, vn.Origin(), rapid.IntRange(1, 2000).Draw(rt, "budget"))
				case 1:
					peer := rapid.SampledFrom(peers).Draw(rt, "receipted")
					giveReceipt(rt, t, peer, vn, vn.Origin())
				default:
					issued++
					id := fmt.Sprintf("r%d", issued)
					vn.Issue(t, id, id, rapid.SampledFrom(audiences).Draw(rt, "audience")...)
					trees.see(rt, vn)
				}
			}
		}
		talk("before")
		saved := backup(t, vn)
		talk("after")
		lost := rapid.Bool().Draw(rt, "anchor lost")
		restore(t, vn, saved, lost)
		if lost { // what only the lost disks knew cannot bind anybody
			for size := range trees {
				if !slices.ContainsFunc(peers, func(peer *ledgertest.Node) bool { return size <= holdsOf(t, peer, vn) }) {
					delete(trees, size)
				}
			}
		}
		met := map[*ledgertest.Node]bool{}
		for range rapid.IntRange(0, 5).Draw(rt, "meetings") {
			if rapid.IntRange(0, 3).Draw(rt, "restart") == 0 {
				shut := vn.Why() != ""
				vn.Restart(t)
				if shut {
					clear(met) // answers count for one run
				}
			}
			peer := rapid.SampledFrom(peers).Draw(rt, "met")
			if err := meet(t, vn, peer); err != nil {
				rt.Fatalf("meet %s: %v", peer.Office.Code(), err)
			}
			met[peer] = true
			trees.see(rt, vn)
		}
		size := head(t, vn, vn.Origin()).Size
		switch why := vn.Why(); {
		case why != "":
			_, err := vn.Append(t.Context(), ledgertest.Prepared(ledgertest.Statement("late", "late")))
			if !errors.Is(err, ledger.ErrReadOnly) {
				rt.Fatalf("Append: %v, want %v", err, ledger.ErrReadOnly)
			}
			if len(met) == len(peers) && lost {
				rt.Fatalf("all peers were met, and the gate is shut: %s", why)
			}
			return
		case len(met) < len(peers):
			rt.Fatalf("the gate is open after %d of %d answers", len(met), len(peers))
		}
		for _, peer := range peers {
			if h := holdsOf(t, peer, vn); h > size {
				rt.Fatalf("%s holds %d entries, and %d are here", peer.Office.Code(), h, size)
			}
			compareLogs(rt, t, peer, vn)
		}
		vn.Issue(t, "next", "next")
		trees.see(rt, vn)
		for _, peer := range peers {
			peer.Follow(t, vn, vn.Origin(), 1<<20)
			compareLogs(rt, t, peer, vn)
		}
	})
}
