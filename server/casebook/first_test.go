package casebook_test

import (
	"slices"
	"testing"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// TestFirstOfEachOffice has more parts than one View reads, of one office that
// says much, backwards, and of one that says little.
func TestFirstOfEachOffice(t *testing.T) {
	s := newStore(t)
	b := openBook(t, s, "VN")
	original := entry(t, "CN", 5, notification())
	entries := []ledger.Entry{original}
	for seq := uint64(2100); seq > 0; seq-- {
		entries = append(entries, entry(t, "TH", seq, followUp(original, original.Hash[:])))
	}
	entries = append(entries, entry(t, "LA", 7, followUp(original, original.Hash[:])))
	err := s.Update(t.Context(), func(tx store.Tx) error { // one transaction: thousands would take long
		for i, e := range entries {
			e.Position.N = uint64(i + 1)
			if err := b.Entry(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	whole, _, err := b.Case(t.Context(), "CN-2026-000005", 0, 1<<40, 0)
	if err != nil {
		t.Fatal(err)
	}
	for upTo, want := range map[uint64][]uint64{
		1 << 40: {3, 2, 1, 7}, // of TH from the last one on, then LA
		1000:    {1104, 1103, 1102},
	} {
		items, err := b.First(t.Context(), whole, upTo, 3)
		if err != nil {
			t.Fatal(err)
		}
		var got []uint64
		for _, i := range items {
			got = append(got, i.Sequence)
		}
		if !slices.Equal(got, want) {
			t.Errorf("first three up to %d: %v, want %v", upTo, got, want)
		}
	}
	if _, err := b.First(t.Context(), whole, 0, 1); err != nil {
		t.Errorf("up to nothing: %v", err)
	}
	whole.Office = certs.Office("MM")
	if _, err := b.First(t.Context(), whole, 1<<40, 1); err == nil {
		t.Error("the first of a case that is not there: no error")
	}
}
