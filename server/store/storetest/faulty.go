package storetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/spsalert/spsalert/server/store"
)

// Fault is a way in which a commit fails.
type Fault int

// A commit whose outcome is not known has one of two; each caller is tested
// with both.
const (
	Lost    Fault = iota + 1 // what was to be written is not there
	Written                  // it is there although it was reported lost
)

// errDisk is what the disk reports.
var errDisk = errors.New("input/output error")

// Faulty is a store that fails on command. Its methods are safe for concurrent
// use. After a [Fault] it returns [store.ErrUnknown] for ever, as the contract
// has it; the next start is played by using the store inside again.
type Faulty struct {
	inner store.Store

	mu     sync.Mutex
	fault  Fault
	full   bool
	broken error
}

var _ store.Store = (*Faulty)(nil)

// NewFaulty wraps s, which is perfect until told otherwise. Close of the
// Faulty closes s.
func NewFaulty(s store.Store) *Faulty { return &Faulty{inner: s} }

// Fail makes the next Update whose function returns nil fail in this way.
func (f *Faulty) Fail(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = fault
}

// SetFull makes Updates return [store.ErrFull], but those that may use the
// reserve, until it is called with false.
func (f *Faulty) SetFull(full bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.full = full
}

// Update implements [store.Store].
func (f *Faulty) Update(ctx context.Context, fn func(store.Tx) error) error {
	fault, err := f.next(ctx)
	if err != nil {
		return err
	}
	err = f.inner.Update(ctx, func(tx store.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		if fault == Lost {
			return errDisk // has it undone
		}
		return nil
	})
	switch {
	case fault == Written && err == nil, fault == Lost && errors.Is(err, errDisk):
		return f.fail()
	case fault != 0:
		f.Fail(fault) // it is still to come
	}
	return err
}

// next returns the fault of this Update, or the error that it returns at once.
func (f *Faulty) next(ctx context.Context) (Fault, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken != nil {
		return 0, f.broken
	}
	if f.full && !store.MayUseReserve(ctx) {
		return 0, store.ErrFull
	}
	fault := f.fault
	f.fault = 0
	return fault, nil
}

func (f *Faulty) fail() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken = fmt.Errorf("%w: %w", store.ErrUnknown, errDisk)
	return f.broken
}

func (f *Faulty) usable() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.broken
}

// View implements [store.Store].
func (f *Faulty) View(ctx context.Context, fn func(store.Reader) error) error {
	if err := f.usable(); err != nil {
		return err
	}
	return f.inner.View(ctx, fn)
}

// Backup implements [store.Store].
func (f *Faulty) Backup(ctx context.Context, w io.Writer) error {
	if err := f.usable(); err != nil {
		return err
	}
	return f.inner.Backup(ctx, w)
}

// Close implements [store.Store].
func (f *Faulty) Close() error { return f.inner.Close() }
