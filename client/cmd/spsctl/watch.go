package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) caseWatchCommand() *cobra.Command {
	format, sel := tableFormat, selection{}
	var cursor string
	cmd := &cobra.Command{
		Use:   "watch [WORD...]",
		Short: "show what the node records, as it comes, and what it has recorded before",
		Long: `Watch shows every statement and receipt that the node has recorded since the
cursor, and then what comes, until Ctrl-C. With -o jsonl each line carries a
cursor; a later watch that is given it misses nothing and repeats nothing. When
the node is away, watch waits for it.

Words and --filter select statements, as those of case list select cases; then
no receipts are shown.`,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			if err := asItComes(format); err != nil {
				return err
			}
			sel.Query = strings.Join(args, " ")
			opts := a.watchOptions(cursor)
			opts.Selection = sel.Selection
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
	sel.flags(cmd)
	cmd.Flags().StringVar(&cursor, "cursor", "", "go on after this one (default from the first record)")
	outputFlagOf(cmd, &format, tableFormat, jsonlFormat)
	return cmd
}

// asItComes refuses the formats that are written as a whole.
func asItComes(f format) error {
	if f != tableFormat && f != jsonlFormat {
		return usageError{fmt.Errorf("what has no end is written as table or jsonl, not as %s", f)}
	}
	return nil
}

func (a *app) watchOptions(cursor string) client.WatchOptions {
	return client.WatchOptions{Cursor: cursor, Interrupted: a.away, Resumed: a.back}
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
	b := brief.Of(s.GetStatement(), a.languages()...)
	_, err := fmt.Fprintf(a.out, "%s  %s  %s  %s  %s\n", instant(s.GetRecordTime()), s.GetReference(), first(b.Classification, b.Kind),
		printable(first(b.Product, b.Subject)), printable(b.Hazard))
	return err
}

// watchCases shows the cases that there are, unless a cursor says that the
// caller has them, and then each that begins or changes.
func (a *app) watchCases(ctx context.Context, node *client.Client, as format, sel *selection, cursor string) error {
	if err := asItComes(as); err != nil {
		return err
	}
	if cursor == "" {
		var err error
		if cursor, err = a.listBeforeWatch(ctx, node, as, sel); err != nil {
			return err
		}
	}
	for event, err := range node.Watch(ctx, a.watchOptions(cursor)) {
		if err != nil {
			return err
		}
		reference := strings.TrimPrefix(event.Statement.GetCase(), "cases/")
		if reference == "" {
			continue
		}
		var found *spsv1.Case
		if err := a.persist(ctx, func() (err error) {
			found, err = sel.one(ctx, node, reference)
			return err
		}); err != nil {
			return err
		}
		if found == nil {
			continue
		}
		if err := a.printCaseEvent(as, event.Cursor, found); err != nil {
			return err
		}
	}
	return nil
}

// listBeforeWatch lists the cases, and returns the cursor from which what
// changes after the list was begun can be watched.
func (a *app) listBeforeWatch(ctx context.Context, node *client.Client, as format, sel *selection) (cursor string, err error) {
	began := client.ListOptions{PageSize: 1, Began: func(c string) { cursor = c }}
	for _, err := range node.Statements(ctx, began) {
		if err != nil {
			return "", err
		}
		break
	}
	list, shown := a.newCaseList(as), 0
	for found, err := range sel.cases(ctx, node) {
		if err != nil {
			return "", err
		}
		if as == jsonlFormat {
			err = a.printCaseEvent(as, "", found)
		} else {
			err = list.add(found, a.caseCells(found)...)
		}
		if err != nil {
			return "", err
		}
		shown++
	}
	defer a.noteMore(sel, shown)
	if as == jsonlFormat {
		return cursor, a.printCaseEvent(as, cursor, nil)
	}
	return cursor, list.close()
}

// printCaseEvent writes a line of list --watch. Without a case it says that
// the list of those that were there is complete.
func (a *app) printCaseEvent(as format, cursor string, found *spsv1.Case) error {
	if as == tableFormat {
		var line []string
		for _, c := range a.caseCells(found) {
			if text := printable(faces(c).people); text != "" {
				line = append(line, text)
			}
		}
		_, err := fmt.Fprintln(a.out, strings.Join(line, "  "))
		return err
	}
	line := struct {
		Cursor string          `json:"cursor,omitempty"`
		Case   json.RawMessage `json:"case,omitempty"`
	}{Cursor: cursor}
	if found != nil {
		var err error
		if line.Case, err = marshal(found); err != nil {
			return err
		}
	}
	return write(a.out, jsonlFormat, line)
}
