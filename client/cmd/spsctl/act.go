package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// actHelp is said of every act.
const actHelp = `

The node fills in the rest: the case, who gets it, the handling, the due times.
--check shows that and issues nothing. What needs two persons an officer prepares
with --draft, for a validator to issue; with --check too, nothing is kept. The
same act is done once, however often you try; to do it a second time on purpose,
add --again.

-f takes a file with everything that the method of the API takes, in YAML or
JSON; flags come on top of it.`

// askHelp is said of an act that may be asked before it is done.
const askHelp = `

What needs two persons is shown and asked before it is issued: --yes answers, and
must be given where nobody can be asked.`

// actText is what a command says of an act.
type actText struct {
	use, short, long, example string
	asks                      bool // it may be one that is asked before it is done
}

// actOptions are the flags that all acts have.
type actOptions struct {
	file, requestID, etag string
	check, draft          bool
	again, yes            bool
	attach, to, numbers   []string
	unit                  string
	format                format
}

func (o *actOptions) flags(cmd *cobra.Command, asks bool) {
	o.format = tableFormat
	f := cmd.Flags()
	f.StringVarP(&o.file, "file", "f", "", `a file with the whole request, "-" for standard input`)
	f.StringArrayVar(&o.attach, "attach", nil, "upload this file and let the statement name it; may be repeated")
	f.StringSliceVar(&o.to, "to", nil, "codes of further offices that get it")
	f.StringArrayVar(&o.numbers, "number", nil, "its number in another system, SYSTEM=NUMBER; may be repeated")
	f.StringVar(&o.unit, "unit", "", "id of the unit of the own office that says it (default your own)")
	f.StringVar(&o.etag, "etag", "", "version of the case that you read, from case get (default the present one)")
	f.StringVar(&o.requestID, "request-id", "", "UUID of this act (default one made of what it says)")
	f.BoolVar(&o.again, "again", false, "do it even if the same was done before")
	f.BoolVar(&o.check, "check", false, "only check it, and report every problem at once")
	f.BoolVar(&o.draft, "draft", false, "keep it as a draft, for a second person to issue")
	if asks {
		f.BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	}
	cmd.MarkFlagsMutuallyExclusive("request-id", "again")
	outputFlag(cmd, &o.format)
}

// message is a request of type T.
type message[T any] interface {
	*T
	proto.Message
}

// actCall is a method of CaseService that performs an act.
type actCall[M proto.Message] = func(spsv1.CaseServiceClient, context.Context, M, ...grpc.CallOption) (*spsv1.IssuedStatement, error)

// newAct makes the command of an act. flags registers the flags of its own, and
// returns what puts them into the request.
func newAct[T any, M message[T]](a *app, text actText, args cobra.PositionalArgs, flags func(*cobra.Command) func(M, []string) error,
	call actCall[M],
) *cobra.Command {
	long := text.long + actHelp
	if text.asks {
		long += askHelp
	}
	cmd := &cobra.Command{
		Use: text.use, Short: text.short, Long: long, Example: text.example,
		Args: args, ValidArgsFunction: a.completeReferences,
	}
	var o actOptions
	o.flags(cmd, text.asks)
	fill := flags(cmd)
	cmd.RunE = a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
		req := M(new(T))
		if o.file != "" {
			if err := a.readMessage(o.file, req, referTo(ctx, node)); err != nil {
				return err
			}
		}
		if err := fill(req, args); err != nil {
			return usageError{err}
		}
		if err := o.complete(ctx, node, req, args); err != nil {
			return err
		}
		if weighty(req) && !o.check && !o.draft && !o.yes {
			if err := confirmAct(a, ctx, node, req, call); err != nil {
				return err
			}
		}
		var before *spsv1.Node
		if !o.check && !o.draft { // a post that drafts may not ask about the node
			var err error
			if before, err = node.Node(ctx); err != nil {
				return err
			}
		}
		done, err := call(node.CaseService(), ctx, req)
		if err != nil {
			return fmt.Errorf("%w%s", err, conflictHint(err, o.requestID != ""))
		}
		return a.sayDone(o, done, issuedEarlier(done, before))
	})
	return cmd
}

