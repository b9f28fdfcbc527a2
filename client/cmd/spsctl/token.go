package main

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) tokenCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "token",
		Short: "tokens, by which systems and people without a certificate call the node over HTTPS",
		Long: `A token stands for a person or system with a role, for a limited time. Its secret
is shown once, when it is made; the node keeps only a digest. Making and revoking
takes the role admin; auditors may list.`,
	}, a.tokenCreateCommand(), a.tokenListCommand(), a.tokenRevokeCommand(), a.tokenConfirmCommand())
}

func (a *app) tokenCreateCommand() *cobra.Command {
	format := tableFormat
	token := &spsv1.Token{}
	expires := timeFlag{ahead: true}
	var allowed, kinds []string
	cmd := &cobra.Command{
		Use:   "create --name TEXT --role ROLE --id ID",
		Short: "make a token, and print its secret, this once",
		Long: `Create prints the secret alone on standard output, for a file or a safe; the rest
is on standard error. A caller sends it as: Authorization: Bearer SECRET.

A token of the role system issues only notifications of the classifications that
it names, and other statements of the kinds that it names. Whoever belongs to a
unit speaks as that unit only.

` + rolesHelp(),
		Example: `  spsctl token create --name "customs single window" --role system --id customs \
    --classification border-rejection,non-compliance --kind follow-up --expires 2160h > customs.token`,
		Args: cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			descriptor := spsv1.Classification(0).Descriptor()
			for _, text := range allowed {
				name, ok := enumValue(descriptor, text)
				if !ok {
					return usageError{fmt.Errorf("classification %q is none of %s", text, strings.Join(shortNames(descriptor), ", "))}
				}
				token.Classifications = append(token.Classifications, spsv1.Classification(spsv1.Classification_value[name]))
			}
			for _, kind := range kinds {
				token.Kinds = append(token.Kinds, strings.ReplaceAll(kind, "-", "_"))
			}
			token.ExpireTime = expires.at
			made, err := node.NodeService().CreateToken(ctx, &spsv1.CreateTokenRequest{Token: token})
			if err != nil {
				return err
			}
			if format != tableFormat {
				f := newFacts(a.out)
				f.add("name", made.GetToken().GetName())
				f.add("secret", made.GetSecret())
				f.add("expires", when(made.GetToken().GetExpireTime()))
				return f.write(format, made)
			}
			fmt.Fprintf(a.err, "made %s, which is good until %s; this is its secret, which is not shown again:\n",
				made.GetToken().GetName(), instant(made.GetToken().GetExpireTime()))
			_, err = fmt.Fprintln(a.out, made.GetSecret())
			return err
		}),
	}
	f := cmd.Flags()
	f.StringVar(&token.DisplayName, "name", "", "what it is for, for people")
	f.StringVar(&token.Role, "role", "", "role of whoever has it")
	f.StringVar(&token.Id, "id", "", "person or system that it stands for")
	f.StringVar(&token.Unit, "unit", "", "unit of the office that it belongs to")
	f.StringSliceVar(&allowed, "classification", nil, "of a system: notifications that it may issue; may be repeated")
	f.StringSliceVar(&kinds, "kind", nil, "of a system: what else it may issue; may be repeated")
	f.Var(&expires, "expires", "when it expires: a time, a day, or a duration from now (default as late as the node allows)")
	for _, name := range []string{"name", "role", "id"} {
		cobra.CheckErr(cmd.MarkFlagRequired(name))
	}
	complete(cmd, "role", roleNames()[1:]...)
	complete(cmd, "classification", shortNames(spsv1.Classification(0).Descriptor())...)
	complete(cmd, "kind", scopeKinds()...)
	outputFlag(cmd, &format)
	return cmd
}

// scopeKinds returns the kinds of statements that a token of the role system
// may be given: all but notifications, which it is given by classification.
func scopeKinds() (kinds []string) {
	fields := (&spsv1.Statement{}).ProtoReflect().Descriptor().Oneofs().ByName("body").Fields()
	for i := range fields.Len() {
		if name := string(fields.Get(i).Name()); name != "notification" {
			kinds = append(kinds, strings.ReplaceAll(name, "_", "-"))
		}
	}
	return kinds
}

