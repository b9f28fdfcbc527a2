package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/client"
)

func (a *app) joinCommand() *cobra.Command {
	var j joining
	as := tableFormat
	cmd := &cobra.Command{
		Use:   "join [THEIR.card ...]",
		Short: "the checklist of joining: what is done, and what is next",
		Long: `Join walks you through joining: your office is made, the node runs, and with each
other office cards are exchanged, fingerprints were read over the telephone, the
link is up, and the first receipt has come. Each line is checked by the machine
where it can be; what only you can know it asks, and keeps in join.yaml in the
folder of the office. Run it again at any time: it goes on where you are.

A card file that you give is accepted on the way, as by: spsctl peer accept.
The exit code is 0 when everything is done, and 1 while something is left.`,
		Example: `  spsctl join --dir vn
  spsctl join --dir vn CN.card`,
		ValidArgsFunction: cardFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			j.app, j.files, j.asks = a, args, as == tableFormat
			if j.peers == "" {
				j.peers = filepath.Join(j.dir, authority.PeersFolder)
			}
			done, err := j.walk(cmd.Context())
			if err != nil {
				return err
			}
			if err := a.printSteps(as, j.steps); err != nil {
				return err
			}
			if !done {
				return codeError(exitError)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&j.dir, "dir", ".", "folder of the office")
	f.StringVar(&j.peers, "peers", "", "folder of the cards that the node accepts (default peers/ in the folder of the office)")
	f.StringSliceVar(&j.told, "told", nil, "offices to which you have read your fingerprint over the telephone")
	f.BoolVar(&j.compared, "yes", false, "the fingerprints of the given cards were compared already; do not ask")
	outputFlag(cmd, &as)
	return cmd
}

// step is a line of the checklist.
type step struct {
	Done   bool   `json:"done"`
	Step   string `json:"step"`
	Office string `json:"office,omitempty"` // of the peer that it is about
	What   string `json:"what,omitempty"`
	Do     string `json:"do,omitempty"` // if it is not done
}

// joining is one walk through the checklist.
type joining struct {
	*app
	dir, peers string
	files      []string // cards to accept
	told       []string
	compared   bool
	asks       bool // a person reads along

	steps []step
	own   *certs.Card
	given []*certs.Card // of files
	memo  joinMemo
}

func (j *joining) done(name, what string, args ...any) {
	j.steps = append(j.steps, step{Done: true, Step: name, What: fmt.Sprintf(what, args...)})
}

func (j *joining) left(name, do, what string, args ...any) {
	j.steps = append(j.steps, step{Step: name, What: fmt.Sprintf(what, args...), Do: do})
}

// again is the command line that goes on.
func (j *joining) again() string {
	line := "spsctl join --dir " + j.dir
	if j.peers != filepath.Join(j.dir, authority.PeersFolder) {
		line += " --peers " + j.peers
	}
	return line
}

// walk goes from step to step, each resting on those before, and reports
// whether all are done.
func (j *joining) walk(ctx context.Context) (bool, error) {
	if !j.office() {
		return false, nil
	}
	if err := j.remember(); err != nil {
		return false, err
	}
	if err := j.acceptCards(); err != nil {
		return false, err
	}
	node, err := j.node(ctx)
	if err != nil || node == nil {
		return false, err
	}
	defer node.Close()
	peers, err := j.known(ctx, node)
	if err != nil {
		return false, err
	}
	if err := j.links(peers); err != nil {
		return false, err
	}
	return !slices.ContainsFunc(j.steps, func(s step) bool { return !s.Done }), ctx.Err()
}

// office finds the folder of the office.
func (j *joining) office() bool {
	cards, _ := filepath.Glob(filepath.Join(j.dir, "*"+certs.CardSuffix)) // the pattern is well formed
	for _, file := range cards {
		card, err := readCard(file)
		if err == nil && filepath.Base(file) == authority.CardFile(card.Office()) && j.exists(authority.NodeKey, authority.CAFolder) {
			j.own = card
			j.done("office", "%s of %s, card number %d", card.Office(), card.Federation(), card.Number())
			j.done("fingerprint", "%s", card.Fingerprint())
			return true
		}
	}
	j.left("office", "make it: spsctl ca init --federation NAME --office CODE --address HOST:7443 --dir "+j.dir+"\nor name its folder with --dir", "there is no office in %s", j.dir)
	return false
}

// exists reports whether one of the files is in the folder of the office; the
// authority may have gone into its safe, and the keys to the node.
func (j *joining) exists(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		_, err := os.Stat(filepath.Join(j.dir, name))
		return err == nil
	})
}

