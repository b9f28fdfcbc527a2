package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) noticeCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "notice",
		Short: "consignment notices: what exporters are told of cases, and what they answer",
		Long: `A consignment notice is what your office shows an exporter of a case: its own lots
and codes, why they are held, what was decided, by when an answer is wanted.
Exporters list, acknowledge and answer their own; officers release, hold and
withdraw them, and forward answers to the case.`,
	}, a.noticeListCommand(), a.noticeGetCommand(), a.noticeWatchCommand(), a.noticeAcknowledgeCommand(), a.noticeAnswerCommand(), a.noticeAnswersCommand(),
		a.noticePreviewCommand(), a.noticeReleaseCommand(), a.noticeHoldCommand(), a.noticeRejectCommand(), a.noticeWithdrawCommand(),
		a.noticeCreateCommand(), a.noticeForwardCommand(), a.noticeOutreachCommand(), a.noticeSentCommand(), a.noticeAnnouncementsCommand())
}

// noticeName takes the name of a notice with or without its prefix.
func noticeName(text string) string {
	return "consignmentNotices/" + strings.TrimPrefix(text, "consignmentNotices/")
}

func (a *app) noticeListCommand() *cobra.Command {
	format, limit, asked, owner := tableFormat, 0, &spsv1.ListConsignmentNoticesRequest{}, ""
	answered, unanswered := false, false
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "list notices, the newest first: as exporter your own",
		Example: "  spsctl notice list --waiting",
		Args:    cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			if owner != "" {
				asked.Exporter = exporterName(owner)
			}
			if answered || unanswered {
				asked.Answered = &answered
			}
			list := newList(a.out, format, "name", "case", "exporter", "state", "news", "answered", "due")
			for n, err := range pages(limit, "", func(size int32, token string) ([]*spsv1.ConsignmentNotice, string, error) {
				asked.PageSize, asked.PageToken = size, token
				page, err := node.ConsignmentService().ListConsignmentNotices(ctx, asked)
				return page.GetNotices(), page.GetNextPageToken(), err
			}) {
				if err != nil {
					return err
				}
				if err := list.add(n, n.GetName(), n.GetReference(), strings.TrimPrefix(n.GetExporter(), "exporters/"), stateWords(n), newsWords(n),
					fmt.Sprint(n.GetAnswerCount()), due(n.GetDueTime())); err != nil {
					return err
				}
			}
			return list.close()
		}),
	}
	f := cmd.Flags()
	f.StringVar(&owner, "exporter", "", "only those of this exporter")
	f.StringVar(&asked.Reference, "case", "", "only those of the case of this reference")
	f.BoolVar(&asked.Waiting, "waiting", false, "only those that wait for an officer")
	f.BoolVar(&asked.Overdue, "overdue", false, "only those whose answer is overdue")
	f.BoolVar(&answered, "answered", false, "only those that were answered")
	f.BoolVar(&unanswered, "unanswered", false, "only those that were not answered")
	cmd.MarkFlagsMutuallyExclusive("answered", "unanswered")
	limitFlag(cmd, &limit)
	outputFlag(cmd, &format)
	return cmd
}

// due is the cell of a due time, which may not be there.
func due(t *timestamppb.Timestamp) any {
	if t == nil {
		return ""
	}
	return when(t)
}

// stateWords says how a notice stands, and why it waits.
func stateWords(n *spsv1.ConsignmentNotice) string {
	text := brief.Words(n.GetState())
	if why := holdWords(n.GetOffice().GetHoldReason()); why != "" {
		text += " (" + why + ")"
	}
	if n.GetOffice().GetNewsHeld() {
		text += ", news is held"
	}
	if n.GetOffice().GetOverdue() {
		text += ", overdue"
	}
	return text
}

// holdWords says why a notice, or news of it, is held.
func holdWords(why spsv1.HoldReason) string {
	switch why {
	case spsv1.HoldReason_HOLD_REASON_OFFICER:
		return "held by an officer"
	case spsv1.HoldReason_HOLD_REASON_MATCH:
		return "the match is not exact"
	case spsv1.HoldReason_HOLD_REASON_RECLASSIFIED:
		return "classified anew"
	default:
		return brief.Words(why)
	}
}

// newsWords says what was told last.
func newsWords(n *spsv1.ConsignmentNotice) string {
	v := n.GetVersions()
	if len(v) == 0 {
		return ""
	}
	return wordsOf(v[len(v)-1].GetNews())
}

// noticeWords says in a line how a case stands with an exporter.
func noticeWords(n *spsv1.ConsignmentNotice) string {
	text := strings.TrimPrefix(n.GetExporter(), "exporters/") + ": notice " + stateWords(n)
	if more := int(n.GetAnswerCount()) - len(n.GetAnswers()); more > 0 {
		text += fmt.Sprintf("; answered %d times before", more)
	}
	for _, answer := range n.GetAnswers() {
		text += "; answered " + instant(answer.GetAnswerTime()) + ": " + wordsOf(answer.GetKinds())
	}
	return text
}

