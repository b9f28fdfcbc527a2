package ledger

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/store"
)

// PeerReserve is how much of the space that the store keeps for urgent work the
// entries of one peer may take in a day, in bytes, unless Options says
// otherwise. What one office marks as urgent must not take the room for what
// others and this office have to say.
const PeerReserve = 4 << 20

const (
	// peersShare is how many peers' worth of the reserve all peers together may
	// take in a day: with the default half of the 64 MiB that the store keeps.
	peersShare = 8
	// commitCost is what an Update takes besides its bytes, and writeCost how
	// many times each byte is written, rather too much.
	commitCost = 64 << 10
	writeCost  = 2
)

// reserves counts what peers took of the reserve, each by its office, and all
// together under "". Its time is that of package time: to set the clock gives
// nobody more.
type reserves struct {
	mu    sync.Mutex
	taken map[certs.Office]taken
}

type taken struct {
	bytes float64
	at    time.Time
}

// take reports whether a peer may take so many bytes of the reserve now.
func (q *reserves) take(from certs.Office, cost, each int64) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	next := make(map[certs.Office]taken, 2)
	for name, most := range map[certs.Office]int64{from: each, "": peersShare * each} {
		t := q.taken[name]
		day := now.Sub(t.at).Hours() / 24
		t.bytes = max(0, t.bytes-day*float64(most)) + float64(cost)
		if t.bytes > float64(most) {
			return false
		}
		t.at = now
		next[name] = t
	}
	if q.taken == nil {
		q.taken = make(map[certs.Office]taken)
	}
	for name, t := range next {
		q.taken[name] = t
	}
	return true
}

// updateUrgent makes urgent entries of a peer durable. If the store is full it
// takes from the reserve, as long as the peer has not taken its share.
func (l *Ledger) updateUrgent(ctx context.Context, from certs.Office, size int, fn func(store.Tx) error) error {
	err := l.o.Store.Update(ctx, fn)
	each := l.o.PeerReserve
	if each == 0 {
		each = PeerReserve
	}
	if !errors.Is(err, store.ErrFull) || !l.reserves.take(from, commitCost+writeCost*int64(size), each) {
		return err
	}
	return l.o.Store.Update(store.WithReserve(ctx), fn)
}
