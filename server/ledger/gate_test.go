package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
	"github.com/spsalert/spsalert/server/store/bolt"
)

// copyFile copies a file, as a backup and a restore do.
func copyFile(t testing.TB, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// whileStopped stops the node, does something to its files, and opens it again.
func whileStopped(t testing.TB, n *ledgertest.Node, do func(db, anchor string)) {
	t.Helper()
	n.Stop(t)
	do(filepath.Join(n.Folder, "ledger.db"), filepath.Join(n.Folder, "anchor"))
	n.Restart(t)
}

func TestTheGateOpensOnWhatWasReleased(t *testing.T) {
	vn := startVN(t, nil)
	for _, id := range []string{"r1", "r2", "r3"} {
		vn.Restart(t)
		if why := vn.Why(); why != "" {
			t.Fatalf("read-only: %s", why)
		}
		vn.Issue(t, id, id)
	}
}

func TestTheGateStaysShut(t *testing.T) {
	backup := func(t *testing.T, vn *ledgertest.Node) string {
		saved := filepath.Join(t.TempDir(), "backup")
		whileStopped(t, vn, func(db, _ string) { copyFile(t, db, saved) })
		return saved
	}
	for _, tc := range []struct {
		name  string
		spoil func(t *testing.T, vn *ledgertest.Node)
		why   string
	}{
		{"yesterday's backup", func(t *testing.T, vn *ledgertest.Node) {
			saved := backup(t, vn)
			vn.Issue(t, "later", "later")
			whileStopped(t, vn, func(db, _ string) { copyFile(t, saved, db) })
		}, "the store is older than the anchor"},
		{"no anchor", func(t *testing.T, vn *ledgertest.Node) {
			whileStopped(t, vn, func(_, anchor string) {
				if err := os.Remove(anchor); err != nil {
					t.Fatal(err)
				}
			})
		}, "no anchor at"},
		{"an empty anchor", func(t *testing.T, vn *ledgertest.Node) {
			whileStopped(t, vn, func(_, anchor string) {
				if err := os.Truncate(anchor, 0); err != nil {
					t.Fatal(err)
				}
			})
		}, "damaged"},
		{"an anchor of zeros", func(t *testing.T, vn *ledgertest.Node) {
			whileStopped(t, vn, func(_, anchor string) {
				if err := os.WriteFile(anchor, make([]byte, 8192), 0o600); err != nil {
					t.Fatal(err)
				}
			})
		}, "damaged"},
		{"another history", func(t *testing.T, vn *ledgertest.Node) {
			saved := backup(t, vn)
			vn.Issue(t, "one way", "one way")
			anchor := filepath.Join(t.TempDir(), "anchor")
			whileStopped(t, vn, func(db, own string) {
				copyFile(t, saved, db)
				copyFile(t, own, anchor)
				// The other way begins where the backup was made.
				if err := os.Remove(own); err != nil {
					t.Fatal(err)
				}
			})
			other := ledgertest.Start(t, vn.Office, nil)
			other.Issue(t, "another way", "another way")
			whileStopped(t, vn, func(db, own string) {
				other.Stop(t)
				copyFile(t, filepath.Join(other.Folder, "ledger.db"), db)
				copyFile(t, anchor, own)
			})
		}, "disagree"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			fed := authority.ForTest(t, "VN", "CN")
			vn, cn := ledgertest.Start(t, fed.Office("VN"), nil), ledgertest.Start(t, fed.Office("CN"), nil)
			cn.Issue(t, "c1", "pear")
			before := vn.Released()
			tc.spoil(t, vn)
			if why := vn.Why(); !strings.Contains(why, tc.why) {
				t.Errorf("Why = %q, want something about %q", why, tc.why)
			}
			if _, err := vn.Append(t.Context(), ledgertest.Prepared(ledgertest.Statement("r9", "x"))); !errors.Is(err, ledger.ErrReadOnly) {
				t.Errorf("Append: %v, want %v", err, ledger.ErrReadOnly)
			}
			// It receives, serves and gives receipts all the same.
			vn.Follow(t, cn, cn.Origin(), 1<<20)
			mustReceipt(t, vn, cn.Origin())
			if got, err := vn.Page(t.Context(), cn.Origin(), 0, "TH", 1<<20); err != nil || len(got.Leaves) != 2 {
				t.Errorf("Page = %d leaves, %v; want 2", len(got.Leaves), err)
			}
			if got, err := vn.After(t.Context(), ledger.Position{}, 100); err != nil || len(got) < 3 {
				t.Errorf("After = %d records, %v; want at least 3", len(got), err)
			}
			if _, err := vn.After(t.Context(), before, 1); !errors.Is(err, ledger.ErrOtherIncarnation) {
				t.Errorf("a cursor from before: %v, want %v", err, ledger.ErrOtherIncarnation)
			}
			// What was released according to the store is served, and nothing is
			// signed anew.
			h := head(t, vn, vn.Origin())
			if h.Checkpoint.Size > h.Size {
				t.Errorf("head = %+v", h)
			}
		})
	}
}

