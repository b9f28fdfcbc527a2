package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
)

// TestReceiptsReadNoMoreThanTheyReturn has a peer say that it has no receipt:
// no View reads all that was ever noted of its log.
func TestReceiptsReadNoMoreThanTheyReturn(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	vn := ledgertest.Start(t, fed.Office("VN"), nil)
	now := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	disk := new(counting)
	cn := ledgertest.Start(t, fed.Office("CN"), func(o *ledger.Options) {
		disk.Store = o.Store
		o.Store, o.Now = disk, func() time.Time { return now }
	})
	for i := range 300 {
		now = now.Add(time.Second)
		vn.Issue(t, fmt.Sprint("r", i), "content", "CN")
		cn.Follow(t, vn, vn.Origin(), 1<<20)
	}
	disk.forget()
	notes, err := cn.Receipts(t.Context(), vn.Origin(), seal.Receipt{})
	if err != nil || len(notes) != 257 {
		t.Fatalf("Receipts: %d, %v; want the newest 256 and the last", len(notes), err)
	}
	if got := disk.most["ledger.held"]; got > 260 {
		t.Errorf("one View read %d rows for 257 receipts", got)
	}
}
