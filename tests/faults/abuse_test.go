package faults

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/tests/federation"
)

// TestFault33_OneOfficeThatTakesAllItCan lets an office mark all that it says as
// urgent while the disk of a peer is full. It gets its share of what is kept for
// urgent work. The alert of another office and the peer's own go at once, no
// session ends, and with room again everything arrives.
func TestFault33_OneOfficeThatTakesAllItCan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := federation.New(t, "CN", "TH", "VN")
		cn, th, vn := f.Node("CN"), f.Node("TH"), f.Node("VN")
		f.Start("CN", "TH", "VN")
		f.Settle()
		dialled := func() (all int) {
			for _, pair := range [][2]certs.Office{{"CN", "VN"}, {"VN", "CN"}, {"TH", "VN"}, {"VN", "TH"}} {
				all += f.Network.Dialled(pair[0], pair[1])
			}
			return all
		}
		before, held := dialled(), vn.Holds("CN")

		vn.SetFull(true)
		for range 40 {
			cn.IssueUrgent(100_000, "VN")
		}
		time.Sleep(time.Minute)
		receipt := cn.Peer("VN").Receipt // which lists what came ahead of its turn
		if taken := int(receipt.Size-held) + len(receipt.Ahead); taken < 5 || taken > 20 {
			t.Errorf("VN took %d urgent entries of CN on a full disk, want some, and not more than 4 MiB to be written", taken)
		}
		alert, answer := th.IssueUrgent(500, "VN"), vn.IssueUrgent(500, "CN", "TH")
		time.Sleep(time.Second)
		synctest.Wait()
		if got := vn.Holds("TH"); got != alert.Sequence+1 {
			t.Errorf("a second later VN holds %d entries of TH, want %d with its alert", got, alert.Sequence+1)
		}
		for _, n := range []*federation.Node{cn, th} {
			if got := n.Holds("VN"); got != answer.Sequence+1 {
				t.Errorf("a second later %s holds %d entries of VN, want %d", n.Office.Code(), got, answer.Sequence+1)
			}
		}
		if got := dialled(); got != before {
			t.Errorf("%d new connections, want every session to stay", got-before)
		}

		vn.SetFull(false)
		f.Settle()
		f.WantSame()
	})
}
