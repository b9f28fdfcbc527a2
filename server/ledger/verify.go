package ledger

import (
	"context"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/store"
)

// Summary counts what [Verify] went through.
type Summary struct {
	Logs, Entries, Bodies, Missing, Faulty, Receipts uint64
}

// Verify reads the whole ledger in a store and checks everything in it against
// everything else: sequences, hashes and roots, signatures of checkpoints and
// receipts, digests of bodies, positions without a gap, and that all indexes
// agree. The error names what it found, up to a number. It changes nothing and
// needs no Ledger; it is what `spsd store verify` does.
func Verify(ctx context.Context, s store.Store, roster *certs.Roster) (Summary, error) { panic("soon") }

// Verify is [Verify] of the ledger's own store. It may run while the ledger is
// in use, and looks at what was there when it began.
func (l *Ledger) Verify(ctx context.Context) (Summary, error) { panic("soon") }
