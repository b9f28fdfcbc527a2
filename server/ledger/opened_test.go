package ledger_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/ledger"
)

// A backup from before an epoch, with the anchor lost, and the card in place
// that opened that epoch: only the peers know that it was opened.
func TestAnEpochThatPeersHoldIsNotOpenedAgain(t *testing.T) {
	vn, cn, th := restorable(t)
	saved := backup(t, vn)
	restore(t, vn, saved, true)
	if _, err := vn.Office.NextEpoch(nil); err != nil {
		t.Fatal(err)
	}
	everybody := []certs.Office{"CN", "TH"}
	whileShut(t, vn, func(o ledger.Options) {
		if _, err := ledger.NewEpoch(t.Context(), o, everybody, ""); err != nil {
			t.Fatal(err)
		}
	})
	vn.Issue(t, "r1", "r1")
	if _, err := cn.Office.Roster.Apply(vn.Office.Card.Bytes()); err != nil {
		t.Fatal(err)
	}
	cn.Follow(t, vn, vn.Origin(), 1<<20)
	opened := head(t, cn, vn.Origin())

	restore(t, vn, saved, true)
	mustMeet(t, vn, cn, th)
	if _, err := vn.CheckHead(t.Context(), "CN", opened.Note); !errors.Is(err, ledger.ErrInconsistent) {
		t.Errorf("CheckHead of the later epoch: %v, want %v", err, ledger.ErrInconsistent)
	}
	vn.Restart(t) // who had answered is forgotten, that the epoch was opened is not
	whileShut(t, vn, func(o ledger.Options) {
		if got, err := ledger.NewEpoch(t.Context(), o, everybody, ""); !errors.Is(err, ledger.ErrEpochOpened) {
			t.Errorf("NewEpoch with the card that opened it before = %v, %v; want %v", got.Origin, err, ledger.ErrEpochOpened)
		}
		if got, err := ledger.NextEpoch(t.Context(), o.Store, o.Roster, o.Anchor); !errors.Is(err, ledger.ErrEpochOpened) {
			t.Errorf("NextEpoch with the card that opened it before = %v, %v; want %v", got, err, ledger.ErrEpochOpened)
		}
	})
	if _, err := vn.Office.NextEpoch(nil); err != nil {
		t.Fatal(err)
	}
	whileShut(t, vn, func(o ledger.Options) {
		got, err := ledger.NewEpoch(t.Context(), o, everybody, "")
		if err != nil || got.Origin.Epoch != opened.Origin.Epoch+1 {
			t.Errorf("NewEpoch with a card made for it = %v, %v; want the epoch after %v", got.Origin, err, opened.Origin)
		}
	})
}

// Nobody but a crash leaves the anchor in the epoch before, and the store says so
// then: this one was put back, and the store may have been with it.
func TestAnAnchorOfAnEarlierEpochShutsTheGate(t *testing.T) {
	vn, cn, th := restorable(t)
	saved, earlier := backup(t, vn), filepath.Join(t.TempDir(), "anchor")
	whileStopped(t, vn, func(_, own string) { copyFile(t, own, earlier) })
	restore(t, vn, saved, true)
	if _, err := vn.Office.NextEpoch(nil); err != nil {
		t.Fatal(err)
	}
	whileShut(t, vn, func(o ledger.Options) {
		if _, err := ledger.NewEpoch(t.Context(), o, []certs.Office{"CN", "TH"}, ""); err != nil {
			t.Fatal(err)
		}
	})
	vn.Issue(t, "r1", "r1")
	whileStopped(t, vn, func(_, own string) { copyFile(t, earlier, own) })
	if why := vn.Why(); !strings.Contains(why, "the anchor is not the newest") || !strings.Contains(why, "waiting for CN, TH") {
		t.Errorf("Why = %q, want that the anchor is not the newest, and who can tell", why)
	}
	mustMeet(t, vn, cn, th)
	if why := vn.Why(); why != "" {
		t.Fatalf("everybody has answered: Why = %q, want an open gate", why)
	}
	vn.Restart(t)
	vn.Issue(t, "r2", "r2")
}
