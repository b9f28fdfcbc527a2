package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/codes"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// shownWords is how many columns of a name a person sees in a list.
const shownWords = 60

func (a *app) codeCommand() *cobra.Command {
	return group(&cobra.Command{
		Use: "code", Aliases: []string{"codes"},
		Short: "code lists, and the codes of sites: what a code means, and whether it is good",
		Long: `Goods, hazards, organisms, units, areas and measures are written with codes of
published lists. The node shows them in your language, see --lang.

Growing areas, packing houses and establishments have codes too, which offices
suspend and reinstate for a market.`,
	}, a.codeListCommand(), a.codeSearchCommand(), a.codeGetCommand(), a.codeCheckCommand(),
		a.codeStatusCommand(), a.codeHistoryCommand(), a.codeSuspendCommand(), a.codeReinstateCommand(), a.codeExportCommand(), a.codeWatchCommand())
}

func (a *app) codeListCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list the code lists that the node knows, with their versions",
		Long: `List shows every code list: its name, as codings have it, its version, how many
entries it has, and the file that was laid over the built-in list, if one was. An
open list has more codes than entries.`,
		Example: "  spsctl code list",
		Args:    cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			resp, err := node.CodeService().ListCodeLists(ctx, &spsv1.ListCodeListsRequest{})
			if err != nil {
				return err
			}
			list := newList(a.out, format, "list", "version", "entries", "open", "what it is", "file")
			for _, l := range resp.GetCodeLists() {
				if err := list.add(l, l.GetSystem(), l.GetVersion(), fmt.Sprint(l.GetEntryCount()), yes(l.GetOpen()),
					short(l.GetDisplay(), shownWords), l.GetFile()); err != nil {
					return err
				}
			}
			if err := list.close(); err != nil {
				return err
			}
			for _, l := range resp.GetCodeLists() {
				if l.GetFault() != "" {
					fmt.Fprintf(a.err, "%s: a newer file is not in force:\n%s\n", l.GetSystem(), l.GetFault())
				}
			}
			return nil
		}),
	}
	outputFlag(cmd, &format)
	return cmd
}

// yes writes what is so or not so in a list.
func yes(so bool) string {
	if so {
		return "yes"
	}
	return ""
}

func (a *app) codeSearchCommand() *cobra.Command {
	format, limit, under := tableFormat, 50, ""
	cmd := &cobra.Command{
		Use:   "search LIST [WORD...]",
		Short: "find codes in a list by words, or by how a code begins",
		Long: `Search shows the entries of a list that have all the words, or the beginnings of
words, in a name in any language, and those whose code begins so; the best first.
Upper case and diacritics do not matter: sau rieng finds sầu riêng. Without words
it shows the whole list.`,
		Example: `  spsctl code search hs sau rieng
  spsctl code search hs 0810
  spsctl code search rasff-hazard --under mycotoxins`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: offer(codeLists),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			list := newList(a.out, format, "code", "name", "under")
			more := false
			for c, err := range pages(limit, "", func(size int32, token string) ([]*spsv1.Code, string, error) {
				page, err := node.CodeService().SearchCodes(ctx, &spsv1.SearchCodesRequest{
					Parent: "codeLists/" + args[0], Query: strings.Join(args[1:], " "), ParentCode: under, PageSize: size, PageToken: token,
				})
				more = page.GetNextPageToken() != ""
				return page.GetCodes(), page.GetNextPageToken(), err
			}) {
				if err != nil {
					return err
				}
				if err := list.add(c, c.GetCode(), short(c.GetDisplay(), shownWords), c.GetParentCode()); err != nil {
					return err
				}
			}
			if err := list.close(); err != nil {
				return err
			}
			if more {
				fmt.Fprintf(a.err, "these are the first %d, and there are more: give more words, or --limit 0\n", limit)
			}
			return nil
		}),
	}
	cmd.Flags().StringVar(&under, "under", "", "only what stands directly under this code")
	limitFlag(cmd, &limit)
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) codeGetCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:   "get LIST CODE",
		Short: "show what a code means, in every language",
		Example: `  spsctl code get hs 081060
  spsctl code get ucum mg/kg`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: offer(codeLists),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			c, err := node.CodeService().GetCode(ctx, &spsv1.GetCodeRequest{
				Name: "codeLists/" + args[0] + "/codes/" + strings.ReplaceAll(args[1], "/", "%2F"),
			})
			if err != nil {
				return err
			}
			f := newFacts(a.out)
			f.add("list", strings.TrimSpace(c.GetSystem()+" "+c.GetVersion()))
			f.add("code", c.GetCode())
			f.add("name", c.GetDisplay())
			for _, t := range c.GetTitle() {
				f.add(t.GetLang(), t.GetText())
			}
			f.add("other names", strings.Join(c.GetOtherNames(), "; "))
			f.add("under", c.GetParentCode())
			if c.GetRetired() {
				f.add("retired", "the list has withdrawn it: look for another")
			}
			return f.write(format, c)
		}),
	}
	outputFlag(cmd, &format)
	return cmd
}

// codeLists returns the names of the built-in lists, which every node knows.
func codeLists() []string {
	var names []string
	for _, l := range codes.Builtin().Lists() {
		names = append(names, l.System+"\t"+l.Title())
	}
	return names
}

func (a *app) codeCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE...",
		Short: "read files of code lists as a node would, and name every bad row",
		Long: `Check reads a file of a code list, which is named after the list and its version:
hs@2022.csv. It needs no node. What is wrong is named row by row with what to do;
a node puts no file in force that has a bad row. The layouts are in
docs/reference/codes.md.`,
		Example: "  spsctl code check hs@2022.csv",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var errs []error
			for _, path := range args {
				l, err := codes.ReadFile(path)
				if err != nil {
					errs = append(errs, err)
					continue
				}
				fmt.Fprintf(a.out, "%s: %d entries of %s, version %s\n", path, l.Len(), l.System, first(l.Version, "not given"))
			}
			err := errors.Join(errs...)
			if _, bad := errors.AsType[*codes.FileError](err); bad {
				return invalidError{err}
			}
			return err
		},
	}
}
