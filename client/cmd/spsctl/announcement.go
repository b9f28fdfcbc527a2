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

func (a *app) announcementCommand() *cobra.Command {
	return group(&cobra.Command{
		Use: "announcement", Aliases: []string{"announcements"},
		Short: "what is announced: rules that change, border gates",
		Long: `Announcements are not about one consignment: a rule that changes, the status of a
border gate. Make one with spsctl announce.`,
	}, a.announcementListCommand(), a.announcementGetCommand(), a.announcementWatchCommand())
}

func (a *app) announcementListCommand() *cobra.Command {
	format, limit, asked := tableFormat, 50, &spsv1.ListAnnouncementsRequest{}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list announcements, the last recorded first, with how they stand",
		Long: `List shows announcements as they stand now or on the day of --on: in force, upcoming,
proposed, ended, replaced, withdrawn.`,
		Example: `  spsctl announcement list --filter 'state = UPCOMING AND touches = "080450"'
  spsctl announcement list --filter 'kind = RULE_CHANGE AND effect_time < "2026-12-31"' -o csv`,
		Args: cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			list := newList(a.out, format, announcementColumns...)
			for h, err := range pages(limit, "", func(size int32, token string) ([]*spsv1.HeldAnnouncement, string, error) {
				page, err := node.AnnouncementService().ListAnnouncements(ctx, &spsv1.ListAnnouncementsRequest{
					Filter: asked.GetFilter(), Day: asked.GetDay(), PageSize: size, PageToken: token,
				})
				return page.GetAnnouncements(), page.GetNextPageToken(), err
			}) {
				if err != nil {
					return err
				}
				if err := list.add(h, a.announcementCells(h)...); err != nil {
					return err
				}
			}
			return list.close()
		}),
	}
	f := cmd.Flags()
	f.StringVar(&asked.Filter, "filter", "", "which of them; see docs/reference/announcements.md")
	dayFlag(cmd, &asked.Day, "on this day, such as 2026-11-20, or at this instant (default now)")
	limitFlag(cmd, &limit)
	outputFlag(cmd, &format)
	return cmd
}

// announcementColumns are those of lists of announcements.
var announcementColumns = []string{"reference", "office", "state", "effect", "in days", "about", "subject"}

func (a *app) announcementCells(h *spsv1.HeldAnnouncement) []any {
	days := ""
	if h.GetDaysLeft() > 0 {
		days = fmt.Sprint(h.GetDaysLeft())
	}
	return []any{
		h.GetReference(), h.GetOffice(), brief.Words(h.GetState()), when(h.GetEffectTime()), days, announcedAbout(h.GetAnnouncement()),
		short(brief.Text(h.GetAnnouncement().GetSubject(), a.languages()...), 60),
	}
}

// announcedAbout says in a few words what an announcement is about.
func announcedAbout(n *spsv1.Announcement) string {
	if gate := n.GetBorderGateStatus(); gate != nil {
		return gateLabel(gate.GetGate()) + " " + brief.Words(gate.GetStatus())
	}
	var goods []string
	for _, c := range n.GetRuleChange().GetCommodityCodes() {
		goods = append(goods, c.GetCode())
	}
	for _, c := range n.GetRuleChange().GetProducts() {
		goods = append(goods, goodsName(c))
	}
	return "rule for " + first(strings.Join(goods, " "), "all goods")
}

func gateLabel(gate *spsv1.Place) string {
	return first(gate.GetLocode(), gate.GetCustomsCode(), brief.Text(gate.GetName()))
}

func (a *app) announcementGetCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:     "get REFERENCE",
		Short:   "show an announcement, how it stands, and what replaced it",
		Example: "  spsctl announcement get CN-2026-000131 -o yaml",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			h, err := node.AnnouncementService().GetAnnouncement(ctx, &spsv1.GetAnnouncementRequest{
				Name: "announcements/" + strings.ToUpper(strings.TrimPrefix(args[0], "announcements/")),
			})
			if err != nil {
				return err
			}
			f, n := newFacts(a.out), h.GetAnnouncement()
			f.add("reference", h.GetReference())
			f.add("state", brief.Words(h.GetState()))
			f.add("ended by", strings.Join(h.GetEndedBy(), ", "))
			f.add("office", h.GetOffice())
			f.add("issued", when(h.GetSaid().GetTime()))
			f.add("takes effect", when(h.GetEffectTime()))
			if h.GetDaysLeft() > 0 {
				f.add("in days", fmt.Sprint(h.GetDaysLeft()))
			}
			f.add("until", when(n.GetBorderGateStatus().GetEndTime()))
			f.add("about", announcedAbout(n))
			f.add("subject", brief.Text(n.GetSubject(), a.languages()...))
			f.add("text", brief.Text(n.GetRuleChange().GetText(), a.languages()...))
			f.add("why", brief.Text(n.GetBorderGateStatus().GetReason(), a.languages()...))
			f.add("limits", brief.Text(n.GetBorderGateStatus().GetLimits(), a.languages()...))
			f.add("ends", strings.Join(h.GetEnds(), ", "))
			return f.write(format, h)
		}),
	}
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) announcementWatchCommand() *cobra.Command {
	format, req := tableFormat, &spsv1.WatchAnnouncementsRequest{}
	var remind func() []uint32
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "show announcements as they come, begin and end, and reminders before they take effect",
		Long: `Watch shows each announcement that was recorded, replaced or withdrawn since the
cursor, and then what comes, until Ctrl-C: also what begins and ends, and reminders
before the effective date of a rule, 30, 7 and 1 days or as many as --remind says.
With -o jsonl each line carries a cursor; a later watch that is given it misses
nothing.`,
		Example: "  spsctl announcement watch --filter 'touches = \"080450\"' --remind 14,3",
		Args:    cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			req.RemindDays = remind()
			return showEvents(ctx, a, format, &req.Cursor, func() (grpc.ServerStreamingClient[spsv1.WatchAnnouncementsResponse], error) {
				return node.AnnouncementService().WatchAnnouncements(ctx, req)
			}, a.announcementLines)
		}),
	}
	f := cmd.Flags()
	f.StringVar(&req.Cursor, "cursor", "", "go on after this one (default from the first)")
	f.StringVar(&req.Filter, "filter", "", "which of them; see docs/reference/announcements.md")
	remind = remindFlag(cmd, "days before an effective date on which to remind")
	outputFlagOf(cmd, &format, tableFormat, jsonlFormat)
	return cmd
}

// announcementLines says how an announcement stands.
func (a *app) announcementLines(e *spsv1.WatchAnnouncementsResponse) []string {
	h := e.GetAnnouncement()
	if h == nil {
		return nil
	}
	takes := ""
	if e.GetReminder() > 0 && h.GetDaysLeft() > 0 {
		takes = fmt.Sprintf("  takes effect in %d days", h.GetDaysLeft())
	}
	return []string{fmt.Sprintf("%s  %s  %s  %s%s", h.GetReference(), brief.Words(h.GetState()), announcedAbout(h.GetAnnouncement()),
		brief.Text(h.GetAnnouncement().GetSubject(), a.languages()...), takes)}
}

// remindFlag adds the flag of days on which to be reminded, which it returns.
func remindFlag(cmd *cobra.Command, usage string) func() []uint32 {
	given := cmd.Flags().UintSlice("remind", nil, usage)
	cmd.Flags().Lookup("remind").DefValue = "30,7,1" // what the node takes if none are given
	return func() (days []uint32) {
		for _, d := range *given {
			days = append(days, uint32(min(d, 1000))) //nolint:gosec // G115: bounded, and the node takes fewer
		}
		return days
	}
}
