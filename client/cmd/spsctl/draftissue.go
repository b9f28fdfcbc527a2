package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) draftCheckCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:   "check NAME",
		Short: "say what is wrong with a draft, what to look at, and which cases it resembles",
		Long: `Check changes nothing. It names every problem at once, then what may be an
oversight, then cases of the last twelve months about the same operator, code, or
product, hazard and origin, and those that seem to be the same matter. It ends
with code 6 while there are problems.`,
		Example: "  spsctl draft check 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			check, err := node.DraftService().CheckDraft(ctx, &spsv1.CheckDraftRequest{Name: draftName(args[0])})
			if err != nil {
				return err
			}
			if clean(check) && format == tableFormat {
				fmt.Fprintln(a.err, "nothing is wrong with it, and it resembles no case of the last twelve months")
				return nil
			}
			if err := a.showCheck(format, check); err != nil {
				return err
			}
			if n := len(check.GetProblems()); n > 0 {
				return invalidError{fmt.Errorf("%s to mend before it can be submitted", plural(n, "problem"))}
			}
			return nil
		}),
	}
	outputFlag(cmd, &format)
	return cmd
}

// clean reports whether a check found nothing to say.
func clean(check *spsv1.DraftCheck) bool {
	return len(check.GetProblems())+len(check.GetAdvice())+len(check.GetSimilar()) == 0 && !check.GetCaseGoneOn()
}

// showCheck shows what a check found, a line each.
func (a *app) showCheck(format format, check *spsv1.DraftCheck) error {
	if format != tableFormat && format != csvFormat {
		return write(a.out, format, check)
	}
	list := newList(a.out, format, "what", "where", "says")
	for _, p := range check.GetProblems() {
		if err := list.add(p, "problem", p.GetField(), p.GetSentence()); err != nil {
			return err
		}
	}
	for _, p := range check.GetAdvice() {
		if err := list.add(p, "worth a look", p.GetField(), p.GetSentence()); err != nil {
			return err
		}
	}
	if check.GetCaseGoneOn() {
		if err := list.add(check, "worth a look", "case", "something was said in the case since this was written"); err != nil {
			return err
		}
	}
	for _, s := range check.GetSimilar() {
		if err := list.add(s, brief.Words(s.GetKind()), strings.TrimPrefix(s.GetCase(), "cases/"), strings.Join(s.GetShared(), ", ")); err != nil {
			return err
		}
	}
	return list.close()
}

func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func (a *app) draftIssueCommand() *cobra.Command {
	format, yes, waiver, read := tableFormat, false, "", ""
	cmd := &cobra.Command{
		Use:   "issue NAME",
		Short: "issue a submitted draft that somebody else wrote",
		Long: `Issue signs the draft in the name of your office, as spsctl case issue does. If
you wrote any of it, the rule of your office must let one person issue it, and you
say so with --alone: because of its classification, or because the office is
closed. The waiver is signed with the statement, for all to see.

A draft that changes a case is issued as long as nothing was said in the case
since it was written. Otherwise read the case, and give its etag with --case-etag,
or return the draft.`,
		Example: "  spsctl draft issue 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			d, err := node.DraftService().GetDraft(ctx, &spsv1.GetDraftRequest{Name: draftName(args[0])})
			if err != nil {
				return err
			}
			req := &spsv1.IssueDraftRequest{Name: d.GetName(), Etag: d.GetEtag(), CaseEtag: read}
			if waiver != "" {
				name, ok := enumValue(spsv1.WaiverReason(0).Descriptor(), waiver)
				if !ok {
					return usageError{fmt.Errorf("reason %q is none of %s", waiver, strings.Join(shortNames(spsv1.WaiverReason(0).Descriptor()), ", "))}
				}
				req.Waiver = &spsv1.Waiver{Reason: spsv1.WaiverReason(spsv1.WaiverReason_value[name])}
			}
			if !yes && d.GetState() != spsv1.DraftState_DRAFT_STATE_ISSUED {
				if err := a.confirmDraft(ctx, node, d); err != nil {
					return err
				}
			}
			issued, err := node.DraftService().IssueDraft(ctx, req)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.err, "issued as %s; see who has it: spsctl case get %s\n", issued.GetName(), issued.GetReference())
			if format == tableFormat {
				_, err := fmt.Fprintln(a.out, issued.GetReference())
				return err
			}
			if format == csvFormat {
				return a.listStatements(csvFormat, []*spsv1.IssuedStatement{issued})
			}
			return write(a.out, format, issued)
		}),
	}
	cmd.Flags().StringVar(&waiver, "alone", "", "why one person is enough: classification or out-of-hours")
	cmd.Flags().StringVar(&read, "case-etag", "", "etag of the case as you have read it, as spsctl case get shows it")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	complete(cmd, "alone", shortNames(spsv1.WaiverReason(0).Descriptor())...)
	outputFlag(cmd, &format)
	return cmd
}

// confirmDraft shows what a draft would say to whom, and asks.
func (a *app) confirmDraft(ctx context.Context, node *client.Client, d *spsv1.Draft) error {
	check, err := node.DraftService().CheckDraft(ctx, &spsv1.CheckDraftRequest{Name: d.GetName()})
	if err != nil {
		return err
	}
	if len(check.GetProblems()) > 0 {
		if err := a.showCheck(tableFormat, check); err != nil {
			return err
		}
		return invalidError{fmt.Errorf("%s to mend: return it to %s", plural(len(check.GetProblems()), "problem"), d.GetSubmittedBy().GetId())}
	}
	for _, s := range check.GetSimilar() {
		fmt.Fprintf(a.err, "%s of %s: %s\n", brief.Words(s.GetKind()), strings.TrimPrefix(s.GetCase(), "cases/"), printable(strings.Join(s.GetShared(), ", ")))
	}
	a.sayAdvice(d.GetAdvice())
	return a.confirm(node, &spsv1.IssuedStatement{Statement: check.GetStatement(), Audience: check.GetAudience()},
		"look at it with spsctl draft check "+d.GetName()+", then add --yes")
}
