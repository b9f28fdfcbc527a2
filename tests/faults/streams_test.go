package faults

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/tests/federation"
)

// TestFault35_Streams reads each node's stream in pieces of random length, each
// from the cursor of the one before, as text, while everybody issues, lines are
// cut and nodes restart. What was read is what a reader gets who reads all of it
// at the end: in order, without gap, nothing twice.
func TestFault35_Streams(t *testing.T) {
	t.Parallel()
	random := seeded(t)
	synctest.Test(t, func(t *testing.T) {
		offices := []certs.Office{"CN", "TH", "VN"}
		f := federation.New(t, offices...)
		f.Start(offices...)
		read := map[certs.Office][]string{}
		cursor := map[certs.Office]string{}
		for range 100 {
			f.Node(offices[random.IntN(3)]).Issue(random.IntN(3000))
			switch a, b := twoOf(random, offices); random.IntN(6) {
			case 0:
				f.Network.Cut(a, b)
			case 1, 2:
				f.Network.Heal(a, b)
			case 3:
				f.Node(a).Restart()
			}
			time.Sleep(time.Duration(random.IntN(3000)) * time.Millisecond)
			at := offices[random.IntN(3)]
			more, next := readOn(t, f.Node(at).Ledger, cursor[at], 1+random.IntN(5))
			read[at], cursor[at] = append(read[at], more...), next
		}
		for _, a := range offices {
			for _, b := range offices {
				f.Network.Heal(a, b)
			}
		}
		f.Settle()
		for _, at := range offices {
			for {
				more, next := readOn(t, f.Node(at).Ledger, cursor[at], 1+rand.IntN(5))
				if len(more) == 0 {
					break
				}
				read[at], cursor[at] = append(read[at], more...), next
			}
			whole, _ := readOn(t, f.Node(at).Ledger, "", 1<<20)
			if diff := cmp.Diff(whole, read[at]); diff != "" {
				t.Errorf("at %s the pieces are not the whole (-whole +pieces):\n%s", at, diff)
			}
			if unique := len(slices.Compact(slices.Sorted(slices.Values(whole)))); unique != len(whole) {
				t.Errorf("at %s %d of %d records come twice", at, len(whole)-unique, len(whole))
			}
		}
		f.WantSame()
		f.Judge()
	})
}

// readOn reads at most limit records behind a cursor, and returns what they are
// and the next cursor. An entry whose body came late is there a second time,
// with it: that is another record than the first.
func readOn(t testing.TB, l *ledger.Ledger, cursor string, limit int) (all []string, next string) {
	t.Helper()
	at, err := ledger.ParsePosition(cursor)
	if err != nil {
		t.Fatal(err)
	}
	for len(all) < limit {
		records, err := l.After(context.Background(), at, limit-len(all))
		if err != nil {
			t.Fatalf("read on from %q: %v", cursor, err)
		}
		if len(records) == 0 {
			break
		}
		for _, r := range records {
			if r.Position.N != at.N+1 {
				t.Errorf("position %d follows %d", r.Position.N, at.N)
			}
			at = r.Position
			switch {
			case r.Entry == nil:
				all = append(all, string(r.Receipt.Note))
			case r.Entry.Position == r.Position:
				all = append(all, r.Entry.Hash.String())
			case r.Entry.Position.N > r.Position.N || r.Entry.Envelope == nil:
				t.Errorf("position %d has entry %d of %s, which came at %d, and %d bytes of its body: want it again only with a body that came late",
					r.Position.N, r.Entry.Sequence, r.Entry.Origin, r.Entry.Position.N, len(r.Entry.Envelope))
			default:
				all = append(all, r.Entry.Hash.String()+" with its body")
			}
		}
	}
	return all, at.String()
}
