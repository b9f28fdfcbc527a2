package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) peerTestCommand() *cobra.Command {
	as := tableFormat
	cmd := &cobra.Command{
		Use:   "test CODE",
		Short: "dial an office now, and say which check fails on whose side",
		Long: `Test lets your node dial an office beside the session that may be up, and says
check by check what works: its card, whether its addresses can be reached, whether
your node believes theirs and theirs believes yours, how the session stands, and
what is not delivered yet. It is for administrators.

The exit code is 1 if anything is broken.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completePeers,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			office, err := certs.ParseOffice(args[0])
			if err != nil {
				return usageError{err}
			}
			got, err := node.NodeService().TestPeer(ctx, &spsv1.TestPeerRequest{Name: "peers/" + string(office)})
			if err != nil {
				return err
			}
			var all checkups
			for _, c := range got.GetChecks() {
				what := c.GetDetail()
				if c.GetAddress() != "" {
					what = c.GetAddress() + ": " + what
				}
				if c.GetReason() != "" && as == tableFormat {
					what += " (" + c.GetReason() + ")"
				}
				all = append(all, checkup{
					Soundness: soundnessOf(c.GetState()), Check: strings.ReplaceAll(c.GetCheck(), "_", " "),
					Office: string(office), What: what, Do: c.GetFix(), Reason: c.GetReason(),
				})
			}
			if err := a.printCheckups(as, all); err != nil {
				return err
			}
			if all.worst() == soundBroken {
				return codeError(exitError)
			}
			return nil
		}),
	}
	outputFlag(cmd, &as)
	return cmd
}

func (a *app) peerRevokeCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "revoke CODE",
		Short: "take an office's card out of force: its node is refused from then on",
		Long: `Revoke takes the card of an office out of force at your node. Its session ends
within a second, its node is refused, and nothing that it signs counts until its
card is accepted again. What it said before stays. It is for administrators.

Do it when an office tells you that its keys were stolen, or that its node is not
its own any more. A new certificate or card does not need it.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completePeers,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			office, err := certs.ParseOffice(args[0])
			if err != nil {
				return usageError{err}
			}
			return a.revokePeer(ctx, node, office, yes)
		}),
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

func (a *app) revokePeer(ctx context.Context, node *client.Client, office certs.Office, yes bool) error {
	p, err := node.Peer(ctx, office)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "%s, card number %d, fingerprint %s\n", office, p.GetCardNumber(), p.GetFingerprint())
	if !yes {
		question := fmt.Sprintf("refuse the node of %s and all that it signs from now on?", office)
		if err := a.ask(question, "add --yes to revoke it"); err != nil {
			return err
		}
	}
	if _, err := node.NodeService().RevokePeer(ctx, &spsv1.RevokePeerRequest{Name: "peers/" + string(office)}); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "revoked; to undo it: spsctl peer accept %s.card, with the fingerprint compared again\n", office)
	return nil
}
