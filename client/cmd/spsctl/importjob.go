package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// importName takes the name of an import with or without its prefix.
func importName(text string) string { return "imports/" + strings.TrimPrefix(text, "imports/") }

func (a *app) importListCommand() *cobra.Command {
	format, limit := tableFormat, 0
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "list the imports of your laboratory or office, the newest first",
		Example: "  spsctl import list",
		Args:    cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			list := newList(a.out, format, "name", "kind", "state", "sheet", "rows", "good", "unchanged", "refused", "kept", "by", "uploaded")
			for m, err := range pages(limit, "", func(size int32, token string) ([]*spsv1.Import, string, error) {
				page, err := node.ImportService().ListImports(ctx, &spsv1.ListImportsRequest{PageSize: size, PageToken: token})
				return page.GetImports(), page.GetNextPageToken(), err
			}) {
				if err != nil {
					return err
				}
				c := m.GetCounts()
				if err := list.add(m, m.GetName(), m.GetKind(), brief.Words(m.GetState()), m.GetFilename(), fmt.Sprint(c.GetRows()), fmt.Sprint(c.GetGood()),
					fmt.Sprint(c.GetUnchanged()), fmt.Sprint(c.GetRefused()), fmt.Sprint(c.GetKept()), m.GetCreator().GetId(), when(m.GetCreateTime())); err != nil {
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

// importActCommand is a command that does something with one import, and shows it.
func (a *app) importActCommand(cmd *cobra.Command, act func(ctx context.Context, node *client.Client, name string) (*spsv1.Import, error)) *cobra.Command {
	format := tableFormat
	cmd.Args = cobra.ExactArgs(1)
	cmd.RunE = a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
		m, err := act(ctx, node, importName(args[0]))
		if err != nil {
			return err
		}
		return a.showImport(format, m)
	})
	outputFlagOf(cmd, &format, tableFormat, jsonFormat, yamlFormat)
	return cmd
}

func (a *app) importGetCommand() *cobra.Command {
	return a.importActCommand(&cobra.Command{
		Use:     "get NAME",
		Short:   "show an import: how far it is, and what it counts",
		Example: "  spsctl import get 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11",
	}, func(ctx context.Context, node *client.Client, name string) (*spsv1.Import, error) {
		return node.ImportService().GetImport(ctx, &spsv1.GetImportRequest{Name: name})
	})
}

func (a *app) importCancelCommand() *cobra.Command {
	return a.importActCommand(&cobra.Command{
		Use:     "cancel NAME",
		Short:   "end an import that is not done; what it has kept stays",
		Example: "  spsctl import cancel 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11",
	}, func(ctx context.Context, node *client.Client, name string) (*spsv1.Import, error) {
		return node.ImportService().CancelImport(ctx, &spsv1.CancelImportRequest{Name: name})
	})
}

func (a *app) importCommitCommand() *cobra.Command {
	format, goodRows, wait := tableFormat, false, true
	cmd := &cobra.Command{
		Use:     "commit NAME",
		Short:   "keep what an import has checked",
		Example: "  spsctl import commit --good-rows 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			m, err := node.ImportService().CommitImport(ctx, &spsv1.CommitImportRequest{Name: importName(args[0]), GoodRows: goodRows})
			if err != nil {
				return err
			}
			if !wait {
				return a.showImport(format, m)
			}
			return a.awaitImport(ctx, node, format, m)
		}),
	}
	cmd.Flags().BoolVar(&goodRows, "good-rows", false, "keep what is in order, also if other rows are refused")
	cmd.Flags().BoolVar(&wait, "wait", true, "wait until it is done")
	outputFlagOf(cmd, &format, tableFormat, jsonFormat, yamlFormat)
	return cmd
}

func (a *app) importDeleteCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "delete NAME",
		Short:   "remove an import with its row errors; what it kept stays",
		Example: "  spsctl import delete 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			_, err := node.ImportService().DeleteImport(ctx, &spsv1.DeleteImportRequest{Name: importName(args[0])})
			return err
		}),
	}
}

func (a *app) importErrorsCommand() *cobra.Command {
	format, limit, notes := tableFormat, 0, false
	cmd := &cobra.Command{
		Use:     "errors NAME",
		Short:   "list what is wrong with the rows of an import",
		Example: "  spsctl import errors 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11 -o csv > errors.csv",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			return a.listRowErrors(ctx, node, format, importName(args[0]), notes, limit)
		}),
	}
	cmd.Flags().BoolVar(&notes, "notes", false, "instead, what a person should know of rows that are taken")
	limitFlag(cmd, &limit)
	outputFlag(cmd, &format)
	return cmd
}

// listRowErrors lists at most so many row errors; 0: all.
func (a *app) listRowErrors(ctx context.Context, node *client.Client, as format, name string, notes bool, limit int) error {
	list := newList(a.out, as, "cell", "column", "written", "what to do", "reason")
	for e, err := range pages(limit, "", func(size int32, token string) ([]*spsv1.RowError, string, error) {
		page, err := node.ImportService().ListRowErrors(ctx, &spsv1.ListRowErrorsRequest{Parent: name, PageSize: size, PageToken: token, Notes: notes})
		return page.GetRowErrors(), page.GetNextPageToken(), err
	}) {
		if err != nil {
			return err
		}
		cell := fmt.Sprintf("%s%d", e.GetColumn(), e.GetRow())
		if err := list.add(e, cell, e.GetHeading(), short(e.GetWritten(), 30), e.GetSentence(), e.GetReason()); err != nil {
			return err
		}
	}
	return list.close()
}

func (a *app) importWatchCommand() *cobra.Command {
	format, cursor := tableFormat, ""
	cmd := &cobra.Command{
		Use:     "watch NAME",
		Short:   "show how an import gets on, until it has ended",
		Example: "  spsctl import watch -o jsonl 0b8f3b0e-6c1e-4a53-9d43-0d0f4a3f5a11",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			if err := asItComes(format); err != nil {
				return err
			}
			m := &spsv1.Import{Name: importName(args[0])}
			return a.persist(ctx, func() (err error) {
				var broken error
				m, err = follow(ctx, node, m, &cursor, func(now *spsv1.Import) bool {
					broken = a.showProgress(format, cursor, now)
					return broken == nil
				})
				return firstError(err, broken)
			})
		}),
	}
	cmd.Flags().StringVar(&cursor, "cursor", "", "go on after this one (default as it is now)")
	outputFlagOf(cmd, &format, tableFormat, jsonlFormat)
	return cmd
}

// showProgress prints a line of a watch.
func (a *app) showProgress(as format, cursor string, m *spsv1.Import) error {
	if as == jsonlFormat {
		return write(a.out, as, &spsv1.WatchImportResponse{Cursor: cursor, Event: &spsv1.WatchImportResponse_Import{Import: m}})
	}
	c := m.GetCounts()
	_, err := fmt.Fprintf(a.out, "%s: %s, %d good, %d unchanged, %d refused, %d kept\n",
		brief.Words(m.GetState()), rowsWords(c), c.GetGood(), c.GetUnchanged(), c.GetRefused(), c.GetKept())
	return err
}

// rowsWords says how many rows were read, and of how many as soon as that is known.
func rowsWords(c *spsv1.ImportCounts) string {
	if c.GetRowsTotal() == 0 {
		return fmt.Sprintf("%d rows", c.GetRows())
	}
	return fmt.Sprintf("%d of %d rows (%d %%)", c.GetRows(), c.GetRowsTotal(), 100*int64(c.GetRows())/int64(c.GetRowsTotal()))
}
