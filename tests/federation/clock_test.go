package federation

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/spsalert/spsalert/server/ledger"
)

// wantSameClocks fails the test unless VN counts from the second that its
// receipts at CN say, for each of some entries of CN.
func wantSameClocks(t *testing.T, cn, vn *Node, entries []ledger.Entry) {
	t.Helper()
	for _, e := range entries {
		receipt, err := cn.Ledger.Covering(t.Context(), "VN", e.Origin, e.Sequence)
		if err != nil || receipt == nil {
			t.Errorf("entry %d: no receipt of VN at CN, %v", e.Sequence, err)
			continue
		}
		since, ok, err := vn.Ledger.Held(t.Context(), e.Origin, e.Sequence)
		if err != nil || !ok || since != receipt.Time {
			t.Errorf("entry %d is held at VN since %d, %t, %v; the receipt at CN says %d", e.Sequence, since, ok, err, receipt.Time)
		}
	}
}

// The line breaks at every moment between a statement and its receipt, and is
// mended ten minutes later, after restarts, and once more after yesterday's backup
// of the reader and of the issuer was restored: both count from the same second.
func TestClocksOfReceiptsThatWereLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := New(t, "CN", "VN")
		cn, vn := f.Node("CN"), f.Node("VN")
		f.Network.Shape("CN", "VN", Line{Delay: 400 * time.Millisecond})
		f.Start("CN", "VN")
		f.Settle()
		saved, lost := vn.Backup(), 0
		var entries []ledger.Entry
		for i := range 5 {
			e := cn.Issue(1000, "VN")
			time.Sleep(time.Duration(2+2*i) * 100 * time.Millisecond)
			f.Network.Cut("CN", "VN")
			receipt, err := cn.Ledger.Covering(t.Context(), "VN", e.Origin, e.Sequence)
			if err != nil {
				t.Fatal(err)
			}
			if receipt == nil && vn.Holds("CN") > e.Sequence {
				lost++
			}
			time.Sleep(10 * time.Minute)
			switch i % 3 {
			case 1:
				vn.Restart()
			case 2:
				cn.Restart()
			}
			entries = append(entries, e, cn.Issue(1000, "VN"))
			f.Network.Heal("CN", "VN")
			time.Sleep(10 * time.Minute) // nobody dials at once
			f.Settle()
			wantSameClocks(t, cn, vn, entries)
		}
		if lost == 0 {
			t.Error("no receipt was lost, so the test shows nothing")
		}
		atCN := cn.Backup()
		entries = append(entries, cn.Issue(1000, "VN"))
		f.Settle()
		f.Stop("VN")
		time.Sleep(time.Hour)
		vn.Restore(saved)
		f.Start("VN")
		f.Settle()
		wantSameClocks(t, cn, vn, entries)
		f.Stop("CN")
		time.Sleep(time.Hour)
		cn.Restore(atCN)
		f.Start("CN")
		time.Sleep(10 * time.Minute) // VN does not dial at once
		f.Settle()
		wantWhy(t, cn, "")
		wantSameClocks(t, cn, vn, entries)
	})
}
