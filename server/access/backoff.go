package access

import (
	"sync"
	"time"

	"google.golang.org/grpc/codes"
)

const (
	freeFailures = 5 // failures in a row before the first wait
	firstWait    = time.Minute
	longestWait  = time.Hour
	// forgetAfter is how long failures in a row are remembered.
	forgetAfter = 24 * time.Hour
	maxBackoffs = 10_000
	sweepSample = 32
)

// backoff makes whoever guesses at an account wait, longer with each failure.
// It counts by the name that was tried, whether there is such an account or
// not, so that it tells nobody which there are. It is kept in memory: nobody
// outside can restart a node, and a guess costs the disk nothing.
type backoff struct {
	mu    sync.Mutex
	names map[string]*failures
}

type failures struct {
	count int
	last  time.Time
	until time.Time // no try is looked at before
}

func newBackoff() *backoff { return &backoff{names: make(map[string]*failures)} }

// until returns when the next try is looked at; a time that is not after now
// means at once.
func (b *backoff) until(name string) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if f, ok := b.names[name]; ok {
		return f.until
	}
	return time.Time{}
}

// begin counts a try as failed before it is looked at, so that tries at the
// same time are no way round; forget takes it back.
func (b *backoff) begin(name string, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, ok := b.names[name]
	if !ok {
		b.sweep(now)
		f = &failures{}
		b.names[name] = f
	}
	if wait := f.until.Sub(now); wait > 0 {
		wait = wait.Round(time.Second)
		return &Refusal{
			Code: codes.ResourceExhausted, Reason: ReasonRate, RetryAfter: max(wait, time.Second),
			Sentence: "too many tries to sign in have failed: try again in " + wait.String(),
		}
	}
	if now.Sub(f.last) > forgetAfter {
		f.count = 0
	}
	f.count++
	f.last = now
	if over := f.count - freeFailures; over >= 0 {
		f.until = now.Add(min(firstWait<<min(over, 10), longestWait))
	}
	return nil
}

// forget takes all failures back.
func (b *backoff) forget(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.names, name)
}

// sweep makes room for a name. Of a few picked at random it takes one that does
// not wait; if all wait, the one that failed longest ago.
func (b *backoff) sweep(now time.Time) {
	if len(b.names) < maxBackoffs {
		return
	}
	var oldest string
	looked := 0
	for name, f := range b.names { // in random order
		if oldest == "" || before(f, b.names[oldest], now) {
			oldest = name
		}
		if looked++; looked == sweepSample {
			break
		}
	}
	delete(b.names, oldest)
}

// before reports whether a is forgotten before b.
func before(a, b *failures, now time.Time) bool {
	if aw, bw := a.until.After(now), b.until.After(now); aw != bw {
		return bw
	}
	return a.last.Before(b.last)
}
