package exchange

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/spsalert/spsalert/certs"
)

const (
	redialMin = time.Second
	redialMax = 15 * time.Second
	// lasting is how long a session is up before the next redial begins from
	// the shortest wait again.
	lasting = time.Minute
)

// dialAll runs a loop for every office that is on the roster or comes onto it.
func (x *Exchange) dialAll(ctx context.Context) {
	known := make(map[certs.Office]bool)
	for {
		changed := x.roster.Changed()
		for _, office := range x.roster.Offices() {
			if !known[office] {
				known[office] = true
				x.running.Go(func() { x.dialOne(ctx, office) })
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// dialOne keeps dialling one office, as long as it is on the roster with
// addresses and no session with it is up.
func (x *Exchange) dialOne(ctx context.Context, office certs.Office) {
	wait := redialWait{}
	for {
		changed := x.roster.Changed()
		card, err := x.roster.Peer(office)
		switch s := x.up(office); {
		case err != nil || len(card.Addresses()) == 0:
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
			continue
		case s != nil:
			select {
			case <-s.stopped:
			case <-ctx.Done():
				return
			}
		default:
			began := time.Now()
			x.dialOnce(ctx, card)
			if time.Since(began) >= lasting {
				wait = redialWait{}
			}
		}
		timer := time.NewTimer(wait.next())
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// dialOnce connects to a peer and runs a session until it ends.
func (x *Exchange) dialOnce(ctx context.Context, card *certs.Card) {
	link, err := x.dial(ctx, card)
	if ctx.Err() != nil && err != nil {
		return
	}
	if err != nil {
		e := broken(err)
		if e.reason == ReasonBroken {
			e.reason = ReasonUnreachable
		}
		x.note(card.Office(), e.reason, e.words)
		x.logger.LogAttrs(ctx, slog.LevelDebug, "peer not reached", slog.String("peer", string(card.Office())), slog.Any("err", err))
		return
	}
	defer func() { _ = link.Close() }()                    // nothing is lost: the Bye has gone
	_ = x.Session(link.Context(), link, link.Peer(), true) // reported by the session
}

// redialWait is how long to wait before dialling again: at random, so that two
// sides and many peers do not meet, and longer each time, from 1 to 15 s.
type redialWait struct{ most time.Duration }

func (w *redialWait) next() time.Duration {
	w.most = min(max(2*w.most, 2*redialMin), redialMax)
	return redialMin + rand.N(w.most-redialMin)
}
