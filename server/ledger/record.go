package ledger

import (
	"context"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
)

// Package is a run of consecutive entries of one log on its way between two
// nodes. Its slices MUST NOT be changed.
type Package struct {
	Origin certs.Origin
	Start  uint64   // sequence of the first leaf
	Leaves [][]byte // as signed
	Bodies []Body   // of those that the reader may read, ascending
	// Checkpoint is the note of the target, a tree that holds all of Leaves,
	// and Proof the consistency proof from the end of Leaves to it: empty if
	// they are the same.
	Checkpoint []byte
	Proof      []tlog.Hash
}

// End returns the sequence after the last leaf.
func (p Package) End() uint64 { return p.Start + uint64(len(p.Leaves)) }

// Body is the body of one entry of a package.
type Body struct {
	Sequence uint64
	Envelope []byte
}

// Record stores a package that another node sent, after checking that the
// office of its log signed every leaf of it, and returns how many entries of
// the log are then held. On return without an error they are durable, and
// [Ledger.Receipt] covers them. What is already held is passed over, if it is
// the same.
//
// Every error means that nothing was stored. Errors that make the sender at
// fault, so that another source is to be tried: [ErrGap], [ErrWrongRoot],
// [ErrNotAudience], [ErrBody], and those of seal.OpenCheckpoint. One by the
// issuer: seal.ErrLeafTooLarge, after which the log cannot be followed further.
// Others: [certs.ErrNoCard], [ErrOwnLog], those of ctx and of the store.
//
// A body that was withheld, or that comes from the issuer itself and is not
// the one that the leaf names, is missing: the entry is stored without it and
// the receipt says so.
func (l *Ledger) Record(ctx context.Context, from certs.Office, p Package) (size uint64, err error) {
	panic("soon")
}
