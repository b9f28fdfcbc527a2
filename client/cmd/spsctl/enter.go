package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) enterCommand() *cobra.Command {
	o, draft := issueOptions{format: tableFormat}, false
	cmd := &cobra.Command{
		Use:   "enter -f FILE --heard-from WHOM --heard-by MEANS",
		Short: "enter a notification that was told by letter, telephone or another system",
		Long: `Enter issues a notification that somebody told outside the network, with its source:
who told it, how, when, under which number, and the scan. It is signed by your
office and shown so. When the real one arrives: spsctl case link.

The file is one of spsctl case template, as your office would issue it: addressees
are whom you tell. Like any notification it takes two persons: an officer keeps it
as a draft with --draft, and a validator issues that. --check looks first, and
issue asks, as spsctl case issue does.`,
		Example: `  spsctl case enter -f letter.yaml --heard-from LA --heard-by letter --their-reference 12/PPD --attach scan.pdf --draft
  spsctl case enter -f call.yaml --heard-from 'Food Agency' --heard-by telephone --heard-here 'An Tran' --heard-at 2h`,
		Args: cobra.NoArgs,
	}
	source := sourceFlags(cmd)
	cmd.RunE = a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
		statement, err := a.readStatement(o.file, referTo(ctx, node))
		if err != nil {
			return err
		}
		if err := source(statement); err != nil {
			return usageError{err}
		}
		if statement.GetSource() == nil {
			return usageError{errors.New("say who told it: --heard-from")}
		}
		if err := attach(ctx, node, statement, o.attach); err != nil {
			return err
		}
		scanned(statement)
		if !draft {
			return a.issue(ctx, node, statement, o)
		}
		return a.keepDraft(ctx, node, statement, o)
	})
	f := cmd.Flags()
	f.StringVarP(&o.file, "file", "f", "", `the file, "-" for standard input`)
	f.StringArrayVar(&o.attach, "attach", nil, "upload this file and let the statement name it; may be repeated")
	f.BoolVar(&o.again, "again", false, "issue it even if the same was issued before")
	f.BoolVar(&o.check, "check", false, "only check it, and report every problem at once")
	f.BoolVar(&draft, "draft", false, "keep it as a draft, for a second person to issue")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	cobra.CheckErr(cmd.MarkFlagRequired("file"))
	cmd.MarkFlagsMutuallyExclusive("check", "draft")
	outputFlag(cmd, &o.format)
	return cmd
}

// keepDraft keeps a statement as a draft, under the request ID under which it
// would be issued: the same is kept once.
func (a *app) keepDraft(ctx context.Context, node *client.Client, s *spsv1.Statement, o issueOptions) error {
	id, err := o.request(node, s)
	if err != nil {
		return err
	}
	made, err := node.DraftService().CreateDraft(ctx, &spsv1.CreateDraftRequest{Draft: &spsv1.Draft{Statement: s}, RequestId: id})
	if err != nil {
		return fmt.Errorf("%w%s", err, conflictHint(err, o.requestID != ""))
	}
	return a.sayDraft(o.format, made, keptAsDraft(made))
}

// keptAsDraft says what comes after a statement was kept.
func keptAsDraft(made *spsv1.Draft) string {
	return "kept; check it: spsctl draft check " + made.GetName()
}
