package exchange

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strings"
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
	var failed unreached
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
			x.dialOnce(ctx, card, &failed)
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

// dialOnce connects to a peer and runs a session until it ends. Why it cannot
// is logged when that changes, and shown in the status every time.
func (x *Exchange) dialOnce(ctx context.Context, card *certs.Card, failed *unreached) {
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
		level := slog.LevelDebug
		if failed.changed(e) {
			level = slog.LevelWarn
		}
		x.logger.LogAttrs(ctx, level, "peer not reached", slog.String("peer", string(card.Office())),
			slog.String("reason", string(e.reason)), slog.Any("err", err))
		return
	}
	*failed = unreached{}
	defer func() { _ = link.Close() }()                    // nothing is lost: the Bye has gone
	_ = x.Session(link.Context(), link, link.Peer(), true) // reported by the session
}

// unreached is why a peer could not be dialled the last time.
type unreached struct{ why string }

// changed keeps why, and reports whether it is something new. Numbers do not
// count: the text of an error may hold a port that is another one each time.
func (u *unreached) changed(e *ending) bool {
	why := string(e.reason) + " " + strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return -1
		}
		return r
	}, e.words)
	was := u.why
	u.why = why
	return was != why
}

// redialWait is how long to wait before dialling again: at random, so that two
// sides and many peers do not meet, and longer each time, from 1 to 15 s.
type redialWait struct{ most time.Duration }

func (w *redialWait) next() time.Duration {
	w.most = min(max(2*w.most, 2*redialMin), redialMax)
	return redialMin + rand.N(w.most-redialMin)
}
