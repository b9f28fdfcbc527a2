package admin

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// clockTime is how long an offset is confirmed for if the request does not say.
const clockTime = 24 * time.Hour

// Clock is how the clock of the node stands to those of its peers.
type Clock struct {
	Offset *time.Duration // how far the median of theirs is ahead; nil: none was heard since the start
	Peers  int            // of how many
	Near   time.Duration  // by how much it may change and stay confirmed
	// Stops says that it is so far off that the node issues only while it is
	// confirmed, and ConfirmedUntil until when it is; zero: it is not.
	Stops          bool
	ConfirmedUntil time.Time
}

// show puts it into what is said of the node.
func (c Clock) show(n *spsv1.Node) {
	if c.Offset == nil {
		return
	}
	n.ClockOffset, n.ClockPeers = durationpb.New(*c.Offset), uint32(c.Peers)
	if !c.ConfirmedUntil.IsZero() {
		n.ClockConfirmationExpireTime = timestamppb.New(c.ConfirmedUntil)
	}
}

// ConfirmClock implements spsv1.NodeServiceServer.
func (s *Service) ConfirmClock(ctx context.Context, req *spsv1.ConfirmClockRequest) (*spsv1.Node, error) {
	violations, err := access.Check(req)
	if err != nil {
		return nil, err
	}
	if len(violations) > 0 {
		return nil, access.Invalid(violations...)
	}
	c, err := s.o.Clock(ctx)
	if err != nil {
		return nil, err
	}
	if !c.Stops {
		return nil, &access.Refusal{
			Code: codes.FailedPrecondition, Reason: access.ReasonInvalid,
			Sentence: "there is nothing to confirm: the clock stops nothing",
		}
	}
	offset := req.GetClockOffset().AsDuration()
	if (offset - *c.Offset).Abs() > c.Near {
		return nil, &access.Refusal{
			Code: codes.FailedPrecondition, Reason: access.ReasonClock,
			Sentence: fmt.Sprintf("the clocks of the peers are %s ahead by now, not %s: look again, and confirm that",
				c.Offset.Round(time.Second), offset.Round(time.Second)),
		}
	}
	last := clockTime
	if req.GetDuration() != nil {
		last = req.GetDuration().AsDuration()
	}
	confirmed := access.ConfirmedClock{Offset: *c.Offset, Until: s.o.Now().Add(last).UTC()}
	if err := s.o.Register.ConfirmClock(ctx, confirmed); err != nil {
		return nil, err
	}
	return s.GetNode(ctx, &spsv1.GetNodeRequest{})
}
