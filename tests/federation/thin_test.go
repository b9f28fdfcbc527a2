package federation

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spsalert/spsalert/server/ledger"
)

// arrives waits until a node holds an entry with its body, ahead or in its
// turn, and returns how long that took.
func arrives(t *testing.T, at *Node, e ledger.Entry, most time.Duration) time.Duration {
	t.Helper()
	for began := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		got, err := at.Ledger.Entry(context.Background(), e.Origin, e.Sequence)
		if err == nil && got.Envelope != nil {
			return time.Since(began)
		}
		if err != nil && !errors.Is(err, ledger.ErrNotFound) {
			t.Fatal(err)
		}
		if time.Since(began) > most {
			t.Fatalf("entry %d has not arrived after %s; at %s %+v", e.Sequence, most, at.Office.Code(), at.Peer(e.Origin.Office))
		}
	}
}

// TestFault12_UrgentBeforeABacklogOnAThinLine: a backlog that takes an hour or a day is on its way over 64 kbit/s with a
// round trip of 800 ms and 5 % loss. Alerts of 4 KB come before it, 95 of a
// hundred within 30 s, and the session is never cut.
func TestFault12_UrgentBeforeABacklogOnAThinLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := New(t, "CN", "VN")
		cn, vn := f.Node("CN"), f.Node("VN")
		const bodies, body = 200, 250 << 10 // 50 MB
		for range bodies {
			cn.Issue(body, "VN")
		}
		f.Network.Shape("CN", "VN", Line{Rate: 8000, Delay: 400 * time.Millisecond, Loss: 5})
		f.Start("CN", "VN")
		time.Sleep(5 * time.Minute)
		dialled := f.Network.Dialled("CN", "VN")
		var took []time.Duration
		for range 20 {
			e := cn.IssueUrgent(4000, "VN")
			took = append(took, arrives(t, vn, e, 5*time.Minute))
			time.Sleep(47 * time.Second)
		}
		slices.Sort(took)
		t.Logf("20 alerts of 4 KB: median %s, 95th %s, slowest %s; %d of %d entries held", took[10], took[18], took[19],
			vn.Holds("CN"), bodies+21)
		if took[18] > 30*time.Second {
			t.Errorf("95 of 100 alerts took %s, want at most 30 s: %v", took[18], took)
		}
		if got := f.Network.Dialled("CN", "VN"); got != dialled {
			t.Errorf("%d new connections, want none; at CN %+v, at VN %+v", got-dialled, cn.Peer("VN").Last, vn.Peer("CN").Last)
		}
		if vn.Holds("CN") > bodies {
			t.Error("the backlog had come; it was to be on its way")
		}
		f.Network.Shape("CN", "VN", Line{})
		vn.Restart() // with what is ahead
		f.Settle()
		f.WantSame()
	})
}

// Entries of the largest size over the thinnest lines: never cut, and all
// arrives. An urgent one does not wait for more than what is on the line.
func TestTheLargestEntriesOnTheThinnestLines(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		rate int // bytes a second
		most time.Duration
	}{
		{"9.6 kbit/s", 1200, 6 * time.Minute},
		{"32 kbit/s", 4000, 2 * time.Minute},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := New(t, "CN", "VN")
				cn, vn := f.Node("CN"), f.Node("VN")
				f.Network.Shape("CN", "VN", Line{Rate: tc.rate, Delay: 400 * time.Millisecond})
				for range 3 {
					cn.Issue(255<<10, "VN")
					vn.Issue(255<<10, "CN")
					cn.Issue(20<<10, "VN")
				}
				f.Start("CN", "VN")
				f.Settle()
				dialled := f.Network.Dialled("CN", "VN")
				took := arrives(t, vn, cn.IssueUrgent(4000, "VN"), time.Hour)
				t.Logf("urgent entry after %s", took)
				if took > tc.most {
					t.Errorf("the urgent entry took %s, want at most %s", took, tc.most)
				}
				for began := time.Now(); cn.Peer("VN").Receipt == nil || cn.Peer("VN").Receipt.Size != 8 || vn.Holds("CN") != 8 || cn.Holds("VN") != 4; time.Sleep(time.Second) {
					if time.Since(began) > 2*time.Hour {
						t.Fatalf("after %s VN holds %d of 8, CN %d of 4", time.Since(began), vn.Holds("CN"), cn.Holds("VN"))
					}
				}
				if got := f.Network.Dialled("CN", "VN"); got != dialled {
					t.Errorf("%d new connections, want none; at CN %+v, at VN %+v", got-dialled, cn.Peer("VN").Last, vn.Peer("CN").Last)
				}
				f.Settle()
				f.WantSame()
			})
		})
	}
}
