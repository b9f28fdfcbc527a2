package federation

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/exchange"
)

// kbit64 is a line of 64 kbit/s, half around the world.
var kbit64 = Line{Rate: 8000, Delay: 400 * time.Millisecond}

// A backlog of a megabyte, with one entry of the largest size in it, over
// 64 kbit/s: the session is never cut for being slow, and fills the line. Nobody
// else notices.
func TestBacklogOverAThinLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := New(t, "CN", "TH", "VN")
		cn, th, vn := f.Node("CN"), f.Node("TH"), f.Node("VN")
		f.Network.Shape("CN", "VN", kbit64)
		f.Start("CN", "TH", "VN")
		f.Settle()
		dialled, carried, began := f.Network.Dialled("CN", "VN"), f.Network.Carried("CN", "VN"), time.Now()

		for i := range 40 {
			cn.Issue(20<<10, "VN")
			if i == 20 {
				cn.Issue(255<<10, "VN")
			}
		}
		vn.Issue(100<<10, "CN") // at the same time, the other way
		cn.Issue(1000, "TH", "VN")
		synctest.Wait()
		th.WantHolds("CN")

		for vn.Peer("CN").Receipt.Size != 2 || cn.Peer("VN").Receipt.Size != 43 {
			if time.Since(began) > 10*time.Minute {
				t.Fatalf("after %s CN has VN's receipt over %d of 43", time.Since(began), cn.Peer("VN").Receipt.Size)
			}
			time.Sleep(time.Second)
		}
		took := time.Since(began)
		bytes := f.Network.Carried("CN", "VN") - carried
		t.Logf("%d bytes in %s: %d bytes/s", bytes, took, bytes*int(time.Second)/int(took))
		// The other way carries a tenth of it, at the same time.
		if most := time.Duration(bytes) * time.Second / time.Duration(kbit64.Rate) * 105 / 100; took > most {
			t.Errorf("%d bytes took %s, want at most %s at %d bytes/s", bytes, took, most, kbit64.Rate)
		}
		if got := f.Network.Dialled("CN", "VN"); got != dialled {
			t.Errorf("%d new connections, want none; at CN %+v, at VN %+v", got-dialled, cn.Peer("VN").Last, vn.Peer("CN").Last)
		}
		f.WantSame()
	})
}

// Nothing arrives any more and nobody is told: noticed within a minute, and
// dialled again.
func TestHalfOpenConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := New(t, "CN", "VN")
		cn := f.Node("CN")
		f.Start("CN", "VN")
		f.Settle()
		began := time.Now()
		f.Network.Kill("CN", "VN")
		cn.Issue(1000, "VN")
		for cn.Peer("VN").Connected && time.Since(began) <= time.Minute {
			time.Sleep(time.Second)
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("noticed after %s, want within a minute", took)
		}
		f.Settle()
		f.WantSame()
	})
}

// Offices that are cut off from each other go on, and hold the same after
// healing.
func TestPartition(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := New(t, "CN", "TH", "VN")
		f.Start("CN", "TH", "VN")
		f.Settle()
		f.Network.Cut("CN", "VN")
		for _, office := range f.Offices() {
			f.Node(office).Issue(1000, "CN", "TH", "VN")
		}
		time.Sleep(time.Hour)
		f.Node("TH").WantHolds("CN")
		f.Node("TH").WantHolds("VN")
		if got := f.Node("VN").Peer("CN"); got.Connected || got.Held != 1 {
			t.Errorf("at VN while cut off: %+v, want 1 entry of CN", got)
		}
		f.Network.Heal("CN", "VN")
		time.Sleep(30 * time.Second)
		f.WantSame()
	})
}

// An office was switched off for three weeks: one connection brings all of it.
func TestThreeWeeksAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := New(t, "CN", "TH", "VN")
		f.Start("CN", "TH", "VN")
		f.Settle()
		f.Stop("CN", "TH", "VN")
		for range 21 {
			for range 6 {
				f.Node("CN").Issue(5000, "VN")
				f.Node("TH").Issue(5000, "CN")
			}
			time.Sleep(24 * time.Hour)
		}
		before := f.Network.Dialled("CN", "VN")
		f.Start("CN", "TH")
		f.Settle()
		f.Start("VN")
		f.Settle()
		f.WantSame()
		if got := f.Network.Dialled("CN", "VN") - before; got > 2 { // both may have dialled
			t.Errorf("%d connections between CN and VN, want one for all", got)
		}
	})
}

