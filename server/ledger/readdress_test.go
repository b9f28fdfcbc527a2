package ledger_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
	"github.com/spsalert/spsalert/server/store"
)

// readdressed makes a leaf readdress an earlier one of the forger's.
func (f *forger) readdressed(seq uint64) func(*spsv1.Leaf) {
	hash := seal.RecordHash(f.leaves[seq])
	return func(l *spsv1.Leaf) {
		l.Type, l.Reference = spsv1.LeafType_LEAF_TYPE_READDRESS, "VN-2026-000002"
		l.Subject = &spsv1.EntryRef{Origin: f.office.Origin().String(), Sequence: seq, RecordHash: hash[:]}
	}
}

// heapFold measures the heap when it is told of the last of so many entries.
type heapFold struct {
	ledgertest.Discard
	last uint64
	heap uint64
}

func (f *heapFold) Entry(_ store.Tx, e ledger.Entry) error {
	if e.Sequence == f.last {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		f.heap = m.HeapAlloc
	}
	return nil
}

// A frame of small leaves that all readdress one large body does not bring it
// into memory as often.
func TestManyReaddressesOfALargeBody(t *testing.T) {
	const many = 400
	fed := authority.ForTest(t, "VN", "CN")
	f := &forger{office: fed.Office("VN")}
	f.addCard(t)
	large := strings.Repeat("x", seal.MaxEnvelope)
	f.add(t, large, nil)
	fold := &heapFold{last: 1 + many}
	cn := ledgertest.Start(t, fed.Office("CN"), func(o *ledger.Options) { o.Fold = fold })
	if _, err := cn.Record(t.Context(), "VN", f.all(t)); err != nil {
		t.Fatal(err)
	}
	for range many {
		f.add(t, large, f.readdressed(1))
	}
	p := f.all(t)
	f.bodies, p.Bodies = nil, nil
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	if size, err := cn.Record(t.Context(), "VN", p); err != nil || size != 2+many {
		t.Fatalf("Record = %d, %v; want %d", size, err, 2+many)
	}
	if most := before.HeapAlloc + 16<<20; fold.heap > most {
		t.Errorf("%d MiB of heap while %d readdresses were recorded, want at most %d", fold.heap>>20, many, most>>20)
	}
	for seq, e := range held(t, cn, f.office.Origin())[1:] {
		if e.Fault != "" || len(e.Envelope) != len(large) {
			t.Errorf("entry %d has fault %q and a body of %d bytes, want that of its subject, %d", seq+1, e.Fault, len(e.Envelope), len(large))
		}
	}
	if r := receiptOf(t, cn, f.office.Origin()); len(r.Missing) != 0 {
		t.Errorf("missing %v, want none", r.Missing)
	}
}

// An office can write a readdress whose subject comes only afterwards. That it
// is faulty is no damage of the store of whoever holds it; the test ends with
// the verification of that.
func TestReaddressOfALaterEntry(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	f := &forger{office: fed.Office("VN")}
	f.addCard(t)
	f.add(t, "later", func(l *spsv1.Leaf) {
		l.Type, l.Sequence = spsv1.LeafType_LEAF_TYPE_READDRESS, 9
		l.Subject = &spsv1.EntryRef{Origin: f.office.Origin().String(), Sequence: 2, RecordHash: make([]byte, 32)}
	})
	cn := ledgertest.Start(t, fed.Office("CN"), nil)
	f.bodies = f.bodies[:1] // without that of the readdress
	for range 2 {
		p := f.all(t)
		if size, err := cn.Record(t.Context(), "VN", p); err != nil || size != p.End() {
			t.Fatalf("Record = %d, %v; want %d", size, err, p.End())
		}
		f.add(t, "later", nil)
	}
	if e := held(t, cn, f.office.Origin())[1]; e.Fault == "" {
		t.Error("the readdress is not marked")
	}
	if r := receiptOf(t, cn, f.office.Origin()); len(r.Missing) != 1 || r.Missing[0] != 1 {
		t.Errorf("missing %v, want 1", r.Missing)
	}
}
