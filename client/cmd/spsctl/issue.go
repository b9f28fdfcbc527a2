package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// issueOptions are the flags of issue.
type issueOptions struct {
	file, requestID string
	check, yes      bool
	again           bool
	attach          []string
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

A reference is enough where a case or an earlier statement is named:

  caseRef: VN-2026-000123
  relatesTo: [{kind: replies, entry: TH-2026-000007}]

The same file is issued once, however often you try: if you do not know how an
issue ended, do it again, and you are told which statement it became. What counts
is what the file says, not its name, its comments or its layout. To say the same
a second time on purpose, add --again. A program may name the act itself with
--request-id instead.`,
		Example: `  spsctl case template border-rejection > mango.yaml
  spsctl case issue -f mango.yaml --check
  spsctl case issue -f mango.yaml --attach report.pdf
  spsctl case issue -f mango.yaml`,
		Args: cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			statement, err := a.readStatement(o.file, referTo(ctx, node))
			if err != nil {
				return err
			}
			if err := attach(ctx, node, statement, o.attach); err != nil {
				return err
			}
			return a.issue(ctx, node, statement, o)
		}),
	}
	f := cmd.Flags()
	f.StringVarP(&o.file, "file", "f", "", `the file, "-" for standard input`)
	f.StringArrayVar(&o.attach, "attach", nil, "upload this file and let the statement name it; may be repeated")
	f.StringVar(&o.requestID, "request-id", "", "UUID of this act of issuing (default one made of what the file says)")
	f.BoolVar(&o.again, "again", false, "issue it even if the same was issued before")
	f.BoolVar(&o.check, "check", false, "only check it, and report every problem at once")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	cobra.CheckErr(cmd.MarkFlagRequired("file"))
	cmd.MarkFlagsMutuallyExclusive("request-id", "again")
	outputFlag(cmd, &o.format)
	return cmd
}

func (a *app) issue(ctx context.Context, node *client.Client, statement *spsv1.Statement, o issueOptions) error {
	if o.check || !o.yes {
		as, err := node.Check(ctx, statement)
		if err != nil {
			return err
		}
		a.sayAdvice(as.GetAdvice())
		if o.check {
			fmt.Fprintln(a.err, "nothing is wrong with it, nothing was issued; leave out --check to issue it")
			return nil
		}
		if err := a.confirm(node, as, lookFirst); err != nil {
			return err
		}
	}
	id, err := o.request(node, statement)
	if err != nil {
		return err
	}
	before, err := node.Node(ctx)
	if err != nil {
		return err
	}
	issued, err := node.Issue(ctx, statement, id)
	if err != nil {
		return fmt.Errorf("request %s: %w%s", id, err, conflictHint(err, o.requestID != ""))
	}
	a.sayIssued(issued, issuedEarlier(issued, before))
	if o.format == tableFormat {
		_, err := fmt.Fprintln(a.out, issued.GetReference())
		return err
	}
	if o.format == csvFormat {
		return a.listStatements(csvFormat, []*spsv1.IssuedStatement{issued})
	}
	return write(a.out, o.format, issued)
}

// request returns the request ID of this act of issuing. Unless the caller says
// otherwise it is a name of what is said: who types the command again, since it
// is not known how it ended, does not make a second alert.
func (o issueOptions) request(node *client.Client, s *spsv1.Statement) (string, error) {
	switch {
	case o.requestID != "":
		return o.requestID, nil
	case o.again:
		return client.NewRequestID(), nil
	}
	return requestOf(node.Office(), s)
}

// requestOf returns the request ID of a statement that a file says. It is part
// of the contract with whoever issued a file before: it never changes.
func requestOf(office certs.Office, s *spsv1.Statement) (string, error) {
	text, err := marshal(s)
	return client.NameRequest("spsctl", string(office), string(text)), err
}

// issuedEarlier reports whether a statement was issued before the node was
// asked how it stands.
func issuedEarlier(issued *spsv1.IssuedStatement, before *spsv1.Node) bool {
	entry := issued.GetEntry()
	return entry.GetOrigin() != before.GetOrigin() || entry.GetSequence() < before.GetSize()
}

// sayIssued says what became of an act of issuing.
func (a *app) sayIssued(issued *spsv1.IssuedStatement, earlier bool) {
	if earlier {
		fmt.Fprintf(a.err, "nothing was issued now: this was issued at %s as %s; to say it a second time, add --again\n",
			instant(issued.GetIssueTime()), issued.GetName())
		return
	}
	fmt.Fprintf(a.err, "issued as %s; see who has it: spsctl case get %s\n", issued.GetName(), issued.GetReference())
}

// conflictHint says what to do about a request ID that was used before: one that a
// person gave, or the one that is made of what is said.
func conflictHint(err error, given bool) string {
	e, ok := answer(err)
	switch {
	case !ok || e.Reason != "ID_CONFLICT":
		return ""
	case given:
		return "\n  something else was said under this request ID; to say this too, leave out --request-id"
	}
	return "\n  the same was said or drafted before: go on with that, see spsctl draft list; to say it a second time, add --again"
}

// sayAdvice says what a person should look at before a statement is issued.
func (a *app) sayAdvice(all []*spsv1.Advice) {
	for _, advice := range all {
		fmt.Fprintf(a.err, "worth a look: %s: %s\n", printable(advice.GetField()), printable(advice.GetSentence()))
	}
}

// confirm shows what is about to be said to whom, and asks. The statement is
// shown as the node would issue it. instead is what to do where nobody can be
// asked.
func (a *app) confirm(node *client.Client, as *spsv1.IssuedStatement, instead string) error {
	s := as.GetStatement()
	b := brief.Of(s, a.languages()...)
	f := newFacts(a.err)
	f.add("kind", b.Kind)
	f.add("classification", b.Classification)
	f.add("status", brief.Words(s.GetStatus()))
	f.add("entered by", enteredWords(s, instant))
	if brief.Content(s) != nil {
		f.add("subject", b.Subject)
	}
	if s.GetNotification() == nil {
		f.add("says", brief.Says(s, a.languages()...))
	}
	f.add("products", b.Product)
	f.add("findings", b.Hazard)
	f.add("origin", b.Origin)
	f.add("case", s.GetCaseRef().GetReference())
	f.add("handling", brief.Words(s.GetHandling()))
	f.add("for", others(node, as.GetAudience()))
	f.add("to be told by hand", byHand(s))
	if a.canAsk() {
		if err := f.close(); err != nil {
			return err
		}
	}
	question := fmt.Sprintf("issue this in the name of %s to %s?", node.Office(), others(node, as.GetAudience()))
	return a.ask(question, instead)
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
