package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) caseReaddressCommand() *cobra.Command {
	yes := false
	cmd := &cobra.Command{
		Use:   "readdress REFERENCE OFFICE...",
		Short: "bring further offices into a case",
		Long: `Readdress hands on what your office said in the case, byte for byte, to offices that
were not addressed. What others said is theirs to hand on: ask them by a request of
kind readdress. It prints what was handed on, a name a line; what they had already
is not handed on again.`,
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
			if len(resp.GetStatements()) == 0 {
				fmt.Fprintln(a.err, "nothing was handed on: they have it all")
			}
			for _, name := range resp.GetStatements() {
				if _, err := fmt.Fprintln(a.out, name); err != nil {
					return err
				}
			}
			return nil
		}),
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}
