package federation

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/exchange"
	"github.com/spsalert/spsalert/server/ledger"
)

// wantWhy fails the test unless a node is read-only for a reason that holds the
// words; "": unless it issues.
func wantWhy(t *testing.T, n *Node, words string) {
	t.Helper()
	why := n.Ledger.Why()
	if (why == "") != (words == "") || !strings.Contains(why, words) {
		t.Errorf("%s: Why = %q, want something about %q", n.Office.Code(), why, words)
	}
}

// Yesterday's backup is restored: the node gets back what it said since, with
// the bodies, from whoever holds them, and goes on where it was.
func TestYesterdaysBackup(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := New(t, "CN", "TH", "VN")
		cn, th, vn := f.Node("CN"), f.Node("TH"), f.Node("VN")
		f.Start("CN", "TH", "VN")
		vn.Issue(1000, "CN", "TH")
		f.Settle()
		saved := vn.Backup()
		for range 30 {
			vn.Issue(3000, "CN")
			vn.Issue(3000, "TH")
			vn.Issue(3000)
			cn.Issue(1000, "VN")
		}
		last := vn.Issue(1000, "TH")
		f.Settle()
		f.WantSame()
		f.Stop("VN")
		before := vn.Ledger.Released()
		vn.Restore(saved)
		wantWhy(t, vn, "waiting for CN, TH")
		f.Start("VN")
		f.Settle()
		wantWhy(t, vn, "")
		f.WantSame()
		again, err := vn.Ask(last.Envelope, "TH")
		if err != nil || again.Sequence != last.Sequence || again.Hash != last.Hash {
			t.Errorf("the same request: entry %d, %v; want %d", again.Sequence, err, last.Sequence)
		}
		if _, err := vn.Ledger.After(t.Context(), before, 1); !errors.Is(err, ledger.ErrOtherIncarnation) {
			t.Errorf("a cursor from before: %v, want %v", err, ledger.ErrOtherIncarnation)
		}
		if _, lost, err := vn.Ledger.Lost(t.Context(), 10); err != nil || lost != 0 {
			t.Errorf("%d bodies are lost, %v; want none", lost, err)
		}
		vn.Issue(1000, "CN", "TH")
		th.Issue(1000, "VN")
		f.Settle()
		f.WantSame()
		for _, n := range []*Node{cn, th} {
			if got := n.Peer("VN").Alarm; got != nil {
				t.Errorf("alarm at %s: %+v, want none", n.Office.Code(), got)
			}
		}
		vn.Restart()
		wantWhy(t, vn, "")
	})
}

// One peer is silent: the node says which, shows what it got back, and opens
// when it comes; a restart in the middle changes nothing.
func TestRestoredWithASilentPeer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := New(t, "CN", "TH", "VN")
		vn := f.Node("VN")
		f.Start("CN", "TH", "VN")
		f.Settle()
		saved := vn.Backup()
		for range 5 {
			vn.Issue(1000, "CN")
			vn.Issue(1000, "TH")
		}
		f.Settle()
		f.Stop("TH", "VN")
		vn.Restore(saved)
		f.Start("VN")
		f.Settle()
		wantWhy(t, vn, "waiting for TH")
		if lost, all, err := vn.Ledger.Lost(t.Context(), 3); err != nil || all != 5 || len(lost) != 3 || lost[0].Reference == "" {
			t.Errorf("Lost = %+v of %d, %v; want 3 of the 5 that are for TH alone, with references", lost, all, err)
		}
		vn.Restart()
		f.Settle()
		wantWhy(t, vn, "waiting for TH")
		time.Sleep(2 * time.Hour)
		f.Start("TH")
		f.Settle()
		wantWhy(t, vn, "")
		if _, all, err := vn.Ledger.Lost(t.Context(), 3); err != nil || all != 0 {
			t.Errorf("%d bodies are lost, %v; want none", all, err)
		}
		f.WantSame()
	})
}

