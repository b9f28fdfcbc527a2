package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store/bolt"
)

// opened is what commands work with that go through ledger and casebook of a
// store that no node has open.
type opened struct {
	id    *identity
	store *bolt.Store
	book  *casebook.Book
}

// openOffline opens a store that no node has open. It MUST be closed.
func openOffline(ctx context.Context, c Config, now func() time.Time) (*opened, error) {
	id, err := loadIdentity(c, now)
	if err != nil {
		return nil, err
	}
	s, err := openStore(c, nil)
	if err != nil {
		return nil, err
	}
	book, err := casebook.Open(ctx, casebook.Options{Store: s, Federation: c.Federation, Office: c.Office, Now: now})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &opened{id: id, store: s, book: book}, nil
}

// Reindex throws the casebook of a store that no node has open away and makes it
// again from the ledger. It is what `spsd store reindex` does. If it is
// interrupted, the next start of a node, or Reindex, makes the casebook again.
func Reindex(ctx context.Context, c Config, now func() time.Time) (entries uint64, err error) {
	o, err := openOffline(ctx, c, now)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, o.store.Close()) }()
	l, err := ledger.Open(ctx, ledgerOptions(c, o.id, o.store, o.book, now))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if err := o.book.Rebuild(ctx, l); err != nil {
		return 0, err
	}
	heads, err := l.Heads(ctx)
	for _, h := range heads {
		entries += h.Size
	}
	return entries, err
}

// Epoch is what [OpenEpoch] would begin.
type Epoch struct {
	Old seal.Checkpoint // the end of the present log, as it is held here
	New certs.Origin    // that the own card names the log key for
	Why string          // why the anchor has the present log shut; empty: it does not
}

// PlanEpoch says what [OpenEpoch] would begin, and changes nothing. What it
// refuses, such as an epoch that was opened before, OpenEpoch would too.
func PlanEpoch(ctx context.Context, c Config, now func() time.Time) (e Epoch, err error) {
	o, err := openOffline(ctx, c, now)
	if err != nil {
		return Epoch{}, err
	}
	defer func() { err = errors.Join(err, o.store.Close()) }()
	if e.Old, err = ledger.OwnTree(ctx, o.store, o.id.roster); err != nil {
		return Epoch{}, err
	}
	if e.New, err = ledger.NextEpoch(ctx, o.store, o.id.roster, c.Anchor); err != nil {
		return Epoch{}, err
	}
	e.Why, err = ledger.CompareAnchor(ctx, o.store, o.id.roster, c.Anchor)
	return e, err
}

// OpenEpoch opens a new log of the office although some peers have not answered,
// in a store that no node has open: see [ledger.NewEpoch]. It is what `spsd store
// open` does.
func OpenEpoch(ctx context.Context, c Config, without []certs.Office, reason string, now func() time.Time) (e ledger.Epoch, err error) {
	o, err := openOffline(ctx, c, now)
	if err != nil {
		return ledger.Epoch{}, err
	}
	defer func() { err = errors.Join(err, o.store.Close()) }()
	if o.book.Stale() {
		return ledger.Epoch{}, fmt.Errorf("the casebook is not of this version: run `spsd store reindex` first")
	}
	return ledger.NewEpoch(ctx, ledgerOptions(c, o.id, o.store, o.book, now), slices.Clone(without), reason)
}
