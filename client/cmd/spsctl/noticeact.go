package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// noticeAct is a command that does something to the notice that its argument
// names, and shows it then.
func (a *app) noticeAct(use, short, example string, act func(context.Context, *client.Client, string) (*spsv1.ConsignmentNotice, error)) *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use: use, Short: short, Example: example, Args: cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			n, err := act(ctx, node, noticeName(args[0]))
			if err != nil {
				return err
			}
			return a.noticeFacts(n).write(format, n)
		}),
	}
	outputFlag(cmd, &format)
	return cmd
}

// reasonFlag is the flag of a reason that is needed.
func reasonFlag(cmd *cobra.Command, reason *string, usage string) *cobra.Command {
	cmd.Flags().StringVar(reason, "reason", "", usage)
	cobra.CheckErr(cmd.MarkFlagRequired("reason"))
	return cmd
}

func (a *app) noticeAcknowledgeCommand() *cobra.Command {
	version := uint32(0)
	cmd := a.noticeAct("acknowledge NAME --version NUMBER", "say which version of a notice you have read (as exporter)",
		"  spsctl notice acknowledge 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 --version 1",
		func(ctx context.Context, node *client.Client, name string) (*spsv1.ConsignmentNotice, error) {
			return node.ConsignmentService().AcknowledgeConsignmentNotice(ctx, &spsv1.AcknowledgeConsignmentNoticeRequest{Name: name, Version: version})
		})
	cmd.Flags().Uint32Var(&version, "version", 0, "number of the version that you read, as notice get shows it")
	cobra.CheckErr(cmd.MarkFlagRequired("version"))
	return cmd
}

func (a *app) noticeAnswersCommand() *cobra.Command {
	format, limit := tableFormat, 0
	cmd := &cobra.Command{
		Use:     "answers NAME",
		Short:   "list what was answered to a notice, the first answer first",
		Example: "  spsctl notice answers 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			list := newList(a.out, format, "number", "given", "by", "says", "files", "forwarded in")
			for answer, err := range pages(limit, "", func(size int32, token string) ([]*spsv1.NoticeAnswer, string, error) {
				page, err := node.ConsignmentService().ListNoticeAnswers(ctx, &spsv1.ListNoticeAnswersRequest{
					Name: noticeName(args[0]), PageSize: size, PageToken: token,
				})
				return page.GetAnswers(), page.GetNextPageToken(), err
			}) {
				if err != nil {
					return err
				}
				said := append([]string{wordsOf(answer.GetKinds())}, texts(answer.GetText())...)
				if err := list.add(answer, fmt.Sprint(answer.GetNumber()), when(answer.GetAnswerTime()), answer.GetAnsweredBy(), strings.Join(said, "; "),
					fmt.Sprint(answer.GetAttachmentCount()), forwardedWords(answer)); err != nil {
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

func (a *app) noticeAnswerCommand() *cobra.Command {
	var kinds, said, files []string
	id := ""
	cmd := a.noticeAct("answer NAME --say WORD", "answer a notice (as exporter)",
		"  spsctl notice answer 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 --say not-our-goods,code-misused --text 'vi=mã số bị lạm dụng' --attach photo.jpg",
		func(ctx context.Context, node *client.Client, name string) (*spsv1.ConsignmentNotice, error) {
			req := &spsv1.AnswerConsignmentNoticeRequest{Name: name, RequestId: first(id, client.NewRequestID())}
			for _, text := range kinds {
				value, ok := enumValue(spsv1.AnswerKind(0).Descriptor(), text)
				if !ok {
					return nil, usageError{fmt.Errorf("%q is none of %s", text, strings.Join(shortNames(spsv1.AnswerKind(0).Descriptor()), ", "))}
				}
				req.Kinds = append(req.Kinds, spsv1.AnswerKind(spsv1.AnswerKind_value[value]))
			}
			var err error
			if req.Text, err = localized(said); err != nil {
				return nil, usageError{err}
			}
			for _, path := range files {
				answer, err := upload(ctx, node, path, "")
				if err != nil {
					return nil, err
				}
				req.Attachments = append(req.Attachments, answer.GetAttachment())
			}
			return node.ConsignmentService().AnswerConsignmentNotice(ctx, req)
		})
	cmd.Flags().StringSliceVar(&kinds, "say", nil, "what you say, with commas: "+strings.Join(shortNames(spsv1.AnswerKind(0).Descriptor()), ", "))
	complete(cmd, "say", shortNames(spsv1.AnswerKind(0).Descriptor())...)
	cobra.CheckErr(cmd.MarkFlagRequired("say"))
	cmd.Flags().StringArrayVar(&said, "text", nil, "in your words, with their language before them: 'vi=đã khử trùng'; may be repeated")
	cmd.Flags().StringArrayVar(&files, "attach", nil, "upload this file and send it along; may be repeated")
	cmd.Flags().StringVar(&id, "request-id", "", "the id of an earlier try, so that the answer is kept once")
	return cmd
}

func (a *app) noticePreviewCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:     "preview NAME",
		Short:   "show a notice as the exporter would be shown it (as officer)",
		Example: "  spsctl notice preview 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			shown, err := node.ExporterService().PreviewConsignmentNotice(ctx, &spsv1.PreviewConsignmentNoticeRequest{Name: noticeName(args[0])})
			if err != nil {
				return err
			}
			now, err := node.ConsignmentService().GetConsignmentNotice(ctx, &spsv1.GetConsignmentNoticeRequest{Name: shown.GetName()})
			if err != nil {
				return err
			}
			return a.noticeFactsIn(shown, stateWords(now)+"; below it is as the exporter would be shown it").write(format, shown)
		}),
	}
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) noticeReleaseCommand() *cobra.Command {
	var said []string
	var by *dueFlag
	cmd := a.noticeAct("release NAME", "show a notice, or news of it, to its exporter (as officer)",
		"  spsctl notice release 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 --text 'vi=hãy gửi hồ sơ khử trùng' --due 2027-01-31T17:00:00+07:00",
		func(ctx context.Context, node *client.Client, name string) (*spsv1.ConsignmentNotice, error) {
			req := &spsv1.ReleaseConsignmentNoticeRequest{Name: name, DueTime: by.in(a.zone)}
			var err error
			if req.Text, err = localized(said); err != nil {
				return nil, usageError{err}
			}
			return node.ExporterService().ReleaseConsignmentNotice(ctx, req)
		})
	cmd.Flags().StringArrayVar(&said, "text", nil, "what your office adds, with its language before it: 'vi=hãy gửi hồ sơ'; may be repeated")
	by = dueUntil(cmd, "due", "by when an answer is wanted (default as the office's rule says)")
	return cmd
}

