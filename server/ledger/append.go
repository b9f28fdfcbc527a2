package ledger

import (
	"context"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// Draft is what [Ledger.Append] is to enter.
type Draft struct {
	// RequestID makes the entry happen once: the same one again, with the same
	// Fingerprint, returns the first entry, for ever. 1 to 64 bytes.
	RequestID string
	// Fingerprint is a digest of what the request asks for, without anything
	// that differs from one try to the next.
	Fingerprint [32]byte

	Type   spsv1.LeafType
	Urgent bool
	// Network addresses every office; otherwise Audience names the offices, in
	// any order. The own office is always added.
	Network  bool
	Audience []certs.Office
	// Exercise takes a statement's reference from the row of the exercises.
	Exercise bool
	// Envelope is the serialised envelope, 1 byte to 256 KiB. A readdress has
	// none: it has that of its subject.
	Envelope []byte
	// Subject is the earlier own entry that a readdress or an erasure is about;
	// nil for all other types. Its record hash may be left out.
	Subject *spsv1.EntryRef
}

// Append enters one draft into the own log. When it returns without an error,
// the entry is durable, under a signed checkpoint, and released to readers.
//
// prepare is called in the transaction, perhaps more than once, and perhaps in
// another goroutine; what it writes becomes durable with the entry or not at
// all. Its error is returned as it is, and nothing has happened. The entry's
// time is Options.Now, or the time of the entry before it if that is later. A
// statement gets the next reference of its year.
//
// If the request ID was used before with the same fingerprint, Append returns
// that entry, and nothing that prepare wrote is kept.
//
// If ctx ends before the transaction has begun, its error is returned and
// nothing has happened; afterwards Append does not look at ctx. For an urgent
// draft the caller passes a ctx of [store.WithReserve].
//
// Errors: [ErrReadOnly], [ErrConflict], [ErrDraft], those of the store, and
// [ErrUnsealed], after which the entry is durable and nobody was told.
func (l *Ledger) Append(ctx context.Context, prepare func(store.Tx) (Draft, error)) (Entry, error) {
	panic("soon")
}
