package ledger_test

import (
	"context"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
	"github.com/spsalert/spsalert/server/store"
)

// A body comes late for a log that is issued in, and a statement is issued
// between the look at the store and the writing.
func TestALateBodyAndAnAppendAtOnce(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN", "TH")
	vn := ledgertest.Start(t, fed.Office("VN"), nil)
	th := ledgertest.Start(t, fed.Office("TH"), nil)
	cn := ledgertest.Start(t, fed.Office("CN"), nil)
	saved := backup(t, vn)
	lost := vn.Issue(t, "r1", "r1", "TH")
	for _, peer := range []*ledgertest.Node{cn, th} {
		peer.Follow(t, vn, vn.Origin(), 1<<20)
	}
	late, err := th.Page(t.Context(), vn.Origin(), lost.Sequence, "VN", 1<<20)
	if err != nil || len(late.Bodies) != 1 {
		t.Fatalf("TH has %d bodies, %v; want that of r1", len(late.Bodies), err)
	}
	restore(t, vn, saved, false)
	mustMeet(t, vn, cn)
	bodiless := late
	bodiless.Bodies = nil
	if _, err := vn.Refill(t.Context(), "TH", bodiless); err != nil {
		t.Fatal(err)
	}
	if err := vn.PeerHolds(t.Context(), "TH", vn.Origin(), late.End()); err != nil {
		t.Fatal(err)
	}
	note, err := th.Receipt(t.Context(), vn.Origin())
	if err != nil {
		t.Fatal(err)
	}
	if err := vn.AddReceipt(t.Context(), "TH", note); err != nil {
		t.Fatal(err)
	}
	if why := vn.Why(); why != "" {
		t.Fatalf("Why = %q, want an open gate", why)
	}
	busy := &interruptedStore{}
	reopenOver(t, vn, busy)
	busy.before = func() { vn.Issue(t, "r2", "r2") }
	if _, err := vn.Refill(t.Context(), "TH", late); err != nil {
		t.Errorf("Refill of a late body: %v, want nil", err)
	}
	if got, err := vn.Entry(t.Context(), lost.Origin, lost.Sequence); err != nil || string(got.Envelope) != "r1" {
		t.Errorf("body = %q, %v; want r1", got.Envelope, err)
	}
	vn.Issue(t, "r3", "r3")
}

// reopenOver opens the ledger of a node again over another view of its store.
func reopenOver(t testing.TB, n *ledgertest.Node, s *interruptedStore) {
	t.Helper()
	n.Restart(t)
	s.Store, n.Options.Store = n.Bolt, s
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	var err error
	if n.Ledger, err = ledger.Open(t.Context(), n.Options); err != nil {
		t.Fatal(err)
	}
}

// interruptedStore does something once, before the next Update.
type interruptedStore struct {
	store.Store
	before func()
}

func (s *interruptedStore) Update(ctx context.Context, fn func(store.Tx) error) error {
	if before := s.before; before != nil {
		s.before = nil
		before()
	}
	return s.Store.Update(ctx, fn)
}

// What one peer gave back makes the store agree with the anchor. The anchor lags
// by up to one group, so another peer may hold more than either.
func TestWhatCameBackDoesNotOpenTheGateAtTheNextStart(t *testing.T) {
	vn, cn, th := restorable(t)
	saved := backup(t, vn)
	vn.Issue(t, "r1", "r1")
	for _, peer := range []*ledgertest.Node{cn, th} {
		peer.Follow(t, vn, vn.Origin(), ledger.MaxPage)
	}
	whileStopped(t, vn, func(db, _ string) { copyFile(t, saved, db) })
	mustMeet(t, vn, cn)
	vn.Restart(t)
	if why := vn.Why(); !strings.Contains(why, "waiting for CN, TH") {
		t.Errorf("Why after a restart = %q, want that it waits for CN and TH", why)
	}
	mustMeet(t, vn, cn, th)
	if why := vn.Why(); why != "" {
		t.Errorf("all have answered: %s", why)
	}
	vn.Issue(t, "r2", "r2")
}