// A body is missing that a peer with less of the log cannot have: it is not
// asked from beyond its end, which would be the end of the session.
func TestRestoredWithAPeerThatHoldsLess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := New(t, "CN", "TH", "VN")
		vn := f.Node("VN")
		f.Start("CN", "TH", "VN")
		f.Settle()
		saved := vn.Backup()
		f.Network.Cut("CN", "VN")
		vn.Issue(1000, "TH")
		vn.Issue(1000, "CN")
		f.Settle()
		f.Stop("VN")
		vn.Restore(saved)
		f.Start("VN")
		f.Settle()
		wantWhy(t, vn, "waiting for CN")
		f.Network.Heal("CN", "VN")
		f.Settle()
		wantWhy(t, vn, "")
		if lost, all, err := vn.Ledger.Lost(t.Context(), 3); err != nil || all != 1 || lost[0].Sequence != 2 {
			t.Errorf("Lost = %+v of %d, %v; want the one that was for CN alone", lost, all, err)
		}
		for _, office := range []certs.Office{"CN", "TH"} {
			if got := vn.Peer(office); !got.Connected || got.Last != nil && got.Last.Reason == access.ReasonCursorAhead {
				t.Errorf("link to %s: connected %t, last %+v", office, got.Connected, got.Last)
			}
		}
	})
}

// The anchor is lost, or the store is behind it.
func TestAnchorLostOrNewer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := New(t, "CN", "TH", "VN")
		vn := f.Node("VN")
		f.Start("CN", "TH", "VN")
		vn.Issue(1000)
		f.Settle()
		f.Stop("VN")
		vn.LoseAnchor()
		wantWhy(t, vn, "no anchor")
		f.Start("VN")
		f.Settle()
		wantWhy(t, vn, "")
		f.WantSame()

		// What was released last went to nobody: no peer can give it back.
		saved := vn.Backup()
		f.Network.Cut("CN", "VN")
		f.Network.Cut("TH", "VN")
		vn.Issue(1000)
		f.Stop("VN")
		vn.Restore(saved)
		f.Network.Heal("CN", "VN")
		f.Network.Heal("TH", "VN")
		f.Start("VN")
		f.Settle()
		wantWhy(t, vn, "the store is older than the anchor")
		f.Stop("VN")
		vn.NextEpoch()
		begun, err := vn.OpenEpoch()
		if err != nil || begun.Origin.Epoch != 2 {
			t.Fatalf("NewEpoch = %+v, %v; want epoch 2", begun, err)
		}
		f.Start("VN")
		f.Settle()
		wantWhy(t, vn, "")
		vn.Issue(1000, "CN")
		f.Settle()
		f.WantSame()
	})
}

// A machine goes back to a snapshot, anchor and all: the first peer that holds
// more shuts the gate, and it opens again when everything is back.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := New(t, "CN", "TH", "VN")
		vn := f.Node("VN")
		f.Start("CN", "TH", "VN")
		f.Settle()
		saved, anchor := vn.Backup(), vn.Anchor()
		vn.Issue(1000, "CN")
		f.Settle()
		f.Stop("VN", "TH")
		vn.RollBack(saved, anchor)
		wantWhy(t, vn, "")
		f.Start("VN")
		f.Settle()
		wantWhy(t, vn, "waiting for TH")
		if got := vn.Peer("CN").Alarm; got == nil || got.Reason != exchange.ReasonInconsistent {
			t.Errorf("alarm at VN: %+v, want %s", got, exchange.ReasonInconsistent)
		}
		vn.Restart()
		wantWhy(t, vn, "CN holds a checkpoint")
		f.Start("TH")
		f.Settle()
		wantWhy(t, vn, "")
		f.WantSame()
	})
}

// It issued before it met anybody: a fork, of which the node itself finds the
// proof, and after which it never says anything more in that log.
func TestSnapshotThatIssues(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := New(t, "CN", "VN")
		cn, vn := f.Node("CN"), f.Node("VN")
		f.Start("CN", "VN")
		f.Settle()
		saved, anchor := vn.Backup(), vn.Anchor()
		vn.Issue(1000, "CN")
		vn.Issue(1000, "CN")
		f.Settle()
		f.Stop("VN")
		vn.RollBack(saved, anchor)
		vn.Issue(1000, "CN")
		f.Start("VN")
		time.Sleep(10 * time.Minute)
		wantWhy(t, vn, "contradicts what this office signed")
		vn.Restart()
		f.Settle()
		wantWhy(t, vn, "contradicts what this office signed")
		if got := cn.Holds("VN"); got != 3 {
			t.Errorf("CN holds %d entries, want the 3 that it had", got)
		}
		f.Stop("VN")
		vn.NextEpoch()
		if _, err := vn.OpenEpoch(); err != nil {
			t.Fatal(err)
		}
		f.Start("VN")
		vn.Issue(1000, "CN")
		time.Sleep(10 * time.Minute)
		wantWhy(t, vn, "")
		if got := cn.Holds("VN"); got != 3 {
			t.Errorf("CN holds %d entries of the new epoch, want 3", got)
		}
		if got := cn.Peer("VN").Alarm; got == nil || got.Reason != exchange.ReasonInconsistent {
			t.Errorf("alarm at CN: %+v, want %s", got, exchange.ReasonInconsistent)
		}
	})
}