func (a *app) noticeHoldCommand() *cobra.Command {
	reason := ""
	return reasonFlag(a.noticeAct("hold NAME --reason TEXT", "keep a notice, or news of it, from its exporter (as officer)",
		"  spsctl notice hold 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 --reason 'ask the province first'",
		func(ctx context.Context, node *client.Client, name string) (*spsv1.ConsignmentNotice, error) {
			return node.ExporterService().HoldConsignmentNotice(ctx, &spsv1.HoldConsignmentNoticeRequest{Name: name, Reason: reason})
		}), &reason, "why; the exporter is not shown it")
}

func (a *app) noticeRejectCommand() *cobra.Command {
	reason := ""
	return reasonFlag(a.noticeAct("reject NAME --reason TEXT", "say that the case is not this exporter's (as officer)",
		"  spsctl notice reject 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 --reason 'another firm of that name'",
		func(ctx context.Context, node *client.Client, name string) (*spsv1.ConsignmentNotice, error) {
			return node.ExporterService().RejectConsignmentNotice(ctx, &spsv1.RejectConsignmentNoticeRequest{Name: name, Reason: reason})
		}), &reason, "why; the exporter is not shown it")
}

func (a *app) noticeWithdrawCommand() *cobra.Command {
	var said []string
	cmd := a.noticeAct("withdraw NAME --reason LANG=TEXT", "take a notice back that was released (as officer)",
		"  spsctl notice withdraw 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 --reason 'vi=thông báo gửi nhầm'",
		func(ctx context.Context, node *client.Client, name string) (*spsv1.ConsignmentNotice, error) {
			reason, err := localized(said)
			if err != nil {
				return nil, usageError{err}
			}
			return node.ExporterService().WithdrawConsignmentNotice(ctx, &spsv1.WithdrawConsignmentNoticeRequest{Name: name, Reason: reason})
		})
	cmd.Flags().StringArrayVar(&said, "reason", nil, "why, with its language before it, as the exporter is shown it; may be repeated")
	cobra.CheckErr(cmd.MarkFlagRequired("reason"))
	return cmd
}

func (a *app) noticeCreateCommand() *cobra.Command {
	format, req, owner := tableFormat, &spsv1.CreateConsignmentNoticeRequest{}, ""
	cmd := &cobra.Command{
		Use:   "create REFERENCE --exporter ID --reason TEXT",
		Short: "make a notice by hand, for an exporter to whom no code leads (as officer)",
		Long: `Create makes a notice of a case for an exporter that you name. It waits for its
release. --about names the products and lots that are the exporter's, by their
local ids in the notification; without it, all goods of the case are.`,
		Example: "  spsctl notice create TH-2026-000123 --exporter binh-thuan --about p1.l1 --reason 'the province says so'",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			req.Case, req.Exporter = "cases/"+strings.TrimPrefix(args[0], "cases/"), exporterName(owner)
			n, err := node.ExporterService().CreateConsignmentNotice(ctx, req)
			if err != nil {
				return err
			}
			return a.noticeFacts(n).write(format, n)
		}),
	}
	cmd.Flags().StringVar(&owner, "exporter", "", "id of the exporter")
	cobra.CheckErr(cmd.MarkFlagRequired("exporter"))
	cmd.Flags().StringSliceVar(&req.About, "about", nil, "products and lots, such as p1 or p1.l2; may be repeated")
	outputFlag(cmd, &format)
	return reasonFlag(cmd, &req.Reason, "why; the exporter is not shown it")
}

func (a *app) noticeForwardCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:   "forward NAME NUMBER",
		Short: "begin a draft of a follow-up with an exporter's answer and its files (as officer)",
		Long: `Forward begins a draft of a follow-up to the case with what an exporter answered.
Complete it, take out what is not for other offices, and issue it.`,
		Example: "  spsctl notice forward 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 1",
		Args:    cobra.ExactArgs(2),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			number, err := strconv.ParseUint(args[1], 10, 32)
			if err != nil {
				return usageError{fmt.Errorf("%q is not the number of an answer", args[1])}
			}
			made, err := node.ExporterService().ForwardAnswer(ctx, &spsv1.ForwardAnswerRequest{Name: noticeName(args[0]), Answer: uint32(number)})
			if err != nil {
				return err
			}
			return a.sayDraft(format, made, "begun; see what is missing: spsctl draft check "+made.GetName())
		}),
	}
	outputFlag(cmd, &format)
	return cmd
}
