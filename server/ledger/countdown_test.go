package ledger_test

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
)

var errDisk = errors.New("the disk gave up")

// countdown is a store whose transactions fail at the nth call; 0: never.
type countdown struct {
	store.Store
	left atomic.Int64
}

func (s *countdown) hit() error {
	if s.left.Add(-1) == 0 {
		return errDisk
	}
	return nil
}

func (s *countdown) View(ctx context.Context, fn func(store.Reader) error) error {
	return s.Store.View(ctx, func(r store.Reader) error { return fn(countedReader{r, s}) })
}

func (s *countdown) Update(ctx context.Context, fn func(store.Tx) error) error {
	return s.Store.Update(ctx, func(tx store.Tx) error { return fn(countedTx{tx, countedReader{tx, s}}) })
}

type countedReader struct {
	store.Reader
	s *countdown
}

func (r countedReader) Get(t store.Table, key []byte) ([]byte, error) {
	if err := r.s.hit(); err != nil {
		return nil, err
	}
	return r.Reader.Get(t, key)
}

func (r countedReader) Scan(t store.Table, from, to []byte, back bool) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		if err := r.s.hit(); err != nil {
			yield(store.Item{}, err)
			return
		}
		r.Reader.Scan(t, from, to, back)(yield)
	}
}

type countedTx struct {
	store.Tx
	countedReader
}

func (t countedTx) Get(table store.Table, key []byte) ([]byte, error) {
	return t.countedReader.Get(table, key)
}

func (t countedTx) Scan(table store.Table, from, to []byte, back bool) iter.Seq2[store.Item, error] {
	return t.countedReader.Scan(table, from, to, back)
}

func (t countedTx) Put(table store.Table, key, value []byte) error {
	if err := t.s.hit(); err != nil {
		return err
	}
	return t.Tx.Put(table, key, value)
}

func (t countedTx) Delete(table store.Table, key []byte) error {
	if err := t.s.hit(); err != nil {
		return err
	}
	return t.Tx.Delete(table, key)
}

// A failure of the store at any call of any operation is reported, and leaves
// the ledger as it was or as it was to become.
//
// It runs on a clock that stands still, for a ledger tries by itself to sign
// what a failure left unsigned, and would take calls of the store that the test
// counts.
func TestEveryFailureOfTheStoreIsReported(t *testing.T) { synctest.Test(t, everyFailure) }

