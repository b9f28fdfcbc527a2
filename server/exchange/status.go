package exchange

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
)

// Status is what this node knows about its link to one peer.
type Status struct {
	Office    certs.Office
	Connected bool
	Since     time.Time // when the session began, or the last one ended; zero: never since the start
	Dialled   bool      // the session, or the last one, was dialled by this node
	Software  string    // what the peer runs, as it says
	NotAfter  time.Time // when the certificate of the session, or of the last one, expires; zero: there was none
	// Clock is how far the peer's clock is ahead of this node's, as it last said
	// and as time has passed since; nil if it was not heard since the start.
	Clock *time.Duration

	Origin certs.Origin // the peer's log; zero if there was no session yet
	Held   uint64       // how many of its entries are held here
	Known  uint64       // how many it is known to have; less Held is how far this node is behind

	// Receipt is the peer's newest receipt of this node's log; nil if there is
	// none.
	Receipt *ledger.Receipt

	// Last is the last thing that went wrong, nil if nothing has. It stays
	// when it has passed; its time says when it was.
	Last *Fault
	// Alarm is the last thing that must not happen: CURSOR_AHEAD,
	// INCONSISTENT, CARD_REFUSED. It stays until the node restarts.
	Alarm *Fault
}

// Peers returns the status of every peer on the roster, sorted by office.
func (x *Exchange) Peers(ctx context.Context) ([]Status, error) {
	var all []Status
	for _, office := range x.roster.Offices() {
		x.mu.Lock()
		st := *x.state(office)
		x.mu.Unlock()
		st.Clock = x.clocks.ahead(office, x.now())
		var err error
		if st.Receipt, err = x.ledger.ReceiptOf(ctx, office, x.ledger.Origin()); err != nil {
			return nil, err
		}
		all = append(all, st)
	}
	slices.SortFunc(all, func(a, b Status) int { return strings.Compare(string(a.Office), string(b.Office)) })
	return all, nil
}

// state returns the status of a peer to be changed; x.mu is held.
func (x *Exchange) state(office certs.Office) *Status {
	st := x.states[office]
	if st == nil {
		st = &Status{Office: office}
		x.states[office] = st
	}
	return st
}

func (x *Exchange) update(office certs.Office, change func(*Status)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	change(x.state(office))
}

// note keeps what went wrong with a peer.
func (x *Exchange) note(office certs.Office, reason access.Reason, words string) {
	x.update(office, func(st *Status) { st.Last = &Fault{Reason: reason, Words: words, Time: x.now()} })
}

// alarm keeps what must not happen, and logs it once.
func (x *Exchange) alarm(office certs.Office, reason access.Reason, words string) {
	again := false
	x.update(office, func(st *Status) {
		again = st.Alarm != nil && st.Alarm.Reason == reason && st.Alarm.Words == words
		st.Alarm = &Fault{Reason: reason, Words: words, Time: x.now()}
		st.Last = st.Alarm
	})
	if !again {
		x.logger.LogAttrs(context.Background(), slog.LevelError, "alarm", slog.String("peer", string(office)),
			slog.String("reason", string(reason)), slog.String("why", words))
	}
}

// held returns how many entries of a log are held here.
func (x *Exchange) held(ctx context.Context, o certs.Origin) (uint64, error) {
	h, err := x.ledger.Head(ctx, o)
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return 0, err
	}
	return h.Size, nil
}