// complete puts what all acts have into a request.
func (o *actOptions) complete(ctx context.Context, node *client.Client, req proto.Message, args []string) error {
	m := req.ProtoReflect()
	set := func(name string, v any) {
		m.Set(m.Descriptor().Fields().ByName(protoreflect.Name(name)), protoreflect.ValueOf(v))
	}
	s := around(m)
	if err := o.around(ctx, node, s); err != nil {
		return err
	}
	if m.Descriptor().Fields().ByName("name") == nil {
		set("parent", "offices/"+string(node.Office()))
	} else {
		found, err := caseOf(ctx, node, args[0])
		if err != nil {
			return err
		}
		asAddressed(s, found)
		if err := byCaller(ctx, node, s); err != nil {
			return err
		}
		set("name", found.GetName())
		defer func() { set("etag", first(o.etag, found.GetEtag())) }()
	}
	if err := referTo(ctx, node).complete(s); err != nil {
		return err
	}
	if proto.Size(s) == 0 {
		m.Clear(m.Descriptor().Fields().ByName("statement"))
	}
	id := o.requestID
	switch {
	case id != "":
	case o.again:
		id = client.NewRequestID()
	default:
		text, err := marshal(req) // without the etag: what was done stays done
		if err != nil {
			return err
		}
		id = client.NameRequest("spsctl act", string(node.Office()), string(m.Descriptor().Name()), string(text))
	}
	set("request_id", id)
	set("validate_only", o.check)
	set("draft", o.draft)
	return nil
}

// around returns the statement around the content of a request, which may then
// be changed.
func around(m protoreflect.Message) *spsv1.Statement {
	s, _ := m.Mutable(m.Descriptor().Fields().ByName("statement")).Message().Interface().(*spsv1.Statement)
	return s
}

// around puts the flags of all acts into the statement around the content.
func (o *actOptions) around(ctx context.Context, node *client.Client, s *spsv1.Statement) error {
	for _, office := range o.to {
		s.Addressees = append(s.Addressees, &spsv1.Addressee{Office: strings.ToUpper(office)})
	}
	for _, text := range o.numbers {
		system, number, ok := strings.Cut(text, "=")
		if !ok || system == "" || number == "" {
			return usageError{fmt.Errorf("%q is not a system and a number such as RASFF=2026.1234", text)}
		}
		s.ExternalReferences = append(s.ExternalReferences, &spsv1.ExternalReference{System: system, Number: number})
	}
	s.Unit = first(o.unit, s.GetUnit())
	if err := attach(ctx, node, s, o.attach); err != nil {
		return err
	}
	scanned(s)
	return nil
}

// caseOf returns the case that a reference belongs to, that of its notification
// or of anything said in it.
func caseOf(ctx context.Context, node *client.Client, reference string) (*spsv1.Case, error) {
	reference = strings.ToUpper(strings.TrimPrefix(reference, "cases/"))
	if !references.MatchString(reference) {
		return nil, usageError{fmt.Errorf("%q is no reference such as VN-2026-000123", reference)}
	}
	found, err := node.Case(ctx, reference)
	if e, ok := answer(err); err == nil || !ok || answerCode(e) != exitNotFound {
		return found, err
	}
	s, scanned := find(ctx, node, reference)
	if scanned != nil {
		return nil, scanned
	}
	if s.GetCase() == "" {
		return nil, err
	}
	return node.Case(ctx, strings.TrimPrefix(s.GetCase(), "cases/"))
}

// sayDone says what became of an act.
func (a *app) sayDone(o actOptions, done *spsv1.IssuedStatement, earlier bool) error {
	if o.check || o.draft {
		a.sayAdvice(done.GetAdvice())
		told := "for " + first(audience(done.GetAudience()), "nobody")
		if hand := byHand(done.GetStatement()); hand != "" {
			told += "; to be told by hand: " + hand
		}
		fmt.Fprintln(a.err, told)
	}
	switch {
	case o.check && o.draft:
		fmt.Fprintln(a.err, "nothing is wrong with it, nothing was kept; leave out --check to keep it as a draft")
	case o.check:
		fmt.Fprintln(a.err, "nothing is wrong with it, nothing was issued; leave out --check to issue it")
	case o.draft:
		fmt.Fprintf(a.err, "kept as a draft; hand it in: spsctl draft submit %s\n", done.GetDraft())
	default:
		a.sayIssued(done, earlier)
	}
	switch o.format {
	case tableFormat:
		if said := first(done.GetReference(), done.GetDraft()); said != "" {
			_, err := fmt.Fprintln(a.out, said)
			return err
		}
		return nil
	case csvFormat:
		return a.listStatements(csvFormat, []*spsv1.IssuedStatement{done})
	}
	return write(a.out, o.format, done)
}
