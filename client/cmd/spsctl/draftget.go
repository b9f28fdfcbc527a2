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

func (a *app) draftGetCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:   "get NAME",
		Short: "show a draft: what it says to whom, who wrote it, and what to look at",
		Long: `Get shows what a draft would say to whom, who wrote, submitted or returned it, then
what spsctl draft check finds: what a second person looks at before it is issued.`,
		Example: "  spsctl draft get 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 -o yaml",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			d, err := node.DraftService().GetDraft(ctx, &spsv1.GetDraftRequest{Name: draftName(args[0])})
			if err != nil {
				return err
			}
			if format != tableFormat {
				return a.draftFacts(d).write(format, d)
			}
			return a.printDraft(ctx, node, d)
		}),
	}
	outputFlag(cmd, &format)
	return cmd
}

// printDraft writes a draft for people: who is behind it, whom it reaches, what it
// says, and what a check finds.
func (a *app) printDraft(ctx context.Context, node *client.Client, d *spsv1.Draft) error {
	f := a.draftFacts(d)
	check := &spsv1.DraftCheck{}
	if d.GetState() != spsv1.DraftState_DRAFT_STATE_ISSUED {
		var err error
		if check, err = node.DraftService().CheckDraft(ctx, &spsv1.CheckDraftRequest{Name: d.GetName()}); err != nil {
			return err
		}
	}
	if check.GetStatement() != nil {
		f.add("for", others(node, check.GetAudience()))
	}
	f.add("to be told by hand", byHand(d.GetStatement()))
	addChanges(ctx, f, node, check.GetStatement())
	if err := f.close(); err != nil {
		return err
	}
	if err := printInFull(a.out, "in full", d.GetStatement(), a.languages()); err != nil {
		return err
	}
	if clean(check) {
		return nil
	}
	if _, err := fmt.Fprintln(a.out); err != nil {
		return err
	}
	return a.showCheck(tableFormat, check)
}

// addChanges adds what an amendment would change of the notification as it holds
// now. To who may not see the case, such as a post, it adds nothing.
func addChanges(ctx context.Context, f *facts, node *client.Client, s *spsv1.Statement) {
	after := s.GetAmendment().GetNotification()
	if after == nil {
		return
	}
	found, err := node.Case(ctx, s.GetCaseRef().GetReference())
	if err != nil || found.GetState().GetNotification() == nil {
		return
	}
	for _, line := range brief.Differences(found.GetState().GetNotification(), after) {
		f.add("changes", line)
	}
}

// draftFacts returns what a person looks for in a draft.
func (a *app) draftFacts(d *spsv1.Draft) *facts {
	b := brief.Of(d.GetStatement(), a.languages()...)
	f := newFacts(a.out)
	f.add("name", d.GetName())
	f.add("state", brief.Words(d.GetState()))
	f.add("kind", b.Kind)
	f.add("classification", b.Classification)
	f.add("status", brief.Words(d.GetStatement().GetStatus()))
	f.add("handling", brief.Words(d.GetStatement().GetHandling()))
	f.add("entered by", enteredWords(d.GetStatement(), instant))
	f.add("subject", b.Subject)
	if d.GetStatement().GetNotification() == nil {
		f.add("says", brief.Says(d.GetStatement(), a.languages()...))
	}
	f.add("products", b.Product)
	f.add("findings", b.Hazard)
	f.add("origin", b.Origin)
	f.add("case", d.GetStatement().GetCaseRef().GetReference())
	f.add("drafted by", d.GetDraftedBy().GetId())
	f.add("unit", d.GetUnit())
	var writers []string
	for _, w := range d.GetWriters() {
		writers = append(writers, w.GetId())
	}
	f.add("written by", strings.Join(writers, ", "))
	f.add("changed", when(d.GetUpdateTime()))
	if d.GetSubmittedBy() != nil {
		f.add("submitted", d.GetSubmittedBy().GetId()+", "+instant(d.GetSubmitTime()))
	}
	if d.GetReturnedBy() != nil {
		f.add("returned", d.GetReturnedBy().GetId()+", "+instant(d.GetReturnTime()))
		f.add("because", brief.Text(d.GetReturnReason()))
	}
	if d.GetIssued() != "" {
		f.add("issued", d.GetReference()+", by "+d.GetIssuedBy().GetId())
		for _, look := range d.GetAdvice() { // before that a check says it
			f.add("worth a look", look.GetSentence())
		}
	}
	f.add("etag", d.GetEtag())
	return f
}
