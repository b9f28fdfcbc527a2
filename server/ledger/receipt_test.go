package ledger_test

import (
	"bytes"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
)

func TestTheIssuerHoldsThePeersReceipt(t *testing.T) {
	vn, cn, _ := federation(t)
	for i := range 3 {
		vn.Issue(t, fmt.Sprintf("r%d", i), "x", "CN")
	}
	cn.Follow(t, vn, vn.Origin(), 1<<20)
	note := mustReceipt(t, cn, vn.Origin())
	if err := vn.AddReceipt(t.Context(), "CN", note); err != nil {
		t.Fatalf("AddReceipt: %v", err)
	}
	newest, err := vn.ReceiptOf(t.Context(), "CN", vn.Origin())
	if err != nil || newest == nil || newest.Size != 4 || newest.From != "CN" || !bytes.Equal(newest.Note, note) {
		t.Errorf("ReceiptOf = %+v, %v; want size 4 of CN", newest, err)
	}
	if none, err := vn.ReceiptOf(t.Context(), "TH", vn.Origin()); err != nil || none != nil {
		t.Errorf("ReceiptOf TH = %+v, %v; want none", none, err)
	}
	if _, err := vn.ReceiptOf(t.Context(), "CN", cn.Origin()); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("ReceiptOf for a log not held: %v, want %v", err, ledger.ErrNotFound)
	}
	records, err := vn.After(t.Context(), ledger.Position{}, 100)
	if err != nil || len(records) != 5 || records[4].Receipt == nil || records[4].Receipt.Size != 4 {
		t.Errorf("After = %d records, %v; want 4 entries and the receipt", len(records), err)
	}
}

func TestAReceiptIsSignedOncePerSize(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	var made atomic.Int64
	vn := ledgertest.Start(t, fed.Office("VN"), nil)
	cn := ledgertest.Start(t, fed.Office("CN"), func(o *ledger.Options) { o.Receipts = countingKey{o.Receipts, &made} })
	if note, err := cn.Receipt(t.Context(), vn.Origin()); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("of a log not held: %q, %v; want %v", note, err, ledger.ErrNotFound)
	}
	if note, err := cn.Receipt(t.Context(), cn.Origin()); !errors.Is(err, ledger.ErrOwnLog) {
		t.Errorf("of its own log: %q, %v; want %v", note, err, ledger.ErrOwnLog)
	}
	for size := 1; size <= 3; size++ {
		vn.Issue(t, fmt.Sprintf("r%d", size), "x")
		cn.Follow(t, vn, vn.Origin(), 1<<20)
		first := mustReceipt(t, cn, vn.Origin())
		for range 3 {
			if again := mustReceipt(t, cn, vn.Origin()); !bytes.Equal(again, first) {
				t.Errorf("asked again: %q, want %q", again, first)
			}
		}
		if got := made.Load(); got != int64(size) {
			t.Errorf("%d signatures for %d sizes", got, size)
		}
	}
}

func TestReceiptsThatSayNothingNewCostNoCommit(t *testing.T) {
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	fed := authority.ForTest(t, "VN", "CN")
	vn := ledgertest.Start(t, fed.Office("VN"), nil)
	cn := ledgertest.Start(t, fed.Office("CN"), func(o *ledger.Options) { o.Now = func() time.Time { return now } })
	cn.Follow(t, vn, vn.Origin(), 1<<20)
	old := mustReceipt(t, cn, vn.Origin())
	vn.Issue(t, "r1", "x")
	cn.Follow(t, vn, vn.Origin(), 1<<20)
	newest := mustReceipt(t, cn, vn.Origin())
	if err := vn.AddReceipt(t.Context(), "CN", newest); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	cn.Restart(t)
	if again := mustReceipt(t, cn, vn.Origin()); !bytes.Equal(again, newest) {
		t.Errorf("the receipt after the restart is %q, want that from before, %q", again, newest)
	}
	said, err := seal.ParseReceipt(newest)
	if err != nil {
		t.Fatal(err)
	}
	said.Time += 3600 // as earlier versions signed it after a restart
	later, err := seal.SignReceipt(said, "CN", fed.Office("CN").ReceiptKey)
	if err != nil {
		t.Fatal(err)
	}
	before := vn.Bolt.Stats().Commits
	for name, note := range map[string][]byte{"the same": newest, "of a smaller size": old, "of the same size, an hour later": later} {
		if err := vn.AddReceipt(t.Context(), "CN", note); err != nil {
			t.Errorf("%s: %v, want nil", name, err)
		}
	}
	if got := vn.Bolt.Stats().Commits; got != before {
		t.Errorf("%d commits, want none", got-before)
	}
}

