package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) auditCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "audit",
		Short: "who did what at the node, and was refused what",
		Long: `The node records every call that changes something or tries to, and every read of
what is not for everybody; never content. Reading it takes the role auditor or
admin.`,
	}, a.auditListCommand())
}

func (a *app) auditListCommand() *cobra.Command {
	format, limit := tableFormat, 50
	want := &spsv1.ListAuditRecordsRequest{}
	var since, until timeFlag
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list the calls, the newest first",
		Example: `  spsctl audit list --since 24h --not-done
  spsctl audit list --oldest-first --after 4711 --limit 0 -o jsonl >> audit.jsonl`,
		Args: cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			want.SinceTime, want.UntilTime = since.at, until.at
			list := newList(a.out, format, "position", "time", "caller", "method", "about", "outcome")
			all := pages(limit, "", func(size int32, token string) ([]*spsv1.AuditRecord, string, error) {
				req := proto.CloneOf(want)
				req.PageSize, req.PageToken = size, token
				page, err := node.NodeService().ListAuditRecords(ctx, req)
				return page.GetAuditRecords(), page.GetNextPageToken(), err
			})
			for r, err := range all {
				if err != nil {
					return err
				}
				if err := list.add(r, auditCells(r)...); err != nil {
					return err
				}
			}
			return list.close()
		}),
	}
	f := cmd.Flags()
	f.StringVar(&want.Caller, "caller", "", "only calls of this identity, or with this token or account")
	f.StringVar(&want.MethodPrefix, "method", "", "only methods that begin so, such as sps.v1.CaseService/Issue")
	f.StringVar(&want.Resource, "resource", "", "only calls that name this resource")
	f.BoolVar(&want.NotDone, "not-done", false, "only calls that were refused or failed")
	f.Var(&since, "since", "only from then on: a time, a day, or how long ago")
	f.Var(&until, "until", "only before then")
	f.BoolVar(&want.OldestFirst, "oldest-first", false, "the oldest first, as for an export that goes on where the last one ended")
	f.Int64Var(&want.AfterPosition, "after", 0, "only after this position")
	limitFlag(cmd, &limit)
	outputFlag(cmd, &format)
	return cmd
}

func auditCells(r *spsv1.AuditRecord) []any {
	outcome := brief.Words(r.GetOutcome())
	if r.GetReason() != "" {
		outcome += ", " + r.GetReason()
	}
	_, method, _ := strings.Cut(r.GetMethod(), "/")
	about := strings.Join(r.GetResources(), " ")
	caller := first(r.GetCaller(), r.GetAddress(), "not known")
	return []any{
		fmt.Sprint(r.GetPosition()), when(r.GetTime()),
		cell{people: caller + prefixed(" for ", r.GetActingFor()), program: caller},
		cell{people: method, program: r.GetMethod()},
		short(about, 40), outcome,
	}
}
