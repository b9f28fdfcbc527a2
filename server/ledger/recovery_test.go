package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
)

// byContent reads a request out of the bodies that ledgertest.Statement makes,
// when their content is their request ID.
func byContent(e ledger.Entry) (string, [32]byte, bool) {
	d := ledgertest.Statement(string(e.Envelope), string(e.Envelope))
	return d.RequestID, d.Fingerprint, true
}

// restorable starts VN, with two peers that follow it.
func restorable(t testing.TB) (vn, cn, th *ledgertest.Node) {
	t.Helper()
	return restorableOf(t, authority.ForTest(t, "VN", "CN", "TH"))
}

func restorableOf(t testing.TB, fed *authority.Federation) (vn, cn, th *ledgertest.Node) {
	t.Helper()
	vn = ledgertest.Start(t, fed.Office("VN"), func(o *ledger.Options) { o.Request = byContent })
	return vn, ledgertest.Start(t, fed.Office("CN"), nil), ledgertest.Start(t, fed.Office("TH"), nil)
}

// backup saves the store of a node.
func backup(t testing.TB, n *ledgertest.Node) string {
	t.Helper()
	saved := filepath.Join(t.TempDir(), "backup")
	whileStopped(t, n, func(db, _ string) { copyFile(t, db, saved) })
	return saved
}

