package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) caseReaddressCommand() *cobra.Command {
	format, yes := tableFormat, false
	cmd := &cobra.Command{
		Use:   "readdress REFERENCE OFFICE...",
		Short: "bring further offices into a case",
		Long: `Readdress hands on what your office said in the case, byte for byte, to offices that
were not addressed. What others said is theirs to hand on: ask them by a request of
kind readdress. It prints what was handed on, a line each, and says whose part is
missing there still; what they had already is not handed on again.`,
		Example:           "  spsctl case readdress TH-2026-000123 CN LA",
		Args:              cobra.MinimumNArgs(2),
		ValidArgsFunction: a.completeReferences,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			offices := make([]string, 0, len(args)-1)
			for _, office := range args[1:] {
				offices = append(offices, strings.ToUpper(office))
			}
			reference := strings.ToUpper(args[0])
			if !yes {
				question := fmt.Sprintf("hand on what %s said in %s to %s?", node.Office(), reference, strings.Join(offices, ", "))
				if err := a.ask(question, "add --yes"); err != nil {
					return err
				}
			}
			resp, err := node.CaseService().ReaddressCase(ctx, &spsv1.ReaddressCaseRequest{Name: "cases/" + reference, Offices: offices})
			if err != nil {
				return err
			}
			return a.sayReaddressed(ctx, node, format, reference, offices, resp)
		}),
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	outputFlag(cmd, &format)
	return cmd
}

// sayReaddressed says who was brought into a case, what was handed on, and whose
// part they have not got.
func (a *app) sayReaddressed(ctx context.Context, node *client.Client, as format, reference string, offices []string, done *spsv1.ReaddressCaseResponse) error {
	newcomers := strings.Join(offices, ", ")
	if missing := strings.Join(done.GetMissing(), ", "); missing != "" {
		defer fmt.Fprintf(a.err, "%s still lacks what was said by %s; ask: spsctl case ask %s readdress --of %s --further %s\n",
			newcomers, missing, reference, strings.Join(done.GetMissing(), ","), strings.Join(offices, ","))
	}
	if as != tableFormat && as != csvFormat {
		return write(a.out, as, done)
	}
	if len(done.GetStatements()) == 0 {
		fmt.Fprintln(a.err, "nothing was handed on: "+newcomers+" had it all")
	} else {
		fmt.Fprintf(a.err, "%s brought into %s; handed on:\n", newcomers, reference)
	}
	found, err := node.Case(ctx, reference)
	if err != nil {
		return err
	}
	rows := newList(a.out, as, "reference", "name", "kind", "what it says")
	for _, name := range done.GetStatements() {
		s := statementNamed(found, name).GetStatement()
		if err := rows.add(nil, statementNamed(found, name).GetReference(), name, brief.Kind(s), short(a.saying(s), 60)); err != nil {
			return err
		}
	}
	return rows.close()
}