// acceptCards accepts the cards that were given, and shows them beside the
// checklist, not in it.
func (j *joining) acceptCards() error {
	aside := *j.app
	aside.out = j.err
	for _, file := range j.files {
		card, err := readCard(file)
		if err != nil {
			return err
		}
		if card.Federation() != j.own.Federation() || card.Office() == j.own.Office() {
			return invalidError{fmt.Errorf("%s is the card of %s of %s, want one of another office of %s", file, card.Office(), card.Federation(), j.own.Federation())}
		}
		if err := aside.acceptCard(file, j.peers, "", j.compared); err != nil {
			return err
		}
		j.given = append(j.given, card)
	}
	return nil
}

// node looks whether the node of the office runs, and connects to it.
func (j *joining) node(ctx context.Context) (*client.Client, error) {
	chosen, err := j.chooseContext()
	if err != nil {
		return nil, err
	}
	if chosen == nil {
		j.left("context", j.contextHint(), "there is no context for the node of %s", j.own.Office())
		return nil, nil
	}
	j.done("context", "%s, %s", chosen.Office, chosen.Address)
	opts, err := chosen.Options()
	if err != nil {
		return nil, err
	}
	node, err := client.Dial(ctx, opts)
	if err != nil {
		config := filepath.Join(j.dir, configFile)
		j.left("node runs", fmt.Sprintf("spsd store init -config %s    (once)\nspsd run -config %s           (or: systemctl start spsd)", config, config), "%v", err)
		return nil, ctx.Err()
	}
	n, err := node.Node(ctx)
	if err != nil {
		return nil, errors.Join(err, node.Close())
	}
	j.done("node runs", "%s, its log has %d entries", n.GetVersion(), n.GetSize())
	if n.GetCardNumber() != j.own.Number() || n.GetFingerprint() != j.own.Fingerprint() {
		j.left("node's card", "put the card of this folder where the node's identity.card is, and reload it: systemctl reload spsd",
			"the node has card number %d, this folder number %d", n.GetCardNumber(), j.own.Number())
	}
	return node, nil
}

// chooseContext returns the context that was asked for, else the current one or
// the first for this office, else nil.
func (j *joining) chooseContext() (*client.Context, error) {
	all, _, err := j.contexts()
	if err != nil {
		return nil, err
	}
	names := append([]string{all.Current}, slices.Sorted(maps.Keys(all.Contexts))...)
	if named := j.contextName(); named != "" {
		names = []string{named}
	}
	for _, name := range names {
		if c, ok := all.Contexts[name]; ok && c.Office == string(j.own.Office()) {
			return &c, nil
		}
	}
	return nil, nil
}

// contextHint says how to make a context, with an administrator's certificate
// that is there already if there is one.
func (j *joining) contextHint() string {
	stem, issue := filepath.Join(j.dir, "people", "admin-YOUR.NAME"), fmt.Sprintf("spsctl ca issue --dir %s --role admin --id YOUR.NAME\n", j.dir)
	people, _ := filepath.Glob(filepath.Join(j.dir, "people", "admin-*.pem")) // the pattern is well formed
	if len(people) > 0 {
		stem, issue = strings.TrimSuffix(people[0], ".pem"), ""
	}
	return issue + fmt.Sprintf("spsctl context add %s --address 127.0.0.1:7444 --card %s --certificate %s.pem --key %s.key",
		strings.ToLower(string(j.own.Office())), filepath.Join(j.dir, authority.CardFile(j.own.Office())), stem, stem)
}

// printSteps writes the checklist.
func (a *app) printSteps(as format, steps []step) error {
	if as != tableFormat {
		list := newList(a.out, as, "done", "office", "step", "what", "what to do")
		for _, s := range steps {
			if err := list.add(s, fmt.Sprint(s.Done), s.Office, s.Step, s.What, s.Do); err != nil {
				return err
			}
		}
		return list.close()
	}
	office := ""
	for _, s := range steps {
		if s.Office != office {
			office = s.Office
			fmt.Fprintf(a.out, "\n%s\n", office)
		}
		mark := "[ ]"
		if s.Done {
			mark = "[x]"
		}
		if _, err := fmt.Fprintf(a.out, "%s %-15s  %s\n", mark, s.Step, printable(s.What)); err != nil {
			return err
		}
		for line := range strings.Lines(s.Do) {
			fmt.Fprintf(a.out, "%21s→ %s\n", "", printable(strings.TrimSpace(line)))
		}
	}
	if i := slices.IndexFunc(steps, func(s step) bool { return !s.Done }); i < 0 {
		fmt.Fprintln(a.err, "\neverything is done")
	}
	return nil
}
