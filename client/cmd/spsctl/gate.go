package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) gateCommand() *cobra.Command {
	return group(&cobra.Command{
		Use: "gate", Aliases: []string{"gates"},
		Short: "border gates: open, limited, suspended",
	}, a.gateStatusCommand())
}

func (a *app) gateStatusCommand() *cobra.Command {
	format, limit, asked := tableFormat, 0, &spsv1.ListGatesRequest{}
	cmd := &cobra.Command{
		Use:   "status [GATE]",
		Short: "do goods pass a border gate, and the gate on the other side?",
		Long: `Status shows how border gates stand by the last word of the office whose gate each
is. With GATE, a UN/LOCODE such as VNLSN, it shows that gate and the one on the other
side of the border; goods pass if they pass both.`,
		Example: `  spsctl gate status
  spsctl gate status VNLSN --product 081060
  spsctl gate status VNLSN --on 2026-12-01`,
		Args: cobra.MaximumNArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			list := newList(a.out, format, "gate", "office", "status", "until", "then", "reference", "limits")
			if len(args) == 1 {
				g, err := node.AnnouncementService().GetGate(ctx, &spsv1.GetGateRequest{
					Name: "gates/" + strings.TrimPrefix(args[0], "gates/"), Day: asked.GetDay(), Product: asked.GetProduct(),
				})
				if err != nil {
					return err
				}
				if format != tableFormat && format != csvFormat {
					return write(a.out, format, g)
				}
				for _, side := range []*spsv1.Gate{g, g.GetOpposite()} {
					if side != nil {
						if err := list.add(side, a.gateCells(side)...); err != nil {
							return err
						}
					}
				}
				return list.close()
			}
			for g, err := range pages(limit, "", func(size int32, token string) ([]*spsv1.Gate, string, error) {
				page, err := node.AnnouncementService().ListGates(ctx, &spsv1.ListGatesRequest{
					Day: asked.GetDay(), Product: asked.GetProduct(), Office: strings.ToUpper(asked.GetOffice()), PageSize: size, PageToken: token,
				})
				return page.GetGates(), page.GetNextPageToken(), err
			}) {
				if err != nil {
					return err
				}
				if err := list.add(g, a.gateCells(g)...); err != nil {
					return err
				}
			}
			return list.close()
		}),
	}
	f := cmd.Flags()
	f.StringVar(&asked.Product, "product", "", "for these goods, by digits of the customs tariff (default all goods)")
	dayFlag(cmd, &asked.Day, "on this day, such as 2026-11-20, or at this instant (default now)")
	f.StringVar(&asked.Office, "office", "", "only the gates of this office")
	limitFlag(cmd, &limit)
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) gateCells(g *spsv1.Gate) []any {
	status := first(brief.Words(g.GetStatus()), "nothing announced")
	if len(g.GetLimitedToGoods()) > 0 {
		status += ", otherwise for some goods"
	}
	return []any{
		strings.TrimPrefix(g.GetName(), "gates/"), g.GetOffice(), status, when(g.GetChangeTime()), brief.Words(g.GetChangeStatus()), g.GetSaid().GetReference(),
		short(brief.Text(g.GetSaid().GetAnnouncement().GetBorderGateStatus().GetLimits(), a.languages()...), 40),
	}
}