// A backup of this very moment may be restored beside the anchor of a node that
// went on: that the two agree says nothing then.
func TestARestoredStoreIsShutThoughTheAnchorAgrees(t *testing.T) {
	vn := startVN(t, nil)
	vn.Issue(t, "r1", "x")
	before := vn.Released()
	vn.Stop(t)
	db, err := bolt.Open(filepath.Join(vn.Folder, "ledger.db"), bolt.Options{Tables: ledger.Tables()})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := ledger.MarkRestored(t.Context(), db); err != nil {
			t.Errorf("MarkRestored: %v", err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // it stays so over a restart
		vn.Restart(t)
		if why := vn.Why(); !strings.Contains(why, "restored") {
			t.Errorf("Why = %q, want something about restored", why)
		}
		if _, err := vn.After(t.Context(), before, 1); !errors.Is(err, ledger.ErrOtherIncarnation) {
			t.Errorf("a cursor from before: %v, want %v", err, ledger.ErrOtherIncarnation)
		}
	}
	empty, err := bolt.Create(filepath.Join(t.TempDir(), "db"), bolt.Options{Tables: ledger.Tables()})
	if err != nil {
		t.Fatal(err)
	}
	defer empty.Close()
	if err := ledger.MarkRestored(t.Context(), empty); !errors.Is(err, ledger.ErrNotInitialised) {
		t.Errorf("an empty store: %v, want %v", err, ledger.ErrNotInitialised)
	}
}

func TestAnInterruptedWriteOfTheAnchorLeavesTheOtherSlot(t *testing.T) {
	vn := startVN(t, nil)
	vn.Issue(t, "r1", "x")
	vn.Issue(t, "r2", "x")
	for slot := range 2 {
		whileStopped(t, vn, func(_, anchor string) {
			f, err := os.OpenFile(anchor, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := f.WriteAt(bytes.Repeat([]byte{0xff}, 100), int64(slot)*4096+20); err != nil {
				t.Fatal(err)
			}
		})
		if why := vn.Why(); why != "" {
			t.Errorf("with slot %d torn: read-only: %s", slot, why)
		}
		vn.Issue(t, []string{"r3", "r4"}[slot], "x")
	}
}

func TestAnAnchorThatCannotBeWrittenShutsTheGate(t *testing.T) {
	vn := startVN(t, nil)
	vn.Issue(t, "r1", "x")
	if err := vn.BreakAnchor(); err != nil {
		t.Fatal(err)
	}
	// The anchor lags by one group: what is released before it fails is good.
	changed := vn.Changed()
	vn.Issue(t, "r2", "x")
	for vn.Why() == "" {
		<-changed
		changed = vn.Changed()
	}
	if why := vn.Why(); !strings.Contains(why, "anchor") {
		t.Errorf("Why = %q, want something about the anchor", why)
	}
	if _, err := vn.Append(t.Context(), ledgertest.Prepared(ledgertest.Statement("r3", "x"))); !errors.Is(err, ledger.ErrReadOnly) {
		t.Errorf("the next entry: %v, want %v", err, ledger.ErrReadOnly)
	}
	if h := head(t, vn, vn.Origin()); h.Checkpoint.Size != 3 {
		t.Errorf("released %d entries, want 3", h.Checkpoint.Size)
	}
}

func TestAPeerThatHoldsMoreOfOurLogShutsTheGate(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	vn := ledgertest.Start(t, fed.Office("VN"), nil)
	same := head(t, vn, vn.Origin()).Note
	if c, err := vn.CheckHead(t.Context(), "CN", same); err != nil || c.Size != 1 || vn.Why() != "" {
		t.Fatalf("its own head: %+v, %v, %q; want no alarm", c, err, vn.Why())
	}
	f := &forger{office: fed.Office("VN")}
	f.addCard(t)
	f.add(t, "an entry that the store lacks", nil)
	if c, err := vn.CheckHead(t.Context(), "CN", f.checkpoint(t, 2)); !errors.Is(err, ledger.ErrInconsistent) || c.Size != 2 {
		t.Errorf("CheckHead = %+v, %v; want %v", c, err, ledger.ErrInconsistent)
	}
	if why := vn.Why(); !strings.Contains(why, "CN holds") {
		t.Errorf("Why = %q, want that CN holds more", why)
	}
}

func TestHeadsAreCompared(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN", "TH")
	cn := ledgertest.Start(t, fed.Office("CN"), nil)
	one, other := &forger{office: fed.Office("VN")}, &forger{office: fed.Office("VN")}
	for _, f := range []*forger{one, other} {
		f.addCard(t)
		f.add(t, "the same", nil)
	}
	one.add(t, "what China is told", nil)
	other.add(t, "what Thailand is told", nil)
	if _, err := cn.CheckHead(t.Context(), "TH", other.checkpoint(t, 3)); err != nil {
		t.Errorf("before anything is held: %v, want nil", err)
	}
	if _, err := cn.Record(t.Context(), "VN", one.all(t)); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		note []byte
		want error
	}{
		{"what is held", one.checkpoint(t, 3), nil},
		{"what both begin with", other.checkpoint(t, 2), nil},
		{"the other", other.checkpoint(t, 3), ledger.ErrInconsistent},
		{"no note", nil, seal.ErrFormat},
	} {
		if _, err := cn.CheckHead(t.Context(), "TH", tc.note); !errors.Is(err, tc.want) {
			t.Errorf("%s: CheckHead: %v, want %v", tc.name, err, tc.want)
		}
	}
	if why := cn.Why(); why != "" {
		t.Errorf("another office's misbehaviour shut the gate: %s", why)
	}
	la := authority.ForTest(t, "LA").Office("LA")
	stranger := &forger{office: la}
	stranger.addCard(t)
	if _, err := cn.CheckHead(t.Context(), "TH", stranger.checkpoint(t, 1)); !errors.Is(err, certs.ErrNoCard) {
		t.Errorf("of an office without a card: %v, want %v", err, certs.ErrNoCard)
	}
}

func TestAPeerWhoseCardIsRemovedIsNoLongerBelieved(t *testing.T) {
	vn, cn, _ := federation(t)
	vn.Issue(t, "r1", "x", "CN")
	p, err := vn.Page(t.Context(), vn.Origin(), 0, "CN", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cn.CheckHead(t.Context(), "VN", p.Checkpoint); err != nil {
		t.Fatal(err)
	}
	if err := cn.Office.Roster.Remove("VN"); err != nil {
		t.Fatal(err)
	}
	if _, err := cn.Record(t.Context(), "VN", p); !errors.Is(err, certs.ErrNoCard) {
		t.Errorf("Record: %v, want %v, although the checkpoint was verified before", err, certs.ErrNoCard)
	}
}

func TestInit(t *testing.T) {
	vn := startVN(t, nil)
	if err := ledger.Init(t.Context(), vn.Options); !errors.Is(err, ledger.ErrInitialised) {
		t.Errorf("a second time: %v, want %v", err, ledger.ErrInitialised)
	}
	empty := func() *bolt.Store {
		db, err := bolt.Create(filepath.Join(t.TempDir(), "db"), bolt.Options{Tables: ledger.Tables()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return db
	}
	o := vn.Options
	o.Store = empty()
	if err := ledger.Init(t.Context(), o); !errors.Is(err, ledger.ErrInitialised) {
		t.Errorf("beside another's anchor: %v, want %v", err, ledger.ErrInitialised)
	}
	if l, err := ledger.Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), "restore a backup") {
		t.Errorf("an empty store with an anchor: Open = %v, %v; want that a backup is to be restored", l, err)
	}
	o.Anchor = filepath.Join(t.TempDir(), "anchor")
	if l, err := ledger.Open(t.Context(), o); !errors.Is(err, ledger.ErrNotInitialised) {
		t.Errorf("neither: Open = %v, %v; want %v", l, err, ledger.ErrNotInitialised)
	}
	o.Anchor = filepath.Join(t.TempDir(), "no folder", "anchor")
	if err := ledger.Init(t.Context(), o); err == nil {
		t.Error("without a folder for the anchor: Init = nil, want an error")
	}
	if l, err := ledger.Open(t.Context(), o); !errors.Is(err, ledger.ErrNotInitialised) {
		t.Errorf("interrupted: Open = %v, %v; want %v", l, err, ledger.ErrNotInitialised)
	}
	if err := os.Mkdir(filepath.Dir(o.Anchor), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := ledger.Init(t.Context(), o); err != nil {
		t.Errorf("run again after it was interrupted: %v, want nil", err)
	}
	l := ledgertest.Open(t, o)
	if e, err := l.Append(t.Context(), ledgertest.Prepared(ledgertest.Statement("r1", "x"))); err != nil || e.Sequence != 1 {
		t.Errorf("Append = entry %d, %v; want 1", e.Sequence, err)
	}
}

func TestKeysThatTheCardDoesNotName(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	vn := ledgertest.Start(t, fed.Office("VN"), nil)
	vn.Stop(t)
	for name, change := range map[string]func(*ledger.Options){
		"log key":        func(o *ledger.Options) { o.Signer = fed.Office("CN").LogKey },
		"receipt key":    func(o *ledger.Options) { o.Receipts = fed.Office("CN").ReceiptKey },
		"no clock":       func(o *ledger.Options) { o.Now = nil },
		"another office": func(o *ledger.Options) { o.Roster = fed.Office("CN").Roster },
	} {
		o := vn.Options
		db, err := bolt.Open(filepath.Join(vn.Folder, "ledger.db"), bolt.Options{Tables: ledger.Tables()})
		if err != nil {
			t.Fatal(err)
		}
		o.Store = db
		change(&o)
		if l, err := ledger.Open(context.Background(), o); err == nil {
			t.Errorf("%s: Open = %v, want an error", name, l)
		}
		o.Anchor += ".other"
		if err := ledger.Init(t.Context(), o); err == nil {
			t.Errorf("%s: Init = nil, want an error", name)
		}
		db.Close()
	}
}
