package faults

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/tests/federation"
)

// TestFault07_NamesTheSize restores a backup while the line to the peer that
// holds what came after it is slow. As long as that takes, the node says how
// much the peer holds and issues nothing; then it goes on with the next number.
func TestFault07_NamesTheSize(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := federation.New(t, "CN", "TH", "VN")
		vn := f.Node("VN")
		f.Start("CN", "TH", "VN")
		f.Settle()
		saved := vn.Backup()
		for range 20 {
			vn.Issue(3000, "CN")
		}
		f.Settle()
		f.Stop("TH", "VN")
		vn.Restore(saved)
		f.Network.Shape("CN", "VN", federation.Line{Rate: 1000, Delay: 100 * time.Millisecond})
		f.Start("VN")
		time.Sleep(20 * time.Second)
		if why, want := vn.Ledger.Why(), "CN (holds 21 entries"; !strings.Contains(why, want) {
			t.Errorf("read-only because %q, want %q in it", why, want)
		}
		if _, err := vn.Ask([]byte("not now"), "CN"); !errors.Is(err, ledger.ErrReadOnly) {
			t.Errorf("issue from a backup: %v, want %v", err, ledger.ErrReadOnly)
		}
		f.Start("TH")
		f.Network.Shape("CN", "VN", federation.Line{})
		time.Sleep(5 * time.Minute)
		if why := vn.Ledger.Why(); why != "" {
			t.Errorf("with everything back: read-only because %q, want that it issues", why)
		}
		if e := vn.Issue(1000, "CN"); e.Sequence != 21 {
			t.Errorf("the next entry is %d, want 21", e.Sequence)
		}
		f.Settle()
		f.WantSame()
		f.Judge()
	})
}

// TestFault07_EveryPeerAway restores a backup where no peer answers for hours,
// over a restart. The node never begins a log by itself; an administrator's command does,
// and has to name every peer that it goes on without.
func TestFault07_EveryPeerAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := federation.New(t, "CN", "TH", "VN")
		vn := f.Node("VN")
		f.Start("CN", "TH", "VN")
		f.Settle()
		saved, old := vn.Backup(), vn.Ledger.Origin()
		for i := range 5 {
			vn.Issue(1000+i, "CN")
			vn.Issue(1000+i, "TH")
		}
		f.Settle()
		f.Stop("CN", "TH", "VN")
		vn.Restore(saved)
		for range 2 {
			f.Start("VN")
			time.Sleep(2 * time.Hour)
			if why := vn.Ledger.Why(); !strings.Contains(why, "CN, TH") || vn.Ledger.Origin() != old {
				t.Fatalf("in %s, read-only because %q; want it to wait for CN, TH in %s", vn.Ledger.Origin(), why, old)
			}
			f.Stop("VN")
		}
		vn.NextEpoch()
		if _, err := vn.OpenEpoch("TH"); !errors.Is(err, ledger.ErrSilent) {
			t.Errorf("a new epoch without naming CN: %v, want %v", err, ledger.ErrSilent)
		}
		begun, err := vn.OpenEpoch("CN", "TH")
		if err != nil {
			t.Fatal(err)
		}
		f.Start("VN", "CN", "TH")
		if e := vn.Issue(1000, "CN", "TH"); e.Origin != begun.Origin || begun.Origin.Epoch != old.Epoch+1 {
			t.Errorf("issued in %s, want epoch %d", e.Origin, old.Epoch+1)
		}
		f.Settle()
		f.WantSame()
		f.Judge()
		if h, err := vn.Ledger.Head(t.Context(), old); err != nil || h.Size != 11 {
			t.Errorf("VN holds %d entries of its old log, %v; want 11", h.Size, err)
		}
	})
}
