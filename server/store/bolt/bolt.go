// Package bolt keeps a store in one bbolt file.
//
// One goroutine writes. It takes all Updates that came while the last commit
// was running, runs them in one bbolt transaction and commits once, so that a
// commit, which costs two syncs of the disk, is shared by everything that
// waits. An Update that fails is undone alone.
//
// What it does that bbolt alone does not:
//
//   - A View never sees a commit that is not on disk yet. (bbolt shows a commit
//     from the moment that it is written, before it is synced.)
//   - Whether there is room is decided before anything is written, so that a
//     full disk is a refusal and not an error of unknown outcome.
//   - After a commit error nothing is read or written any more, and the next
//     Open reads what the disk has, not what memory remembers.
//   - A file is created whole or not at all, and an empty or a foreign file is
//     refused instead of being taken for a new one.
package bolt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"github.com/spsalert/spsalert/server/store"
)

// Store is a [store.Store] in one file. Open and Create make one.
type Store struct {
	db      *bbolt.DB
	fills   map[store.Table]float64
	maxSize int64
	reserve int64

	readOnly bool
	format   int // of the file

	committed func(time.Duration) // nil: nobody wants to know

	// Tests replace these before the first Update.
	freeDisk func() (int64, error)
	commit   func(*bbolt.Tx) error

	wake    chan struct{} // of size 1, carries no data, closed by Close
	stopped chan struct{} // closed when the writer has ended
	work    []job         // the writer's own, what it does next is at the end

	mu      sync.Mutex
	queue   []*request
	closed  bool
	broken  error         // what ErrUnknown was returned with
	durable int           // number of the newest transaction known to be on disk
	settled chan struct{} // if not nil, closed when durable or broken changes

	commits, updates, reruns atomic.Uint64
}

var _ store.Store = (*Store)(nil)

// Stats counts what a Store has done since it was opened.
type Stats struct {
	Commits uint64 // transactions that became durable
	Updates uint64 // Updates that became durable in them
	Reruns  uint64 // groups that were run again because an Update had failed or did not fit
}

// Stats returns the counts so far.
func (s *Store) Stats() Stats {
	return Stats{Commits: s.commits.Load(), Updates: s.updates.Load(), Reruns: s.reruns.Load()}
}

// View implements [store.Store].
func (s *Store) View(ctx context.Context, fn func(store.Reader) error) error {
	tx, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer rollback(tx)
	r := &reader{tables: newTables(tx, s.fills)}
	r.tables.mayLack = s.readOnly
	defer func() { r.over = true }()
	return fn(r)
}

// Backup implements [store.Store]. What it writes is a file that [Open] opens.
func (s *Store) Backup(ctx context.Context, w io.Writer) error {
	tx, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer rollback(tx)
	if _, err := tx.WriteTo(&stoppableWriter{ctx, w}); err != nil {
		return fmt.Errorf("back up the store: %w", errors.Join(ctx.Err(), err))
	}
	return nil
}

// stoppableWriter fails once ctx has ended.
type stoppableWriter struct {
	ctx context.Context // of the one Backup that it lives for
	w   io.Writer
}

func (w *stoppableWriter) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.w.Write(p)
}

// maxFindings bounds the error of Check.
const maxFindings = 20

// Check reads the whole file and returns an error that names the pages that
// are damaged, lost or used twice; it wraps [store.ErrDamaged]. Updates wait
// until it has returned.
func (s *Store) Check(ctx context.Context) error {
	var findings []error
	var err error
	if s.readOnly {
		err = s.View(ctx, func(r store.Reader) error {
			findings = check(r.(*reader).tables.tx)
			return nil
		})
	} else { // bbolt allows its check beside no writer, but within one
		err = s.Update(store.WithReserve(ctx), func(tx store.Tx) error {
			findings = check(tx.(*transaction).tables.tx)
			return nil
		})
	}
	damaged := len(findings) > 0
	if err = errors.Join(append(findings, err)...); err != nil {
		if damaged {
			err = fmt.Errorf("%w: %s: %w", store.ErrDamaged, s.db.Path(), err)
		}
		return fmt.Errorf("check the store: %w", err)
	}
	return nil
}

// check returns what is wrong with the pages of a transaction, up to a number.
func check(tx *bbolt.Tx) []error {
	// bbolt's check follows damaged pages until the processor faults.
	findings := checkPages(tx)
	if len(findings) > 0 {
		return findings
	}
	for err := range tx.Check() {
		if len(findings) < maxFindings {
			findings = append(findings, err)
		}
	}
	return findings
}

// Close implements [store.Store].
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		<-s.stopped
		return nil
	}
	s.closed = true
	waiting := s.queue
	s.queue = nil
	close(s.wake)
	s.mu.Unlock()

	answer(waiting, store.ErrClosed)
	<-s.stopped
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close the store: %w", err)
	}
	return nil
}

// begin starts to read the newest durable state. bbolt shows a commit before
// it is synced; begin waits then until it is.
func (s *Store) begin(ctx context.Context) (*bbolt.Tx, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := s.usable(); err != nil {
			return nil, err
		}
		tx, err := s.db.Begin(false)
		if errors.Is(err, bbolterrors.ErrDatabaseNotOpen) {
			return nil, store.ErrClosed
		}
		if err != nil {
			return nil, fmt.Errorf("begin to read: %w", err)
		}
		settled, err := s.unsettled(tx.ID())
		if settled == nil && err == nil {
			return tx, nil
		}
		rollback(tx)
		if err != nil {
			return nil, err
		}
		select {
		case <-settled:
		case <-ctx.Done():
		}
	}
}

// usable returns the error that every call returns from now on, if there is
// one.
func (s *Store) usable() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.broken != nil:
		return s.broken
	case s.closed:
		return store.ErrClosed
	default:
		return nil
	}
}

// unsettled returns nil if transaction id is durable, or else a channel that
// is closed when more is known.
func (s *Store) unsettled(id int) (<-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.broken != nil:
		return nil, s.broken
	case id <= s.durable:
		return nil, nil
	case s.settled == nil:
		s.settled = make(chan struct{})
	}
	return s.settled, nil
}

// settle records that transaction id is durable, or that the store is broken.
func (s *Store) settle(id int, broken error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if broken != nil {
		s.broken = broken
	} else {
		s.durable = id
	}
	if s.settled != nil {
		close(s.settled)
		s.settled = nil
	}
}

// rollback ends a transaction. Of one that has ended already it does nothing,
// and that is the only error there is.
func rollback(tx *bbolt.Tx) { _ = tx.Rollback() }
