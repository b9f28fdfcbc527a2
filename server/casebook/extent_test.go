package casebook_test

import (
	"testing"

	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// TestExtentChangesWithWhatComesLate has a body that comes behind newer parts of
// its case, and a part that is found faulty later.
func TestExtentChangesWithWhatComesLate(t *testing.T) {
	s := newStore(t)
	b := openBook(t, s, "VN")
	original := entry(t, "CN", 5, notification())
	late, last := entry(t, "TH", 1, followUp(original, original.Hash[:])), entry(t, "TH", 2, followUp(original, original.Hash[:]))
	missing := late
	missing.Envelope = nil
	record(t, s, b, original, missing, last)
	late.Position.N, last.Position.N = 2, 3

	extent := func() (x casebook.Extent) {
		t.Helper()
		err := s.View(t.Context(), func(r store.Reader) (err error) {
			x, err = b.Extent(r, "CN-2026-000005", 100)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	file := func(e ledger.Entry) casebook.Extent {
		t.Helper()
		if err := s.Update(t.Context(), func(tx store.Tx) error { return b.Entry(tx, e) }); err != nil {
			t.Fatal(err)
		}
		return extent()
	}
	begun := extent()
	if want := (casebook.Extent{Newest: 3}); begun != want {
		t.Errorf("extent = %v, want %v", begun, want)
	}
	came := file(late)
	if came == begun {
		t.Errorf("extent = %v after a body came late, want another than before", came)
	}
	if again := file(late); again != came {
		t.Errorf("extent = %v after the same came again, want %v", again, came)
	}
	late.Fault = "its time falls"
	if gone := file(late); gone == came || gone == begun {
		t.Errorf("extent = %v after a part left, want another than %v and %v", gone, came, begun)
	}
}
