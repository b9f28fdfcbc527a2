package exchange

import (
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
)

// clocks keeps what the clock of each peer said last: in its Hello, and every
// 15 s in which it has nothing else to say. What it says by now follows from
// the time that has passed, which is measured by package time, so that whoever
// sets the clock of this node is seen at once, also while peers are away.
type clocks struct {
	mu   sync.Mutex
	said map[certs.Office]heard
}

type heard struct {
	time time.Time // by the peer's clock
	at   time.Time // by package time, which no setting of a clock moves
}

// hear keeps what a peer's clock says now. A peer that says no time is not
// counted.
func (c *clocks) hear(office certs.Office, t *timestamppb.Timestamp) {
	if t == nil || !t.IsValid() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.said == nil {
		c.said = make(map[certs.Office]heard)
	}
	c.said[office] = heard{time: t.AsTime(), at: time.Now()}
}

// ahead returns how far a peer's clock is ahead of now, nil if it has said
// nothing. The way of what it said is in it.
func (c *clocks) ahead(office certs.Office, now time.Time) *time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	h, ok := c.said[office]
	if !ok {
		return nil
	}
	ahead := h.time.Add(time.Since(h.at)).Sub(now)
	return &ahead
}

// Clocks returns how far the clock of each peer on the roster is ahead of this
// node's now, of those that were heard since the start. It reads nothing from
// the store.
func (x *Exchange) Clocks() []time.Duration {
	var all []time.Duration
	now := x.now()
	for _, office := range x.roster.Offices() {
		if ahead := x.clocks.ahead(office, now); ahead != nil {
			all = append(all, *ahead)
		}
	}
	return all
}
