package faults

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/tests/federation"
)

// TestFault10_HalfOpen loses everything on a connection without telling either
// side. Both notice within a minute, and what was issued meanwhile arrives.
func TestFault10_HalfOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := federation.New(t, "CN", "TH", "VN")
		f.Start("CN", "TH", "VN")
		f.Settle()
		f.Network.Kill("CN", "VN")
		began := time.Now()
		f.Node("CN").Issue(1000, "VN")
		f.Node("VN").Issue(1000, "CN")
		for _, pair := range [][2]certs.Office{{"CN", "VN"}, {"VN", "CN"}} {
			dialled := f.Network.Dialled("CN", "VN")
			for f.Node(pair[0]).Peer(pair[1]).Connected && f.Network.Dialled("CN", "VN") == dialled {
				if time.Since(began) > time.Minute {
					t.Fatalf("%s has not noticed after %s that nothing comes from %s", pair[0], time.Since(began), pair[1])
				}
				time.Sleep(time.Second)
			}
		}
		t.Logf("noticed after %s", time.Since(began))
		f.Settle()
		f.WantSame()
		f.Judge()
	})
}

// TestFault11_Partitions cuts and heals lines at random for ten minutes, while
// all offices issue. Thirty seconds after the last is healed all hold the same.
func TestFault11_Partitions(t *testing.T) {
	t.Parallel()
	random := seeded(t)
	synctest.Test(t, func(t *testing.T) {
		offices := []certs.Office{"CN", "LA", "TH", "VN"}
		f := federation.New(t, offices...)
		f.Start(offices...)
		f.Settle()
		cut := map[[2]certs.Office]bool{}
		for began := time.Now(); time.Since(began) < 10*time.Minute; {
			a, b := twoOf(random, offices)
			if cut[[2]certs.Office{a, b}] = !cut[[2]certs.Office{a, b}]; cut[[2]certs.Office{a, b}] {
				f.Network.Cut(a, b)
			} else {
				f.Network.Heal(a, b)
			}
			from := offices[random.IntN(len(offices))]
			if random.IntN(2) == 0 {
				f.Node(from).Issue(random.IntN(4000)) // for everyone
			} else {
				f.Node(from).Issue(random.IntN(4000), offices[random.IntN(len(offices))])
			}
			time.Sleep(time.Duration(random.IntN(8000)) * time.Millisecond)
		}
		for pair := range cut {
			f.Network.Heal(pair[0], pair[1])
		}
		time.Sleep(30 * time.Second)
		f.WantSame()
		f.Judge()
	})
}

// twoOf returns two of some offices, in the order of their codes.
func twoOf(random *rand.Rand, offices []certs.Office) (a, b certs.Office) {
	i := random.IntN(len(offices))
	j := (i + 1 + random.IntN(len(offices)-1)) % len(offices)
	return offices[min(i, j)], offices[max(i, j)]
}

// TestFault14_PeerOfAByteASecond slows a line down to a byte a second while a
// backlog is on it. The session is cut within a minute of the last sign of
// life, nothing more than a window was sent, and nobody else notices.
func TestFault14_PeerOfAByteASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := federation.New(t, "CN", "TH", "VN")
		f.Start("CN", "TH", "VN")
		f.Settle()
		cn := f.Node("CN")
		f.Network.Slow("CN", "VN", federation.Line{Rate: 1})
		carried, began := f.Network.Carried("CN", "VN"), time.Now()
		for range 30 {
			cn.Issue(100<<10, "VN")
		}
		for !cn.Peer("VN").Connected || cn.Peer("VN").Receipt.Size < 31 {
			e := cn.Issue(1000, "TH")
			issued := time.Now()
			for cn.Peer("TH").Receipt.Size <= e.Sequence {
				time.Sleep(time.Millisecond)
			}
			if took := time.Since(issued); took > 100*time.Millisecond {
				t.Errorf("the receipt of TH took %s, want less than 100 ms", took)
			}
			if !cn.Peer("VN").Connected {
				break
			}
			if time.Since(began) > 76*time.Second { // a Credit is repeated after 15 s
				t.Fatalf("the session with VN is up after %s", time.Since(began))
			}
			time.Sleep(time.Second)
		}
		t.Logf("cut after %s, with %d bytes on the way", time.Since(began), f.Network.Carried("CN", "VN")-carried)
		if got := f.Network.Carried("CN", "VN") - carried; got > 1<<20 {
			t.Errorf("%d bytes went to a peer that takes none, want at most a window", got)
		}
		f.Settle()
		f.WantSame()
		f.Judge()
	})
}

// TestFault15_RestartsForTenMinutes restarts a node every five seconds while
// all issue: nothing is lost, and nothing happens twice.
func TestFault15_RestartsForTenMinutes(t *testing.T) {
	t.Parallel()
	random := seeded(t)
	synctest.Test(t, func(t *testing.T) {
		offices := []certs.Office{"CN", "TH", "VN"}
		f := federation.New(t, offices...)
		f.Start(offices...)
		for range 120 {
			for _, office := range offices {
				if random.IntN(3) > 0 {
					f.Node(office).Issue(random.IntN(5000))
				}
			}
			time.Sleep(5 * time.Second)
			f.Node(offices[random.IntN(len(offices))]).Restart()
		}
		f.Settle()
		f.WantSame()
		f.Judge()
	})
}

// TestFault16_CutAfterEachPacket ends the connection of two offices, one of
// which has a backlog for the other, after its first packet, after the second,
// and so on until all has gone over one connection. Each time the next
// connection goes on where it ended.
func TestFault16_CutAfterEachPacket(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := federation.New(t, "CN", "VN")
		cn, vn := f.Node("CN"), f.Node("VN")
		f.Start("CN", "VN")
		f.Settle()
		packets := 1
		for ; ; packets++ {
			if packets > 500 {
				t.Fatal("500 packets are not enough for a small backlog")
			}
			f.Network.Cut("CN", "VN")
			for range 3 {
				cn.Issue(700, "VN")
				vn.Issue(700, "CN")
			}
			before := f.Network.Dialled("CN", "VN")
			f.Network.CutAfter("CN", "VN", packets)
			f.Network.Heal("CN", "VN")
			time.Sleep(time.Minute)
			whole := cn.Holds("VN") == vn.Holds("CN") && cn.Peer("VN").Connected && f.Network.Dialled("CN", "VN") <= before+2
			f.Network.CutAfter("CN", "VN", 0)
			f.Settle()
			f.WantSame()
			if whole {
				break
			}
		}
		t.Logf("%d packets", packets)
		if packets < 10 {
			t.Errorf("all went over a connection of %d packets, want it cut in at least 10 places", packets)
		}
		f.Judge()
	})
}
