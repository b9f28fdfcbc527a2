package ledger

import (
	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

// Entry is one entry of a log, as it is held here. Its slices MUST NOT be
// changed.
type Entry struct {
	Position Position
	Origin   certs.Origin
	Sequence uint64
	// Leaf is nil if the bytes are no leaf that follows the format; Fault then
	// says why.
	Leaf      *spsv1.Leaf
	LeafBytes []byte
	Hash      tlog.Hash // the record hash
	// Envelope is nil if the body is not held: not addressed to this office,
	// or missing.
	Envelope []byte
	// Fault says which rule the issuer broke; "" if none. A faulty entry MUST
	// have no effect but to be shown as faulty. The texts are the same at all
	// nodes of one version.
	Fault string
}

// Receipt is a receipt that another office gave, after it was verified and
// found to agree with the log as it is held here.
type Receipt struct {
	seal.Receipt

	Position Position
	From     certs.Office
	Note     []byte // as signed; MUST NOT be changed
}

// Record is what was recorded at a position: exactly one of Entry and Receipt.
type Record struct {
	Position Position
	Entry    *Entry
	Receipt  *Receipt
}

// Fold is told of everything that is recorded, in the order of positions, in
// the transaction that records it. It is the casebook.
//
// The transaction may be run again, so a Fold MUST have no effect but through
// the Tx. Entries of the own log are folded before they are released: what the
// fold wrote about them MUST NOT be shown before their position is below
// [Ledger.Released]. An error means that the store failed; content that the
// fold cannot read is its own to mark.
type Fold interface {
	Entry(tx store.Tx, e Entry) error
	Receipt(tx store.Tx, r Receipt) error
}
