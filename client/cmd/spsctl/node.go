package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) nodeCommand() *cobra.Command {
	format := tableFormat
	show := &cobra.Command{
		Use:   "show",
		Short: "say how the node stands",
		Args:  cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			n, err := node.Node(ctx)
			if err != nil {
				return err
			}
			if format == tableFormat {
				return a.printNode(n)
			}
			return write(a.out, format, n)
		}),
	}
	outputFlag(show, &format)
	return group(&cobra.Command{Use: "node", Short: "how your office's node stands"}, show)
}

func (a *app) printNode(n *spsv1.Node) error {
	state := "issues and receives"
	if n.GetReadOnly() {
		state = "read-only: " + n.GetReadOnlyReason()
	}
	facts := newFacts(a.out)
	facts.add("office", n.GetOffice()+" of "+n.GetFederation())
	facts.add("state", state)
	facts.add("log", fmt.Sprintf("%s, %d entries", n.GetOrigin(), n.GetSize()))
	facts.add("version", n.GetVersion())
	facts.add("running since", instant(n.GetStartTime()))
	facts.add("certificate", "expires "+instant(n.GetCertificateExpireTime()))
	facts.add("card", fmt.Sprintf("number %d, fingerprint %s", n.GetCardNumber(), n.GetFingerprint()))
	return facts.close()
}