// Every peer is away, and the administrator opens a new epoch without them. They
// follow it when they come back, keep the old log, and give back what was lost.
func TestNewEpochIsFollowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := New(t, "CN", "TH", "VN")
		cn, th, vn := f.Node("CN"), f.Node("TH"), f.Node("VN")
		f.Start("CN", "TH", "VN")
		f.Settle()
		saved, old := vn.Backup(), vn.Ledger.Origin()
		lost := vn.Issue(1000, "CN")
		f.Settle()
		f.Stop("CN", "TH", "VN")
		vn.Restore(saved)
		f.Start("VN")
		time.Sleep(time.Hour)
		wantWhy(t, vn, "waiting for CN, TH")
		f.Stop("VN")
		vn.NextEpoch()
		if _, err := vn.OpenEpoch("CN"); !errors.Is(err, ledger.ErrSilent) {
			t.Errorf("without CN alone: %v, want %v", err, ledger.ErrSilent)
		}
		begun, err := vn.OpenEpoch("CN", "TH")
		if err != nil {
			t.Fatal(err)
		}
		f.Start("VN")
		e := vn.Issue(1000, "CN", "TH")
		if e.Origin != begun.Origin || !strings.HasSuffix(e.Leaf.GetReference(), "-001002") {
			t.Errorf("issued %s in %s, want 1002 in %s", e.Leaf.GetReference(), e.Origin, begun.Origin)
		}
		f.Start("CN", "TH")
		f.Settle()
		f.WantSame()
		for _, n := range []*Node{cn, th, vn} {
			h, err := n.Ledger.Head(t.Context(), old)
			if err != nil || h.Size != 2 || h.Checkpoint.Size != 2 {
				t.Errorf("%s holds %+v of the old log, %v; want 2 entries under a checkpoint", n.Office.Code(), h, err)
			}
		}
		if again, err := vn.Ask(lost.Envelope, "CN"); err != nil || again.Origin != old || again.Hash != lost.Hash {
			t.Errorf("the same request: %s entry %d, %v; want the one in the old log", again.Origin, again.Sequence, err)
		}
		for _, n := range []*Node{cn, th} {
			if got := n.Peer("VN").Alarm; got != nil {
				t.Errorf("alarm at %s: %+v, want none", n.Office.Code(), got)
			}
			n.Issue(1000, "VN")
			n.Restart()
		}
		vn.Restart()
		vn.Issue(1000)
		f.Settle()
		f.WantSame()
	})
}

// A peer that does not accept the card does not follow.
func TestNewEpochWithoutItsCard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := New(t, "CN", "VN")
		cn, vn := f.Node("CN"), f.Node("VN")
		f.Start("CN", "VN")
		f.Settle()
		f.Stop("VN")
		vn.LoseAnchor()
		if _, err := vn.Office.NextCard(nil); err != nil { // one that CN never sees
			t.Fatal(err)
		}
		vn.NextEpoch()
		if _, err := vn.OpenEpoch("CN"); err != nil {
			t.Fatal(err)
		}
		f.Start("VN")
		f.Settle()
		if got := cn.Peer("VN").Alarm; got == nil || got.Reason != exchange.ReasonCardRefused {
			t.Errorf("alarm at CN: %+v, want %s", got, exchange.ReasonCardRefused)
		}
		if got := cn.Holds("VN"); got != 0 {
			t.Errorf("CN holds %d entries of the new log, want none", got)
		}
		card, err := certs.ParseCard(vn.Office.Card.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if err := cn.Office.Roster.Accept(card); err != nil {
			t.Fatal(err)
		}
		f.Settle()
		f.WantSame()
	})
}
