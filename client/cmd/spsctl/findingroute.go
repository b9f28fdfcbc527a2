package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) findingRouteCommand() *cobra.Command {
	format, req := tableFormat, &spsv1.RouteFindingRequest{}
	cmd := &cobra.Command{
		Use:     "route NAME --to UNIT --reason TEXT",
		Short:   "give a finding to another unit, or take it from one (as officer of the focal point)",
		Example: "  spsctl finding route 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 --to dak-lak --from lang-son --reason 'the packing house is there'",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			req.Name = findingName(args[0])
			f, err := node.FindingService().RouteFinding(ctx, req)
			if err != nil {
				return err
			}
			return a.findingFacts(f).write(format, f)
		}),
	}
	f := cmd.Flags()
	f.StringSliceVar(&req.To, "to", nil, "unit to which it goes besides those that have it; may be repeated")
	f.StringSliceVar(&req.From, "from", nil, "unit from which it is taken; may be repeated")
	f.StringVar(&req.Reason, "reason", "", "why")
	cobra.CheckErr(cmd.MarkFlagRequired("reason"))
	outputFlag(cmd, &format)
	return cmd
}

// routeFacts adds with which units something is and was, and who was told.
func routeFacts(f *facts, routes []*spsv1.Route, notices []*spsv1.DutyNotice) {
	for _, r := range routes {
		text := r.GetUnit() + ", " + first(prefixed("by the rule ", r.GetRule()), first(routeReasons[r.GetReason()], r.GetReason())) +
			prefixed(", by ", r.GetRoutedBy().GetId()) + prefixed(", due ", instant(r.GetDueTime()))
		if r.GetEndTime() != nil {
			f.add("was with", text+"; taken "+instant(r.GetEndTime())+" by "+r.GetEndedBy().GetId()+", "+r.GetEndReason())
			continue
		}
		if r.GetDoneTime() != nil {
			text += "; done " + instant(r.GetDoneTime()) + prefixed(" by ", r.GetDoneBy().GetId()) + prefixed(", ", r.GetDoneText())
		}
		f.add("is with", text)
	}
	for _, n := range notices {
		who := first(contactWords(n.GetContact()), "nobody, and the card names no contact")
		if n.GetId() == "" {
			who = "nobody on duty; " + who
		}
		if n.GetOutOfHours() {
			who += ": telephone, it came out of hours"
		}
		f.add("on duty", who)
	}
}