func (a *app) tokenListCommand() *cobra.Command {
	format, limit := tableFormat, 0
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list all tokens, revoked and expired ones too",
		Args:  cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			list := newList(a.out, format, "name", "for", "role", "unit", "id", "state", "last used")
			for t, err := range tokens(ctx, node, limit) {
				if err != nil {
					return err
				}
				if err := list.add(t, t.GetName(), t.GetDisplayName(), roleIn(format, t), t.GetUnit(), t.GetId(), tokenState(t, time.Now()), when(t.GetLastUseTime())); err != nil {
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

func tokens(ctx context.Context, node *client.Client, limit int) iter.Seq2[*spsv1.Token, error] {
	return pages(limit, "", func(size int32, token string) ([]*spsv1.Token, string, error) {
		page, err := node.NodeService().ListTokens(ctx, &spsv1.ListTokensRequest{PageSize: size, PageToken: token})
		return page.GetTokens(), page.GetNextPageToken(), err
	})
}

// role says what a token may do.
func role(t *spsv1.Token) string {
	return roleOf(t, roleWords(t))
}

// roleIn returns the role of a token as a list shows it: a table has the first of
// what a system may issue, and how many more there are.
func roleIn(as format, t *spsv1.Token) string {
	may := roleWords(t)
	if more := len(may) - 2; as == tableFormat && more > 1 {
		may = append(may[:2:2], fmt.Sprintf("%d more", more))
	}
	return roleOf(t, may)
}

func roleOf(t *spsv1.Token, may []string) string {
	if len(may) == 0 {
		return t.GetRole()
	}
	return t.GetRole() + ": " + strings.Join(may, ", ")
}

// roleWords returns what a token may issue, in words.
func roleWords(t *spsv1.Token) (may []string) {
	for _, c := range t.GetClassifications() {
		may = append(may, brief.Words(c))
	}
	for _, kind := range t.GetKinds() {
		may = append(may, strings.ReplaceAll(kind, "_", " "))
	}
	return may
}

// tokenState says in words whether a token is good.
func tokenState(t *spsv1.Token, now time.Time) string {
	switch {
	case t.GetRevokeTime() != nil:
		return "revoked " + instant(t.GetRevokeTime())
	case t.GetExpireTime() != nil && now.After(t.GetExpireTime().AsTime()):
		return "expired " + instant(t.GetExpireTime())
	default:
		return "good until " + instant(t.GetExpireTime())
	}
}

func (a *app) tokenRevokeCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:               "revoke NAME",
		Short:             "end a token for good",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeTokens,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			name := resource("tokens/", args[0])
			t, err := node.NodeService().GetToken(ctx, &spsv1.GetTokenRequest{Name: name})
			if err != nil {
				return err
			}
			if !yes {
				question := fmt.Sprintf("revoke %s, %q of %s %s, for good?", name, printable(t.GetDisplayName()), t.GetRole(), t.GetId())
				if err := a.ask(question, "add --yes"); err != nil {
					return err
				}
			}
			if t, err = node.NodeService().RevokeToken(ctx, &spsv1.RevokeTokenRequest{Name: name}); err != nil {
				return err
			}
			fmt.Fprintf(a.err, "%s is %s\n", name, tokenState(t, time.Now()))
			return nil
		}),
	}
	yesFlag(cmd, &yes)
	return cmd
}

func yesFlag(cmd *cobra.Command, yes *bool) {
	cmd.Flags().BoolVarP(yes, "yes", "y", false, "do not ask")
}

// resource returns the name of a resource, whose collection a person may leave
// out.
func resource(collection, name string) string {
	return collection + strings.TrimPrefix(name, collection)
}

// completeTokens offers the tokens that are good.
func (a *app) completeTokens(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	return a.offerLive(func(ctx context.Context, node *client.Client) (all []string) {
		for t, err := range tokens(ctx, node, 0) {
			if err != nil {
				break
			}
			if t.GetRevokeTime() == nil {
				all = append(all, t.GetName()+"\t"+printable(t.GetDisplayName()))
			}
		}
		return all
	})(cmd, args, begun)
}
