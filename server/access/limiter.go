package access

import (
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// maxQuotas bounds the callers, and the addresses, that are remembered.
	maxQuotas = 10_000
	// quotaIdle is how long one is remembered that did nothing. All buckets are
	// full by then.
	quotaIdle = time.Hour
	// sweepEvery is how often, at most, the idle are looked for.
	sweepEvery = time.Minute
)

// limiter holds callers and addresses to the limits. It is safe for concurrent
// use.
type limiter struct {
	limits Limits

	mu        sync.Mutex
	callers   map[string]*quota
	addresses map[string]*quota
	swept     time.Time
}

// quota is what is left to one caller or address.
type quota struct {
	seen               time.Time
	read, write, issue *rate.Limiter
	refusals, failures *rate.Limiter
	watches            int
	skipped            uint32 // refusals that were counted only
}

func newLimiter(l Limits) *limiter {
	return &limiter{limits: l, callers: make(map[string]*quota), addresses: make(map[string]*quota)}
}

// find returns the quota of a key, new if it is not known. The caller holds the
// lock. When there are too many keys, new ones share one quota.
func (l *limiter) find(in map[string]*quota, key string, now time.Time) *quota {
	q, ok := in[key]
	if !ok && len(in) >= maxQuotas {
		l.sweep(in, now)
		if len(in) >= maxQuotas {
			key = ""
			q, ok = in[key]
		}
	}
	if !ok {
		q = &quota{
			read: l.limits.Read.limiter(), write: l.limits.Write.limiter(), issue: l.limits.Issue.limiter(),
			refusals: l.limits.Refusals.limiter(), failures: l.limits.Failures.limiter(),
		}
		in[key] = q
	}
	q.seen = now
	return q
}

// sweep forgets who did nothing for long. A flood does not make it run often.
func (l *limiter) sweep(in map[string]*quota, now time.Time) {
	if now.Sub(l.swept) < sweepEvery {
		return
	}
	l.swept = now
	for k, old := range in {
		if old.watches == 0 && now.Sub(old.seen) > quotaIdle {
			delete(in, k)
		}
	}
}

// take counts a call, or refuses it.
func (l *limiter) take(caller string, class Class, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := l.find(l.callers, caller, now)
	switch class {
	case ClassSession:
		return nil
	case ClassWrite:
		return spend(q.write, "rates.write", l.limits.Write, now)
	case ClassIssue:
		return spend(q.issue, "rates.issue", l.limits.Issue, now)
	default: // a watch is a call too, and so is one that nobody may make
		return spend(q.read, "rates.read", l.limits.Read, now)
	}
}

// open counts a call that stays open until close is called, or refuses it.
func (l *limiter) open(caller string, now time.Time) (closed func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := l.find(l.callers, caller, now)
	if most := l.limits.Watches; most > 0 && q.watches >= most {
		// Nobody knows when one of the others ends.
		return nil, tooMany("rates.watches", count(most), time.Second)
	}
	q.watches++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		q.watches--
	}, nil
}

// keepRefusal reports whether the audit log is to keep a refused call, and then
// how many before it were counted only.
func (l *limiter) keepRefusal(caller string, now time.Time) (skipped uint32, keep bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := l.find(l.callers, caller, now)
	if !q.refusals.AllowN(now, 1) {
		q.skipped++
		return 0, false
	}
	skipped, q.skipped = q.skipped, 0
	return skipped, true
}

// try counts a proof of identity from an address as failed, or refuses it. If
// it does not fail, undo is called.
func (l *limiter) try(address string, now time.Time) (undo func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	failures := l.find(l.addresses, address, now).failures
	r := failures.ReserveN(now, 1)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return nil, tooMany("rates.failures", l.limits.Failures, wait)
	}
	return func() { r.CancelAt(now) }, nil
}

func spend(bucket *rate.Limiter, name string, limit Rate, now time.Time) error {
	r := bucket.ReserveN(now, 1)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return tooMany(name, limit, wait)
	}
	return nil
}

// count is a limit that is no rate.
type count int

func (c count) String() string { return strconv.Itoa(int(c)) }
