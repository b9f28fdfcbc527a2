package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// nextUnit is the unit that is to have done its part first, and all that have not.
func nextUnit(s *spsv1.CaseSummary) (due *timestamppb.Timestamp, who, what string) {
	if len(s.GetUnitsOpen()) > 0 {
		what = "its part"
	}
	return s.GetUnitDueTime(), several(s.GetUnitsOpen()), what
}

func (a *app) caseRouteCommand() *cobra.Command {
	format, req, due := tableFormat, &spsv1.RouteCaseRequest{}, ""
	cmd := &cobra.Command{
		Use:   "route REFERENCE {--to UNIT | --from UNIT} --reason TEXT",
		Short: "give a case to a unit of the office, or take it from one (as officer of the focal point)",
		Long: `Route gives a case to units besides those that have it, or takes it from some. Who did
so, when and why stays with the case. A unit from which it was taken does not see it any
more, unless something in it names the unit; --from alone takes it back. --due counts in the hours of the unit.`,
		Example: `  spsctl case route TH-2026-000123 --to dak-lak --due '3 working days' --reason 'the packing house is there'
  spsctl case route TH-2026-000123 --to dak-lak --from lang-son --reason 'another gate'
  spsctl case route TH-2026-000123 --from lang-son --reason 'it came here by mistake'`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeReferences,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) (err error) {
			if req.Due, err = parseAllowance(due); err != nil {
				return err
			}
			req.Name = "cases/" + strings.ToUpper(args[0])
			routed, err := node.UnitService().RouteCase(ctx, req)
			if err != nil {
				return err
			}
			return a.printCaseRouting(format, routed)
		}),
	}
	f := cmd.Flags()
	f.StringSliceVar(&req.To, "to", nil, "unit to which it goes besides those that have it; may be repeated")
	f.StringSliceVar(&req.From, "from", nil, "unit from which it is taken; may be repeated")
	f.StringVar(&req.Reason, "reason", "", "why")
	f.StringVar(&due, "due", "", "until when the further units are to have done their part, such as '24 hours' or '3 working days'")
	cobra.CheckErr(cmd.MarkFlagRequired("reason"))
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) casePartDoneCommand() *cobra.Command {
	format, req := tableFormat, &spsv1.FinishPartRequest{}
	cmd := &cobra.Command{
		Use:   "part-done REFERENCE",
		Short: "say that your unit has done its part in a case",
		Long: `Part-done says within the office that a unit has done its part: its due time does not
run any more. It tells other offices nothing; that takes a follow-up with --part done,
which a unit drafts and the focal point issues.`,
		Example: `  spsctl case part-done TH-2026-000123 --text 'the packing house was inspected'
  spsctl case part-done TH-2026-000123 --unit dak-lak --text 'told by telephone'`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeReferences,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			req.Name = "cases/" + strings.ToUpper(args[0])
			routed, err := node.UnitService().FinishPart(ctx, req)
			if err != nil {
				return err
			}
			return a.printCaseRouting(format, routed)
		}),
	}
	cmd.Flags().StringVar(&req.Unit, "unit", "", "which unit (default your own)")
	cmd.Flags().StringVar(&req.Text, "text", "", "what it did, in a few words")
	outputFlag(cmd, &format)
	return cmd
}

// printCaseRouting writes with which units a case is.
func (a *app) printCaseRouting(as format, routed *spsv1.CaseRouting) error {
	f := newFacts(a.out)
	routeFacts(f, routed.GetRoutes(), routed.GetNotices())
	return f.write(as, routed)
}

// parseAllowance reads a time within which something is to be done, such as "24
// hours" or "3 working days"; nil for "".
func parseAllowance(text string) (*spsv1.Allowance, error) {
	if text == "" {
		return nil, nil
	}
	number, words, _ := strings.Cut(text, " ")
	amount, err := strconv.ParseUint(number, 10, 16)
	var known []string
	for value := range spsv1.AllowanceUnit_name {
		unit := spsv1.AllowanceUnit(value)
		if unit == 0 {
			continue
		}
		if name := brief.Words(unit); err == nil && strings.TrimSuffix(words, "s") == strings.TrimSuffix(name, "s") {
			return &spsv1.Allowance{Amount: uint32(amount), Unit: unit}, nil
		}
		known = append(known, brief.Words(unit))
	}
	slices.Sort(known)
	return nil, usageError{fmt.Errorf("%q is no time such as '24 hours' or '3 working days': a number and one of %s", text, strings.Join(known, ", "))}
}

// inUnit returns a filter, which may be empty, with only what a unit deals with;
// "" is any.
func inUnit(filter, unit string) string {
	if unit == "" {
		return filter
	}
	only := fmt.Sprintf("unit = %q", unit)
	if filter == "" {
		return only
	}
	return only + " AND (" + filter + ")"
}
