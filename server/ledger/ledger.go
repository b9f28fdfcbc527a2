package ledger

import (
	"context"
	"crypto"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/store"
)

// Options is what a ledger works with. All fields are required.
type Options struct {
	// Store holds the tables of [Tables]. It stays the caller's, who closes it
	// after the ledger.
	Store store.Store

	// Fold is called in every transaction that records.
	Fold Fold

	// Roster says which office this is, and whose signatures count.
	Roster *certs.Roster

	// Signer is the key of the own log, Ed25519 or ECDSA P-256, and Receipts
	// the receipt key, Ed25519. The own card MUST name both.
	Signer, Receipts crypto.Signer

	// Now is the clock from which entries and receipts take their time.
	Now func() time.Time

	// Anchor is the path of the anchor file. It MUST NOT be part of a backup,
	// and is best kept on other media than the store.
	Anchor string
}

// Ledger is all logs that a node holds. Its methods are safe for concurrent
// use. Open makes one.
type Ledger struct{}

// Init begins the log of an office: epoch 1, whose first entry is the office's
// own card, in a store without entries. It is what `spsd store init` does. If
// it was interrupted it can be run again. It returns [ErrInitialised] if the
// store or the anchor is in use; then nothing was changed.
func Init(ctx context.Context, o Options) error { panic("soon") }

// Open opens the ledger and decides at the gate whether it may append. It
// returns [ErrNotInitialised] if there is neither an entry nor an anchor, and
// an error if the own card does not name the keys in o. A closed gate is no
// error: see [Ledger.Why].
func Open(ctx context.Context, o Options) (*Ledger, error) { panic("soon") }

// Close waits for the anchor. The ledger MUST NOT be used afterwards.
func (l *Ledger) Close() error { panic("soon") }

// Why returns why the ledger is read-only, in words for the administrator with
// what to do, or "" if it is not.
func (l *Ledger) Why() string { panic("soon") }

// Origin returns the own log.
func (l *Ledger) Origin() certs.Origin { panic("soon") }
