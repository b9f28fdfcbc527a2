package faults

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/tests/federation"
)

// TestFault18_ClocksThatAreWrong sets the clock of one node an hour off, a year
// off, and back, forward and backward, while a session is up. Everything arrives
// as before over the same session, peers are told how far off the clock is when
// they meet, and the times of a log never fall.
func TestFault18_ClocksThatAreWrong(t *testing.T) {
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
			vn.Issue(500, "CN")
			time.Sleep(time.Second)
			f.WantSame()
		}
		time.Sleep(10 * time.Minute)
		if got := f.Network.Dialled("CN", "VN"); got != dialled {
			t.Errorf("%d new connections, want the session to stay", got-dialled)
		}
		for _, ahead := range []time.Duration{year, -year, time.Hour} {
			cn.SetClock(ahead)
			cn.Restart()
			f.Settle()
			if got := vn.Peer("CN").Clock; got < ahead-time.Minute || got > ahead+time.Minute {
				t.Errorf("VN sees the clock of CN %s ahead, want %s", got, ahead)
			}
			cn.Issue(500, "VN")
			f.Settle()
			f.WantSame()
		}
		f.Judge()
	})
}
