package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) nodeConfirmClockCommand() *cobra.Command {
	var yes bool
	last := 24 * time.Hour
	cmd := &cobra.Command{
		Use:   "confirm-clock",
		Short: "say that the clocks of the peers are wrong, and not the node's",
		Long: `Confirm-clock lets a node issue again that stopped since its clock is more than a
day from that of its peers. It is for administrators. Look at a third clock first:
mostly it is the node's that is wrong, and then it has to be set, by NTP. What is
issued by a clock that is ahead gives its time to everything that follows, for good.

It holds for as long as --for says, and ends when the clocks have moved by more
than ten minutes.`,
		Args: cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			return a.confirmClock(ctx, node, last, yes)
		}),
	}
	cmd.Flags().DurationVar(&last, "for", last, "for how long")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

func (a *app) confirmClock(ctx context.Context, node *client.Client, last time.Duration, yes bool) error {
	n, err := node.Node(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "the clock of the node says %s, %s\n", instant(n.GetCurrentTime()), clockOfPeers(n))
	if !yes {
		question := "is the clock of the node right, by a third one, and those of the peers wrong?"
		if err := a.ask(question, "add --yes to confirm it"); err != nil {
			return err
		}
	}
	n, err = node.NodeService().ConfirmClock(ctx, &spsv1.ConfirmClockRequest{
		ClockOffset: durationpb.New(n.GetClockOffset().AsDuration()), Duration: durationpb.New(last),
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "confirmed until %s\n", instant(n.GetClockConfirmationExpireTime()))
	return nil
}

// clockOfPeers says in words how the node's clock stands to those of its peers.
func clockOfPeers(n *spsv1.Node) string {
	if n.GetClockOffset() == nil {
		return "no peer heard yet to compare with"
	}
	ahead := -n.GetClockOffset().AsDuration()
	words := "ahead of"
	if ahead < 0 {
		words = "behind"
	}
	text := fmt.Sprintf("%s %s the median of %d peers", ahead.Abs().Round(time.Millisecond), words, n.GetClockPeers())
	if t := n.GetClockConfirmationExpireTime(); t != nil {
		text += ", confirmed until " + instant(t)
	}
	return text
}
