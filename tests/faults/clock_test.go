package faults

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/tests/federation"
)

// TestFault18_ClocksThatAreWrong sets the clock of one node an hour off, a year
// off, and back, forward and backward, while a session is up. Everything arrives
// as before over the same session, the node itself sees at once how far off it
// is, peers within a minute and when they meet, and the times of a log never fall.
func TestFault18_ClocksThatAreWrong(t *testing.T) {
	t.Parallel()
	const year = 365 * 24 * time.Hour
	synctest.Test(t, func(t *testing.T) {
		f := federation.New(t, "CN", "VN")
		cn, vn := f.Node("CN"), f.Node("VN")
		f.Start("CN", "VN")
		f.Settle()
		dialled := f.Network.Dialled("CN", "VN")
		var last ledger.Entry
		for _, ahead := range []time.Duration{time.Hour, -time.Hour, -year, 0, year, -year, 0} {
			cn.SetClock(ahead)
			e := cn.Issue(500, "VN")
			if last.Leaf != nil && e.Leaf.GetTime().AsTime().Before(last.Leaf.GetTime().AsTime()) {
				t.Errorf("with a clock %s ahead entry %d is of %s, the one before of %s", ahead, e.Sequence, e.Leaf.GetTime().AsTime(), last.Leaf.GetTime().AsTime())
			}
			last = e
			for _, theirs := range cn.Exchange.Clocks() {
				if off := -theirs; off < ahead-time.Minute || off > ahead+time.Minute {
					t.Errorf("CN sees its own clock %s ahead, want %s", off, ahead)
				}
			}
			vn.Issue(500, "CN")
			time.Sleep(time.Second)
			f.WantSame()
			time.Sleep(time.Minute)
			wantClock(t, vn, "CN", ahead)
		}
		time.Sleep(10 * time.Minute)
		if got := f.Network.Dialled("CN", "VN"); got != dialled {
			t.Errorf("%d new connections, want the session to stay", got-dialled)
		}
		for _, ahead := range []time.Duration{year, -year, time.Hour} {
			cn.SetClock(ahead)
			cn.Restart()
			f.Settle()
			wantClock(t, vn, "CN", ahead)
			cn.Issue(500, "VN")
			f.Settle()
			f.WantSame()
		}
		f.Judge()
	})
}

// wantClock fails the test unless a node sees a peer's clock so far ahead, but
// for a minute.
func wantClock(t *testing.T, n *federation.Node, office certs.Office, ahead time.Duration) {
	t.Helper()
	got := n.Peer(office).Clock
	if got == nil {
		t.Errorf("%s knows nothing of the clock of %s, want %s ahead", n.Office.Code(), office, ahead)
		return
	}
	if (*got - ahead).Abs() > time.Minute {
		t.Errorf("%s sees the clock of %s %s ahead, want %s", n.Office.Code(), office, *got, ahead)
	}
}
