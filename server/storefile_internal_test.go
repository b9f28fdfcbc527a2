package server

import (
	"slices"
	"testing"

	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
)

// A node fills the pages of every table that only grows at its end; half-full
// ones would make its file nearly twice as large.
func TestStoreFillsThePagesOfTablesThatGrow(t *testing.T) {
	got := storeOptions(Config{}).Appended
	for _, want := range append(ledger.AppendedTables(), casebook.Appended()...) {
		if !slices.Contains(got, want) {
			t.Errorf("table %q is not among those whose pages are filled, %q", want, got)
		}
	}
}