// restore puts a saved store in place, as `spsd store restore` does; lost says
// that the anchor is gone too.
func restore(t testing.TB, n *ledgertest.Node, saved string, lost bool) {
	t.Helper()
	whileStopped(t, n, func(db, anchor string) {
		copyFile(t, saved, db)
		s, err := bolt.Open(db, bolt.Options{Tables: ledger.Tables()})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(ledger.MarkRestored(t.Context(), s), s.Close()); err != nil {
			t.Fatal(err)
		}
		if lost {
			if err := os.Remove(anchor); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// meet does what a session between n and a peer does about n's logs: the peer
// says what it holds, sends the entries that n lacks, and repeats its receipt.
func meet(t testing.TB, n, peer *ledgertest.Node) error {
	t.Helper()
	ctx := t.Context()
	h, err := peer.Head(ctx, n.Origin())
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		t.Fatal(err)
	}
	from := peer.Office.Code()
	if err := n.PeerHolds(ctx, from, n.Origin(), h.Size); err != nil {
		return err
	}
	if h.Size == 0 {
		return nil
	}
	if note, err := peer.Receipt(ctx, n.Origin()); err != nil {
		t.Fatal(err)
	} else if err := n.AddReceipt(ctx, from, note); err != nil && !errors.Is(err, ledger.ErrReceiptBeyond) {
		return err
	}
	if len(h.Note) > 0 {
		if _, err := n.CheckHead(ctx, from, h.Note); err != nil {
			return err
		}
	}
	gaps, err := n.Gaps(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, gap := range gaps {
		for at := gap.From; at < holdsOf(t, peer, n); {
			p, err := peer.Page(ctx, gap.Origin, at, n.Office.Code(), 2000)
			if errors.Is(err, ledger.ErrNotFound) || err == nil && len(p.Leaves) == 0 {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := n.Refill(ctx, from, p); err != nil {
				return err
			}
			at = p.End()
		}
	}
	return nil
}

func mustMeet(t testing.TB, n *ledgertest.Node, peers ...*ledgertest.Node) {
	t.Helper()
	for _, peer := range peers {
		if err := meet(t, n, peer); err != nil {
			t.Fatalf("meeting %s: %v", peer.Office.Code(), err)
		}
	}
}

func TestRefillOpensTheGate(t *testing.T) {
	vn, cn, th := restorable(t)
	vn.Issue(t, "r1", "r1")
	vn.Follow(t, cn, cn.Origin(), 1<<20)
	cn.Follow(t, vn, vn.Origin(), 1<<20)
	saved := backup(t, vn)
	want := []ledger.Entry{vn.Issue(t, "r2", "r2"), vn.Issue(t, "r3", "r3", "CN"), vn.Issue(t, "r4", "r4", "TH")}
	for _, peer := range []*ledgertest.Node{cn, th} {
		peer.Follow(t, vn, vn.Origin(), 1<<20)
	}
	before := head(t, vn, vn.Origin())

	restore(t, vn, saved, false)
	if why := vn.Why(); !strings.Contains(why, "restored") || !strings.Contains(why, "waiting for CN, TH") {
		t.Errorf("Why = %q, want that it was restored and waits for CN and TH", why)
	}
	mustMeet(t, vn, cn)
	if why := vn.Why(); !strings.Contains(why, "waiting for TH") || strings.Contains(why, "CN") {
		t.Errorf("Why = %q, want that it waits for TH", why)
	}
	if _, all, err := vn.Lost(t.Context(), 10); err != nil || all != 1 {
		t.Errorf("Lost = %d, %v; want 1, which TH has", all, err)
	}
	mustMeet(t, vn, th)
	if why := vn.Why(); why != "" {
		t.Fatalf("Why = %q, want an open gate", why)
	}
	if lost, all, err := vn.Lost(t.Context(), 10); err != nil || all != 0 {
		t.Errorf("Lost = %v, %v; want none", lost, err)
	}
	after := head(t, vn, vn.Origin())
	if after.Size != before.Size || after.Root != before.Root || after.Checkpoint != before.Checkpoint {
		t.Errorf("head = %+v, want %+v", after, before)
	}
	for _, e := range want {
		got, err := vn.Append(t.Context(), ledgertest.Prepared(ledgertest.Statement(string(e.Envelope), string(e.Envelope))))
		if err != nil || got.Sequence != e.Sequence || got.Hash != e.Hash {
			t.Errorf("the same request %s: entry %d, %v; want %d", e.Envelope, got.Sequence, err, e.Sequence)
		}
	}
	if e := vn.Issue(t, "r5", "r5"); e.Leaf.GetReference() != next(t, want[2].Leaf.GetReference()) {
		t.Errorf("reference %s after %s", e.Leaf.GetReference(), want[2].Leaf.GetReference())
	}
	if r, err := vn.ReceiptOf(t.Context(), "TH", vn.Origin()); err != nil || r == nil || r.Size != before.Size {
		t.Errorf("receipt of TH: %+v, %v; want one over %d", r, err, before.Size)
	}
	vn.Restart(t)
	if why := vn.Why(); why != "" {
		t.Errorf("after a restart: %s", why)
	}
}

// Only the anchor was lost, so that nothing is signed anew when the gate opens:
// readers see what comes from others then.
func TestReadersGoOnWhenTheGateOpens(t *testing.T) {
	vn, cn, th := restorable(t)
	vn.Issue(t, "a", "a")
	for _, peer := range []*ledgertest.Node{cn, th} {
		peer.Follow(t, vn, vn.Origin(), ledger.MaxPage)
	}
	whileStopped(t, vn, func(_, anchor string) {
		if err := os.Remove(anchor); err != nil {
			t.Fatal(err)
		}
	})
	mustMeet(t, vn, cn, th)
	if why := vn.Why(); why != "" {
		t.Fatalf("read-only: %s", why)
	}
	want := cn.Issue(t, "b", "b")
	vn.Follow(t, cn, cn.Origin(), ledger.MaxPage)
	records, err := vn.After(t.Context(), ledger.Position{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	if last := records[len(records)-1]; last.Entry == nil || last.Entry.Hash != want.Hash {
		t.Errorf("the last record that is shown is %+v, want entry %d of %s", last, want.Sequence, want.Origin)
	}
}

// next returns the reference that follows.
func next(t testing.TB, reference string) string {
	t.Helper()
	var n int
	if _, err := fmt.Sscanf(reference[len(reference)-6:], "%d", &n); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s%06d", reference[:len(reference)-6], n+1)
}

func TestTheGateStaysShutUntil(t *testing.T) {
	for _, tc := range []struct {
		name string
		do   func(t *testing.T, vn, cn, th *ledgertest.Node)
		why  string // "": the gate opens
	}{
		{"one peer is silent", func(t *testing.T, vn, cn, _ *ledgertest.Node) {
			saved := backup(t, vn)
			restore(t, vn, saved, true)
			mustMeet(t, vn, cn)
		}, "waiting for TH"},
		{"nobody is silent, and the anchor is lost", func(t *testing.T, vn, cn, th *ledgertest.Node) {
			vn.Issue(t, "r2", "r2")
			whileStopped(t, vn, func(_, anchor string) {
				if err := os.Remove(anchor); err != nil {
					t.Fatal(err)
				}
			})
			mustMeet(t, vn, cn, th)
		}, ""},
		{"the anchor is damaged", func(t *testing.T, vn, cn, th *ledgertest.Node) {
			whileStopped(t, vn, func(_, anchor string) {
				if err := os.Truncate(anchor, 100); err != nil {
					t.Fatal(err)
				}
			})
			mustMeet(t, vn, cn, th)
		}, ""},
		{"the anchor says more than anybody holds", func(t *testing.T, vn, cn, th *ledgertest.Node) {
			saved := backup(t, vn)
			vn.Issue(t, "r2", "r2")
			restore(t, vn, saved, false)
			mustMeet(t, vn, cn, th)
		}, "the anchor says that 3 were released"},
		{"the anchor says no more than the peers hold", func(t *testing.T, vn, cn, th *ledgertest.Node) {
			saved := backup(t, vn)
			vn.Issue(t, "r2", "r2")
			cn.Follow(t, vn, vn.Origin(), 1<<20)
			restore(t, vn, saved, false)
			mustMeet(t, vn, th, cn)
		}, ""},
		{"the store and its anchor were rolled back together", func(t *testing.T, vn, cn, th *ledgertest.Node) {
			saved, anchor := backup(t, vn), filepath.Join(t.TempDir(), "anchor")
			whileStopped(t, vn, func(_, own string) { copyFile(t, own, anchor) })
			vn.Issue(t, "r2", "r2")
			cn.Follow(t, vn, vn.Origin(), 1<<20)
			whileStopped(t, vn, func(db, own string) {
				copyFile(t, saved, db)
				copyFile(t, anchor, own)
			})
			if why := vn.Why(); why != "" {
				t.Errorf("before anybody is met: %s", why)
			}
			if err := meet(t, vn, cn); !errors.Is(err, ledger.ErrInconsistent) {
				t.Errorf("CN holds more: %v, want %v", err, ledger.ErrInconsistent)
			}
			vn.Restart(t)
			if why := vn.Why(); !strings.Contains(why, "CN holds a checkpoint") || !strings.Contains(why, "waiting for CN, TH") {
				t.Errorf("Why after a restart = %q, want that CN holds more", why)
			}
			mustMeet(t, vn, th, cn)
		}, ""},
		{"it issued after it was rolled back", func(t *testing.T, vn, cn, th *ledgertest.Node) {
			saved, anchor := backup(t, vn), filepath.Join(t.TempDir(), "anchor")
			whileStopped(t, vn, func(_, own string) { copyFile(t, own, anchor) })
			vn.Issue(t, "r2", "r2")
			vn.Issue(t, "r3", "r3")
			cn.Follow(t, vn, vn.Origin(), 1<<20)
			whileStopped(t, vn, func(db, own string) {
				copyFile(t, saved, db)
				copyFile(t, anchor, own)
			})
			vn.Issue(t, "other", "other")
			for range 2 { // the second time the gate is shut, and what CN sends is a fork
				if err := meet(t, vn, cn); !errors.Is(err, ledger.ErrInconsistent) {
					t.Errorf("CN holds another entry: %v, want %v", err, ledger.ErrInconsistent)
				}
			}
			vn.Restart(t)
			if err := meet(t, vn, th); err != nil {
				t.Error(err)
			}
		}, "contradicts what this office signed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			vn, cn, th := restorable(t)
			vn.Issue(t, "r1", "r1")
			cn.Follow(t, vn, vn.Origin(), 1<<20)
			tc.do(t, vn, cn, th)
			why := vn.Why()
			if (why == "") != (tc.why == "") || !strings.Contains(why, tc.why) {
				t.Errorf("Why = %q, want something about %q", why, tc.why)
			}
			vn.Restart(t)
			if got := vn.Why() == ""; got != (tc.why == "") {
				t.Errorf("after a restart Why = %q", vn.Why())
			}
		})
	}
}

// reopen opens the store of a stopped node to work on it.
func whileShut(t testing.TB, n *ledgertest.Node, do func(o ledger.Options)) {
	t.Helper()
	whileStopped(t, n, func(db, _ string) {
		s, err := bolt.Open(db, bolt.Options{Tables: ledger.Tables()})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		o := n.Options
		o.Store = s
		do(o)
	})
}

func TestANewEpoch(t *testing.T) {
	vn, cn, th := restorable(t)
	vn.Issue(t, "r1", "r1")
	cn.Follow(t, vn, vn.Origin(), 1<<20)
	saved := backup(t, vn)
	vn.Issue(t, "r2", "r2")
	last := vn.Issue(t, "r3", "r3", "TH")
	th.Follow(t, vn, vn.Origin(), 1<<20)
	old := vn.Origin()

	whileShut(t, vn, func(o ledger.Options) {
		if _, err := ledger.NewEpoch(t.Context(), o, nil, ""); !errors.Is(err, ledger.ErrGateOpen) {
			t.Errorf("with an open gate: %v, want %v", err, ledger.ErrGateOpen)
		}
	})
	restore(t, vn, saved, false)
	mustMeet(t, vn, cn)
	whileShut(t, vn, func(o ledger.Options) {
		for _, tc := range []struct {
			name    string
			without []certs.Office
			want    error
		}{
			{"the silent one is not named", nil, ledger.ErrSilent},
			{"one that has answered is named", []certs.Office{"CN", "TH"}, ledger.ErrAnswered},
			{"the card names no new epoch", []certs.Office{"TH"}, ledger.ErrEpochKey},
		} {
			if _, err := ledger.NewEpoch(t.Context(), o, tc.without, ""); !errors.Is(err, tc.want) {
				t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
			}
		}
	})
	if why := vn.Why(); why == "" {
		t.Fatal("the gate is open")
	}
	mustMeet(t, vn, cn) // it answers again after a restart
	if _, err := vn.Office.NextEpoch(nil); err != nil {
		t.Fatal(err)
	}
	whileShut(t, vn, func(o ledger.Options) {
		got, err := ledger.NewEpoch(t.Context(), o, []certs.Office{"TH"}, "the disk was lost")
		if err != nil {
			t.Fatal(err)
		}
		if got.Origin.Epoch != 2 || got.Previous.Size != 2 || got.Previous.Origin != old || got.Reference != 1003 {
			t.Errorf("NewEpoch = %+v, want epoch 2 after 2 entries, references after 1003", got)
		}
	})
	if why := vn.Why(); why != "" {
		t.Fatalf("Why = %q, want an open gate", why)
	}
	e := vn.Issue(t, "r9", "r9")
	if e.Origin.Epoch != 2 || e.Sequence != 2 || !strings.HasSuffix(e.Leaf.GetReference(), "-001004") {
		t.Errorf("the first statement: %s entry %d, reference %s; want epoch 2 entry 2 reference 1004", e.Origin, e.Sequence, e.Leaf.GetReference())
	}
	link, err := vn.Entry(t.Context(), e.Origin, 1)
	if err != nil {
		t.Fatal(err)
	}
	var outer spsv1.Envelope
	var said spsv1.EpochLink
	if err := errors.Join(proto.Unmarshal(link.Envelope, &outer), proto.Unmarshal(outer.GetPayload(), &said)); err != nil {
		t.Fatal(err)
	}
	if outer.GetPayloadType() != ledger.EpochPayload || said.GetPreviousOrigin() != old.String() || said.GetPreviousSize() != 2 ||
		!cmp.Equal(said.GetWithoutOffices(), []string{"TH"}) {
		t.Errorf("the link says %v", &said)
	}
	// A peer follows under the new card only.
	p, err := vn.Page(t.Context(), e.Origin, 0, "CN", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cn.Record(t.Context(), "VN", p); err == nil {
		t.Error("CN records a new epoch without its card")
	}
	if _, err := cn.Office.Roster.Apply(vn.Office.Card.Bytes()); err != nil {
		t.Fatal(err)
	}
	cn.Follow(t, vn, e.Origin, 1<<20)
	if s, err := vn.Seal(t.Context(), old, 1); err != nil || s == nil {
		t.Errorf("the old epoch is no longer provable: %v", err)
	}
	// The one who was silent brings back what was lost, into the old log.
	gaps, err := vn.Gaps(t.Context())
	if err != nil || len(gaps) != 1 || gaps[0].Origin != old || !gaps[0].Leaves {
		t.Fatalf("Gaps = %+v, %v; want the old log", gaps, err)
	}
	if p, err = th.Page(t.Context(), old, gaps[0].From, "VN", 1<<20); err != nil {
		t.Fatal(err)
	}
	if size, err := vn.Refill(t.Context(), "TH", p); err != nil || size != 4 {
		t.Errorf("Refill = %d, %v; want 4", size, err)
	}
	got, err := vn.Append(t.Context(), ledgertest.Prepared(ledgertest.Statement("r3", "r3", "TH")))
	if err != nil || got.Origin != old || got.Hash != last.Hash {
		t.Errorf("the same request: %s entry %d, %v; want the one in the old log", got.Origin, got.Sequence, err)
	}
	vn.Restart(t)
	vn.Issue(t, "r10", "r10")
}

// The power fails after the transaction that begins an epoch, before its
// anchor.
func TestAnEpochIsCompletedAtTheNextStart(t *testing.T) {
	for _, lost := range []bool{false, true} {
		vn, _, _ := restorable(t)
		saved := backup(t, vn)
		restore(t, vn, saved, lost)
		if _, err := vn.Office.NextEpoch(nil); err != nil {
			t.Fatal(err)
		}
		var before []byte
		whileShut(t, vn, func(o ledger.Options) {
			before, _ = os.ReadFile(o.Anchor)
			if _, err := ledger.NewEpoch(t.Context(), stopBeforeShutIsDeleted(o), []certs.Office{"CN", "TH"}, ""); !errors.Is(err, errPower) {
				t.Fatalf("NewEpoch: %v, want %v", err, errPower)
			}
			if err := os.Remove(o.Anchor); err != nil {
				t.Fatal(err)
			}
			if before != nil {
				if err := os.WriteFile(o.Anchor, before, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		})
		if why := vn.Why(); why != "" {
			t.Errorf("anchor lost %v: Why = %q, want an open gate", lost, why)
		}
		if e := vn.Issue(t, "r1", "r1"); e.Origin.Epoch != 2 || e.Sequence != 2 {
			t.Errorf("anchor lost %v: %s entry %d, want epoch 2 entry 2", lost, e.Origin, e.Sequence)
		}
	}
}

var errPower = errors.New("the power failed")

// cutStore fails from the second Update on.
type cutStore struct {
	store.Store
	updates int
}

func stopBeforeShutIsDeleted(o ledger.Options) ledger.Options {
	o.Store = &cutStore{Store: o.Store}
	return o
}

func (s *cutStore) Update(ctx context.Context, fn func(store.Tx) error) error {
	if s.updates++; s.updates > 1 {
		return errPower
	}
	return s.Store.Update(ctx, fn)
}
