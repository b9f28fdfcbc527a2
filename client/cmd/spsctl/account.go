package main

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) accountCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "account",
		Short: "accounts, by which people sign in with a password",
		Long: `There is no default password: create and reset print a set-up secret, good once
and for a few days, by which the person chooses one. Making, resetting and
disabling take the role admin; auditors may list; everybody may see the own
account and change its password.`,
	}, a.accountCreateCommand(), a.accountListCommand(), a.accountShowCommand(), a.accountResetCommand(),
		a.accountSwitchCommand("disable", "let nobody sign in to an account any more",
			func(ctx context.Context, n spsv1.NodeServiceClient, name string) (*spsv1.Account, error) {
				return n.DisableAccount(ctx, &spsv1.DisableAccountRequest{Name: name})
			}),
		a.accountSwitchCommand("enable", "undo disable; password and code are as before",
			func(ctx context.Context, n spsv1.NodeServiceClient, name string) (*spsv1.Account, error) {
				return n.EnableAccount(ctx, &spsv1.EnableAccountRequest{Name: name})
			}),
		a.accountPasswordCommand(), a.accountTotpCommand())
}

func (a *app) accountCreateCommand() *cobra.Command {
	format := tableFormat
	account := &spsv1.Account{}
	cmd := &cobra.Command{
		Use:   "create ID --role ROLE",
		Short: "make an account, and print its set-up secret, this once",
		Long: `Create makes an account of a person with a role, and prints the set-up secret with
which the person chooses a password.

` + rolesHelp(),
		Example: `  spsctl account create lan.nguyen --role officer --name "Lan Nguyen"`,
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			made, err := node.NodeService().CreateAccount(ctx, &spsv1.CreateAccountRequest{Account: account, AccountId: args[0]})
			if err != nil {
				return err
			}
			return a.printSetup(format, made)
		}),
	}
	f := cmd.Flags()
	f.StringVar(&account.Role, "role", "", "role of the person")
	f.StringVar(&account.DisplayName, "name", "", "name or function of the person")
	f.StringVar(&account.Unit, "unit", "", "unit of the office that the person belongs to")
	cobra.CheckErr(cmd.MarkFlagRequired("role"))
	complete(cmd, "role", roleNames()[1:]...)
	outputFlag(cmd, &format)
	return cmd
}

// printSetup writes a set-up secret: alone on standard output, for people.
func (a *app) printSetup(as format, made *spsv1.AccountSetup) error {
	if as != tableFormat {
		f := newFacts(a.out)
		f.add("name", made.GetAccount().GetName())
		f.add("secret", made.GetSetupSecret())
		f.add("expires", when(made.GetAccount().GetSetupExpireTime()))
		return f.write(as, made)
	}
	fmt.Fprintf(a.err, "hand this set-up secret for %s over in person; it is good once, until %s, and not shown again:\n",
		made.GetAccount().GetName(), instant(made.GetAccount().GetSetupExpireTime()))
	_, err := fmt.Fprintln(a.out, made.GetSetupSecret())
	return err
}

func (a *app) accountListCommand() *cobra.Command {
	format, limit := tableFormat, 0
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list all accounts",
		Args:  cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			list := newList(a.out, format, "name", "person", "role", "unit", "state", "code")
			for acc, err := range accounts(ctx, node, limit) {
				if err != nil {
					return err
				}
				if err := list.add(acc, acc.GetName(), acc.GetDisplayName(), acc.GetRole(), acc.GetUnit(), accountState(acc, time.Now()), withCode(acc)); err != nil {
					return err
				}
			}
			return list.close()
		}),
	}
	limitFlag(cmd, &limit)
	outputFlag(cmd, &format)
	return cmd
}

func accounts(ctx context.Context, node *client.Client, limit int) iter.Seq2[*spsv1.Account, error] {
	return pages(limit, "", func(size int32, token string) ([]*spsv1.Account, string, error) {
		page, err := node.NodeService().ListAccounts(ctx, &spsv1.ListAccountsRequest{PageSize: size, PageToken: token})
		return page.GetAccounts(), page.GetNextPageToken(), err
	})
}

// accountState says in words whether a person can sign in.
func accountState(acc *spsv1.Account, now time.Time) string {
	after := func(t interface{ AsTime() time.Time }, is bool) bool { return is && t.AsTime().After(now) }
	switch {
	case acc.GetDisableTime() != nil:
		return "disabled " + instant(acc.GetDisableTime())
	case after(acc.GetLockExpireTime(), acc.GetLockExpireTime() != nil):
		return "locked until " + instant(acc.GetLockExpireTime())
	case acc.GetPasswordSet():
		return "in use"
	case after(acc.GetSetupExpireTime(), acc.GetSetupExpireTime() != nil):
		return "to be set up until " + instant(acc.GetSetupExpireTime())
	default:
		return "set-up secret expired, reset it"
	}
}

func withCode(acc *spsv1.Account) string {
	if acc.GetTotpEnrolled() {
		return "yes"
	}
	return "no"
}

func (a *app) accountShowCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:               "show ID",
		Short:             "show one account",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeAccounts,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			acc, err := node.NodeService().GetAccount(ctx, &spsv1.GetAccountRequest{Name: resource("accounts/", args[0])})
			if err != nil {
				return err
			}
			return a.printAccount(format, acc)
		}),
	}
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) printAccount(as format, acc *spsv1.Account) error {
	f := newFacts(a.out)
	f.add("name", acc.GetName())
	f.add("person", acc.GetDisplayName())
	f.add("role", acc.GetRole())
	f.add("unit", acc.GetUnit())
	f.add("state", accountState(acc, time.Now()))
	f.add("asks for a code", withCode(acc))
	f.add("made", when(acc.GetCreateTime()))
	f.add("made by", acc.GetCreator())
	return f.write(as, acc)
}

func (a *app) accountResetCommand() *cobra.Command {
	format := tableFormat
	var yes bool
	cmd := &cobra.Command{
		Use:               "reset ID",
		Short:             "take password and code from an account, and print a new set-up secret, this once",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeAccounts,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			name := resource("accounts/", args[0])
			if !yes {
				if err := a.ask("take password and code from "+name+"?", "add --yes"); err != nil {
					return err
				}
			}
			made, err := node.NodeService().ResetAccount(ctx, &spsv1.ResetAccountRequest{Name: name})
			if err != nil {
				return err
			}
			return a.printSetup(format, made)
		}),
	}
	yesFlag(cmd, &yes)
	outputFlag(cmd, &format)
	return cmd
}

// accountSwitchCommand makes a command that turns an account off or on.
func (a *app) accountSwitchCommand(verb, short string, call func(context.Context, spsv1.NodeServiceClient, string) (*spsv1.Account, error)) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:               verb + " ID",
		Short:             short,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeAccounts,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			name := resource("accounts/", args[0])
			if !yes {
				if err := a.ask(verb+" "+name+"?", "add --yes"); err != nil {
					return err
				}
			}
			acc, err := call(ctx, node.NodeService(), name)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.err, "%s: %s\n", name, accountState(acc, time.Now()))
			return nil
		}),
	}
	yesFlag(cmd, &yes)
	return cmd
}

// completeAccounts offers the accounts.
func (a *app) completeAccounts(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	return a.offerLive(func(ctx context.Context, node *client.Client) (all []string) {
		for acc, err := range accounts(ctx, node, 0) {
			if err != nil {
				break
			}
			all = append(all, acc.GetName()[len("accounts/"):]+"\t"+printable(acc.GetDisplayName()))
		}
		return all
	})(cmd, args, begun)
}
