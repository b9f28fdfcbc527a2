package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) nodeCommand() *cobra.Command {
	as := tableFormat
	var w polling
	show := &cobra.Command{
		Use:   "show",
		Short: "say how the node stands",
		Args:  cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			fetch := func() ([]*spsv1.Node, error) {
				n, err := node.Node(ctx)
				return []*spsv1.Node{n}, err
			}
			return poll(ctx, a, w, as, fetch, func(f format, n []*spsv1.Node) error { return a.printNode(f, n[0]) })
		}),
	}
	w.flags(show)
	outputFlag(show, &as)
	return group(&cobra.Command{Use: "node", Short: "how your office's node stands"}, show, a.nodeWhoamiCommand(), a.nodeConfirmClockCommand())
}

func (a *app) nodeWhoamiCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:   "whoami",
		Short: "say who you are to the node",
		Args:  cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			who, err := node.NodeService().GetCaller(ctx, &spsv1.GetCallerRequest{})
			if err != nil {
				return err
			}
			f := newFacts(a.out)
			f.add("you are", who.GetIdentity())
			f.add("role", who.GetRole())
			f.add("unit", who.GetUnit())
			f.add("acting for", who.GetActingFor())
			f.add("proven by", first(who.GetCredential(), brief.Words(who.GetMeans())))
			f.add("until", when(who.GetExpireTime()))
			return f.write(format, who)
		}),
	}
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) printNode(as format, n *spsv1.Node) error {
	state := "issues and receives"
	if n.GetReadOnly() {
		state = "read-only: " + n.GetReadOnlyReason()
	}
	facts := newFacts(a.out)
	facts.add("office", n.GetOffice()+" of "+n.GetFederation())
	facts.add("state", state)
	facts.add("log", fmt.Sprintf("%s, %d entries", n.GetOrigin(), n.GetSize()))
	facts.add("clock", clockOfPeers(n))
	facts.add("version", n.GetVersion())
	facts.add("running since", when(n.GetStartTime()))
	facts.add("certificate expires", when(n.GetCertificateExpireTime()))
	if n.GetRestoreTime() != nil {
		facts.add("tokens, accounts", "none is good since the restore of "+instant(n.GetRestoreTime())+": spsctl token confirm")
	}
	for _, damage := range damageOf(n.GetLedger()) {
		facts.add(damage.check, damage.words+": "+damage.do)
	}
	facts.add("card", fmt.Sprintf("number %d, fingerprint %s", n.GetCardNumber(), n.GetFingerprint()))
	return facts.write(as, n)
}
