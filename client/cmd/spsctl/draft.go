package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) draftCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "draft",
		Short: "drafts: write one, have it checked, have a second person issue it",
		Long: `What begins, changes or ends a case takes two persons: one drafts and submits it,
another, who never changed it, issues it. A draft never leaves your office. Posts
see their own drafts only.`,
	}, a.draftCreateCommand(), a.draftListCommand(), a.draftGetCommand(), a.draftUpdateCommand(), a.draftCheckCommand(),
		a.draftSubmitCommand(), a.draftReturnCommand(), a.draftIssueCommand(), a.draftDeleteCommand())
}

// draftName takes the name of a draft with or without its prefix.
func draftName(text string) string { return "drafts/" + strings.TrimPrefix(text, "drafts/") }

func (a *app) draftCreateCommand() *cobra.Command {
	format, file := tableFormat, ""
	cmd := &cobra.Command{
		Use:   "create -f FILE",
		Short: "keep a statement that is not issued yet",
		Long: `Create keeps a statement from a YAML or JSON file, as spsctl case issue takes it.
It may be incomplete: draft check says what is missing.`,
		Example: `  spsctl case template alert > salmonella.yaml
  spsctl draft create -f salmonella.yaml`,
		Args: cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			s, err := a.readStatement(file, referTo(ctx, node))
			if err != nil {
				return err
			}
			made, err := node.DraftService().CreateDraft(ctx, &spsv1.CreateDraftRequest{
				Draft: &spsv1.Draft{Statement: s}, RequestId: client.NewRequestID(),
			})
			if err != nil {
				return err
			}
			return a.sayDraft(format, made, keptAsDraft(made))
		}),
	}
	cmd.Flags().StringVarP(&file, "file", "f", "", `the file, "-" for standard input`)
	cobra.CheckErr(cmd.MarkFlagRequired("file"))
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) draftListCommand() *cobra.Command {
	format, limit := tableFormat, 0
	var asked []string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "list the drafts that you may see, the one changed last first",
		Example: "  spsctl draft list --state submitted",
		Args:    cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			var states []spsv1.DraftState
			for _, text := range asked {
				name, ok := enumValue(spsv1.DraftState(0).Descriptor(), text)
				if !ok {
					return usageError{fmt.Errorf("state %q is none of %s", text, strings.Join(shortNames(spsv1.DraftState(0).Descriptor()), ", "))}
				}
				states = append(states, spsv1.DraftState(spsv1.DraftState_value[name]))
			}
			list := newList(a.out, format, "name", "state", "subject", "drafted by", "changed", "worth a look")
			for d, err := range pages(limit, "", func(size int32, token string) ([]*spsv1.Draft, string, error) {
				page, err := node.DraftService().ListDrafts(ctx, &spsv1.ListDraftsRequest{PageSize: size, PageToken: token, States: states})
				return page.GetDrafts(), page.GetNextPageToken(), err
			}) {
				if err != nil {
					return err
				}
				if err := list.add(d, d.GetName(), brief.Words(d.GetState()), brief.Of(d.GetStatement(), a.languages()...).Subject,
					d.GetDraftedBy().GetId(), when(d.GetUpdateTime()), adviceWords(d)); err != nil {
					return err
				}
			}
			return list.close()
		}),
	}
	cmd.Flags().StringSliceVar(&asked, "state", nil, "only those in this state; may be repeated (default all but issued)")
	complete(cmd, "state", shortNames(spsv1.DraftState(0).Descriptor())...)
	limitFlag(cmd, &limit)
	outputFlag(cmd, &format)
	return cmd
}

// adviceWords says in a few words what became of the findings behind a draft.
func adviceWords(d *spsv1.Draft) string {
	var all []string
	for _, look := range d.GetAdvice() {
		if words := strings.ToLower(strings.ReplaceAll(look.GetReason(), "_", " ")); !slices.Contains(all, words) {
			all = append(all, words)
		}
	}
	return strings.Join(all, ", ")
}

