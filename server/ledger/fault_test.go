package ledger_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/storetest"
)

// faults are the two ways in which a commit fails: the write was lost, and the
// write happened though it was reported lost.
var faults = map[string]storetest.Fault{"lost": storetest.Lost, "written": storetest.Written}

// startFaulty starts the ledger of an office over a store that can fail.
func startFaulty(t testing.TB, office *authority.Office) (*ledgertest.Node, *storetest.Faulty) {
	t.Helper()
	var faulty *storetest.Faulty
	n := ledgertest.Start(t, office, func(o *ledger.Options) {
		faulty = storetest.NewFaulty(o.Store)
		o.Store = faulty
	})
	return n, faulty
}

func TestAnAppendWhoseCommitFails(t *testing.T) {
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			vn, disk := startFaulty(t, authority.ForTest(t, "VN", "CN").Office("VN"))
			vn.Issue(t, "r1", "mango")
			disk.Fail(fault)
			_, err := vn.Append(t.Context(), ledgertest.Prepared(ledgertest.Statement("r2", "durian")))
			if !errors.Is(err, store.ErrUnknown) {
				t.Fatalf("Append: %v, want %v", err, store.ErrUnknown)
			}
			// Nothing is signed for a size that may not be durable, and the
			// process is to stop.
			if _, err := vn.Append(t.Context(), ledgertest.Prepared(ledgertest.Statement("r3", "x"))); !errors.Is(err, store.ErrUnknown) {
				t.Errorf("the next Append: %v, want %v", err, store.ErrUnknown)
			}
			vn.Restart(t)
			want := uint64(2)
			if fault == storetest.Written {
				want = 3
			}
			if h := head(t, vn, vn.Origin()); h.Size != want || h.Checkpoint.Size != want {
				t.Errorf("after the restart: size %d, checkpoint %d; want %d", h.Size, h.Checkpoint.Size, want)
			}
			// Whoever asked asks again, and it is there once.
			if e := vn.Issue(t, "r2", "durian"); e.Sequence != 2 {
				t.Errorf("asked again: entry %d, want 2", e.Sequence)
			}
			if e := vn.Issue(t, "r4", "pear"); e.Sequence != 3 || e.Leaf.GetReference()[8:] != "000003" {
				t.Errorf("the next: entry %d with reference %s, want 3 with the third", e.Sequence, e.Leaf.GetReference())
			}
		})
	}
}

func TestARecordWhoseCommitFails(t *testing.T) {
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			fed := authority.ForTest(t, "VN", "CN")
			vn := ledgertest.Start(t, fed.Office("VN"), nil)
			cn, disk := startFaulty(t, fed.Office("CN"))
			cn.Follow(t, vn, vn.Origin(), 1<<20)
			before := mustReceipt(t, cn, vn.Origin())
			vn.Issue(t, "r1", "mango", "CN")
			p, err := vn.Page(t.Context(), vn.Origin(), 1, "CN", 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			disk.Fail(fault)
			if _, err := cn.Record(t.Context(), "VN", p); !errors.Is(err, store.ErrUnknown) {
				t.Fatalf("Record: %v, want %v", err, store.ErrUnknown)
			}
			if note, err := cn.Receipt(t.Context(), vn.Origin()); err == nil && !bytes.Equal(note, before) {
				t.Errorf("a receipt was signed for what may not be durable: %s", note)
			}
			cn.Restart(t)
			if size, err := cn.Record(t.Context(), "VN", p); err != nil || size != 2 {
				t.Errorf("Record after the restart = %d, %v; want 2", size, err)
			}
			if got := held(t, cn, vn.Origin()); string(got[1].Envelope) != "mango" {
				t.Errorf("body = %q, want mango", got[1].Envelope)
			}
		})
	}
}

func TestAReceiptWhoseCommitFails(t *testing.T) {
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			fed := authority.ForTest(t, "VN", "CN")
			vn, disk := startFaulty(t, fed.Office("VN"))
			cn := ledgertest.Start(t, fed.Office("CN"), nil)
			cn.Follow(t, vn, vn.Origin(), 1<<20)
			note := mustReceipt(t, cn, vn.Origin())
			disk.Fail(fault)
			if err := vn.AddReceipt(t.Context(), "CN", note); !errors.Is(err, store.ErrUnknown) {
				t.Fatalf("AddReceipt: %v, want %v", err, store.ErrUnknown)
			}
			vn.Restart(t)
			if err := vn.AddReceipt(t.Context(), "CN", note); err != nil {
				t.Fatalf("AddReceipt after the restart: %v", err)
			}
			records, err := vn.After(t.Context(), ledger.Position{}, 10)
			if err != nil || len(records) != 2 {
				t.Errorf("After = %d records, %v; want the card and one receipt", len(records), err)
			}
		})
	}
}

