package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server"
)

// storeReindex makes the casebook again.
func (p *program) storeReindex(ctx context.Context) error {
	c, err := p.config()
	if err != nil {
		return err
	}
	p.say("making the casebook of %s again; if this is interrupted, the next start goes on with it", c.Ledger())
	n, err := server.Reindex(ctx, c, time.Now)
	if err != nil {
		return explainLock(err, "stop the node first")
	}
	_, err = fmt.Fprintf(p.out, "made the casebook again from %d entries\n", n)
	return err
}

// storeOpen opens a new epoch.
func (p *program) storeOpen(ctx context.Context) error {
	c, err := p.config()
	if err != nil {
		return err
	}
	var without []certs.Office
	for name := range strings.SplitSeq(p.own["without"], ",") {
		if name == "" {
			continue
		}
		office, err := certs.ParseOffice(strings.TrimSpace(name))
		if err != nil {
			return fmt.Errorf("-without: %w: %w", err, errUsage)
		}
		without = append(without, office)
	}
	plan, err := server.PlanEpoch(ctx, c, time.Now)
	if err != nil {
		return explainLock(err, "stop the node first")
	}
	p.explainEpoch(plan, without)
	if err := p.confirm("open " + plan.New.String() + "?"); err != nil {
		return err
	}
	begun, err := server.OpenEpoch(ctx, c, without, p.own["reason"], time.Now)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.out, `opened %s after %s, which ends here at %d entries
  references go on after %d
next: spsd run -config %s; the peers take the new log when they meet the node
`, begun.Origin, begun.Previous.Origin, begun.Previous.Size, begun.Reference, p.file)
	return err
}

// explainEpoch says exactly what will happen.
func (p *program) explainEpoch(plan server.Epoch, without []certs.Office) {
	p.say("this opens a new log of this office, %s, for ever:", plan.New)
	p.say("  - %s ends; nothing is ever added to it again; %d entries of it are here", plan.Old.Origin, plan.Old.Size)
	if plan.Why != "" {
		p.say("  - %s", plan.Why)
	}
	if len(without) > 0 {
		p.say("  - what only %s holds of it is not here; it comes back when they are met, and stays in the old log", names(without))
	}
	p.say("  - the new log begins with the office's card and a link to the end of the old one, for everybody to see")
	p.say("  - its references go on 1,000 above the last one that is known, so that none is given twice")
	p.say("  - own statements that nobody holds any more are lost, and have to be issued again")
}

func names(offices []certs.Office) string {
	var all []string
	for _, o := range offices {
		all = append(all, string(o))
	}
	return strings.Join(all, ", ")
}

// confirm waits for a yes on a terminal, unless -yes was given.
func (p *program) confirm(question string) error {
	if _, ok := p.own["yes"]; ok {
		return nil
	}
	if p.in == nil || !term.IsTerminal(int(p.in.Fd())) {
		return fmt.Errorf("nobody to ask here, add -yes: %w", errUsage)
	}
	fmt.Fprint(p.err, question+" type yes: ")
	answer, err := bufio.NewReader(p.in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if strings.TrimSpace(strings.ToLower(answer)) != "yes" {
		return errors.New("the answer was not yes, nothing was done")
	}
	return nil
}
