package main

import (
	"context"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
)

// completeWithin is how long a person who pressed the tab key waits for a node.
// What has not come by then is not offered; nothing is ever said about it.
const completeWithin = time.Second

// mostCompleted is how many cases are offered.
const mostCompleted = 50

// completer is what cobra calls when the tab key is pressed.
type completer = func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective)

// complete makes the values of a flag known to the shell.
func complete(cmd *cobra.Command, flag string, values ...string) {
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)))
}

// completeFiles makes it known that a flag names a file with one of the
// endings.
func completeFiles(cmd *cobra.Command, flag string, endings ...string) {
	cobra.CheckErr(cmd.MarkFlagFilename(flag, endings...))
}

// cardFiles offers the files of peer cards.
func cardFiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{strings.TrimPrefix(certs.CardSuffix, ".")}, cobra.ShellCompDirectiveFilterFileExt
}

// offer makes a completer of the one argument of a command from values that are
// known without a node.
func offer(values func() []string) completer {
	return func(_ *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return begins(values(), begun), cobra.ShellCompDirectiveNoFileComp
	}
}

// offerLive makes a completer of the one argument of a command from what the
// node says in time. A line is a value or, after a tab, what it is.
func (a *app) offerLive(ask func(context.Context, *client.Client) []string) completer {
	return func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(cmd.Root().Context()), completeWithin)
		defer cancel()
		node, err := a.dial(ctx)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer node.Close()
		return begins(ask(ctx, node), strings.ToUpper(begun)), cobra.ShellCompDirectiveNoFileComp
	}
}

// bashAlone makes the completion of bash work without the package
// bash-completion, which servers often lack.
const bashAlone = `
if ! declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref()
    {
        local line="${COMP_LINE:0:COMP_POINT}"
        read -ra words <<<"$line"
        [[ $line != *[[:space:]] ]] || words+=("")
        cword=$((${#words[@]} - 1))
        cur="${words[cword]}"
        prev="${words[cword > 0 ? cword - 1 : 0]}"
    }
fi
`

// plainBash adds bashAlone to what completion bash writes.
func plainBash(completion *cobra.Command) {
	for _, cmd := range completion.Commands() {
		if cmd.Name() != "bash" {
			continue
		}
		write := cmd.RunE
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if err := write(cmd, args); err != nil {
				return err
			}
			_, err := io.WriteString(cmd.Root().OutOrStdout(), bashAlone)
			return err
		}
		cmd.Long = strings.ReplaceAll(cmd.Long, "This script depends on the 'bash-completion' package.\nIf it is not installed already, you can install it via your OS's package manager.\n\n", "")
	}
}

// completeReferences offers the newest cases, with what they are about.
func (a *app) completeReferences(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	return a.offerLive(func(ctx context.Context, node *client.Client) (all []string) {
		for found, err := range (&selection{limit: mostCompleted}).cases(ctx, node) {
			if err != nil {
				break
			}
			b := brief.Of(found.GetOriginal().GetStatement(), a.languages()...)
			all = append(all, found.GetReference()+"\t"+shorten(strings.Join(nonEmpty(b.Classification, b.Product, b.Hazard), ", "), 60))
		}
		return all
	})(cmd, args, begun)
}

// completePeers offers the other offices.
func (a *app) completePeers(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	return a.offerLive(func(ctx context.Context, node *client.Client) (all []string) {
		peers, err := node.Peers(ctx)
		if err != nil {
			return nil
		}
		for _, p := range peers {
			all = append(all, p.GetOffice()+"\t"+printable(p.GetDisplayNames()["en"]))
		}
		return all
	})(cmd, args, begun)
}

// completeContexts offers the contexts, with whose node each is.
func (a *app) completeContexts(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	return offer(func() (names []string) {
		all, _, err := a.contexts()
		if err != nil {
			return nil
		}
		for _, name := range slices.Sorted(maps.Keys(all.Contexts)) {
			c := all.Contexts[name]
			names = append(names, name+"\t"+strings.Join(nonEmpty(c.Office, c.Address), ", "))
		}
		return names
	})(cmd, args, begun)
}

// begins returns those of the values that begin so.
func begins(values []string, begun string) (some []string) {
	for _, v := range values {
		if strings.HasPrefix(v, begun) {
			some = append(some, v)
		}
	}
	return some
}

func nonEmpty(texts ...string) []string {
	return slices.DeleteFunc(texts, func(t string) bool { return t == "" })
}
