package ledger

import (
	"context"

	"github.com/spsalert/spsalert/certs"
)

// Receipt returns the newest receipt of this office over the log of another,
// over everything that is held of it, signed once per size. If more bodies are
// missing than a receipt can list, it stops at a smaller size. The error is
// [ErrNotFound] if nothing of the log is held yet, and [ErrOwnLog] for the own.
func (l *Ledger) Receipt(ctx context.Context, o certs.Origin) ([]byte, error) { panic("soon") }

// AddReceipt records a receipt that an office gave, wherever it came from. On
// return without an error it is durable, or says nothing that was not known
// already, and then there was no transaction.
//
// Errors: [ErrReceiptRoot] and, over the own log, [ErrReceiptBeyond] are alarms:
// that office holds another log than this one. Over the log of a third office
// ErrReceiptBeyond says that it holds more than is held here: offer it again
// later. Others: [ErrNotFound] for a log that is not held, [certs.ErrNoCard],
// those of seal.OpenReceipt, of ctx and of the store.
func (l *Ledger) AddReceipt(ctx context.Context, office certs.Office, note []byte) error {
	panic("soon")
}

// ReceiptOf returns the newest receipt of an office for a log as it was added,
// or nil if there is none. The slice is the caller's.
func (l *Ledger) ReceiptOf(ctx context.Context, office certs.Office, o certs.Origin) (*Receipt, error) {
	panic("soon")
}

// Covering returns the earliest receipt of an office that covers the entry:
// one of a size above its sequence in which its body is not listed missing, or
// that lists it ahead. It is nil if there is none.
func (l *Ledger) Covering(ctx context.Context, office certs.Office, o certs.Origin, seq uint64) (*Receipt, error) {
	panic("soon")
}
