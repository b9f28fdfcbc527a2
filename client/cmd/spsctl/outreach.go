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

func (a *app) noticeOutreachCommand() *cobra.Command {
	format, cursor := tableFormat, ""
	cmd := &cobra.Command{
		Use:   "outreach",
		Short: "show of what word is to be sent to exporters, as it comes (as officer, or a system of the office)",
		Long: `Outreach shows each notice of whose newest version nobody has recorded that word
of it was sent: the exporter, its channels, and a line of text in its language. A
system of the office that sends e-mail or text messages watches it, and records what
it sent with notice sent. With -o jsonl each line carries a cursor.`,
		Example: "  spsctl notice outreach -o jsonl",
		Args:    cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			return showEvents(ctx, a, format, &cursor, func() (grpc.ServerStreamingClient[spsv1.WatchOutreachResponse], error) {
				return node.ExporterService().WatchOutreach(ctx, &spsv1.WatchOutreachRequest{Cursor: cursor})
			}, outreachLines)
		}),
	}
	cmd.Flags().StringVar(&cursor, "cursor", "", "go on after this one (default from the first)")
	outputFlagOf(cmd, &format, tableFormat, jsonlFormat)
	return cmd
}

// outreachLines says what is to be sent.
func outreachLines(e *spsv1.WatchOutreachResponse) []string {
	o := e.GetOutreach()
	if o == nil {
		return nil
	}
	var channels []string
	for _, c := range o.GetChannels() {
		channels = append(channels, brief.Words(c.GetKind())+" "+c.GetAddress())
	}
	return []string{fmt.Sprintf("%s  %s  version %d  %s  %s: %s", instant(o.GetTellTime()), o.GetNotice(), o.GetVersion(),
		strings.TrimPrefix(o.GetExporter(), "exporters/"), first(strings.Join(channels, ", "), "no channel"), o.GetText())}
}

func (a *app) noticeSentCommand() *cobra.Command {
	format, channel, req := tableFormat, "", &spsv1.RecordSendingRequest{}
	var at *timeFlag
	cmd := &cobra.Command{
		Use:     "sent NAME --version NUMBER --channel WORD --address TEXT",
		Short:   "record that word of a notice was sent to its exporter (as officer, or a system of the office)",
		Example: "  spsctl notice sent 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 --version 1 --channel phone --address +84241234567",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			value, ok := enumValue(spsv1.ChannelKind(0).Descriptor(), channel)
			if !ok {
				return usageError{fmt.Errorf("%q is none of %s", channel, strings.Join(shortNames(spsv1.ChannelKind(0).Descriptor()), ", "))}
			}
			req.Name, req.Channel, req.SendTime = noticeName(args[0]), spsv1.ChannelKind(spsv1.ChannelKind_value[value]), at.at
			resp, err := node.ExporterService().RecordSending(ctx, req)
			if err != nil {
				return err
			}
			f := newFacts(a.out)
			f.add("name", req.GetName())
			f.add("sent", sendingWords(resp.GetSending()))
			return f.write(format, resp)
		}),
	}
	f := cmd.Flags()
	f.Uint32Var(&req.Version, "version", 0, "number of the version of which word was sent")
	f.StringVar(&channel, "channel", "", "by what: "+strings.Join(shortNames(spsv1.ChannelKind(0).Descriptor()), ", "))
	complete(cmd, "channel", shortNames(spsv1.ChannelKind(0).Descriptor())...)
	f.StringVar(&req.Address, "address", "", "where to")
	f.StringVar(&req.Failure, "failed", "", "why it failed")
	at = whenFlag(cmd, "at", "when (default now)")
	for _, needed := range []string{"version", "channel", "address"} {
		cobra.CheckErr(cmd.MarkFlagRequired(needed))
	}
	outputFlag(cmd, &format)
	return cmd
}

// sendingWords says in a line where word of a notice was sent, or why not.
func sendingWords(s *spsv1.NoticeSending) string {
	text := fmt.Sprintf("%s, version %d, %s %s, by %s", instant(s.GetSendTime()), s.GetVersion(), brief.Words(s.GetChannel()), s.GetAddress(), s.GetRecordedBy())
	if s.GetFailure() != "" {
		text += ", failed: " + s.GetFailure()
	}
	return text
}
