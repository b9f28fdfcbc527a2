package bolt

import (
	"context"
	"runtime"
	"sync/atomic"

	"github.com/spsalert/spsalert/server/store"
)

// maxGroup is how many Updates share a commit at most.
const maxGroup = 1024

// request is one Update from call to answer.
type request struct {
	fn     func(store.Tx) error
	urgent bool

	state    atomic.Int32 // waiting, then taken by the writer or dropped by the caller
	err      error
	panicked *panicError   // if fn panicked
	exit     bool          // if fn called runtime.Goexit
	done     chan struct{} // closed when err, panicked and exit are final
}

const (
	waiting int32 = iota
	taken
	dropped
)

// take reports whether the writer may run the request.
func (r *request) take() bool {
	return r.state.CompareAndSwap(waiting, taken) || r.state.Load() == taken
}

// answer ends requests, with err if it is not nil, else with their own.
func answer(requests []*request, err error) {
	for _, r := range requests {
		if err != nil {
			r.err, r.panicked = err, nil
		}
		close(r.done)
	}
}

// job is a group of requests to commit together. If careful, each function's
// writes are logged, so that they can be undone alone.
type job struct {
	group   []*request
	careful bool
}

// Update implements [store.Store].
func (s *Store) Update(ctx context.Context, fn func(store.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.readOnly {
		return ErrReadOnly
	}
	r := &request{fn: fn, urgent: store.MayUseReserve(ctx), done: make(chan struct{})}
	if err := s.enqueue(r); err != nil {
		return err
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		if r.state.CompareAndSwap(waiting, dropped) {
			return ctx.Err()
		}
		<-r.done
	}
	switch {
	case r.panicked != nil:
		panic(r.panicked)
	case r.exit:
		runtime.Goexit()
	}
	return r.err
}

func (s *Store) enqueue(r *request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.broken != nil:
		return s.broken
	case s.closed:
		return store.ErrClosed
	}
	s.queue = append(s.queue, r)
	select {
	case s.wake <- struct{}{}:
	default: // it has not yet looked since the last wake-up
	}
	return nil
}

// write commits until Close. What waits while one group is committed makes up
// the next; there is no timer.
func (s *Store) write() {
	finished := false
	defer func() {
		if finished {
			close(s.stopped)
			return
		}
		// A function ended this goroutine with runtime.Goexit, as t.Fatal does.
		go s.write()
	}()
	for {
		for s.nextJob() {
			last := len(s.work) - 1
			j := s.work[last]
			s.work = s.work[:last]
			s.run(j)
			if len(j.group) > 1 {
				// Lets those who were just answered come again for the next
				// group, which would otherwise leave with half of them.
				runtime.Gosched()
			}
		}
		if _, open := <-s.wake; !open {
			finished = true
			return
		}
	}
}

// nextJob puts what waits into work if there is nothing else to do, and
// reports whether there is something.
func (s *Store) nextJob() bool {
	if len(s.work) > 0 {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return false
	}
	n := min(len(s.queue), maxGroup)
	s.work = append(s.work, job{group: s.queue[:n:n]})
	if s.queue = s.queue[n:]; len(s.queue) == 0 {
		s.queue = nil // lets go of what was answered
	}
	return true
}
