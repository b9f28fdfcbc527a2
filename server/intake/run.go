package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/store"
)

const (
	// atOnce is how many imports are under way at once, of different owners: one
	// of a large sheet holds up no other laboratory.
	atOnce = 2
	// sweepEvery is how often imports are looked for whose time is over.
	sweepEvery = time.Hour
)

// queue is the imports that wait for their turn.
type queue struct {
	wake chan struct{} // of size one

	mu      sync.Mutex
	waiting []ticket
	busy    map[string]bool // owners
}

type ticket struct{ name, owner string }

// add puts an import behind the others, unless it waits already. One that has its
// turn waits for another all the same: it may have been read before it changed.
func (q *queue) add(j *job) {
	t := ticket{j.shown.GetName(), string(ownerKey(j.shown.GetKind(), j.Owner))}
	q.mu.Lock()
	if !slices.Contains(q.waiting, t) {
		q.waiting = append(q.waiting, t)
	}
	q.mu.Unlock()
	q.stir()
}

func (q *queue) stir() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take returns the first import whose owner has none under way.
func (q *queue) take() (ticket, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.busy) >= atOnce {
		return ticket{}, false
	}
	i := slices.IndexFunc(q.waiting, func(t ticket) bool { return !q.busy[t.owner] })
	if i < 0 {
		return ticket{}, false
	}
	t := q.waiting[i]
	q.waiting = slices.Delete(q.waiting, i, i+1)
	q.busy[t.owner] = true
	return t, true
}

func (q *queue) done(t ticket) {
	q.mu.Lock()
	delete(q.busy, t.owner)
	q.mu.Unlock()
	q.stir()
}

// Run does the imports until ctx is done, those first that were under way when
// the node stopped, and removes those whose time is over. It returns when
// everything that it began has ended; what is not done goes on at the next start.
func (s *Service) Run(ctx context.Context, logger *slog.Logger) error {
	err := s.each(ctx, func(j *job) {
		if underWay(j.shown.GetState()) {
			s.queue.add(j)
		}
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("look for imports that were under way: %w", err)
	}
	var running sync.WaitGroup
	defer running.Wait()
	old := time.NewTicker(sweepEvery)
	defer old.Stop()
	s.sweepSoon()
	for {
		for t, ok := s.queue.take(); ok; t, ok = s.queue.take() {
			running.Go(func() {
				defer s.queue.done(t)
				s.work(ctx, t.name, logger)
			})
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.queue.wake:
		case <-old.C:
			s.sweepSoon()
		case <-s.tidy:
			if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
				logger.Error("imports whose time is over are not removed", "err", err)
			}
		}
	}
}

// work does what an import is at, until it waits for somebody or has ended.
func (s *Service) work(ctx context.Context, name string, logger *slog.Logger) {
	for {
		var j *job
		err := s.o.Store.View(ctx, func(r store.Reader) (err error) {
			j, err = get(r, name)
			return err
		})
		if err == nil && (j == nil || !underWay(j.shown.GetState())) {
			return
		}
		if err == nil {
			err = s.phase(ctx, j)
		}
		switch {
		case err == nil || errors.Is(err, errStopped):
			continue // as it is now
		case ctx.Err() != nil:
			return
		}
		if !told(err) {
			logger.Error("an import failed", "import", name, "err", err)
		}
		if err := s.fail(store.WithReserve(ctx), name, err); err != nil && !errors.Is(err, errStopped) {
			logger.Error("an import that failed goes on at the next start", "import", name, "err", err)
			return
		}
	}
}

// phase does the phase that an import is in. A fault in the reading of a sheet is
// that of the sheet, not the end of the node.
func (s *Service) phase(ctx context.Context, j *job) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("import %s: panic: %v\n%s", j.shown.GetName(), fault, debug.Stack())
		}
	}()
	p := &pass{s: s, job: j, kind: s.kinds[j.shown.GetKind()], commit: j.shown.GetState() == spsv1.ImportState_IMPORT_STATE_COMMITTING}
	return p.run(ctx)
}
