package ledger

import (
	"context"

	"github.com/spsalert/spsalert/certs"
)

// MaxPage is the largest budget of [Ledger.Page], in bytes.
const MaxPage = 1 << 20

// Page returns the entries of a log from a sequence on, for a reader: as many
// as fit into budget bytes and at least one, up to the newest checkpoint that
// is released, each with its body if the reader is in its audience. The bytes
// are those that were signed, and are the caller's to keep.
//
// If there is nothing from there on, the package has no leaves, and
// Checkpoint is the newest all the same: wait for [Ledger.Changed]. If from
// lies beyond the end of what is held, the error is [ErrAhead]; for a log that
// is not held, [ErrNotFound].
func (l *Ledger) Page(ctx context.Context, o certs.Origin, from uint64, reader certs.Office, budget int) (Package, error) {
	panic("soon")
}
