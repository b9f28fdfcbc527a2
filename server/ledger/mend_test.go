package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync/atomic"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
	"github.com/spsalert/spsalert/server/store"
)

// readRows is a store that counts the rows that are read.
type readRows struct {
	store.Store
	n atomic.Int64
}

func (s *readRows) View(ctx context.Context, fn func(store.Reader) error) error {
	return s.Store.View(ctx, func(r store.Reader) error { return fn(countingReader{r, &s.n}) })
}

type countingReader struct {
	store.Reader
	n *atomic.Int64
}

func (r countingReader) Get(t store.Table, key []byte) ([]byte, error) {
	r.n.Add(1)
	return r.Reader.Get(t, key)
}

func (r countingReader) Scan(t store.Table, from, to []byte, back bool) iter.Seq2[store.Item, error] {
	return func(yield func(store.Item, error) bool) {
		for item, err := range r.Reader.Scan(t, from, to, back) {
			if r.n.Add(1); !yield(item, err) {
				return
			}
		}
	}
}

// TestWhatPeersShowIsComparedWithoutReadingTheLog shows a node heads and
// receipts, each over another tree than the one that it holds: each is refused
// at the cost of a proof.
func TestWhatPeersShowIsComparedWithoutReadingTheLog(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN", "TH")
	reads := new(readRows)
	cn := ledgertest.Start(t, fed.Office("CN"), func(o *ledger.Options) { reads.Store, o.Store = o.Store, reads })
	one, other := &forger{office: fed.Office("VN")}, &forger{office: fed.Office("VN")}
	const entries, most = 400, 100
	for i, f := range []*forger{one, other} {
		f.addCard(t)
		f.add(t, fmt.Sprintf("told to office %d", i), nil)
		for n := range entries - 2 {
			f.add(t, fmt.Sprintf("statement %d", n), nil)
		}
	}
	if _, err := cn.Record(t.Context(), "VN", one.all(t)); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		size := entries - 37*i
		before := reads.n.Load()
		if _, err := cn.CheckHead(t.Context(), "VN", other.checkpoint(t, size)); !errors.Is(err, ledger.ErrInconsistent) {
			t.Errorf("head of size %d: CheckHead: %v, want %v", size, err, ledger.ErrInconsistent)
		}
		if got := reads.n.Load() - before; got > most {
			t.Errorf("head of size %d: %d rows were read, want at most %d", size, got, most)
		}
		said := seal.Receipt{Origin: fed.Office("VN").Origin(), Size: uint64(size), Root: tlog.Hash{1}}
		note, err := seal.SignReceipt(said, "TH", fed.Office("TH").ReceiptKey)
		if err != nil {
			t.Fatal(err)
		}
		before = reads.n.Load()
		if err := cn.AddReceipt(t.Context(), "TH", note); !errors.Is(err, ledger.ErrReceiptRoot) {
			t.Errorf("receipt over %d: AddReceipt: %v, want %v", size, err, ledger.ErrReceiptRoot)
		}
		if got := reads.n.Load() - before; got > most {
			t.Errorf("receipt over %d: %d rows were read, want at most %d", size, got, most)
		}
	}
}