// An office cannot fill the store of another by signing, again and again, that
// it holds now this and now that.
func TestReceiptsOfOneSizeAreBounded(t *testing.T) {
	vn, cn, _ := federation(t)
	o := vn.Origin()
	for i := range 3 {
		vn.Issue(t, fmt.Sprintf("r%d", i), "x", "CN")
	}
	c := head(t, vn, o).Checkpoint
	ahead := seal.Ahead{Sequence: c.Size + 1, RecordHash: tlog.Hash{1}}
	before := vn.Released().N
	for _, tc := range []struct {
		name string
		said seal.Receipt
		want uint64 // how many are recorded by then
	}{
		{"the first", seal.Receipt{Missing: []uint64{1, 2}}, 1},
		{"another is missing", seal.Receipt{Missing: []uint64{1, 3}}, 1},
		{"more are missing", seal.Receipt{Missing: []uint64{1, 2, 3}}, 1},
		{"one has come, another is missing", seal.Receipt{Missing: []uint64{3}}, 1},
		{"one has come", seal.Receipt{Missing: []uint64{2}}, 2},
		{"one ahead", seal.Receipt{Missing: []uint64{2}, Ahead: []seal.Ahead{ahead}}, 3},
		{"taken back", seal.Receipt{Missing: []uint64{2}}, 3},
		{"all have come, and one is taken back", seal.Receipt{}, 3},
		{"all have come", seal.Receipt{Ahead: []seal.Ahead{ahead}}, 4},
		{"the same", seal.Receipt{Ahead: []seal.Ahead{ahead}, Time: 7}, 4},
	} {
		tc.said.Origin, tc.said.Size, tc.said.Root = o, c.Size, c.Root
		note, err := seal.SignReceipt(tc.said, "CN", cn.Office.ReceiptKey)
		if err != nil {
			t.Fatal(err)
		}
		if err := vn.AddReceipt(t.Context(), "CN", note); err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		if got := vn.Released().N - before; got != tc.want {
			t.Errorf("%s: %d receipts are recorded, want %d", tc.name, got, tc.want)
		}
	}
}

func TestReceiptsThatAreRefused(t *testing.T) {
	vn, cn, th := federation(t)
	vn.Issue(t, "r1", "x", "CN")
	c := head(t, vn, vn.Origin()).Checkpoint
	sign := func(r seal.Receipt, office *ledgertest.Node) []byte {
		note, err := seal.SignReceipt(r, office.Office.Code(), office.Office.ReceiptKey)
		if err != nil {
			t.Fatal(err)
		}
		return note
	}
	good := seal.Receipt{Origin: c.Origin, Size: c.Size, Root: c.Root}
	beyond, other, unknown := good, good, good
	beyond.Size = 3
	other.Root = tlog.Hash{1}
	unknown.Origin.Epoch = 2
	for _, tc := range []struct {
		name   string
		office certs.Office
		note   []byte
		want   error
	}{
		{"beyond the log", "CN", sign(beyond, cn), ledger.ErrReceiptBeyond},
		{"another root", "CN", sign(other, cn), ledger.ErrReceiptRoot},
		{"an unknown log", "CN", sign(unknown, cn), ledger.ErrNotFound},
		{"of another office", "CN", sign(good, th), seal.ErrUnknownKey},
		{"of itself", "VN", sign(good, vn), ledger.ErrOwnLog},
		{"of an office without a card", "LA", sign(good, cn), certs.ErrNoCard},
		{"altered", "CN", bytes.Replace(sign(good, cn), []byte("\n2\n"), []byte("\n1\n"), 1), seal.ErrBadSignature},
		{"a checkpoint", "CN", head(t, vn, vn.Origin()).Note, seal.ErrFormat},
		{"nothing", "CN", nil, seal.ErrFormat},
	} {
		if err := vn.AddReceipt(t.Context(), tc.office, tc.note); !errors.Is(err, tc.want) {
			t.Errorf("%s: AddReceipt: %v, want %v", tc.name, err, tc.want)
		}
	}
	if got, err := vn.ReceiptOf(t.Context(), "CN", vn.Origin()); err != nil || got != nil {
		t.Errorf("one was added: %+v, %v", got, err)
	}
	if err := vn.AddReceipt(t.Context(), "CN", sign(good, cn)); err != nil {
		t.Fatalf("the good one: %v", err)
	}
	smaller := other
	smaller.Size = 1
	if err := vn.AddReceipt(t.Context(), "CN", sign(smaller, cn)); !errors.Is(err, ledger.ErrReceiptRoot) {
		t.Errorf("a smaller one with another root: %v, want %v", err, ledger.ErrReceiptRoot)
	}
}

