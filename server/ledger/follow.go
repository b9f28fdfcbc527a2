package ledger

import (
	"context"
)

// After returns what was recorded behind a position, in order, at most limit
// records and about 1 MiB; none if there is nothing yet. The zero position is
// the beginning. An entry of the own log, and what is behind it, is not shown
// before it is released.
//
// The error is [ErrOtherIncarnation] for a position of another store and
// [ErrAhead] for one beyond the end: the reader begins again.
func (l *Ledger) After(ctx context.Context, p Position, limit int) ([]Record, error) { panic("soon") }

// Changed returns a channel that is closed when more can be read than now:
// from After, Page, Head, Receipt. To miss nothing, take the channel first,
// then read, then wait.
func (l *Ledger) Changed() <-chan struct{} { panic("soon") }

// Released returns the newest position that may be shown; see [Fold].
func (l *Ledger) Released() Position { panic("soon") }

// Rebuild hands everything recorded behind a position to fold, in order, in
// transactions of a bounded size; the fold has removed before what it made of
// it. Nothing may be appended or recorded meanwhile. If it is interrupted, the
// fold knows from the last position that it was given where to go on.
func (l *Ledger) Rebuild(ctx context.Context, after Position, fold Fold) error { panic("soon") }
