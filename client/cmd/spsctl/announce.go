package main

import (
	"strings"

	"github.com/spf13/cobra"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) announceCommand() *cobra.Command {
	return newAct(a, actText{
		use: "announce", asks: true, short: "announce the status of a border gate, or a rule that changes",
		long: `Announce tells all offices, or those that --to names, what is not about one
consignment. Flags announce the status of a gate; a rule that changes goes into a
file, with what -f takes.`,
		example: `  spsctl announce --gate VNLSN --status suspended --subject 'flood at the gate' --from 2026-12-01T06:00:00+07:00
  spsctl announce --gate VNLSN --status open --subject 'the gate is open again' --replaces VN-2026-000131
  spsctl announce -f rule.yaml`,
	}, cobra.NoArgs, func(cmd *cobra.Command) func(*spsv1.AnnounceRequest, []string) error {
		f := cmd.Flags()
		subject := textFlag(cmd, "subject", "what it is about, in one line")
		gate := f.String("gate", "", "the gate, by its UN/LOCODE or its name")
		status := wordFlag(cmd, "status", "whether goods pass it", spsv1.GateStatus(0))
		from, until := whenFlag(cmd, "from", "from when (default now)"), dueUntil(cmd, "until", "until when")
		reason := textFlag(cmd, "reason", "why")
		limits := textFlag(cmd, "limits", "what the limits are")
		replaces := f.String("replaces", "", "reference of the announcement that it replaces")
		withdraws := f.String("withdraws", "", "reference of the announcement that it takes back; say again what that was")
		cmd.MarkFlagsMutuallyExclusive("replaces", "withdraws")
		return func(req *spsv1.AnnounceRequest, _ []string) error {
			if req.Announcement == nil {
				req.Announcement = &spsv1.Announcement{}
			}
			n := req.Announcement
			n.Subject = append(n.Subject, subject.all...)
			if *gate != "" {
				place := &spsv1.Place{Locode: strings.ToUpper(*gate)}
				if len(*gate) != 5 || strings.ContainsAny(*gate, " ") {
					place = &spsv1.Place{Name: []*spsv1.LocalizedText{{Lang: "en", Text: *gate}}}
				}
				n.Body = &spsv1.Announcement_BorderGateStatus{BorderGateStatus: &spsv1.BorderGateStatus{
					Gate: place, Status: spsv1.GateStatus(status.n), StartTime: from.at, EndTime: until.in(a.zone), Reason: reason.all, Limits: limits.all,
				}}
			}
			switch {
			case *replaces != "":
				n.Action = spsv1.AnnouncementAction_ANNOUNCEMENT_ACTION_REPLACE
			case *withdraws != "":
				n.Action = spsv1.AnnouncementAction_ANNOUNCEMENT_ACTION_WITHDRAW
			}
			req.Target = first(*replaces, *withdraws, req.GetTarget())
			return nil
		}
	}, spsv1.CaseServiceClient.Announce)
}
