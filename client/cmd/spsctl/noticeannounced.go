package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) noticeAnnouncementsCommand() *cobra.Command {
	format, limit, watch, req := tableFormat, 0, false, &spsv1.WatchOwnAnnouncementsRequest{}
	var remind func() []uint32
	cmd := &cobra.Command{
		Use:   "announcements",
		Short: "list rule changes and border gates that touch your goods (as exporter)",
		Long: `Announcements are what offices announce of rules that change and of border gates,
as far as it touches the goods and markets of your codes. With --watch it shows
what comes, begins and ends, and reminds 30, 7 and 1 days before a rule takes
effect, or as many as --remind says.`,
		Example: "  spsctl notice announcements --watch",
		Args:    cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			if watch {
				req.RemindDays = remind()
				return showEvents(ctx, a, format, &req.Cursor, func() (grpc.ServerStreamingClient[spsv1.WatchOwnAnnouncementsResponse], error) {
					return node.ConsignmentService().WatchOwnAnnouncements(ctx, req)
				}, ownLines)
			}
			list := newList(a.out, format, "reference", "from", "stands", "takes effect", "codes", "says")
			for o, err := range pages(limit, "", func(size int32, token string) ([]*spsv1.OwnAnnouncement, string, error) {
				page, err := node.ConsignmentService().ListOwnAnnouncements(ctx, &spsv1.ListOwnAnnouncementsRequest{PageSize: size, PageToken: token})
				return page.GetAnnouncements(), page.GetNextPageToken(), err
			}) {
				if err != nil {
					return err
				}
				if err := list.add(o, o.GetReference(), o.GetOffice(), brief.Words(o.GetState()), due(o.GetEffectTime()), strings.Join(o.GetCodes(), " "), short(ownSays(o), 120)); err != nil {
					return err
				}
			}
			return list.close()
		}),
	}
	f := cmd.Flags()
	f.BoolVar(&watch, "watch", false, "show what comes, and remind before a rule takes effect")
	f.StringVar(&req.Cursor, "cursor", "", "with --watch: go on after this one (default from the beginning)")
	remind = remindFlag(cmd, "with --watch: days before an effective date on which to be reminded")
	limitFlag(cmd, &limit)
	outputFlag(cmd, &format)
	return cmd
}

// ownSays returns what an announcement says, in one line.
func ownSays(o *spsv1.OwnAnnouncement) string {
	var all []string
	for _, l := range o.GetLines() {
		all = append(all, l.GetLabel()+": "+l.GetText())
	}
	return strings.Join(all[min(2, len(all)):], "; ") // reference and office have columns
}

// ownLines says how an announcement stands.
func ownLines(e *spsv1.WatchOwnAnnouncementsResponse) []string {
	o := e.GetAnnouncement()
	if o == nil {
		return nil
	}
	recalls := ""
	if e.GetReminder() > 0 && o.GetDaysLeft() > 0 {
		recalls = fmt.Sprintf("in %d days: ", o.GetDaysLeft())
	}
	return []string{fmt.Sprintf("%s  %s%s  %s", o.GetReference(), recalls, brief.Words(o.GetState()), ownSays(o))}
}
