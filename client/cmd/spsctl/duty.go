package main

import (
	"context"
	_ "embed" // for the template
	"fmt"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// dutyTemplate is what an office fills in.
//
//go:embed duty.yaml
var dutyTemplate string

func (a *app) dutyCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "duty",
		Short: "who is on duty, and when",
		Long: `The duty rota says who is reached out of hours. A finding that cannot wait names who
was on duty when it came; whoever that is sees it (spsctl finding list --told).`,
	}, a.templateCommand("print a duty rota to fill in", "  spsctl duty template > duty.yaml", &dutyTemplate),
		a.dutyNowCommand(), a.dutyGetCommand(), a.dutySetCommand())
}

func (a *app) dutyNowCommand() *cobra.Command {
	format, unit, at := tableFormat, "", timeFlag{ahead: true}
	cmd := &cobra.Command{
		Use:     "now",
		Short:   "say who is on duty",
		Example: "  spsctl duty now\n  spsctl duty now --unit lang-son --at 2027-01-04T22:00:00+07:00",
		Args:    cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			resp, err := node.UnitService().GetDuty(ctx, &spsv1.GetDutyRequest{Unit: unit, Time: at.at})
			if err != nil {
				return err
			}
			if err := a.printShifts(format, resp.GetShifts()); err != nil {
				return err
			}
			switch {
			case len(resp.GetShifts()) == 0 && resp.GetOutOfHours():
				fmt.Fprintln(a.err, "nobody is on duty, and it is out of hours")
			case len(resp.GetShifts()) == 0:
				fmt.Fprintln(a.err, "nobody is on duty")
			case resp.GetOutOfHours():
				fmt.Fprintln(a.err, "it is out of hours")
			}
			return nil
		}),
	}
	cmd.Flags().StringVar(&unit, "unit", "", "of this unit (default the focal point)")
	cmd.Flags().Var(&at, "at", "at this moment (default now)")
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) printShifts(as format, shifts []*spsv1.DutyShift) error {
	list := newList(a.out, as, "unit", "id", "who", "from", "until")
	for _, s := range shifts {
		if err := list.add(s, s.GetUnit(), s.GetId(), contactWords(s.GetContact()), when(s.GetStartTime()), when(s.GetEndTime())); err != nil {
			return err
		}
	}
	return list.close()
}

func (a *app) dutyGetCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:     "get",
		Short:   "show the duty rota; with -o yaml as a file to change and set",
		Example: "  spsctl duty get -o yaml > duty.yaml",
		Args:    cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			rota, err := node.UnitService().GetDutyRota(ctx, &spsv1.GetDutyRotaRequest{})
			if err != nil {
				return err
			}
			if format != tableFormat {
				return write(a.out, format, rota)
			}
			if err := a.printShifts(format, rota.GetShifts()); err != nil {
				return err
			}
			a.warnGaps(rota)
			return nil
		}),
	}
	outputFlag(cmd, &format)
	return cmd
}

// warnGaps says when nobody is on duty.
func (a *app) warnGaps(rota *spsv1.DutyRota) {
	for _, g := range rota.GetGaps() {
		fmt.Fprintln(a.err, gapWords(g))
	}
}

// gapWords returns a gap of the rota as people say it.
func gapWords(g *spsv1.DutyGap) string {
	return fmt.Sprintf("nobody is on duty for %s from %s until %s", first(g.GetUnit(), "the focal point"), instant(g.GetStartTime()), instant(g.GetEndTime()))
}

func (a *app) dutySetCommand() *cobra.Command {
	file, only := "", false
	cmd := &cobra.Command{
		Use:     "set -f FILE",
		Short:   "replace the duty rota (as validator of the focal point, or administrator)",
		Long:    `Set replaces the duty rota by that of a YAML or JSON file, as spsctl routing set does with the rules.`,
		Example: "  spsctl duty set -f duty.yaml",
		Args:    cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			rota := &spsv1.DutyRota{}
			if err := a.readMessage(file, rota, nil); err != nil {
				return err
			}
			if rota.GetEtag() == "" {
				before, err := node.UnitService().GetDutyRota(ctx, &spsv1.GetDutyRotaRequest{})
				if err != nil {
					return err
				}
				rota.Etag = before.GetEtag()
			}
			kept, err := node.UnitService().UpdateDutyRota(ctx, &spsv1.UpdateDutyRotaRequest{Rota: rota, ValidateOnly: only})
			if err != nil {
				return err
			}
			a.warnGaps(kept)
			if only {
				fmt.Fprintln(a.err, "nothing is wrong with it")
				return nil
			}
			fmt.Fprintf(a.err, "set, with %d shifts\n", len(kept.GetShifts()))
			return nil
		}),
	}
	fileFlag(cmd, &file)
	cmd.Flags().BoolVar(&only, "check", false, "say what is wrong with it, and change nothing")
	return cmd
}
