package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// What only the office that issued the notification does.

func (a *app) amendCommand() *cobra.Command {
	return newAct(a, actText{
		use: "amend REFERENCE", asks: true, short: "replace what your notification says",
		long: `Amend makes a new version of your notification; the old one stays visible. It
reaches everyone who was ever addressed, and whom --to adds. Flags change single
things; a file holds a whole new content, or fields of it that updateMask names.
What holds around the notification is said again: flags, contacts, attachments.
--clear takes them out, unless the file says them anew. What changed the node adds
to what you say of it.`,
		example: `  spsctl case amend VN-2026-000123 --classification information-for-attention --reason 'the goods never left'
  spsctl case amend VN-2026-000123 --confirm --reason 'the second test says the same' --attach report.pdf
  spsctl case amend VN-2026-000123 -f lots.yaml --reason 'two more lots' --to CN
  spsctl case amend VN-2026-000123 --clear flags --reason 'nothing more is asked of anybody'`,
	}, cobra.ExactArgs(1), func(cmd *cobra.Command) func(*spsv1.AmendCaseRequest, []string) error {
		reason := textFlag(cmd, "reason", "why")
		class := wordFlag(cmd, "classification", "reclassify it", spsv1.Classification(0))
		risk := wordFlag(cmd, "risk", "decide the risk anew", spsv1.RiskDecision(0))
		confirm := cmd.Flags().Bool("confirm", false, "confirm what was preliminary")
		var cleared []string
		cmd.Flags().StringSliceVar(&cleared, "clear", nil, "take out what was said around the notification: "+strings.Join(aroundNotification, ", "))
		complete(cmd, "clear", aroundNotification...)
		return func(req *spsv1.AmendCaseRequest, _ []string) error {
			if req.Amendment == nil {
				req.Amendment = &spsv1.Amendment{}
			}
			req.Amendment.Reason = append(req.Amendment.Reason, reason.all...)
			whole := req.Amendment.Notification != nil && !slices.ContainsFunc(req.GetUpdateMask().GetPaths(), func(path string) bool {
				return !strings.HasPrefix(path, "statement.")
			})
			change := func(path string, given bool, set func(*spsv1.Notification)) {
				if !given {
					return
				}
				if req.Amendment.Notification == nil {
					req.Amendment.Notification = &spsv1.Notification{}
				}
				set(req.Amendment.Notification)
				if !whole && !slices.Contains(mask(req).Paths, path) {
					mask(req).Paths = append(mask(req).Paths, path)
				}
			}
			change("classification", class.n != 0, func(n *spsv1.Notification) { n.Classification = spsv1.Classification(class.n) })
			change("risk", risk.n != 0, func(n *spsv1.Notification) { n.Risk = &spsv1.Risk{Decision: spsv1.RiskDecision(risk.n)} })
			change("preliminary", *confirm, func(n *spsv1.Notification) { n.Preliminary = false })
			for _, part := range cleared {
				if !slices.Contains(aroundNotification, part) {
					return fmt.Errorf("--clear %s: want one of %s", part, strings.Join(aroundNotification, ", "))
				}
				mask(req).Paths = append(mask(req).Paths, "statement."+strings.ReplaceAll(part, "-", "_"))
			}
			return nil
		}
	}, spsv1.CaseServiceClient.AmendCase)
}

// aroundNotification is what an amendment says again around the notification.
var aroundNotification = []string{"flags", "contacts", "attachments", "answer-languages"}

// mask returns the mask of an amendment, which may then be changed.
func mask(req *spsv1.AmendCaseRequest) *fieldmaskpb.FieldMask {
	if req.UpdateMask == nil {
		req.UpdateMask = &fieldmaskpb.FieldMask{}
	}
	return req.UpdateMask
}

