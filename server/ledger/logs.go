package ledger

import (
	"context"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Head is the end of a log as it is held here.
type Head struct {
	Origin certs.Origin
	Size   uint64    // how many entries are held; of the own log, released
	Root   tlog.Hash // of the tree of Size
	// Checkpoint is the newest one up to which everything is held, and Note
	// its bytes. It is smaller than Size while a peer's log is caught up with,
	// and zero as long as there is none.
	Checkpoint seal.Checkpoint
	Note       []byte
	Missing    int // bodies addressed to this office that are not held
}

// Head returns the end of one log, or [ErrNotFound].
func (l *Ledger) Head(ctx context.Context, o certs.Origin) (Head, error) { panic("soon") }

// Heads returns the ends of all logs held, sorted by origin.
func (l *Ledger) Heads(ctx context.Context) ([]Head, error) { panic("soon") }

// CheckHead verifies a checkpoint that a peer holds and compares it with what
// is held here. It returns what the checkpoint says, with the error
// [ErrInconsistent] if the same office signed another tree of which this is no
// part: an alarm, and proof of misbehaviour together with the own note. A
// checkpoint of the own log that is larger than it, or different, also closes
// the gate. Other errors are those of seal.OpenCheckpoint and [certs.ErrNoCard].
func (l *Ledger) CheckHead(ctx context.Context, from certs.Office, note []byte) (seal.Checkpoint, error) {
	panic("soon")
}

// Entry returns one entry, or [ErrNotFound] if it is not held or not released.
func (l *Ledger) Entry(ctx context.Context, o certs.Origin, seq uint64) (Entry, error) {
	panic("soon")
}

// Seal returns what proves one entry off line: its leaf, a checkpoint and the
// proof between them. The error is [ErrNotFound], or [ErrUnsealed] as long as
// the log of another office is caught up with and no checkpoint up to which
// everything is held covers the entry yet.
func (l *Ledger) Seal(ctx context.Context, o certs.Origin, seq uint64) (*spsv1.Seal, error) {
	panic("soon")
}