func head(t testing.TB, n *ledgertest.Node, o certs.Origin) ledger.Head {
	t.Helper()
	h, err := n.Head(t.Context(), o)
	if err != nil {
		t.Fatalf("%s: head of %s: %v", n.Office.Code(), o, err)
	}
	return h
}

func TestReceiptsAreCarried(t *testing.T) {
	vn, cn, th := federation(t)
	vn.Issue(t, "r1", "x")
	cn.Follow(t, vn, vn.Origin(), 1<<20)
	note := mustReceipt(t, cn, vn.Origin())
	if err := th.AddReceipt(t.Context(), "CN", note); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("before TH holds the log: %v, want %v", err, ledger.ErrNotFound)
	}
	th.Follow(t, cn, vn.Origin(), 1<<20)
	if err := th.AddReceipt(t.Context(), "CN", note); err != nil {
		t.Errorf("after: %v", err)
	}
	vn.Issue(t, "r2", "x")
	cn.Follow(t, vn, vn.Origin(), 1<<20)
	if err := th.AddReceipt(t.Context(), "CN", mustReceipt(t, cn, vn.Origin())); !errors.Is(err, ledger.ErrReceiptBeyond) {
		t.Errorf("of more than TH holds: %v, want %v", err, ledger.ErrReceiptBeyond)
	}
}

func TestTheEarliestReceiptThatCoversAnEntry(t *testing.T) {
	vn, cn, _ := federation(t)
	o := vn.Origin()
	sign := func(size uint64, missing []uint64, ahead ...seal.Ahead) {
		t.Helper()
		c := head(t, vn, o).Checkpoint
		forgedFrom := &forger{office: vn.Office}
		for _, e := range held(t, vn, o) {
			forgedFrom.leaves = append(forgedFrom.leaves, e.LeafBytes)
		}
		tree, err := seal.ParseCheckpoint(forgedFrom.checkpoint(t, int(size)))
		if err != nil || size > c.Size {
			t.Fatal(size, err)
		}
		r := seal.Receipt{Origin: o, Size: size, Root: tree.Root, Missing: missing, Ahead: ahead}
		note, err := seal.SignReceipt(r, "CN", cn.Office.ReceiptKey)
		if err != nil {
			t.Fatal(err)
		}
		if err := vn.AddReceipt(t.Context(), "CN", note); err != nil {
			t.Fatalf("AddReceipt of size %d: %v", size, err)
		}
	}
	for i := range 6 {
		vn.Issue(t, fmt.Sprintf("r%d", i), "x", "CN")
	}
	five, err := vn.Entry(t.Context(), o, 5)
	if err != nil {
		t.Fatal(err)
	}
	sign(2, nil)
	sign(3, []uint64{2}, seal.Ahead{Sequence: 5, RecordHash: five.Hash})
	sign(4, []uint64{2})
	sign(4, nil)
	for _, tc := range []struct {
		name string
		seq  uint64
		want uint64 // size of the receipt, 0: none
		n    uint64 // its position, 0: not looked at
	}{
		{"below the first", 1, 2, 0},
		{"missing twice, then not", 2, 4, 11},
		{"below the third", 3, 4, 10},
		{"not reached", 4, 0, 0},
		{"ahead, no longer listed", 5, 0, 0},
	} {
		got, err := vn.Covering(t.Context(), "CN", o, tc.seq)
		if err != nil {
			t.Fatalf("%s: Covering(%d): %v", tc.name, tc.seq, err)
		}
		if got == nil {
			got = new(ledger.Receipt)
		}
		if got.Size != tc.want || tc.n != 0 && got.Position.N != tc.n {
			t.Errorf("%s: Covering(%d) = size %d at position %d; want size %d at %d", tc.name, tc.seq, got.Size, got.Position.N, tc.want, tc.n)
		}
	}
	for seq := range uint64(6) {
		got, err := vn.Standings(t.Context(), o, seq, []certs.Office{"TH", "CN"})
		if err != nil {
			t.Fatalf("Standings(%d): %v", seq, err)
		}
		covering, err := vn.Covering(t.Context(), "CN", o, seq)
		if err != nil {
			t.Fatal(err)
		}
		want := []ledger.Standing{{}, {Covering: covering, Size: 4}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Standings(%d) (-want +got):\n%s", seq, diff)
		}
	}
	if _, err := vn.Standings(t.Context(), o, 99, nil); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("Standings(99): %v, want %v", err, ledger.ErrNotFound)
	}
	if _, err := vn.Covering(t.Context(), "CN", o, 99); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("Covering(99): %v, want %v", err, ledger.ErrNotFound)
	}
}
