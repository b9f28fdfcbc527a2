package bolt

import (
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"github.com/spsalert/spsalert/server/store"
)

// maxGroupSize is how many bytes of keys and values a group writes before it takes
// no further Update.
const maxGroupSize = 4 << 20

// pass is one run of a group in one bbolt transaction.
type pass struct {
	tx      *bbolt.Tx
	tables  *tables
	careful bool
	free    int64 // bytes of the disk, reserve included

	members  []*request // those that were run or refused, in order
	writes   int        // by functions that succeeded
	size     int64      // of what they put
	ordinary bool       // whether one of them may not use the reserve
}

// run commits the group of j and answers it, or puts back into s.work what
// remains to be done.
func (s *Store) run(j job) {
	tx, err := s.db.Begin(true)
	if err != nil {
		s.fail(fmt.Errorf("begin to write: %w", err), j.group)
		return
	}
	// Of no effect after the commit, which ends the transaction.
	defer rollback(tx)

	p := &pass{tx: tx, tables: newTables(tx, s.fills), careful: j.careful}
	if p.free, err = s.freeDisk(); err != nil {
		answer(takeAll(j.group), err)
		return
	}
	rest, err := s.runAll(p, j.group)
	if len(rest) > 0 {
		s.work = append(s.work, job{group: rest})
	}
	switch {
	case errors.Is(err, errSpoilt):
		s.again(job{group: p.members, careful: true})
	case err != nil:
		answer(p.members, err)
	case p.writes == 0:
		answer(p.members, nil)
	case !s.fits(p):
		s.split(p.members)
	default:
		s.finish(p)
	}
}

// errSpoilt means that a function failed and left writes between those of
// others.
var errSpoilt = errors.New("a failed update has left writes")

// runAll runs the functions of group one after the other, and returns those
// that did not fit into this pass.
func (s *Store) runAll(p *pass, group []*request) (rest []*request, err error) {
	for i, r := range group {
		if p.size >= maxGroupSize {
			return group[i:], nil
		}
		if !r.take() {
			continue
		}
		p.members = append(p.members, r)
		if !r.urgent && p.free < s.reserve {
			r.err, r.panicked = store.ErrFull, nil
			continue
		}
		t := &transaction{reader: reader{tables: p.tables}, undoes: p.careful}
		s.call(p, r, t, group[i+1:])
		if r.err == nil {
			p.writes += t.writes
			p.size += t.size
			p.ordinary = p.ordinary || !r.urgent
			continue
		}
		if t.writes == 0 {
			continue
		}
		if p.careful {
			if err := t.undo(); err != nil {
				return group[i+1:], err
			}
			continue
		}
		if len(group) > 1 {
			p.members = append(p.members, group[i+1:]...)
			return nil, errSpoilt
		}
		// It was alone: without the commit nothing of it is left.
	}
	return nil, nil
}

// call runs one function. Its panic is kept for its caller; if it ends the
// goroutine instead, the rest of the group is put back for the next.
func (s *Store) call(p *pass, r *request, t *transaction, following []*request) {
	r.err, r.panicked = nil, nil
	returned := false
	defer func() {
		t.over = true
		if returned {
			return
		}
		if v := recover(); v != nil {
			r.panicked = &panicError{v, debug.Stack()}
			r.err = r.panicked
			return
		}
		r.exit = true
		close(r.done)
		others := append(p.members[:len(p.members)-1:len(p.members)-1], following...)
		s.again(job{group: others, careful: p.careful})
	}()
	r.err = r.fn(t)
	returned = true
}

// finish commits the pass and answers it.
func (s *Store) finish(p *pass) {
	id := p.tx.ID()
	s.limit(p)
	began := time.Now()
	err := s.commit(p.tx)
	took := time.Since(began)
	switch {
	case errors.Is(err, bbolterrors.ErrMaxSizeReached):
		// bbolt found out before it wrote anything.
		s.split(p.members)
	case err != nil:
		s.fail(fmt.Errorf("commit: %w", err), p.members)
	default:
		s.settle(id, nil)
		s.commits.Add(1)
		if s.committed != nil {
			s.committed(took)
		}
		for _, r := range p.members {
			if r.err == nil {
				s.updates.Add(1)
			}
		}
		answer(p.members, nil)
	}
}

// split refuses an Update that does not fit, or tries a group that does not in
// smaller ones: the urgent before the others, then halves.
func (s *Store) split(group []*request) {
	if len(group) == 1 {
		answer(group, store.ErrFull)
		return
	}
	var urgent, ordinary []*request
	for _, r := range group {
		if r.urgent {
			urgent = append(urgent, r)
		} else {
			ordinary = append(ordinary, r)
		}
	}
	if len(urgent) == 0 || len(ordinary) == 0 {
		urgent, ordinary = group[:len(group)/2], group[len(group)/2:]
	}
	s.again(job{group: ordinary})
	s.again(job{group: urgent}) // the last is the next
}

// again has a group run another time. Errors that its functions returned are
// forgotten: they may have come from what others of the group wrote.
func (s *Store) again(j job) {
	if len(j.group) == 0 {
		return
	}
	s.reruns.Add(1)
	s.work = append(s.work, j)
}

// fail ends the use of the store. Everyone who waits is told that the outcome
// is not known, also those whose function returned an error: it may have come
// from what others of the group wrote.
func (s *Store) fail(cause error, group []*request) {
	broken := fmt.Errorf("%w: %w", store.ErrUnknown, cause)
	s.settle(0, broken)
	s.mu.Lock()
	waiting := s.queue
	s.queue = nil
	s.mu.Unlock()

	answer(takeAll(group), broken)
	for _, j := range s.work {
		answer(takeAll(j.group), broken)
	}
	s.work = nil
	answer(takeAll(waiting), broken)
}

// takeAll returns those of the group whose caller still waits.
func takeAll(group []*request) []*request {
	var all []*request
	for _, r := range group {
		if r.take() {
			all = append(all, r)
		}
	}
	return all
}

// panicError is raised in the caller of Update for a panic of its function,
// with the stack of the goroutine that it happened on.
type panicError struct {
	value any
	stack []byte
}

// Error shows the value and where it was raised.
func (p *panicError) Error() string {
	return fmt.Sprintf("%v\n\n%s", p.value, p.stack)
}

// Unwrap returns the value if it is an error.
func (p *panicError) Unwrap() error {
	err, _ := p.value.(error)
	return err
}
