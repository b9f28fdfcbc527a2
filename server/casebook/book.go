package casebook

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// version names the shape of the tables and the rules of the fold. A book of
// another version is made again.
const version = 15

var versionKey = []byte("version")

// ErrNotFound says that the book has no such case.
var ErrNotFound = errors.New("not in the casebook")

// Options is what a book works with. All fields but Router are required.
type Options struct {
	Store      store.Store // holds the tables of [Tables]
	Federation string
	Office     certs.Office     // whose book it is: it sees what is addressed to it
	Now        func() time.Time // the clock by which it notes when something was recorded, and tells what is overdue

	// Router says to which units cases go; nil: to none.
	Router Router
}

// Book is a casebook. It is the [ledger.Fold] of a node, and its other methods
// are safe for concurrent use.
type Book struct {
	o     Options
	stale bool

	summarized, rerouted signal
}

// Summarized returns a channel that is closed when cases were summarized next,
// durably: statuses of codes may have changed then.
func (b *Book) Summarized() <-chan struct{} { return b.summarized.next() }

// signal tells many at once that something has happened.
type signal struct {
	mu sync.Mutex
	c  chan struct{} // nil: nobody waits
}

// next returns a channel that is closed by the next tell.
func (s *signal) next() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.c == nil {
		s.c = make(chan struct{})
	}
	return s.c
}

func (s *signal) tell() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.c != nil {
		close(s.c)
		s.c = nil
	}
}

// Open opens the book of a store. It is [Book.Stale] if the store has none yet.
func Open(ctx context.Context, o Options) (*Book, error) {
	b := &Book{o: o}
	err := o.Store.View(ctx, func(r store.Reader) error {
		v, err := r.Get(tableMeta, versionKey)
		b.stale = len(v) != 8 || binary.BigEndian.Uint64(v) != version
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open the casebook: %w", err)
	}
	return b, nil
}

// Begin marks the book of a store in which nothing has been recorded yet as
// made by this version.
func (b *Book) Begin(ctx context.Context) error {
	if err := b.complete(ctx); err != nil {
		return fmt.Errorf("begin the casebook: %w", err)
	}
	return nil
}

// complete marks the book as made to its end by this version.
func (b *Book) complete(ctx context.Context) error {
	err := b.o.Store.Update(ctx, func(tx store.Tx) error {
		return tx.Put(tableMeta, versionKey, numberKey(version))
	})
	b.stale = b.stale && err != nil
	return err
}

// Stale reports whether the book was made by another version, or not to its
// end. It MUST then be made again with [Book.Rebuild] before anything is
// recorded or read.
func (b *Book) Stale() bool { return b.stale }

// Rebuild makes the book again from the ledger. Nothing may be recorded
// meanwhile. After a crash the book is stale, and Rebuild begins again.
func (b *Book) Rebuild(ctx context.Context, l *ledger.Ledger) error {
	ctx = store.WithReserve(ctx) // a full store must not keep a node from starting
	b.stale = true
	err := b.o.Store.Update(ctx, func(tx store.Tx) error { return tx.Delete(tableMeta, versionKey) })
	for i := 0; err == nil && i < len(derived); i++ {
		err = b.empty(ctx, derived[i])
	}
	if err == nil {
		err = l.Rebuild(ctx, ledger.Position{}, refold{b})
	}
	if err == nil {
		err = b.complete(ctx)
	}
	if err != nil {
		return fmt.Errorf("rebuild the casebook: %w", err)
	}
	return nil
}

// empty deletes all rows of a table, in transactions of a bounded size.
func (b *Book) empty(ctx context.Context, t store.Table) error {
	const most = 4096
	for more := true; more; {
		err := b.o.Store.Update(ctx, func(tx store.Tx) error {
			left := most
			more = false
			for item, err := range tx.Scan(t, nil, nil, false) {
				if err != nil {
					return err
				}
				if left--; left < 0 {
					more = true
					return nil
				}
				if err := tx.Delete(t, item.Key); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