func (a *app) withdrawCommand() *cobra.Command {
	return newAct(a, actText{
		use: "withdraw REFERENCE", asks: true, short: "take back your notification, or another statement of yours",
		long: `Withdraw takes back your notification; it stays visible, with the reason. With
--what it takes back another statement of your office in a case. It reaches
everyone who was ever addressed.`,
		example: `  spsctl case withdraw VN-2026-000123 --reason unfounded --text 'the sample was mixed up'
  spsctl case withdraw TH-2026-000123 --what VN-2026-000130 --reason sent-in-error --text 'it belongs to another case'`,
	}, cobra.ExactArgs(1), func(cmd *cobra.Command) func(*spsv1.WithdrawCaseRequest, []string) error {
		reason := wordFlag(cmd, "reason", "why", spsv1.WithdrawalReason(0))
		text := textFlag(cmd, "text", "why, in words")
		target := cmd.Flags().String("what", "", "reference of the statement that is taken back (default the notification)")
		return func(req *spsv1.WithdrawCaseRequest, _ []string) error {
			if req.Withdrawal == nil {
				req.Withdrawal = &spsv1.Withdrawal{}
			}
			if reason.n != 0 {
				req.Withdrawal.Reason = spsv1.WithdrawalReason(reason.n)
			}
			req.Withdrawal.Text = append(req.Withdrawal.Text, text.all...)
			req.Target = first(*target, req.GetTarget())
			return nil
		}
	}, spsv1.CaseServiceClient.WithdrawCase)
}

func (a *app) closeCommand() *cobra.Command {
	return newAct(a, actText{
		use: "close REFERENCE", asks: true, short: "close your case, with how it ended",
		long: `Close ends a case that your office began. It reaches everyone who was ever
addressed. What is still open is in: spsctl case get.`,
		example: `  spsctl case close VN-2026-000123 --outcome settled --text 'the code is reinstated'
  spsctl case close VN-2026-000123 --outcome duplicate --duplicate-of TH-2026-000007
  spsctl case close VN-2026-000123 --outcome transferred --transferred-to INFOSAN`,
	}, cobra.ExactArgs(1), func(cmd *cobra.Command) func(*spsv1.CloseCaseRequest, []string) error {
		outcome := wordFlag(cmd, "outcome", "how it ended", spsv1.ClosureOutcome(0))
		text := textFlag(cmd, "text", "in words")
		other := cmd.Flags().String("duplicate-of", "", "reference of the other case")
		heir := cmd.Flags().String("transferred-to", "", "who goes on with it")
		return func(req *spsv1.CloseCaseRequest, _ []string) error {
			if req.Closure == nil {
				req.Closure = &spsv1.Closure{}
			}
			if outcome.n != 0 {
				req.Closure.Outcome = spsv1.ClosureOutcome(outcome.n)
			}
			req.Closure.Text = append(req.Closure.Text, text.all...)
			if *heir != "" {
				req.Closure.TransferredTo = &spsv1.Authority{Name: *heir}
			}
			req.Target = first(*other, req.GetTarget())
			return nil
		}
	}, spsv1.CaseServiceClient.CloseCase)
}

func (a *app) reopenCommand() *cobra.Command {
	return newAct(a, actText{
		use: "reopen REFERENCE", asks: true, short: "open your case again",
		long:    `Reopen opens a case that your office closed or withdrew. Who did not begin the case asks: spsctl case ask REFERENCE reopening.`,
		example: `  spsctl case reopen VN-2026-000123 --reason 'a second lot was found'`,
	}, cobra.ExactArgs(1), func(cmd *cobra.Command) func(*spsv1.ReopenCaseRequest, []string) error {
		reason := textFlag(cmd, "reason", "why")
		return func(req *spsv1.ReopenCaseRequest, _ []string) error {
			if req.Reopening == nil {
				req.Reopening = &spsv1.Reopening{}
			}
			req.Reopening.Reason = append(req.Reopening.Reason, reason.all...)
			return nil
		}
	}, spsv1.CaseServiceClient.ReopenCase)
}
