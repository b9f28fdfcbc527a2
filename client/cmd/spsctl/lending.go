package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) lendingCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "lending",
		Short: "roles that are lent for dates: who acts for whom",
		Long: `While somebody is away, an administrator lends the role of that person to another, from
a day to a day. Who acts says so with every call: spsctl --acting-for PERSON. What is
done is recorded with both names; nobody issues what they drafted themselves, whoever
they act for. Making and ending takes the role admin; auditors may list.`,
	}, a.lendingCreateCommand(), a.lendingListCommand(), a.lendingEndCommand())
}

func (a *app) lendingCreateCommand() *cobra.Command {
	format, l := tableFormat, &spsv1.Lending{}
	from := timeFlag{ahead: true}
	cmd := &cobra.Command{
		Use:     "create --to ID --for ID --role ROLE --until TIME --reason TEXT",
		Short:   "lend the role of one person to another",
		Example: "  spsctl lending create --to lan.nguyen --for minh.tran --role validator --until 2027-01-20 --reason 'annual leave'",
		Args:    cobra.NoArgs,
	}
	until := dueUntil(cmd, "until", "until when")
	cmd.RunE = a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
		l.StartTime, l.EndTime = from.at, until.in(a.zone)
		made, err := node.NodeService().LendRole(ctx, &spsv1.LendRoleRequest{Lending: l})
		if err != nil {
			return err
		}
		return a.lendingFacts(made).write(format, made)
	})
	f := cmd.Flags()
	f.StringVar(&l.To, "to", "", "id of the person who acts")
	f.StringVar(&l.ActingFor, "for", "", "id of the person for whom")
	f.StringVar(&l.Role, "role", "", "role that is lent: officer, validator or post")
	f.StringVar(&l.Unit, "unit", "", "unit of the person for whom (default the focal point)")
	f.Var(&from, "from", "since when: a time, a day, or a duration from now (default now)")
	f.StringVar(&l.Reason, "reason", "", "why")
	for _, name := range []string{"to", "for", "role", "until", "reason"} {
		cobra.CheckErr(cmd.MarkFlagRequired(name))
	}
	complete(cmd, "role", "officer", "validator", "post")
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) lendingListCommand() *cobra.Command {
	format, limit := tableFormat, 0
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list all loans of roles, those that are over too",
		Args:  cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			list := newList(a.out, format, "name", "acts", "for", "role", "unit", "from", "until", "state", "because")
			for l, err := range pages(limit, "", func(size int32, token string) ([]*spsv1.Lending, string, error) {
				page, err := node.NodeService().ListLendings(ctx, &spsv1.ListLendingsRequest{PageSize: size, PageToken: token})
				return page.GetLendings(), page.GetNextPageToken(), err
			}) {
				if err != nil {
					return err
				}
				err := list.add(l, l.GetName(), l.GetTo(), l.GetActingFor(), l.GetRole(), l.GetUnit(), when(l.GetStartTime()), when(l.GetEndTime()), lendingState(l, time.Now()), l.GetReason())
				if err != nil {
					return err
				}
			}
			return list.close()
		}),
	}
	limitFlag(cmd, &limit)
	outputFlag(cmd, &format)
	return cmd
}

// lendingState says how a loan stands at a moment.
func lendingState(l *spsv1.Lending, now time.Time) string {
	switch {
	case l.GetEarlyEndTime() != nil:
		return "ended"
	case !now.Before(l.GetEndTime().AsTime()):
		return "over"
	case now.Before(l.GetStartTime().AsTime()):
		return "to come"
	}
	return "in effect"
}

func (a *app) lendingEndCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:     "end NAME",
		Short:   "end a loan before its time",
		Example: "  spsctl lending end lendings/00000001",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			ended, err := node.NodeService().EndLending(ctx, &spsv1.EndLendingRequest{Name: "lendings/" + strings.TrimPrefix(args[0], "lendings/")})
			if err != nil {
				return err
			}
			return a.lendingFacts(ended).write(format, ended)
		}),
	}
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) lendingFacts(l *spsv1.Lending) *facts {
	f := newFacts(a.out)
	f.add("name", l.GetName())
	f.add("acts", l.GetTo()+" for "+l.GetActingFor()+", "+l.GetRole()+prefixed(" of ", l.GetUnit()))
	f.add("from", instant(l.GetStartTime()))
	f.add("until", instant(l.GetEndTime()))
	f.add("ended", instant(l.GetEarlyEndTime()))
	f.add("because", l.GetReason())
	return f
}
