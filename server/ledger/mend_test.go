package ledger_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
	"github.com/spsalert/spsalert/server/store"
)

// TestWhatPeersShowIsComparedWithoutReadingTheLog shows a node heads and
// receipts, each over another tree than the one that it holds: each is refused
// at the cost of a proof.
func TestWhatPeersShowIsComparedWithoutReadingTheLog(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN", "TH")
	reads := new(counting)
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
		before := reads.read()
		if _, err := cn.CheckHead(t.Context(), "VN", other.checkpoint(t, size)); !errors.Is(err, ledger.ErrInconsistent) {
			t.Errorf("head of size %d: CheckHead: %v, want %v", size, err, ledger.ErrInconsistent)
		}
		if got := reads.read() - before; got > most {
			t.Errorf("head of size %d: %d rows were read, want at most %d", size, got, most)
		}
		said := seal.Receipt{Origin: fed.Office("VN").Origin(), Size: uint64(size), Root: tlog.Hash{1}}
		note, err := seal.SignReceipt(said, "TH", fed.Office("TH").ReceiptKey)
		if err != nil {
			t.Fatal(err)
		}
		before = reads.read()
		if err := cn.AddReceipt(t.Context(), "TH", note); !errors.Is(err, ledger.ErrReceiptRoot) {
			t.Errorf("receipt over %d: AddReceipt: %v, want %v", size, err, ledger.ErrReceiptRoot)
		}
		if got := reads.read() - before; got > most {
			t.Errorf("receipt over %d: %d rows were read, want at most %d", size, got, most)
		}
	}
}

// flip turns over one bit of something in the rows of a table.
func flip(t testing.TB, n *ledgertest.Node, table store.Table, what []byte) {
	t.Helper()
	flipped := 0
	err := n.Bolt.Update(t.Context(), func(tx store.Tx) error {
		for item, err := range tx.Scan(table, nil, nil, false) {
			if err != nil {
				return err
			}
			if i := bytes.Index(item.Value, what); i >= 0 {
				value := bytes.Clone(item.Value)
				value[i+len(what)/2] ^= 1
				flipped++
				return tx.Put(table, bytes.Clone(item.Key), value)
			}
		}
		return nil
	})
	if err != nil || flipped != 1 {
		t.Fatalf("%d bits turned over, want 1: %v", flipped, err)
	}
}

// TestNoConflictIsProvedByDamage asks for the proof that an honest head and the
// log held here cannot both be, and compares heads with the log that has grown
// to them, when a bit of it has turned over.
func TestNoConflictIsProvedByDamage(t *testing.T) {
	for _, tc := range []struct {
		name  string
		size  int // of the head
		what  func(*forger) []byte
		comes bool // the log has to come again first
	}{
		{"hash", 6, func(f *forger) []byte { return f.pair(4) }, false},
		{"leaf", 5, func(f *forger) []byte { return f.leaves[4] }, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			fed := authority.ForTest(t, "VN", "CN", "TH")
			cn, vn := ledgertest.Start(t, fed.Office("CN"), nil), &forger{office: fed.Office("VN")}
			vn.addCard(t)
			for i := range 7 {
				vn.add(t, fmt.Sprintf("statement %d", i), nil)
			}
			shown := vn.checkpoint(t, tc.size)
			if _, err := cn.CheckHead(t.Context(), "TH", shown); err != nil {
				t.Fatal(err)
			}
			if _, err := cn.Record(t.Context(), "VN", vn.all(t)); err != nil {
				t.Fatal(err)
			}
			flip(t, cn, "ledger.leaves", tc.what(vn))
			var first, second error
			if tc.comes {
				first, second = ledger.ErrCorrupt, ledger.ErrCorrupt
			}
			outgrown := func(want error) {
				t.Helper()
				if note, err := cn.Outgrown(t.Context(), vn.office.Origin(), 8); note != nil || !errors.Is(err, want) {
					t.Errorf("Outgrown = %q, %v, want none, %v", note, err, want)
				}
			}
			outgrown(first)
			if !tc.comes { // it was mended: once more
				flip(t, cn, "ledger.leaves", tc.what(vn))
				first = ledger.ErrCorrupt
			}
			for _, want := range []error{first, second} {
				if p, err := cn.ConflictWith(t.Context(), shown); p != nil || !errors.Is(err, want) {
					t.Errorf("ConflictWith = %+v, %v, want none, %v", p, err, want)
				}
			}
			if !tc.comes {
				return
			}
			if _, err := cn.Record(t.Context(), "TH", vn.all(t)); err != nil {
				t.Errorf("the log comes again: %v", err)
			}
			outgrown(nil)
			if p, err := cn.ConflictWith(t.Context(), shown); p != nil || err != nil {
				t.Errorf("afterwards: ConflictWith = %+v, %v, want none", p, err)
			}
		})
	}
}

