// Package store declares ordered, durable tables of byte keys behind one small
// interface.
//
// A [Store] holds a fixed set of tables. In each, keys are unique, not empty
// and ordered byte by byte ([bytes.Compare]); values are any bytes. All reading
// and writing happens in transactions: [Store.View] reads one unchanging state,
// [Store.Update] changes any number of tables at once, and when it returns nil
// the change is durable: it survives the loss of power.
//
// A store makes one promise that the ledger rests on: what a View shows is
// durable too. Whoever reads it may sign it and send it.
//
// Package bolt is the implementation; package storetest is the conformance
// suite that every implementation passes.
package store

import (
	"context"
	"io"
	"iter"
)

// Table names one ordered set of keys. The tables of a store are given when it
// is opened; using any other is an error.
type Table string

// Item is one key with its value.
//
// Both slices belong to the store. They are valid until the function given to
// View or Update returns, and MUST NOT be modified: clone what is kept longer.
type Item struct {
	Key, Value []byte
}

// Reader reads one state of the store. It is valid until the function that it
// was given to returns, and is for one goroutine.
type Reader interface {
	// Get returns the value of key, or nil if the table has no such key; a
	// value of no bytes is empty, not nil. The slice belongs to the store, as
	// those of [Item] do. An error means that the table is not one of the
	// store's.
	Get(t Table, key []byte) ([]byte, error)

	// Scan yields the items whose key is at least from and less than to, in
	// ascending order, or in descending order if back is set. A nil from or to
	// leaves that end open. If the sequence yields an error, it is the last
	// thing that it yields, and what came before is not the whole.
	//
	// The loop body of an Update may Put and Delete: the scan goes on behind
	// the key that it gave last, in the table as it then is.
	Scan(t Table, from, to []byte, back bool) iter.Seq2[Item, error]
}

// Tx reads and writes. It sees its own writes, and nobody else does until the
// Update has returned. It is valid until the function that it was given to
// returns, and is for one goroutine.
type Tx interface {
	Reader

	// Put sets the value of key. It copies both slices, so that the caller may
	// use them again. An error means that the table is not one of the store's,
	// or that the key is empty or longer than [MaxKey], and that nothing was
	// put.
	Put(t Table, key, value []byte) error

	// Delete removes key. To remove a key that is not there is no error.
	Delete(t Table, key []byte) error
}

// MaxKey is the length in bytes of the longest key.
const MaxKey = 32 << 10

// Store is a set of ordered, durable tables. All its methods are safe for
// concurrent use.
type Store interface {
	// View calls fn with the state that the last durable Update left, and
	// returns the error of fn. No Update changes what fn reads, and none waits
	// for fn.
	//
	// fn MUST be short: copy a page of at most 1 MiB, return, and only then
	// send or compute. As long as it runs, the store can give no deleted space
	// back. fn MUST NOT call the store.
	//
	// ctx is looked at before fn is called, not while it runs. If View returns
	// [ErrUnknown] or [ErrClosed], fn was not called.
	View(ctx context.Context, fn func(Reader) error) error

	// Update calls fn and makes what it wrote durable. If Update returns nil,
	// everything that fn wrote is on disk. If it returns the error of fn, or
	// ErrFull, or the error of ctx, nothing of it is. If it returns
	// [ErrUnknown], nobody knows.
	//
	// The Updates that are waiting while another is being made durable become
	// durable together, in one order: each fn sees what those before it wrote.
	// An fn that returns an error takes nothing but itself out. There is no
	// timer: an Update that is alone does not wait for company.
	//
	// fn may be called again after its effects were undone, and on another
	// goroutine than the caller's. It MUST have no effect but through its Tx
	// (a variable of the caller that it sets is set anew by each call), MUST
	// be short, since all other Updates wait for it, and MUST NOT call the
	// store. A panic of fn is raised in the caller.
	//
	// If ctx ends before fn has been called for the first time, fn will not be
	// called, and Update returns the error of ctx. After that Update waits for the
	// outcome, whatever becomes of ctx. If ctx was made by [WithReserve], the
	// Update may use the space that is kept for urgent work.
	Update(ctx context.Context, fn func(Tx) error) error

	// Backup writes the state that the last durable Update left to w, as a
	// complete store. Updates go on meanwhile, but the space that they free is
	// only reused after Backup has returned. It ends early, with an error, if
	// ctx ends or w fails; what w has then is no store.
	Backup(ctx context.Context, w io.Writer) error

	// Close waits for the Updates, Views and Backups that have begun, and
	// releases the store. Updates that have not begun, and everything
	// afterwards, return [ErrClosed]. To close again does nothing.
	Close() error
}

// reserveKey is the context key of WithReserve.
type reserveKey struct{}

// WithReserve marks the work done under the returned context as urgent: its
// Updates may use the space that a store keeps back when it refuses all others
// with [ErrFull]. It is for urgent entries, for receipts, and for work that
// deletes more than it writes, without which a full store stays full.
func WithReserve(ctx context.Context) context.Context {
	return context.WithValue(ctx, reserveKey{}, true)
}

// MayUseReserve reports whether ctx was made by [WithReserve]. Implementations
// of Store ask it.
func MayUseReserve(ctx context.Context) bool {
	marked, _ := ctx.Value(reserveKey{}).(bool)
	return marked
}

// PrefixEnd returns the first key behind all keys that begin with prefix, as
// the to of a Scan from prefix. It is nil, the open end, if there is none.
func PrefixEnd(prefix []byte) []byte {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] == 0xff {
			continue
		}
		end := append([]byte(nil), prefix[:i+1]...)
		end[i]++
		return end
	}
	return nil
}
