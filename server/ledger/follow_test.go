package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/ledger/ledgertest"
	"github.com/spsalert/spsalert/server/store"
)

// diary is a fold that writes down what it is told, by position.
type diary struct{}

const diaryTable store.Table = "ledger.meta" // any table will do

func diaryKey(n uint64) []byte { return fmt.Appendf(nil, "diary %08d", n) }

func (diary) Entry(tx store.Tx, e ledger.Entry) error {
	return tx.Put(diaryTable, diaryKey(e.Position.N), fmt.Appendf(nil, "entry %d of %s: %s", e.Sequence, e.Origin, e.Envelope))
}

func (diary) Receipt(tx store.Tx, r ledger.Receipt) error {
	return tx.Put(diaryTable, diaryKey(r.Position.N), fmt.Appendf(nil, "receipt of %s for %s of size %d", r.From, r.Origin, r.Size))
}

func readDiary(t testing.TB, n *ledgertest.Node) (lines []string) {
	t.Helper()
	from := []byte("diary ")
	err := n.Bolt.View(t.Context(), func(r store.Reader) error {
		for item, err := range r.Scan(diaryTable, from, store.PrefixEnd(from), false) {
			if err != nil {
				return err
			}
			lines = append(lines, string(item.Value))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// talk lets two offices issue, follow each other and exchange receipts.
func talk(t testing.TB, vn, cn *ledgertest.Node) {
	t.Helper()
	for i := range 3 {
		vn.Issue(t, fmt.Sprintf("v%d", i), fmt.Sprintf("mango %d", i), "CN")
		cn.Follow(t, vn, vn.Origin(), 1<<20)
		cn.Issue(t, fmt.Sprintf("c%d", i), fmt.Sprintf("pear %d", i))
		vn.Follow(t, cn, cn.Origin(), 1<<20)
		if err := vn.AddReceipt(t.Context(), "CN", mustReceipt(t, cn, vn.Origin())); err != nil {
			t.Fatal(err)
		}
	}
}

func startTwo(t testing.TB, fold ledger.Fold) (vn, cn *ledgertest.Node) {
	t.Helper()
	fed := authority.ForTest(t, "VN", "CN")
	with := func(o *ledger.Options) { o.Fold = fold }
	return ledgertest.Start(t, fed.Office("VN"), with), ledgertest.Start(t, fed.Office("CN"), with)
}

func TestTheFoldIsToldEverythingInOrder(t *testing.T) {
	vn, cn := startTwo(t, diary{})
	talk(t, vn, cn)
	told := readDiary(t, vn)
	if len(told) != 1+3*3+1 { // cards, and a statement, a statement of CN and a receipt each round
		t.Fatalf("told %d things: %q", len(told), told)
	}
	records, err := vn.After(t.Context(), ledger.Position{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range records {
		if r.Position.N != uint64(i+1) {
			t.Errorf("record %d is at position %d", i, r.Position.N)
		}
	}
	if len(records) != len(told) {
		t.Errorf("After = %d records, want %d", len(records), len(told))
	}
}

func TestRebuildTellsItAgain(t *testing.T) {
	vn, cn := startTwo(t, diary{})
	talk(t, vn, cn)
	want := readDiary(t, vn)
	half := len(want) / 2
	err := vn.Bolt.Update(t.Context(), func(tx store.Tx) error {
		for n := half + 1; n <= len(want); n++ {
			if err := tx.Delete(diaryTable, diaryKey(uint64(n))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := vn.Rebuild(t.Context(), ledger.Position{N: uint64(half)}, diary{}); err != nil {
		t.Fatalf("Rebuild: %v", err)
	}
	if diff := cmp.Diff(want, readDiary(t, vn)); diff != "" {
		t.Errorf("diary differs (-want +got):\n%s", diff)
	}
	if err := vn.Rebuild(t.Context(), ledger.Position{}, failingFold{}); !errors.Is(err, errFold) {
		t.Errorf("Rebuild with a fold that fails: %v, want %v", err, errFold)
	}
}

var errFold = errors.New("the fold failed")

type failingFold struct{ ledgertest.Discard }

func (failingFold) Entry(store.Tx, ledger.Entry) error { return errFold }

func TestAfterResumesExactly(t *testing.T) {
	vn, cn := startTwo(t, ledgertest.Discard{})
	talk(t, vn, cn)
	all, err := vn.After(t.Context(), ledger.Position{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int{1, 2, 5} {
		var got []ledger.Record
		var at ledger.Position
		for {
			more, err := vn.After(t.Context(), at, limit)
			if err != nil {
				t.Fatal(err)
			}
			if len(more) == 0 {
				break
			}
			if len(more) > limit {
				t.Errorf("limit %d: %d records at once", limit, len(more))
			}
			got = append(got, more...)
			if at, err = ledger.ParsePosition(more[len(more)-1].Position.String()); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(all, got, protocmp.Transform()); diff != "" {
			t.Errorf("limit %d: records differ (-want +got):\n%s", limit, diff)
		}
		vn.Restart(t)
	}
}

func TestPositionsOfOtherStores(t *testing.T) {
	vn, cn := startTwo(t, ledgertest.Discard{})
	last := vn.Released()
	if last.N != 1 {
		t.Errorf("Released = %d, want 1", last.N)
	}
	ahead := last
	ahead.N++
	if _, err := vn.After(t.Context(), ahead, 1); !errors.Is(err, ledger.ErrAhead) {
		t.Errorf("a position ahead: %v, want %v", err, ledger.ErrAhead)
	}
	if _, err := cn.After(t.Context(), last, 1); !errors.Is(err, ledger.ErrOtherIncarnation) {
		t.Errorf("a position of another store: %v, want %v", err, ledger.ErrOtherIncarnation)
	}
	if got, err := vn.After(t.Context(), last, 1); err != nil || len(got) != 0 {
		t.Errorf("the last position: %d records, %v; want none", len(got), err)
	}
}

func TestManyReadersMissNothing(t *testing.T) {
	const entries, readers = 100, 4
	vn, cn := startTwo(t, ledgertest.Discard{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	for range readers {
		wg.Go(func() {
			var at ledger.Position
			for at.N < 2*entries+2 {
				changed := vn.Changed()
				records, err := vn.After(ctx, at, 7)
				if err != nil {
					t.Errorf("After %d: %v", at.N, err)
					return
				}
				for _, r := range records {
					if r.Position.N != at.N+1 {
						t.Errorf("position %d after %d", r.Position.N, at.N)
					}
					at = r.Position
				}
				if len(records) == 0 {
					<-changed
				}
			}
		})
	}
	var writers sync.WaitGroup
	writers.Go(func() {
		for i := range entries {
			cn.Issue(t, fmt.Sprintf("c%d", i), "x")
			vn.Follow(t, cn, cn.Origin(), 1<<20)
		}
	})
	for w := range 4 {
		writers.Go(func() {
			for i := range entries / 4 {
				vn.Issue(t, fmt.Sprintf("v%d-%d", w, i), "x")
			}
		})
	}
	writers.Wait()
	wg.Wait()
}

func TestPages(t *testing.T) {
	vn, cn := startTwo(t, ledgertest.Discard{})
	for i := range 20 {
		vn.Issue(t, fmt.Sprintf("r%d", i), string(make([]byte, 1000)), "CN")
	}
	o := vn.Origin()
	small, err := vn.Page(t.Context(), o, 3, "CN", 1)
	if err != nil || len(small.Leaves) != 1 || small.End() != 4 {
		t.Errorf("budget 1: %d leaves, %v; want the one that always fits", len(small.Leaves), err)
	}
	some, err := vn.Page(t.Context(), o, 3, "CN", 5000)
	if err != nil || len(some.Leaves) != 4 || len(some.Bodies) != 4 {
		t.Errorf("budget 5000: %d leaves, %d bodies, %v; want 4", len(some.Leaves), len(some.Bodies), err)
	}
	none, err := vn.Page(t.Context(), o, 3, "TH", 5000)
	if err != nil || len(none.Leaves) < 10 || len(none.Bodies) != 0 {
		t.Errorf("for another reader: %d leaves, %d bodies, %v; want many, none", len(none.Leaves), len(none.Bodies), err)
	}
	end, err := vn.Page(t.Context(), o, 21, "CN", 5000)
	if err != nil || len(end.Leaves) != 0 || len(end.Checkpoint) == 0 {
		t.Errorf("at the end: %d leaves, %v; want none and a checkpoint", len(end.Leaves), err)
	}
	if _, err := vn.Page(t.Context(), o, 22, "CN", 5000); !errors.Is(err, ledger.ErrAhead) {
		t.Errorf("beyond the end: %v, want %v", err, ledger.ErrAhead)
	}
	if _, err := vn.Page(t.Context(), cn.Origin(), 0, "CN", 5000); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("a log not held: %v, want %v", err, ledger.ErrNotFound)
	}
	// A log that is being caught up with is served up to its last checkpoint.
	first, err := vn.Page(t.Context(), o, 0, "CN", 5000)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cn.Record(t.Context(), "VN", first); err != nil {
		t.Fatal(err)
	}
	between, err := cn.Page(t.Context(), o, 0, "TH", 5000)
	if err != nil || len(between.Leaves) != 0 || between.Checkpoint != nil {
		t.Errorf("halfway: %d leaves, checkpoint %q, %v; want none", len(between.Leaves), between.Checkpoint, err)
	}
	if _, err := cn.Seal(t.Context(), o, 1); !errors.Is(err, ledger.ErrUnsealed) {
		t.Errorf("a seal halfway: %v, want %v", err, ledger.ErrUnsealed)
	}
	if _, err := cn.Seal(t.Context(), o, 20); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("a seal of what is not held: %v, want %v", err, ledger.ErrNotFound)
	}
	if h := head(t, cn, o); h.Size != first.End() || h.Checkpoint.Size != 0 {
		t.Errorf("halfway: size %d, checkpoint %d; want %d and none", h.Size, h.Checkpoint.Size, first.End())
	}
	if r := receiptOf(t, cn, o); r.Size != first.End() {
		t.Errorf("halfway: receipt of size %d, want %d", r.Size, first.End())
	}
}

func TestHeads(t *testing.T) {
	vn, cn := startTwo(t, ledgertest.Discard{})
	talk(t, vn, cn)
	heads, err := vn.Heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]uint64{}
	for _, h := range heads {
		got[h.Origin.String()] = h.Size
		if _, err := seal.OpenCheckpoint(h.Note, vn.Office.Roster.Keys(h.Origin)); err != nil {
			t.Errorf("note of %s: %v", h.Origin, err)
		}
	}
	if diff := cmp.Diff(map[string]uint64{"asean-cn/CN/1": 4, "asean-cn/VN/1": 4}, got); diff != "" {
		t.Errorf("heads differ (-want +got):\n%s", diff)
	}
}