func TestAFullStore(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	vn, disk := startFaulty(t, fed.Office("VN"))
	cn := ledgertest.Start(t, fed.Office("CN"), nil)
	cn.Follow(t, vn, vn.Origin(), 1<<20)
	disk.SetFull(true)
	if _, err := vn.Append(t.Context(), ledgertest.Prepared(ledgertest.Statement("r1", "x"))); !errors.Is(err, store.ErrFull) {
		t.Errorf("Append: %v, want %v", err, store.ErrFull)
	}
	urgent := ledgertest.Statement("r2", "x")
	urgent.Urgent = true
	if e, err := vn.Append(store.WithReserve(t.Context()), ledgertest.Prepared(urgent)); err != nil || e.Sequence != 1 {
		t.Errorf("urgent: entry %d, %v; want 1", e.Sequence, err)
	}
	if err := vn.AddReceipt(t.Context(), "CN", mustReceipt(t, cn, vn.Origin())); err != nil {
		t.Errorf("AddReceipt: %v", err)
	}
	p, err := cn.Page(t.Context(), cn.Origin(), 0, "VN", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vn.Record(t.Context(), "CN", p); !errors.Is(err, store.ErrFull) {
		t.Errorf("Record: %v, want %v", err, store.ErrFull)
	}
	cn.Follow(t, vn, vn.Origin(), 1<<20)
	disk.SetFull(false)
	vn.Issue(t, "r1", "x")
	vn.Follow(t, cn, cn.Origin(), 1<<20)
}

func TestAnUrgentEntryIsRecordedInAFullStore(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	vn := ledgertest.Start(t, fed.Office("VN"), nil)
	cn, disk := startFaulty(t, fed.Office("CN"))
	urgent := ledgertest.Statement("r1", "x")
	urgent.Urgent = true
	if _, err := vn.Append(t.Context(), ledgertest.Prepared(urgent)); err != nil {
		t.Fatal(err)
	}
	disk.SetFull(true)
	if got := cn.Follow(t, vn, vn.Origin(), 1<<20); got != 2 {
		t.Errorf("holds %d entries, want 2", got)
	}
}

// A crash between the transaction and the signature leaves entries that are
// durable and under no checkpoint; the next start signs them.
func TestACrashBeforeTheSignature(t *testing.T) {
	broken := errors.New("the power went")
	office := authority.ForTest(t, "VN", "CN").Office("VN")
	vn := ledgertest.Start(t, office, nil)
	signer := vn.Options.Signer
	vn.Stop(t)
	dead := &failingKey{Signer: signer}
	vn.Options.Signer = dead
	vn.Restart(t)
	dead.err = broken
	for _, id := range []string{"r1", "r2"} {
		if _, err := vn.Append(t.Context(), ledgertest.Prepared(ledgertest.Statement(id, id))); !errors.Is(err, broken) {
			t.Fatalf("Append: %v, want %v", err, broken)
		}
	}
	vn.Options.Signer = signer
	vn.Restart(t)
	if h := head(t, vn, vn.Origin()); h.Checkpoint.Size != 3 {
		t.Errorf("checkpoint of size %d, want 3", h.Checkpoint.Size)
	}
	if e := vn.Issue(t, "r2", "r2"); e.Sequence != 2 {
		t.Errorf("asked again: entry %d, want 2", e.Sequence)
	}
}

// refusingGroup runs the two Updates that come once it is armed as a group, each
// with its own error, and then finds that there is no room for their commit.
type refusingGroup struct {
	store.Store

	mu    sync.Mutex
	armed bool
	first func(store.Tx) error
	ran   chan error // the outcome of first
}

func (s *refusingGroup) Update(ctx context.Context, fn func(store.Tx) error) error {
	s.mu.Lock()
	if !s.armed {
		s.mu.Unlock()
		return s.Store.Update(ctx, fn)
	}
	if s.first == nil {
		s.first, s.ran = fn, make(chan error, 1)
		s.mu.Unlock()
		return <-s.ran
	}
	defer s.mu.Unlock()
	s.armed = false
	var first, second error
	err := s.Store.Update(ctx, func(tx store.Tx) error {
		first, second = s.first(tx), fn(tx)
		return store.ErrFull
	})
	s.ran <- cmp.Or(first, err)
	return cmp.Or(second, err)
}

// Two callers with one request: the second sees the entry of the first in a
// transaction that is then not applied.
func TestAnEntryThatWasSeenAndDidNotBecomeDurable(t *testing.T) {
	var disk *refusingGroup
	vn := startVN(t, func(o *ledger.Options) {
		disk = &refusingGroup{Store: o.Store}
		o.Store = disk
	})
	disk.armed = true
	var wg sync.WaitGroup
	var full, entered atomic.Int64
	for range 2 {
		wg.Go(func() {
			e, err := vn.Append(t.Context(), ledgertest.Prepared(ledgertest.Statement("r1", "x")))
			switch {
			case errors.Is(err, store.ErrFull):
				full.Add(1)
			case err == nil && e.Sequence == 1:
				entered.Add(1)
			default:
				t.Errorf("Append = entry %d, %v", e.Sequence, err)
			}
		})
	}
	wg.Wait()
	if full.Load() != 1 || entered.Load() != 1 {
		t.Errorf("%d were told that the store is full and %d that it is entered, want 1 and 1", full.Load(), entered.Load())
	}
}
