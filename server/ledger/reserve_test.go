package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
	"github.com/spsalert/spsalert/server/store"
)

// full is a store that is full but for its reserve, once it is told so.
type full struct {
	store.Store
	is atomic.Bool
}

func (s *full) Update(ctx context.Context, fn func(store.Tx) error) error {
	if s.is.Load() && !store.MayUseReserve(ctx) {
		return store.ErrFull
	}
	return s.Store.Update(ctx, fn)
}

// When the disk is full, what one office marks as urgent takes its share of the
// reserve and no more; another's urgent entry, the own one and receipts are
// still taken, and the share comes back with time.
func TestOnePeersUrgentEntriesLeaveTheReserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fed := authority.ForTest(t, "VN", "CN", "TH")
		vn := ledgertest.Start(t, fed.Office("VN"), nil)
		th := ledgertest.Start(t, fed.Office("TH"), nil)
		var disk *full
		cn := ledgertest.Start(t, fed.Office("CN"), func(o *ledger.Options) {
			disk = &full{Store: o.Store}
			o.Store, o.PeerReserve = disk, 1<<20
		})
		cn.Follow(t, vn, vn.Origin(), 1<<20)
		cn.Follow(t, th, th.Origin(), 1<<20)
		disk.is.Store(true)
		record := func(from *ledgertest.Node, office certs.Office) error {
			h, err := cn.Head(t.Context(), from.Origin())
			if err != nil {
				t.Fatal(err)
			}
			p, err := from.Page(t.Context(), from.Origin(), h.Size, "CN", 1)
			if err != nil {
				t.Fatal(err)
			}
			_, err = cn.Record(t.Context(), office, p)
			return err
		}
		taken := 0
		for ; taken < 100; taken++ {
			issueUrgent(t, vn, fmt.Sprintf("v%d", taken), "wolf", "CN")
			if err := record(vn, "VN"); errors.Is(err, store.ErrFull) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if taken < 5 || taken > 16 {
			t.Errorf("%d urgent entries of one peer took from the reserve, want some and at most its share of 16", taken)
		}
		e := issueUrgent(t, vn, "ahead", "wolf again", "CN")
		h, err := cn.Head(t.Context(), vn.Origin())
		if err != nil {
			t.Fatal(err)
		}
		if err := cn.RecordAhead(t.Context(), "VN", urgentOf(t, vn, e.Sequence, "CN", h.Size)); !errors.Is(err, store.ErrFull) {
			t.Errorf("ahead of its turn: %v, want %v", err, store.ErrFull)
		}
		cn.Restart(t)
		if err := cn.Close(); err != nil {
			t.Fatal(err)
		}
		disk.Store, cn.Options.Store = cn.Bolt, disk
		if cn.Ledger, err = ledger.Open(t.Context(), cn.Options); err != nil {
			t.Fatal(err)
		}
		if err := record(vn, "VN"); !errors.Is(err, store.ErrFull) {
			t.Errorf("after a restart: %v, want %v: its day goes on", err, store.ErrFull)
		}
		issueUrgent(t, th, "t", "salmonella", "CN")
		if err := record(th, "TH"); err != nil {
			t.Errorf("another peer's urgent entry: %v", err)
		}
		d := ledgertest.Statement("own", "own", "VN")
		d.Urgent = true
		if _, err := cn.Append(store.WithReserve(t.Context()), ledgertest.Prepared(d)); err != nil {
			t.Errorf("the own urgent entry: %v", err)
		}
		time.Sleep(12 * time.Hour)
		if err := record(vn, "VN"); err != nil {
			t.Errorf("half a day later: %v", err)
		}
		disk.is.Store(false)
		cn.Follow(t, vn, vn.Origin(), 1<<20)
	})
}

// A clock that is set back and comes again to where it was gives nothing twice.
// One that was far ahead is waited for no longer than a day.
func TestReserveIsGivenOnceForADay(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	vn := ledgertest.Start(t, fed.Office("VN"), nil)
	now := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	var disk *full
	cn := ledgertest.Start(t, fed.Office("CN"), func(o *ledger.Options) {
		disk = &full{Store: o.Store}
		o.Store, o.PeerReserve, o.Now = disk, 1<<20, func() time.Time { return now }
	})
	cn.Follow(t, vn, vn.Origin(), 1<<20)
	disk.is.Store(true)
	took := 0
	take := func(most int) (n int) {
		for ; n < most; n++ {
			h, err := cn.Head(t.Context(), vn.Origin())
			if err != nil {
				t.Fatal(err)
			}
			if own, err := vn.Head(t.Context(), vn.Origin()); err != nil || own.Size == h.Size {
				took++
				issueUrgent(t, vn, fmt.Sprintf("v%d", took), "wolf", "CN")
			}
			p, err := vn.Page(t.Context(), vn.Origin(), h.Size, "CN", 1)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := cn.Record(t.Context(), "VN", p); errors.Is(err, store.ErrFull) {
				return n
			} else if err != nil {
				t.Fatal(err)
			}
		}
		return n
	}
	share := take(100) + 1
	for range 5 {
		now = now.Add(12 * time.Hour)
		take(2)
		now = now.Add(-12 * time.Hour)
		take(2)
	}
	now = now.Add(12 * time.Hour)
	if n := take(100); n > share/2 {
		t.Errorf("half a day came again and gave %d more, of a share of %d", n, share)
	}
	now = now.Add(1000 * 24 * time.Hour)
	if n := take(share / 2); n > share {
		t.Errorf("a jump forward gave %d, more than a share of %d", n, share)
	}
	now = now.Add(-999 * 24 * time.Hour)
	if n := take(1); n != 1 {
		t.Error("set back with half a share left: nothing was given")
	}
	now = now.Add(48 * time.Hour)
	if n := take(100); n < share-2 {
		t.Errorf("two days after the clock was set right it gave %d, want a share of %d", n, share)
	}
}
