package server

import (
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/admin"
)

const (
	// clockAlarm is how far the node's clock may be from that of its peers before
	// somebody should look, and by how much a confirmed offset may change.
	clockAlarm = 10 * time.Minute
	// clockStop is how far it may be before the node issues nothing.
	clockStop = 24 * time.Hour
	// clockPeers is of how many peers at least the median must be for that. The
	// median of two is the one that is nearer, so that it takes two offices to
	// stop a third, and one alone raises the alarm at most.
	clockPeers = 2
)

// median returns how far the clocks of most peers are ahead. Of an even number
// it is the value nearest to zero between the two in the middle, so that it is
// never beyond what more than half of them say. There MUST be one at least.
func median(ahead []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(ahead))
	low, high := sorted[(len(sorted)-1)/2], sorted[len(sorted)/2]
	return max(low, min(high, 0))
}

// clock says how the node's clock stands to those of its peers.
func (s *Server) clock(ctx context.Context) (admin.Clock, error) {
	ahead := s.exchange.Clocks()
	if len(ahead) == 0 {
		return admin.Clock{}, nil
	}
	offset := median(ahead)
	c := admin.Clock{Offset: &offset, Peers: len(ahead), Near: clockAlarm}
	if offset.Abs() <= clockStop || len(ahead) < clockPeers {
		return c, nil
	}
	c.Stops = true
	confirmed, err := s.register.ConfirmedClock(ctx)
	if err != nil {
		return admin.Clock{}, fmt.Errorf("what clock is confirmed: %w", err)
	}
	if s.now().Before(confirmed.Until) && (offset-confirmed.Offset).Abs() <= clockAlarm {
		c.ConfirmedUntil = confirmed.Until
	}
	return c, nil
}

// mayIssue refuses while the node's clock is more than a day from that of its
// peers and nobody has confirmed it: the time of an entry never falls, so what
// is issued by a clock that is a year ahead gives its time to all that follows.
func (s *Server) mayIssue(ctx context.Context) error {
	c, err := s.clock(ctx)
	if err != nil || !c.Stops || !c.ConfirmedUntil.IsZero() {
		return err
	}
	off := c.Offset.Abs().Round(time.Second)
	if *c.Offset > 0 {
		return &access.Refusal{
			Code: codes.FailedPrecondition, Reason: access.ReasonClock,
			Sentence: fmt.Sprintf("the clock of this node is %s behind that of %d peers, so it issues nothing: its administrator has to set it, or to confirm that theirs are wrong (spsctl node confirm-clock)", off, c.Peers),
		}
	}
	return &access.Refusal{
		Code: codes.FailedPrecondition, Reason: access.ReasonClock,
		Sentence: fmt.Sprintf("the clock of this node is %s ahead of that of %d peers, so it issues nothing: its administrator has to set it, or to confirm that theirs are wrong (spsctl node confirm-clock)", off, c.Peers),
	}
}

// behind says in words where the node's clock is, by how far those of its peers
// are ahead.
func behind(ahead time.Duration) string {
	if ahead < 0 {
		return ahead.Abs().Round(time.Second).String() + " ahead of"
	}
	return ahead.Round(time.Second).String() + " behind"
}

// watchClock looks at the clock every so often until ctx is done, and logs each
// change of how it stands once.
func (s *Server) watchClock(ctx context.Context) {
	ticker := time.NewTicker(s.config.Limits.Reload)
	defer ticker.Stop()
	last := clockRight
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		c, err := s.clock(ctx)
		if err != nil {
			continue // the store says so itself
		}
		now := standingOf(c)
		if now == last {
			continue
		}
		last = now
		s.logClock(now, c)
	}
}

// clockStanding is how the clock stands, as far as somebody has to do something.
type clockStanding int

const (
	clockRight     clockStanding = iota // or nobody to compare it with
	clockOff                            // by more than clockAlarm
	clockStops                          // by so much that the node issues nothing
	clockConfirmed                      // by so much, and it issues all the same
)

func standingOf(c admin.Clock) clockStanding {
	switch {
	case c.Offset == nil || c.Offset.Abs() <= clockAlarm:
		return clockRight
	case !c.Stops:
		return clockOff
	case c.ConfirmedUntil.IsZero():
		return clockStops
	}
	return clockConfirmed
}

func (s *Server) logClock(now clockStanding, c admin.Clock) {
	if c.Offset == nil {
		s.logger.Info("there is nobody any more to compare the clock with")
		return
	}
	logger := s.logger.With("clock", behind(*c.Offset)+" that of the peers", "peers", c.Peers)
	switch now {
	case clockRight:
		logger.Info("the clock is right again")
	case clockOff:
		logger.Error("alarm: the clock is not that of the peers: set it by NTP")
	case clockStops:
		logger.Error("alarm: the clock is more than a day from that of the peers: nothing is issued until it is set, or confirmed by spsctl node confirm-clock")
	case clockConfirmed:
		logger.Warn("the clock is more than a day from that of the peers, and confirmed", "until", c.ConfirmedUntil)
	}
}