// Restarts while entries flow: nothing lost, nothing twice.
func TestRestarts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := New(t, "CN", "VN")
		cn, vn := f.Node("CN"), f.Node("VN")
		f.Start("CN", "VN")
		for i := range 10 {
			cn.Issue(1000, "VN")
			vn.Issue(1000, "CN")
			time.Sleep(3 * time.Second)
			if i%2 == 0 {
				vn.Restart()
			} else {
				cn.Restart()
			}
		}
		f.Settle()
		f.WantSame()
		if got := vn.Holds("CN"); got != 11 {
			t.Errorf("VN holds %d entries of CN, want 11", got)
		}
	})
}

// A peer whose card is removed is cut off at once, and is let in again when it
// is accepted again.
func TestRevokedWhileConnected(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := New(t, "CN", "VN")
		cn, vn := f.Node("CN"), f.Node("VN")
		f.Start("CN", "VN")
		f.Settle()
		if err := cn.Office.Roster.Remove("VN"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := vn.Peer("CN"); got.Connected || got.Last == nil || got.Last.Reason != access.ReasonRevoked {
			t.Errorf("at VN: %+v, last %+v; want cut off, REVOKED", got, got.Last)
		}
		vn.Issue(1000, "CN")
		time.Sleep(5 * time.Minute)
		if got := cn.Holds("VN"); got != 1 {
			t.Errorf("CN holds %d entries of VN, which it does not know any more, want 1", got)
		}
		if got := vn.Peer("CN").Last; got == nil || got.Reason != exchange.ReasonUnreachable {
			t.Errorf("last fault at VN: %+v, want UNREACHABLE", got)
		}
		if err := cn.Office.Roster.Accept(f.Minted.Office("VN").Card); err != nil {
			t.Fatal(err)
		}
		f.Settle()
		f.WantSame()
	})
}

// The certificate of a node expires; its successor was put in place before, so
// the next session begins at once and nothing is lost.
func TestCertificateExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := New(t, "CN", "VN")
		cn, vn := f.Node("CN"), f.Node("VN")
		replace := func(validity time.Duration) {
			issued, err := vn.Office.Authority.IssueNode(validity)
			if err != nil {
				t.Fatal(err)
			}
			if err := vn.Office.Node.Replace(issued.Key, issued.Certificate); err != nil {
				t.Fatal(err)
			}
		}
		replace(time.Hour)
		f.Start("CN", "VN")
		time.Sleep(50 * time.Minute)
		if !cn.Peer("VN").Connected {
			t.Errorf("after 50 minutes: %+v, want connected", cn.Peer("VN"))
		}
		replace(24 * time.Hour)
		for range 20 {
			vn.Issue(1000, "CN")
			time.Sleep(time.Minute)
		}
		f.Settle()
		f.WantSame()
		if got := cn.Peer("VN").Last; got == nil || got.Reason != access.ReasonExpired {
			t.Errorf("last fault of VN at CN: %+v, want %s", got, access.ReasonExpired)
		}
	})
}

// Several offices that all dial each other end up with one session each.
func TestOneSessionPerPair(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		offices := []certs.Office{"CN", "EU", "LA", "TH", "VN"}
		f := New(t, offices...)
		f.Start(offices...)
		f.Settle()
		before := 0
		for i, a := range offices {
			for _, b := range offices[i+1:] {
				before += f.Network.Dialled(a, b)
			}
		}
		for _, office := range offices {
			f.Node(office).Issue(1000)
		}
		time.Sleep(10 * time.Minute)
		f.WantSame()
		after := 0
		for i, a := range offices {
			for _, b := range offices[i+1:] {
				after += f.Network.Dialled(a, b)
				if !f.Node(a).Peer(b).Connected || !f.Node(b).Peer(a).Connected {
					t.Errorf("%s and %s are not connected", a, b)
				}
			}
		}
		if after != before {
			t.Errorf("%d connections were made by offices that were connected, want none", after-before)
		}
	})
}