// TestForgedLeavesHoldNothingUp sends a node of which a leaf is damaged forged
// leaves, while another sends the right ones; and then does so for ever, which
// makes the node read its log a few times only.
func TestForgedLeavesHoldNothingUp(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN", "TH")
	reads := new(counting)
	cn := ledgertest.Start(t, fed.Office("CN"), func(o *ledger.Options) { reads.Store, o.Store = o.Store, reads })
	vn := &forger{office: fed.Office("VN")}
	const entries = 200
	vn.addCard(t)
	for i := range entries - 1 {
		vn.add(t, fmt.Sprintf("statement %d", i), nil)
	}
	if _, err := cn.Record(t.Context(), "VN", vn.all(t)); err != nil {
		t.Fatal(err)
	}
	o := vn.office.Origin()
	damage := func() {
		t.Helper()
		flip(t, cn, "ledger.leaves", vn.leaves[4])
		if _, err := cn.Page(t.Context(), o, 0, "CN", ledger.MaxPage); !errors.Is(err, ledger.ErrCorrupt) {
			t.Fatalf("Page = %v, want %v", err, ledger.ErrCorrupt)
		}
	}
	send := func(from certs.Office, leaves ...[]byte) {
		t.Helper()
		p := vn.all(t)
		p.Leaves, p.Bodies = slices.Concat(leaves, p.Leaves[len(leaves):]), nil
		if _, err := cn.Record(t.Context(), from, p); err != nil {
			t.Errorf("record what %s sends: %v", from, err)
		}
	}
	damage()
	send("TH", vn.leaves[0], vn.leaves[1], []byte("forged"))
	send("VN")
	if from, damaged := cn.DamagedFrom(o); damaged {
		t.Errorf("DamagedFrom = %d after the right leaves came, want none", from)
	}
	damage()
	before := reads.read()
	const times = 40
	for i := range times {
		send("TH", vn.leaves[0], fmt.Appendf(nil, "forged %d", i))
	}
	if got, most := reads.read()-before, 10*entries; got > most {
		t.Errorf("%d rows were read, want at most %d", got, most)
	}
	send("VN")
	if from, damaged := cn.DamagedFrom(o); damaged {
		t.Errorf("DamagedFrom = %d after the right leaves came, want none", from)
	}
}

// TestTheNewestCheckpointComesBack shows a node checkpoints of a log of which its
// own is damaged: the smaller ones stand in nobody's way.
func TestTheNewestCheckpointComesBack(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN", "TH")
	cn, vn := ledgertest.Start(t, fed.Office("CN"), nil), &forger{office: fed.Office("VN")}
	vn.addCard(t)
	for i := range 7 {
		vn.add(t, fmt.Sprintf("statement %d", i), nil)
	}
	if _, err := cn.Record(t.Context(), "VN", vn.all(t)); err != nil {
		t.Fatal(err)
	}
	o, note := vn.office.Origin(), vn.checkpoint(t, 8)
	flip(t, cn, "ledger.logs", note[len(note)-44:len(note)-4])
	if _, err := cn.Head(t.Context(), o); !errors.Is(err, ledger.ErrCorrupt) {
		t.Fatalf("Head = %v, want %v", err, ledger.ErrCorrupt)
	}
	for _, step := range []struct {
		shown int
		want  uint64
	}{{3, 3}, {8, 8}, {5, 8}} {
		if _, err := cn.CheckHead(t.Context(), "TH", vn.checkpoint(t, step.shown)); err != nil {
			t.Errorf("head of size %d: CheckHead: %v", step.shown, err)
		}
		if got := head(t, cn, o).Checkpoint.Size; got != step.want {
			t.Errorf("after a head of size %d the checkpoint is of size %d, want %d", step.shown, got, step.want)
		}
	}
}
