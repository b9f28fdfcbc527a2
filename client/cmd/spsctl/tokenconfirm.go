package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) tokenConfirmCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "confirm",
		Short: "after a restore: look through what is good in the backup, and make it good again",
		Long: `In a node that was restored from a backup no token is good and nobody can sign in:
a token that was revoked since the backup was made would be good again, and so
would an old password. Confirm lists what would be good, and asks. What should
not be good is taken away first: spsctl token revoke, spsctl account disable or
reset.

It takes the role admin, and a certificate, which no restore concerns.`,
		Args: cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			names, err := a.listCredentials(ctx, node)
			if err != nil {
				return err
			}
			if !yes {
				if err := a.ask(fmt.Sprintf("are all %d of them to be good?", len(names)), "look through the list and add --yes"); err != nil {
					return err
				}
			}
			if _, err := node.NodeService().ConfirmCredentials(ctx, &spsv1.ConfirmCredentialsRequest{Names: names}); err != nil {
				return err
			}
			fmt.Fprintln(a.err, "they are good again")
			return nil
		}),
	}
	yesFlag(cmd, &yes)
	return cmd
}

// listCredentials shows the tokens and accounts that would be good, and returns
// their names.
func (a *app) listCredentials(ctx context.Context, node *client.Client) (names []string, err error) {
	now := time.Now()
	list := newList(a.out, tableFormat, "name", "for", "role", "id", "state", "last used")
	for t, err := range tokens(ctx, node, 0) {
		if err != nil {
			return nil, err
		}
		if t.GetRevokeTime() != nil || !now.Before(t.GetExpireTime().AsTime()) {
			continue
		}
		names = append(names, t.GetName())
		if err := list.add(t, t.GetName(), t.GetDisplayName(), role(t), t.GetId(), tokenState(t, now), when(t.GetLastUseTime())); err != nil {
			return nil, err
		}
	}
	for acc, err := range accounts(ctx, node, 0) {
		if err != nil {
			return nil, err
		}
		if acc.GetDisableTime() != nil {
			continue
		}
		names = append(names, acc.GetName())
		if err := list.add(acc, acc.GetName(), acc.GetDisplayName(), acc.GetRole(), strings.TrimPrefix(acc.GetName(), "accounts/"), accountState(acc, now), ""); err != nil {
			return nil, err
		}
	}
	return names, list.close()
}
