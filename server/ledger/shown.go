package ledger

import (
	"sync"

	"github.com/spsalert/spsalert/server/store"
)

// shown is how far readers may read. What was recorded behind an own entry that
// is not under a checkpoint yet waits for it, so that readers see everything in
// the order of positions.
type shown struct {
	mu  sync.Mutex
	n   uint64 // the newest position that may be shown
	own uint64 // entries of the own log that are released

	waiting  uint64 // the newest position that waits
	waitsFor uint64 // how many own entries have to be released for it
	unsealed bool   // nothing will be released any more
}

// recorded says that position n became durable, behind own entries of the own
// log.
func (s *shown) recorded(n, own uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting, s.waitsFor = max(s.waiting, n), max(s.waitsFor, own)
	s.advance()
}

// released says that own entries of the own log were released, and that n was
// the last position when they were read.
func (s *shown) released(n, own uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n, s.own = max(s.n, n), max(s.own, own)
	s.advance()
}

// shut says that nothing will be released any more: what is durable is history.
func (s *shown) shut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unsealed = true
	s.advance()
}

// reopen says that so many own entries were released, and that what is entered
// from now on will be.
func (s *shown) reopen(own uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unsealed, s.own = false, max(s.own, own)
	s.advance()
}

func (s *shown) advance() {
	if s.unsealed || s.own >= s.waitsFor {
		s.n = max(s.n, s.waiting)
	}
}

func (s *shown) last() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

// Released returns the newest position that readers are shown. It is known
// without reading.
func (l *Ledger) Released() Position {
	return Position{Incarnation: l.incarnation, N: l.shown.last()}
}

// recordedAt notes, within a transaction, what [shown] has to know of it once
// it is durable.
type recordedAt struct{ n, own uint64 }

func (l *Ledger) recordedAt(r store.Reader) (at recordedAt, err error) {
	row, _, err := getLog(r, l.own)
	if err != nil {
		return at, err
	}
	at.own = row.size
	at.n, err = lastPosition(r)
	return at, err
}

// show lets readers have what was recorded in a transaction that is durable.
func (l *Ledger) show(at recordedAt) {
	l.shown.recorded(at.n, at.own)
	l.wake()
}