func (a *app) draftUpdateCommand() *cobra.Command {
	format, file := tableFormat, ""
	cmd := &cobra.Command{
		Use:   "update NAME -f FILE",
		Short: "replace what a draft says",
		Long: `Update replaces the whole statement of a draft that is not submitted. Who changes a
draft does not issue it. The file is a statement, or the draft as get prints it.`,
		Example: `  spsctl draft update 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 -f salmonella.yaml
  spsctl draft get 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 -o yaml > draft.yaml`,
		Args: cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			s, err := a.readStatement(file, referTo(ctx, node))
			if err != nil {
				return err
			}
			return a.withDraft(ctx, node, args[0], format, "changed", func(d *spsv1.Draft) (*spsv1.Draft, error) {
				return node.DraftService().UpdateDraft(ctx, &spsv1.UpdateDraftRequest{
					Draft: &spsv1.Draft{Name: d.GetName(), Etag: d.GetEtag(), Statement: s},
				})
			})
		}),
	}
	cmd.Flags().StringVarP(&file, "file", "f", "", `the file, "-" for standard input`)
	cobra.CheckErr(cmd.MarkFlagRequired("file"))
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) draftSubmitCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:     "submit NAME",
		Short:   "hand a draft in, so that a second person issues it",
		Example: "  spsctl draft submit 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			return a.withDraft(ctx, node, args[0], format, "submitted; a validator issues it: spsctl draft issue "+draftName(args[0]),
				func(d *spsv1.Draft) (*spsv1.Draft, error) {
					return node.DraftService().SubmitDraft(ctx, &spsv1.SubmitDraftRequest{Name: d.GetName(), Etag: d.GetEtag()})
				})
		}),
	}
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) draftReturnCommand() *cobra.Command {
	format := tableFormat
	var reason *wordings
	cmd := &cobra.Command{
		Use:     "return NAME --reason TEXT",
		Short:   "give a submitted draft back",
		Example: "  spsctl draft return 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 --reason 'en=which lot?'",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			return a.withDraft(ctx, node, args[0], format, "returned", func(d *spsv1.Draft) (*spsv1.Draft, error) {
				return node.DraftService().ReturnDraft(ctx, &spsv1.ReturnDraftRequest{Name: d.GetName(), Etag: d.GetEtag(), Reason: reason.all})
			})
		}),
	}
	reason = textFlag(cmd, "reason", "why")
	cobra.CheckErr(cmd.MarkFlagRequired("reason"))
	outputFlag(cmd, &format)
	return cmd
}

// withDraft reads a draft, changes it as it was read, and says what became of it.
func (a *app) withDraft(ctx context.Context, node *client.Client, name string, format format, done string,
	change func(*spsv1.Draft) (*spsv1.Draft, error),
) error {
	d, err := node.DraftService().GetDraft(ctx, &spsv1.GetDraftRequest{Name: draftName(name)})
	if err != nil {
		return err
	}
	if d, err = change(d); err != nil {
		return err
	}
	return a.sayDraft(format, d, done)
}

// sayDraft says what became of a draft: its name alone on standard output.
func (a *app) sayDraft(format format, d *spsv1.Draft, done string) error {
	if format != tableFormat {
		return a.draftFacts(d).write(format, d)
	}
	fmt.Fprintln(a.err, done)
	_, err := fmt.Fprintln(a.out, d.GetName())
	return err
}

func (a *app) draftDeleteCommand() *cobra.Command {
	yes := false
	cmd := &cobra.Command{
		Use:     "delete NAME",
		Short:   "discard a draft that is not issued",
		Example: "  spsctl draft delete 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 --yes",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			name := draftName(args[0])
			draft, err := node.DraftService().GetDraft(ctx, &spsv1.GetDraftRequest{Name: name})
			if err != nil {
				return err
			}
			if !yes {
				if err := a.ask("discard "+name+" for good?", "add --yes"); err != nil {
					return err
				}
			}
			if _, err = node.DraftService().DeleteDraft(ctx, &spsv1.DeleteDraftRequest{Name: name, Etag: draft.GetEtag()}); err != nil {
				return err
			}
			fmt.Fprintf(a.err, "%s was discarded\n", name)
			return nil
		}),
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}
