package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) caseCommand() *cobra.Command {
	return group(&cobra.Command{Use: "case", Short: "issue, read and watch cases and their statements"},
		a.caseIssueCommand(), a.caseGetCommand(), a.caseListCommand(), a.caseWatchCommand())
}

func (a *app) caseIssueCommand() *cobra.Command {
	format := tableFormat
	var file, requestID string
	var check bool
	cmd := &cobra.Command{
		Use:   "issue -f FILE",
		Short: "issue a statement from a YAML or JSON file",
		Long: `Issue signs a statement in the name of your office. The file holds a Statement
with the names of the API; the node adds your office and you as its issuer.

If you do not know how an issue ended, repeat it with the same --request-id: it
is issued once, however often you try.`,
		Args: cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			statement, err := a.readStatement(file)
			if err != nil {
				return err
			}
			if check {
				if _, err := node.Check(ctx, statement); err != nil {
					return err
				}
				fmt.Fprintln(a.err, "nothing is wrong with it, nothing was issued; leave out --check to issue it")
				return nil
			}
			if requestID == "" {
				requestID = client.NewRequestID()
			}
			issued, err := node.Issue(ctx, statement, requestID)
			if err != nil {
				return fmt.Errorf("request %s: %w", requestID, err)
			}
			if format == tableFormat {
				_, err := fmt.Fprintln(a.out, issued.GetReference())
				fmt.Fprintf(a.err, "issued as %s; see who has it: spsctl case get %s\n", issued.GetName(), issued.GetReference())
				return err
			}
			return write(a.out, format, issued)
		}),
	}
	f := cmd.Flags()
	f.StringVarP(&file, "file", "f", "", `the file, "-" for standard input`)
	f.StringVar(&requestID, "request-id", "", "UUID of this act of issuing (default a random one)")
	f.BoolVar(&check, "check", false, "only check it, and report every problem at once")
	cobra.CheckErr(cmd.MarkFlagRequired("file"))
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) caseGetCommand() *cobra.Command {
	format := tableFormat
	cmd := &cobra.Command{
		Use:   "get REFERENCE | NAME",
		Short: "show a case by its reference, or one statement by its name",
		Example: `  spsctl case get VN-2026-000123
  spsctl case get offices/VN/statements/1-42 -o json`,
		Args: cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			if strings.HasPrefix(args[0], "offices/") {
				s, err := node.Statement(ctx, args[0])
				if err != nil {
					return err
				}
				if format == tableFormat {
					return a.printStatement(s)
				}
				return write(a.out, format, s)
			}
			found, err := node.Case(ctx, strings.TrimPrefix(args[0], "cases/"))
			if err != nil {
				return err
			}
			if format == tableFormat {
				return a.printCase(found)
			}
			return write(a.out, format, found)
		}),
	}
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) caseListCommand() *cobra.Command {
	format, limit := tableFormat, 0
	cmd := &cobra.Command{
		Use:   "list",
		Short: "list the cases, the newest first",
		Args:  cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			list := newList(a.out, format, "reference", "issued", "classification", "product", "hazard", "delivered")
			shown := 0
			for found, err := range node.Cases(ctx, client.ListOptions{PageSize: int32(min(max(limit, 0), 1000))}) {
				if err != nil {
					return err
				}
				s := found.GetOriginal()
				b := brief.Of(s.GetStatement())
				if err := list.add(found, found.GetReference(), instant(s.GetIssueTime()), b.Classification, shorten(b.Product, 30), shorten(b.Hazard, 40), delivered(s)); err != nil {
					return err
				}
				if shown++; shown == limit {
					break
				}
			}
			return list.close()
		}),
	}
	cmd.Flags().IntVar(&limit, "limit", 50, "at most so many; 0: all")
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) caseWatchCommand() *cobra.Command {
	format := tableFormat
	var cursor string
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "show what the node records, as it comes, and what it has recorded before",
		Long: `Watch shows every statement and receipt that the node has recorded since the
cursor, and then what comes, until Ctrl-C. With -o jsonl each line carries a
cursor; a later watch that is given it misses nothing and repeats nothing. When
the node is away, watch waits for it.`,
		Args: cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			opts := client.WatchOptions{Cursor: cursor, Interrupted: func(err error, wait time.Duration) {
				fmt.Fprintf(a.err, "the node is away (%v), trying again in %s\n", err, wait.Round(100*time.Millisecond))
			}}
			for event, err := range node.Watch(ctx, opts) {
				if err != nil {
					return err
				}
				if err := a.printEvent(format, event); err != nil {
					return err
				}
			}
			return nil
		}),
	}
	cmd.Flags().StringVar(&cursor, "cursor", "", "go on after this one (default from the first record)")
	cmd.Flags().VarP(&format, "output", "o", "output: table, or jsonl")
	return cmd
}

// printEvent writes one record of a watch, at once.
func (a *app) printEvent(f format, e client.Event) error {
	if f != tableFormat {
		r := &spsv1.WatchStatementsResponse{Cursor: e.Cursor}
		if e.Statement != nil {
			r.Event = &spsv1.WatchStatementsResponse_Statement{Statement: e.Statement}
		} else {
			r.Event = &spsv1.WatchStatementsResponse_Receipt{Receipt: e.Receipt}
		}
		return write(a.out, jsonlFormat, r)
	}
	if r := e.Receipt; r != nil {
		_, err := fmt.Fprintf(a.out, "%s  %s holds all of %s below %d\n", instant(r.GetRecordTime()), r.GetOffice(), r.GetOrigin(), r.GetSize())
		return err
	}
	s := e.Statement
	b := brief.Of(s.GetStatement())
	_, err := fmt.Fprintf(a.out, "%s  %s  %s  %s  %s\n", instant(s.GetRecordTime()), s.GetReference(), first(b.Classification, b.Kind),
		printable(first(b.Product, b.Subject)), printable(b.Hazard))
	return err
}

// first returns the first text that is not empty.
func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
