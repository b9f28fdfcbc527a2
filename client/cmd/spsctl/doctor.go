package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// What doctor finds worth a look.
const (
	ownDays   = 30               // left of a certificate of the own office
	peerDays  = 14               // left of a peer's
	soonDays  = 7                // broken below
	clockNear = 10 * time.Minute // between two clocks
)

func (a *app) doctorCommand() *cobra.Command {
	as := tableFormat
	full := false
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "check everything between you and the other offices, and say what to do",
		Long: `Doctor checks your context and certificate, whether the node answers, whether it
issues, its certificate and clock, and each link, and says of each in words whether
it is ok, wants a look, or is broken, and what to do.

With -o json it writes a report for whoever helps you: addresses, paths and the
names of people are left out of it, unless --full is given. The exit code is 0 if
nothing is broken, that of the connection if the node cannot be spoken to, and
else 1.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d := &doctor{now: time.Now()}
			failure := a.examine(cmd.Context(), d)
			if cmd.Context().Err() != nil {
				return cmd.Context().Err()
			}
			if as != tableFormat && !full {
				redact(d.checkups)
			}
			if err := a.printCheckups(as, d.checkups); err != nil {
				return err
			}
			switch {
			case failure != nil:
				return codeError(exitCode(cmd.Context(), failure))
			case d.worst() == soundBroken:
				return codeError(exitError)
			}
			return nil
		},
	}
	outputFlag(cmd, &as)
	cmd.Flags().BoolVar(&full, "full", false, "leave nothing out of the report")
	return cmd
}

// doctor collects what is found.
type doctor struct {
	checkups
	now time.Time
}

// examine checks one thing after the other. It returns why the node could not
// be spoken to, and then it knows nothing about the rest.
func (a *app) examine(ctx context.Context, d *doctor) error {
	all, path, err := a.contexts()
	if err != nil {
		d.broken("context", "mend the file, or move it away and run: spsctl context add", "%s: %v", path, err)
		return err
	}
	chosen, err := all.Get(a.contextName())
	if err != nil {
		d.broken("context", "run: spsctl context add", "%v", err)
		return err
	}
	opts, err := chosen.Options()
	if err != nil {
		d.broken("context", "run spsctl context add again with files that you can read", "%v", err)
		return err
	}
	d.ok("context", "%s at %s, as %s", chosen.Office, chosen.Address, opts.Credentials.Identity().URI())
	d.certificate("your certificate", opts.Credentials.NotAfter(), ownDays, "ask who keeps your office's authority: spsctl ca issue")

	node, err := client.Dial(ctx, opts)
	if err != nil {
		d.unreached(err)
		return err
	}
	defer node.Close()
	n, err := node.Node(ctx)
	if err != nil {
		d.broken("node", "officers, validators, auditors and administrators may ask how the node stands", "it answers, and does not say how it stands: %v", err)
		return err
	}
	d.node(n, opts.Card.Number())
	d.duty(ctx, node)
	d.units(ctx, node, opts.Credentials.Identity().Role)
	peers, err := node.Peers(ctx)
	if err != nil {
		d.broken("peers", "try again", "%v", err)
		return err
	}
	if len(peers) == 0 {
		d.look("peers", "exchange cards with another office: spsctl join", "no card of another office is accepted")
	}
	for _, p := range peers {
		begun := len(d.checkups)
		d.peer(p)
		for i := range d.checkups[begun:] {
			d.checkups[begun+i].Office = p.GetOffice()
		}
	}
	return nil
}

func (d *doctor) unreached(err error) {
	var e *client.Error
	if errors.As(err, &e) && e.Untrusted() {
		d.broken("node", "if the certificate or the card in your context is old, take the new one: spsctl context add", "one side does not believe the other: %v", err)
		return
	}
	d.broken("node", "look whether spsd runs (systemctl status spsd), and whether its listen.office is the address in your context", "it does not answer: %v", err)
}

// certificate checks how long one is valid.
func (d *doctor) certificate(check string, notAfter time.Time, days int, do string) {
	left := int(notAfter.Sub(d.now).Hours() / 24)
	until := notAfter.Local().Format(time.DateOnly)
	switch {
	case notAfter.Before(d.now):
		d.broken(check, do, "expired on %s", until)
	case left < soonDays:
		d.broken(check, do, "expires on %s, in %d days", until, left)
	case left < days:
		d.look(check, do, "expires on %s, in %d days", until, left)
	default:
		d.ok(check, "valid until %s, %d days", until, left)
	}
}

func (d *doctor) node(n *spsv1.Node, cardNumber uint64) {
	d.ok("node", "%s of %s answers, running since %s", n.GetOffice(), n.GetFederation(), instant(n.GetStartTime()))
	if n.GetVersion() == version {
		d.ok("versions", "node and spsctl are %s", version)
	} else {
		d.look("versions", "any two released versions work together; new commands may need the newer", "the node is %s, spsctl %s", n.GetVersion(), version)
	}
	if n.GetReadOnly() {
		d.broken("issuing", "docs/runbook.md, SpsdReadOnly", "the node issues nothing: %s", n.GetReadOnlyReason())
	} else {
		d.ok("issuing", "the node issues and receives; its log has %d entries", n.GetSize())
	}
	d.damage(n.GetLedger())
	d.backups(n)
	d.certificate("certificate", n.GetCertificateExpireTime().AsTime(), ownDays, "spsctl ca issue --role node, and put it in place of the old one; nobody else has to do anything")
	if n.GetCurrentTime() != nil {
		d.clock("node's clock", n.GetCurrentTime().AsTime().Sub(d.now), "your machine's")
	}
	if n.GetClockOffset() != nil {
		d.clock("node and peers", -n.GetClockOffset().AsDuration(), fmt.Sprintf("the median of %d peers", n.GetClockPeers()))
	}
	if n.GetCardNumber() != cardNumber {
		d.look("card", "take the newer card into your context: spsctl context add", "the node's card is number %d, that of your context number %d", n.GetCardNumber(), cardNumber)
	} else {
		d.ok("card", "number %d, fingerprint %s", n.GetCardNumber(), n.GetFingerprint())
	}
}

func (d *doctor) clock(check string, ahead time.Duration, than string) {
	words := "ahead of"
	if ahead < 0 {
		words = "behind"
	}
	if ahead.Abs() > clockNear {
		d.look(check, "compare both with a third, and let NTP set the wrong one", "%s %s %s", ahead.Abs().Round(time.Second), words, than)
		return
	}
	d.ok(check, "%s %s %s", ahead.Abs().Round(time.Millisecond), words, than)
}

func (d *doctor) peer(p *spsv1.Peer) {
	test := "spsctl peer test " + p.GetOffice()
	switch {
	case p.GetConnected():
		d.ok("link", "%s, card number %d", link(p, d.now), p.GetCardNumber())
	default:
		d.broken("link", test, "%s, card number %d", link(p, d.now), p.GetCardNumber())
	}
	switch missing := int64(p.GetKnownSize()) - int64(p.GetHeldSize()); {
	case p.GetOrigin() == "":
	case missing > 0:
		d.look("their log", "wait; if the number does not fall: "+test, "%s", behind(p))
	default:
		d.ok("their log", "%s", behind(p))
	}
	if p.GetReceiptSize() < p.GetOwnSize() {
		d.look("our log", "wait a minute; then ask whether their node is read-only", "%s", theirReceipt(p, d.now))
	} else {
		d.ok("our log", "%s", theirReceipt(p, d.now))
	}
	if p.GetClockOffset() != nil {
		d.clock("their clock", p.GetClockOffset().AsDuration(), "the node's")
	}
	if p.GetCertificateExpireTime() != nil {
		d.certificate("their certificate", p.GetCertificateExpireTime().AsTime(), peerDays, "tell "+p.GetOffice()+": the link ends then")
	}
	if p.GetLastError() != "" {
		d.look("last error", test, "%s", lastError(p, d.now))
		d.checkups[len(d.checkups)-1].Reason = p.GetLastErrorReason()
	}
}

// duty looks for times at which nobody is on duty. An office without a rota has
// none; a role that may not ask is told nothing.
func (d *doctor) duty(ctx context.Context, node *client.Client) {
	rota, err := node.UnitService().GetDutyRota(ctx, &spsv1.GetDutyRotaRequest{})
	if err != nil || len(rota.GetShifts()) == 0 {
		return
	}
	gaps := rota.GetGaps()
	if len(gaps) == 0 {
		d.ok("duty rota", "somebody is on duty whenever it is closed, for the next 14 days")
		return
	}
	d.look("duty rota", "fill the rota: spsctl duty get, spsctl duty set", "%s%s", gapWords(gaps[0]), andOthers(len(gaps)-1))
}

// andOthers says how many others there are.
func andOthers(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", and at %d other times", n)
}