func everyFailure(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	vn := ledgertest.Start(t, fed.Office("VN"), nil)
	var disk *countdown
	cn := ledgertest.Start(t, fed.Office("CN"), func(o *ledger.Options) {
		disk = &countdown{Store: o.Store}
		o.Store, o.Fold = disk, touching{}
	})
	own := cn.Issue(t, "r0", "pear", "VN")
	vn.Follow(t, cn, cn.Origin(), 1<<20)
	subject := vn.Issue(t, "r1", "mango", "CN")
	cn.Follow(t, vn, vn.Origin(), 1<<20)
	readdress := ledger.Draft{
		Type: spsv1.LeafType_LEAF_TYPE_READDRESS, Audience: []certs.Office{"CN"},
		Subject: &spsv1.EntryRef{Origin: vn.Origin().String(), Sequence: subject.Sequence},
	}
	readdress.RequestID = "r2"
	if _, err := vn.Append(t.Context(), ledgertest.Prepared(readdress)); err != nil {
		t.Fatal(err)
	}
	ahead := urgentOf(t, vn, issueUrgent(t, vn, "r3", "aflatoxin", "CN").Sequence, "CN", 2)
	p, err := vn.Page(t.Context(), vn.Origin(), 1, "CN", 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	receipt, o := mustReceipt(t, vn, cn.Origin()), vn.Origin()
	ctx := t.Context()
	readdressOwn := readdress
	readdressOwn.Audience = []certs.Office{"VN"}
	readdressOwn.Subject = &spsv1.EntryRef{Origin: cn.Origin().String(), Sequence: own.Sequence}
	for _, op := range []struct {
		name string
		do   func() error
	}{
		{"Append", func() error {
			_, err := cn.Append(ctx, ledgertest.Prepared(ledgertest.Statement("c1", "pear", "VN")))
			return err
		}},
		{"Append again", func() error {
			_, err := cn.Append(ctx, ledgertest.Prepared(ledgertest.Statement("c1", "pear", "VN")))
			return err
		}},
		{"Append a readdress", func() error {
			_, err := cn.Append(ctx, ledgertest.Prepared(readdressOwn))
			return err
		}},
		{"RecordAhead", func() error { return cn.RecordAhead(ctx, "VN", ahead) }},
		{"Entry ahead", func() error { _, err := cn.Entry(ctx, o, ahead.Sequence); return err }},
		{"Seal ahead", func() error { _, err := cn.Seal(ctx, o, ahead.Sequence); return err }},
		{"Receipt ahead", func() error { _, err := cn.Receipt(ctx, o); return err }},
		{"Verify ahead", func() error { _, err := cn.Verify(ctx); return err }},
		{"Record", func() error { _, err := cn.Record(ctx, "VN", p); return err }},
		{"Urgent", func() error { _, err := cn.Urgent(ctx, o, ahead.Sequence, "CN", 2); return err }},
		{"UrgentFrom", func() error { _, _, err := cn.UrgentFrom(ctx, o, 0, "CN", 2); return err }},
		{"Receipt", func() error { _, err := cn.Receipt(ctx, o); return err }},
		{"AddReceipt", func() error { return cn.AddReceipt(ctx, "VN", receipt) }},
		{"ReceiptOf", func() error { _, err := cn.ReceiptOf(ctx, "VN", cn.Origin()); return err }},
		{"Covering", func() error { _, err := cn.Covering(ctx, "VN", cn.Origin(), 1); return err }},
		{"Standings", func() error { _, err := cn.Standings(ctx, cn.Origin(), 1, []certs.Office{"VN"}); return err }},
		{"After", func() error { _, err := cn.After(ctx, ledger.Position{}, 100); return err }},
		{"Page", func() error { _, err := cn.Page(ctx, o, 0, "CN", 1<<20); return err }},
		{"Entry", func() error { _, err := cn.Entry(ctx, o, 2); return err }},
		{"Seal", func() error { _, err := cn.Seal(ctx, o, 1); return err }},
		{"Head", func() error { _, err := cn.Head(ctx, o); return err }},
		{"Heads", func() error { _, err := cn.Heads(ctx); return err }},
		{"CheckHead", func() error { _, err := cn.CheckHead(ctx, "VN", p.Checkpoint); return err }},
		{"Rebuild", func() error { return cn.Rebuild(ctx, ledger.Position{}, touching{}) }},
		{"Verify", func() error { _, err := cn.Verify(ctx); return err }},
	} {
		failures := 0
		for n := int64(1); ; n++ {
			disk.left.Store(n)
			err := op.do()
			if disk.left.Load() > 0 {
				if err != nil {
					t.Errorf("%s: %v, want nil", op.name, err)
				}
				break // it needed fewer calls
			}
			if !errors.Is(err, errDisk) {
				t.Errorf("%s: call %d failed: %v, want %v", op.name, n, err, errDisk)
				break
			}
			failures++
		}
		disk.left.Store(0)
		if failures == 0 {
			t.Errorf("%s: no call of the store was seen", op.name)
		}
	}
}

// touching is a fold that writes something, so that it can fail too.
type touching struct{}

func (touching) Entry(tx store.Tx, _ ledger.Entry) error {
	return tx.Put(diaryTable, []byte("touched"), nil)
}

func (touching) Receipt(tx store.Tx, _ ledger.Receipt) error {
	return tx.Put(diaryTable, []byte("touched"), nil)
}

func TestEveryFailureOfTheStoreWhileOpening(t *testing.T) {
	vn := startVN(t, nil)
	vn.Issue(t, "r1", "x")
	vn.Stop(t)
	db, err := bolt.Open(filepath.Join(vn.Folder, "ledger.db"), bolt.Options{Tables: ledger.Tables()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	disk := &countdown{Store: db}
	o := vn.Options
	o.Store = disk
	for _, anchor := range []string{o.Anchor, o.Anchor + ".none"} {
		o.Anchor = anchor
		for n := int64(1); ; n++ {
			disk.left.Store(n)
			l, err := ledger.Open(t.Context(), o)
			if disk.left.Load() > 0 {
				if err != nil {
					t.Fatalf("Open: %v", err)
				}
				if err := l.Close(); err != nil {
					t.Error(err)
				}
				break
			}
			if !errors.Is(err, errDisk) {
				t.Fatalf("call %d failed: Open = %v, %v; want %v", n, l, err, errDisk)
			}
		}
	}
}

func TestEveryFailureOfTheStoreWhileBeginning(t *testing.T) {
	db, err := bolt.Create(filepath.Join(t.TempDir(), "db"), bolt.Options{Tables: ledger.Tables()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	disk := &countdown{Store: db}
	office := authority.ForTest(t, "VN", "CN").Office("VN")
	o := ledgertest.OptionsOf(office, disk, filepath.Join(t.TempDir(), "anchor"))
	for n := int64(1); ; n++ {
		disk.left.Store(n)
		err := ledger.Init(t.Context(), o)
		if disk.left.Load() > 0 {
			if err != nil {
				t.Fatalf("Init: %v", err)
			}
			break
		}
		if !errors.Is(err, errDisk) {
			t.Fatalf("call %d failed: Init = %v, want %v", n, err, errDisk)
		}
	}
	disk.left.Store(0)
	if got := ledgertest.Open(t, o).Office(); got != "VN" {
		t.Errorf("Office = %s, want VN", got)
	}
}

func TestAClosedLedgerSignsNothing(t *testing.T) {
	vn := startVN(t, nil)
	if err := vn.Close(); err != nil {
		t.Fatal(err)
	}
	if e, err := vn.Append(t.Context(), ledgertest.Prepared(ledgertest.Statement("r1", "x"))); !errors.Is(err, ledger.ErrUnsealed) {
		t.Errorf("Append = entry %d, %v; want %v", e.Sequence, err, ledger.ErrUnsealed)
	}
}
