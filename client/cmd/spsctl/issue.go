package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// issueOptions are the flags of issue.
type issueOptions struct {
	file, requestID string
	check, yes      bool
	format          format
}

func (a *app) caseIssueCommand() *cobra.Command {
	o := issueOptions{format: tableFormat}
	cmd := &cobra.Command{
		Use:   "issue -f FILE",
		Short: "issue a statement from a YAML or JSON file",
		Long: `Issue signs a statement in the name of your office. The file holds a Statement
with the names of the API, see: spsctl case template. Values of a list may be
short: border-rejection stands for CLASSIFICATION_BORDER_REJECTION. The node
adds your office, and you as its issuer.

Issue shows what will be said to whom, and asks; --yes answers. What was issued
cannot be taken back, only withdrawn, for all to see.

If you do not know how an issue ended, repeat it with the same --request-id: it
is issued once, however often you try.`,
		Example: `  spsctl case template border-rejection > mango.yaml
  spsctl case issue -f mango.yaml --check
  spsctl case issue -f mango.yaml`,
		Args: cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			statement, err := a.readStatement(o.file)
			if err != nil {
				return err
			}
			return a.issue(ctx, node, statement, o)
		}),
	}
	f := cmd.Flags()
	f.StringVarP(&o.file, "file", "f", "", `the file, "-" for standard input`)
	f.StringVar(&o.requestID, "request-id", "", "UUID of this act of issuing (default a random one)")
	f.BoolVar(&o.check, "check", false, "only check it, and report every problem at once")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	cobra.CheckErr(cmd.MarkFlagRequired("file"))
	outputFlag(cmd, &o.format)
	return cmd
}

func (a *app) issue(ctx context.Context, node *client.Client, statement *spsv1.Statement, o issueOptions) error {
	if o.check || !o.yes {
		as, err := node.Check(ctx, statement)
		if err != nil {
			return err
		}
		for _, advice := range as.GetAdvice() {
			fmt.Fprintf(a.err, "worth a look: %s: %s\n", printable(advice.GetField()), printable(advice.GetSentence()))
		}
		if o.check {
			fmt.Fprintln(a.err, "nothing is wrong with it, nothing was issued; leave out --check to issue it")
			return nil
		}
		if err := a.confirm(node, as); err != nil {
			return err
		}
	}
	if o.requestID == "" {
		o.requestID = client.NewRequestID()
	}
	issued, err := node.Issue(ctx, statement, o.requestID)
	if err != nil {
		return fmt.Errorf("request %s: %w%s", o.requestID, err, conflictHint(err))
	}
	if o.format == tableFormat {
		_, err := fmt.Fprintln(a.out, issued.GetReference())
		fmt.Fprintf(a.err, "issued as %s; see who has it: spsctl case get %s\n", issued.GetName(), issued.GetReference())
		return err
	}
	if o.format == csvFormat {
		return a.listStatements(csvFormat, []*spsv1.IssuedStatement{issued})
	}
	return write(a.out, o.format, issued)
}

// conflictHint says what to do about a request ID that was used before.
func conflictHint(err error) string {
	if e, ok := answer(err); ok && e.Reason == "ID_CONFLICT" {
		return "\n  another statement was issued under this request ID; to issue this one too, leave out --request-id"
	}
	return ""
}

// confirm shows what is about to be said to whom, and asks. The statement is
// shown as the node would issue it.
func (a *app) confirm(node *client.Client, as *spsv1.IssuedStatement) error {
	s := as.GetStatement()
	b := brief.Of(s)
	f := newFacts(a.err)
	f.add("kind", b.Kind)
	f.add("classification", b.Classification)
	f.add("status", brief.Words(s.GetStatus()))
	f.add("subject", b.Subject)
	f.add("products", b.Product)
	f.add("findings", b.Hazard)
	f.add("origin", b.Origin)
	f.add("case", s.GetCaseRef().GetReference())
	f.add("handling", brief.Words(s.GetHandling()))
	f.add("for", others(node, as.GetAudience()))
	f.add("to be told by hand", byHand(s))
	if isTerminal(a.in) && !a.noInput {
		if err := f.close(); err != nil {
			return err
		}
	}
	question := fmt.Sprintf("issue this in the name of %s to %s?", node.Office(), others(node, as.GetAudience()))
	return a.ask(question, "look at it with --check and add --yes")
}

// others says who gets a statement besides the office that issues it.
func others(node *client.Client, a *spsv1.Audience) string {
	rest := proto.CloneOf(a)
	rest.Offices = slices.DeleteFunc(rest.GetOffices(), func(o string) bool { return o == string(node.Office()) })
	return first(audience(rest), "nobody else")
}

// byHand names those of the addressees who have no node.
func byHand(s *spsv1.Statement) string {
	var all []string
	for _, to := range s.GetAddressees() {
		if to.GetByHand() {
			all = append(all, first(to.GetOffice(), to.GetArea().GetCode(), to.GetArea().GetAsWritten(), to.GetBody()))
		}
	}
	return strings.Join(all, ", ")
}