func (a *app) noticeGetCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:     "get NAME",
		Short:   "show a notice in the language of its exporter, with its answers",
		Example: "  spsctl notice get 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			n, err := node.ConsignmentService().GetConsignmentNotice(ctx, &spsv1.GetConsignmentNoticeRequest{Name: noticeName(args[0])})
			if err != nil {
				return err
			}
			return a.noticeFacts(n).write(format, n)
		}),
	}
	outputFlag(cmd, &format)
	return cmd
}

// noticeFacts returns what a person looks for in a notice.
func (a *app) noticeFacts(n *spsv1.ConsignmentNotice) *facts {
	return a.noticeFactsIn(n, stateWords(n))
}

// noticeFactsIn does the same of a notice that stands otherwise than it says.
func (a *app) noticeFactsIn(n *spsv1.ConsignmentNotice, state string) *facts {
	f := newFacts(a.out)
	f.add("name", n.GetName())
	f.add("state", state)
	f.add("exporter", n.GetExporter())
	for _, m := range n.GetOffice().GetMatches() {
		f.add("found by", brief.Words(m.GetBasis())+": "+m.GetAsWritten()+matchWords(m))
	}
	f.add("reason", n.GetOffice().GetReason())
	f.add("decided by", n.GetOffice().GetDecidedBy())
	for _, l := range n.GetLines() {
		text := l.GetText()
		if l.GetLang() != "" {
			text += " [" + l.GetLang() + "]"
		}
		f.add(l.GetLabel(), text)
	}
	for _, v := range n.GetVersions() {
		f.add(fmt.Sprintf("version %d", v.GetNumber()), instant(v.GetTellTime())+", "+wordsOf(v.GetNews()))
	}
	for _, sent := range n.GetOffice().GetSendings() {
		f.add("sent", sendingWords(sent))
	}
	if n.GetAcknowledgeTime() != nil {
		f.add("acknowledged", instant(n.GetAcknowledgeTime())+", by "+n.GetAcknowledgedBy())
	}
	for _, answer := range n.GetAnswers() {
		f.add(fmt.Sprintf("answer %d", answer.GetNumber()), instant(answer.GetAnswerTime())+", by "+answer.GetAnsweredBy()+": "+wordsOf(answer.GetKinds()))
		for _, t := range texts(answer.GetText()) {
			f.add("  says", t)
		}
		for _, file := range answer.GetAttachments() {
			f.add("  file", n.GetName()+"/attachments/"+file.GetId()+" "+file.GetFilename())
		}
		f.add("  forwarded in", forwardedWords(answer))
	}
	if more := int(n.GetAnswerCount()) - len(n.GetAnswers()); more > 0 {
		f.add("earlier", fmt.Sprintf("%d answers: spsctl notice answers", more))
	}
	return f
}

// forwardedWords says in which draft an answer was forwarded, and as what that was
// issued.
func forwardedWords(answer *spsv1.NoticeAnswer) string {
	if answer.GetForwardedReference() == "" {
		return answer.GetDraft()
	}
	return answer.GetDraft() + ", issued as " + answer.GetForwardedReference()
}

func matchWords(m *spsv1.NoticeMatch) string {
	switch {
	case m.GetNoGoods():
		return ", no goods"
	case len(m.GetAbout()) == 0:
		return ""
	}
	return ", " + strings.Join(m.GetAbout(), " ")
}

func (a *app) noticeWatchCommand() *cobra.Command {
	format, cursor := tableFormat, ""
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "show notices as they are told or change, and before that those that are there",
		Long: `Watch shows each notice that you may see whenever it was told or changed since the
cursor, and then what comes, until Ctrl-C. With -o jsonl each line carries a
cursor; a later watch that is given it misses nothing. When the node is away,
watch waits for it.`,
		Example: "  spsctl notice watch -o jsonl",
		Args:    cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			return showEvents(ctx, a, format, &cursor, func() (grpc.ServerStreamingClient[spsv1.WatchConsignmentNoticesResponse], error) {
				return node.ConsignmentService().WatchConsignmentNotices(ctx, &spsv1.WatchConsignmentNoticesRequest{Cursor: cursor})
			}, func(e *spsv1.WatchConsignmentNoticesResponse) []string {
				n := e.GetNotice()
				if n == nil {
					return nil
				}
				return []string{fmt.Sprintf("%s  %s  %s  %s  %s", instant(n.GetUpdateTime()), n.GetName(), n.GetReference(), stateWords(n), newsWords(n))}
			})
		}),
	}
	cmd.Flags().StringVar(&cursor, "cursor", "", "go on after this one (default from the first)")
	outputFlagOf(cmd, &format, tableFormat, jsonlFormat)
	return cmd
}
