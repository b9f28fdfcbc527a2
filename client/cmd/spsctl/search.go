package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) searchCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "search",
		Short: "searches of cases that you keep under a title",
		Long: `A search is a filter, words and an order under a title. It is kept at the node, so
it is there wherever you call from; a shared one is there for the whole office.`,
	}, a.searchSaveCommand(), a.searchListCommand(), a.searchRunCommand(), a.searchDeleteCommand())
}

// searchOf returns the search of a title or name that the caller sees; nil if
// there is none.
func searchOf(ctx context.Context, node *client.Client, title string) (*spsv1.Search, error) {
	list, err := node.SearchService().ListSearches(ctx, &spsv1.ListSearchesRequest{})
	if err != nil {
		return nil, err
	}
	var found *spsv1.Search
	for _, s := range list.GetSearches() {
		switch {
		case s.GetName() == title:
			return s, nil
		case s.GetTitle() != title:
		case found != nil:
			return nil, usageError{fmt.Errorf("%s and %s are called %q: give one of these names", found.GetName(), s.GetName(), title)}
		default:
			found = s
		}
	}
	return found, nil
}

// knownSearch is searchOf for one that must be there.
func knownSearch(ctx context.Context, node *client.Client, title string) (*spsv1.Search, error) {
	s, err := searchOf(ctx, node, title)
	if err == nil && s == nil {
		err = missingError{fmt.Errorf("there is no search %q: spsctl search list shows them", title)}
	}
	return s, err
}

func savedFlag(cmd *cobra.Command, title *string) {
	cmd.Flags().StringVar(title, "saved", "", "what the search of that title finds; with words and --filter, what they find in it")
}

// addSaved puts a search that was saved under a title before what the command
// line says: both must hold, and an order on the command line stands. No title
// is no search.
func (s *selection) addSaved(ctx context.Context, node *client.Client, title string) error {
	if title == "" {
		return nil
	}
	search, err := knownSearch(ctx, node, title)
	if err != nil {
		return err
	}
	switch {
	case s.Filter == "":
		s.Filter = search.GetFilter()
	case search.GetFilter() != "":
		s.Filter = "(" + search.GetFilter() + ") AND (" + s.Filter + ")"
	}
	s.Query = strings.TrimSpace(search.GetQuery() + " " + s.Query)
	s.order = first(s.order, search.GetOrderBy())
	return nil
}

func (a *app) searchSaveCommand() *cobra.Command {
	s := &spsv1.Search{}
	cmd := &cobra.Command{
		Use:   "save TITLE [WORD...]",
		Short: "keep a search, or change the one of that title",
		Example: `  spsctl search save 'our fruit' durian --filter 'origin = VN' --order-by 'issue_time desc'
  spsctl search save overdue --filter 'overdue' --shared`,
		Args: cobra.MinimumNArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			s.Title, s.Query = args[0], strings.Join(args[1:], " ")
			before, err := searchOf(ctx, node, s.GetTitle())
			if err != nil {
				return err
			}
			if before == nil {
				s, err = node.SearchService().CreateSearch(ctx, &spsv1.CreateSearchRequest{Search: s})
			} else {
				s.Name, s.Etag = before.GetName(), before.GetEtag()
				s, err = node.SearchService().UpdateSearch(ctx, &spsv1.UpdateSearchRequest{Search: s})
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(a.err, "kept as %s; run it: spsctl search run %q\n", s.GetName(), s.GetTitle())
			return nil
		}),
	}
	f := cmd.Flags()
	f.StringVar(&s.Filter, "filter", "", `only these, such as 'classification = ALERT AND origin = VN' (AIP-160)`)
	f.StringVar(&s.OrderBy, "order-by", "", `order, as of case list`)
	f.StringSliceVar(&s.Columns, "columns", nil, "columns for programs that show it, of those of case export")
	f.BoolVar(&s.Shared, "shared", false, "for everybody of the office")
	return cmd
}

func (a *app) searchListCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "list your searches and those that are shared",
		Example: "  spsctl search list",
		Args:    cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			all, err := node.SearchService().ListSearches(ctx, &spsv1.ListSearchesRequest{})
			if err != nil {
				return err
			}
			list := newList(a.out, format, "title", "words", "filter", "order", "owner", "shared")
			for _, s := range all.GetSearches() {
				shared := ""
				if s.GetShared() {
					shared = "shared"
				}
				if err := list.add(s, s.GetTitle(), s.GetQuery(), short(s.GetFilter(), 60), s.GetOrderBy(), s.GetOwner(), shared); err != nil {
					return err
				}
			}
			return list.close()
		}),
	}
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) searchRunCommand() *cobra.Command {
	format, sel := tableFormat, selection{limit: 50}
	cmd := &cobra.Command{
		Use:     "run TITLE",
		Short:   "list the cases that a search finds, as case list --saved TITLE",
		Example: "  spsctl search run 'our fruit'",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			if err := sel.addSaved(ctx, node, args[0]); err != nil {
				return err
			}
			return a.listCases(ctx, node, format, &sel)
		}),
	}
	limitFlag(cmd, &sel.limit)
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) searchDeleteCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "delete TITLE | NAME",
		Short: "delete one of your searches; an administrator, anybody's",
		Example: `  spsctl search delete 'our fruit'
  spsctl search delete searches/0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11`,
		Args: cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			s, err := knownSearch(ctx, node, args[0])
			if err != nil {
				return err
			}
			_, err = node.SearchService().DeleteSearch(ctx, &spsv1.DeleteSearchRequest{Name: s.GetName()})
			return err
		}),
	}
}
