package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/batch"
	"github.com/spsalert/spsalert/client/demo"
	"github.com/spsalert/spsalert/client/drill"
	"github.com/spsalert/spsalert/client/rasff"
	"github.com/spsalert/spsalert/client/story"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// demoOptions are the flags of the demo.
type demoOptions struct {
	input    string
	offices  []string
	once     bool
	format   string // "text" or "json"
	dir      string
	keep     bool
	limit    int
	inFlight int
	binary   string
}

func (a *app) demoCommand() *cobra.Command {
	o := demoOptions{inFlight: 32}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "run a federation of real nodes on this machine",
		Long: `Demo mints a federation, starts one real spsd process per office, issues real
notifications, and shows each one arriving at its addressees. Then Thailand,
Viet Nam and China live through one case, from the finding of a laboratory to
its closure. It says what to try, and stays up until Ctrl-C; nothing of it is
left then. With --once it ends by itself, with exit code 0 only if every
addressee holds every statement byte for byte, the issuer holds a receipt for
it, all who took part in the case were shown the same after each step, and
laboratory and exporter were told what is theirs.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			offices, err := o.check()
			if err != nil {
				return usageError{err}
			}
			return a.demo(cmd.Context(), o, offices)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.input, "input", "", "RASFF Window export (CSV) that EU issues (default a sample that is built in)")
	f.StringSliceVar(&o.offices, "offices", []string{"EU", "CN", "TH", "VN"}, "offices of the federation")
	f.BoolVar(&o.once, "once", false, "end when everything has arrived")
	f.StringVarP(&o.format, "output", "o", "text", "output: text or json (one object, at the end)")
	f.StringVar(&o.dir, "dir", "", "empty folder for the nodes, kept (default a temporary one, removed)")
	f.BoolVar(&o.keep, "keep", false, "keep the temporary folder")
	f.Var(number{&o.limit, 0}, "limit", "issue at most so many; 0: all")
	f.Var(number{&o.inFlight, 1}, "in-flight", "how many are being issued at a time")
	f.StringVar(&o.binary, "spsd", "", "the node's program (default beside spsctl, or in PATH)")
	return cmd
}

// check checks the flags, and returns the offices.
func (o demoOptions) check() ([]certs.Office, error) {
	if o.format != "text" && o.format != "json" {
		return nil, fmt.Errorf("--output is %q, want text or json", o.format)
	}
	var offices []certs.Office
	for _, code := range o.offices {
		office, err := certs.ParseOffice(strings.TrimSpace(code))
		if err != nil {
			return nil, err
		}
		if slices.Contains(offices, office) {
			return nil, fmt.Errorf("--offices names %s twice, each has one node", office)
		}
		offices = append(offices, office)
	}
	if len(offices) < 2 {
		return nil, errors.New("a federation takes at least two --offices")
	}
	if o.input != "" && !slices.Contains(offices, rasff.Office) {
		return nil, fmt.Errorf("%s issues what RASFF has published, it must be one of --offices", rasff.Office)
	}
	return offices, nil
}

// demo runs the whole of it and tidies up, however it ends.
func (a *app) demo(ctx context.Context, o demoOptions, offices []certs.Office) (err error) {
	ctx, a, release := a.untilUnread(ctx)
	defer release()
	source, err := demoSource(o, offices)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "minting a federation of %s and starting a node for each …\n", officeList(offices))
	fed, err := drill.Start(ctx, drill.Options{
		Offices: offices, Binary: o.binary, Dir: o.dir, Keep: o.keep, Name: "demo",
		Card: func(c *spsv1.Card) { demo.Card(c); story.Card(c) }, Units: story.Units(),
	})
	if err != nil {
		return err
	}
	life, cancel := context.WithCancel(ctx)
	supervised := make(chan struct{})
	go func() {
		defer close(supervised)
		fed.Supervise(life, a.reportRestart)
	}()
	defer func() {
		cancel()
		<-supervised
		if closed := fed.Close(); ctx.Err() == nil { // else they were told to end already
			err = errors.Join(err, closed)
		}
		if o.keep || o.dir != "" {
			a.printKept(o, fed)
		}
	}()
	nodes, err := connect(ctx, fed)
	if err != nil {
		return err
	}
	defer func() {
		for _, node := range nodes {
			err = errors.Join(err, node.Close())
		}
	}()
	demo.AwaitLinks(ctx, nodes)
	return a.play(ctx, o, fed, nodes, source)
}

// connect connects to every node as its validator, who may issue and read.
func connect(ctx context.Context, fed *drill.Federation) (map[certs.Office]*client.Client, error) {
	nodes := map[certs.Office]*client.Client{}
	for _, n := range fed.Nodes() {
		node, err := n.Client(ctx, certs.RoleValidator)
		if err != nil {
			return nil, err
		}
		nodes[n.Office()] = node
	}
	return nodes, nil
}

// play issues what there is, shows what happens, and stays if it is to.
func (a *app) play(ctx context.Context, o demoOptions, fed *drill.Federation, nodes map[certs.Office]*client.Client, source batch.Source) error {
	s := newStage(a, source.Rows(), len(nodes), o.format == "text")
	opts := demo.Options{Nodes: nodes, Source: source, InFlight: o.inFlight, Show: s.show, Skipped: s.skipped}
	summary, err := demo.Run(ctx, opts)
	s.close()
	if ctx.Err() != nil {
		return err
	}
	said, came := a.out, demoSummary{Summary: summary}
	if o.format == "json" {
		said = a.err // standard output holds the object, and nothing else
	} else {
		a.printSummary(summary)
	}
	if err == nil {
		came.Story, err = a.playStory(ctx, o, fed, nodes)
	}
	if ctx.Err() != nil {
		return err
	}
	if o.format == "json" {
		err = errors.Join(err, write(a.out, jsonlFormat, came))
	}
	if o.once || err != nil {
		return err
	}
	if err := a.printHints(ctx, said, fed, s.last, came.Story != nil); err != nil {
		return err
	}
	<-ctx.Done()
	fmt.Fprintln(a.err, "\nstopping the nodes …")
	return nil
}

// printKept says what is left of a demo, and how it goes on.
func (a *app) printKept(o demoOptions, fed *drill.Federation) {
	said := a.out
	if o.format == "json" {
		said = a.err
	}
	fmt.Fprintf(said, "\nthe nodes have ended, everything lies in %s; to start one again:\n", fed.Dir())
	for _, n := range fed.Nodes() {
		fmt.Fprintf(said, "  %s run -config %s\n", shellWord(n.Program()), shellWord(n.Config()))
	}
}

func (a *app) reportRestart(n *drill.Node, end, again error) {
	fmt.Fprintf(a.err, "the node of %s ended (%v), started it again\n", n.Office(), end)
	if again != nil {
		fmt.Fprintf(a.err, "the node of %s does not start: %v\n", n.Office(), again)
	}
}

// printHints says what can be tried while the nodes are up. Only what works is
// said.
func (a *app) printHints(ctx context.Context, w io.Writer, fed *drill.Federation, newest *demo.Delivery, played bool) error {
	contexts := &client.Contexts{Contexts: map[string]client.Context{}}
	for _, n := range fed.Nodes() {
		for role, suffix := range map[certs.Role]string{
			certs.RoleValidator: "", certs.RoleOfficer: "-officer", certs.RoleAdmin: "-admin", certs.RoleAuditor: "-auditor", certs.RoleLab: "-lab",
			certs.RoleExporter: "-exporter",
		} {
			c, err := n.Context(role)
			if err != nil {
				return err
			}
			contexts.Contexts[string(n.Office())+suffix] = c
		}
	}
	path := filepath.Join(fed.Dir(), "spsctl.yaml")
	if err := contexts.Save(path); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		self = "spsctl"
	}
	last := fed.Nodes()[len(fed.Nodes())-1]
	first, other := fed.Nodes()[0].Office(), last.Office()
	show := "case list"
	if newest != nil && newest.Issued.GetCase() != "" {
		first, show = newest.Office, "case get "+strings.TrimPrefix(newest.Issued.GetCase(), "cases/")
	}
	fmt.Fprintf(w, `
the nodes are up; try in another terminal:
  %[1]s --config %[2]s --context %[3]s %[4]s
  %[1]s --config %[2]s --context %[5]s case watch
  %[1]s --config %[2]s --context %[3]s peer list
`, self, path, first, show, other)
	if err := a.printREST(ctx, w, fed, last, played); err != nil {
		return err
	}
	fmt.Fprintf(w, "\neverything lies in %s; Ctrl-C ends it\n", fed.Dir())
	return nil
}
