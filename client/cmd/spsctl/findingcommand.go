package main

import (
	"context"
	_ "embed" // for the template
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// findingTemplate is what a laboratory fills in.
//
//go:embed finding.yaml
var findingTemplate string

func (a *app) findingCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "finding",
		Short: "findings of laboratories: post one, see what became of it, draft from it",
		Long: `A laboratory posts the report on a sample to its own office, and sees its own
reports and what became of them. Officers see all, and begin a draft from one, or
set it aside.
A report is known by its number: the same again changes nothing, a later report
names the number that it replaces.`,
	}, a.findingTemplateCommand(), a.findingPostCommand(), a.findingListCommand(), a.findingGetCommand(), a.findingFileCommand(), a.findingWatchCommand(),
		a.findingWithdrawCommand(), a.findingDraftCommand(), a.findingSetAsideCommand(), a.findingRouteCommand(), a.findingOrderCommand())
}

// findingName takes the name of a finding with or without its prefix.
func findingName(text string) string { return "findings/" + strings.TrimPrefix(text, "findings/") }

func (a *app) findingTemplateCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "template",
		Short:   "print a finding to fill in",
		Example: "  spsctl finding template > report.yaml",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(a.out, findingTemplate)
			return err
		},
	}
}

func (a *app) findingPostCommand() *cobra.Command {
	format, file, only := tableFormat, "", false
	var files []string
	cmd := &cobra.Command{
		Use:   "post -f FILE",
		Short: "post the report on a sample (as laboratory)",
		Long: `Post keeps a finding from a YAML or JSON file at the node, and prints its name.
Everything that is wrong with it is told at once, and nothing is kept then. The
same file again changes nothing. --attach uploads files and names them in it.`,
		Example: `  spsctl finding template > report.yaml
  spsctl finding post -f report.yaml --check
  spsctl finding post -f report.yaml --attach report.pdf`,
		Args: cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			f := &spsv1.LabFinding{}
			if err := a.readMessage(file, f, referTo(ctx, node)); err != nil {
				return err
			}
			for _, path := range files {
				answer, err := upload(ctx, node, path, "")
				if err != nil {
					return err
				}
				f.Attachments = append(f.Attachments, answer.GetAttachment())
			}
			kept, err := node.FindingService().PostFinding(ctx, &spsv1.PostFindingRequest{Finding: f, ValidateOnly: only})
			if err != nil {
				return err
			}
			if format != tableFormat {
				return write(a.out, format, kept)
			}
			if only {
				fmt.Fprintln(a.err, "nothing is wrong with it")
				return nil
			}
			fmt.Fprintln(a.err, "kept; see what becomes of it: spsctl finding get "+kept.GetName())
			_, err = fmt.Fprintln(a.out, kept.GetName())
			return err
		}),
	}
	cmd.Flags().StringVarP(&file, "file", "f", "", `the file, "-" for standard input`)
	cobra.CheckErr(cmd.MarkFlagRequired("file"))
	cmd.Flags().BoolVar(&only, "check", false, "say what is wrong with it, and keep nothing")
	cmd.Flags().StringArrayVar(&files, "attach", nil, "upload this file and name it in the finding; may be repeated")
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) findingWithdrawCommand() *cobra.Command {
	format := tableFormat
	var reason *wordings
	cmd := &cobra.Command{
		Use:     "withdraw NUMBER --reason TEXT",
		Short:   "withdraw a report by its number (as laboratory)",
		Example: "  spsctl finding withdraw L-2026-0042 --reason 'en=the samples were mixed up'",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			f, err := node.FindingService().WithdrawFinding(ctx, &spsv1.WithdrawFindingRequest{ReportNumber: args[0], Reason: reason.all})
			if err != nil {
				return err
			}
			return a.findingFacts(f).write(format, f)
		}),
	}
	reason = textFlag(cmd, "reason", "why")
	cobra.CheckErr(cmd.MarkFlagRequired("reason"))
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) findingSetAsideCommand() *cobra.Command {
	format := tableFormat
	var reason *wordings
	cmd := &cobra.Command{
		Use:   "set-aside NAME --reason TEXT",
		Short: "say that a finding was settled without a draft, and why (as officer)",
		Long: `Set-aside takes a finding from the desk that is settled without a draft: it is not
yours, is below your own limit, or was dealt with by telephone. Its laboratory reads
why. A draft that is begun from it later takes that back.`,
		Example: "  spsctl finding set-aside 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 --reason 'vi=đã giải quyết qua điện thoại'",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			f, err := node.FindingService().SetAsideFinding(ctx, &spsv1.SetAsideFindingRequest{Name: findingName(args[0]), Reason: reason.all})
			if err != nil {
				return err
			}
			return a.findingFacts(f).write(format, f)
		}),
	}
	reason = textFlag(cmd, "reason", "why, for the laboratory too")
	cobra.CheckErr(cmd.MarkFlagRequired("reason"))
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) findingDraftCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:   "draft NAME...",
		Short: "begin a draft of a notification from findings (as officer)",
		Long: `Draft begins a draft with what findings say: products, lots, samples, results,
files, what is above a limit, and the classification and risk that they propose.
Look at it, complete it, and have a second person issue it.`,
		Example: "  spsctl finding draft 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11",
		Args:    cobra.MinimumNArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			req := &spsv1.DraftFromFindingsRequest{RequestId: client.NewRequestID()}
			for _, name := range args {
				req.Names = append(req.Names, findingName(name))
			}
			made, err := node.FindingService().DraftFromFindings(ctx, req)
			if err != nil {
				return err
			}
			return a.sayDraft(format, made, "begun; see what is missing: spsctl draft check "+made.GetName())
		}),
	}
	outputFlag(cmd, &format)
	return cmd
}

// analytes lists what was looked for, with what was concluded.
func analytes(f *spsv1.LabFinding) string {
	var all []string
	for _, r := range f.GetSample().GetResults() {
		name := conceptName(r.GetAnalyte())
		if words := brief.Words(r.GetVerdict()); words != "" {
			name += " (" + words + ")"
		}
		all = append(all, name)
	}
	return strings.Join(all, ", ")
}
