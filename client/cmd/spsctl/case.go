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

func (a *app) caseCommand() *cobra.Command {
	return group(&cobra.Command{Use: "case", Short: "issue, read and watch cases, and what officers do in them"},
		append(a.actCommands(), a.caseIssueCommand(), a.caseTemplateCommand(), a.caseGetCommand(), a.caseListCommand(),
			a.caseWatchCommand(), a.caseReaddressCommand(), a.caseCallCommand(), a.caseRouteCommand(), a.casePartDoneCommand(), a.caseStatisticsCommand(), a.caseExportCommand(), a.enterCommand())...)
}

func (a *app) caseGetCommand() *cobra.Command {
	format := tableFormat
	var full bool
	cmd := &cobra.Command{
		Use:   "get REFERENCE | NAME",
		Short: "show a case by a reference in it, or one statement by its name",
		Long: `Get shows the case that a reference belongs to: that of its notification, or of
a follow-up, an amendment, or anything else that was said in it. For people it is
a summary and everything that holds now, each version with what it changed, how
the case stands, then a line for each statement that refers to the notification,
which --full shows with everything that it says. By the reference of one of these
it begins with that statement, in full.

A statement by its name comes with the proof that it was issued.`,
		Example: `  spsctl case get VN-2026-000123
  spsctl case get VN-2026-000123 --full
  spsctl case get offices/VN/statements/1-42 -o json`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeReferences,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			if strings.HasPrefix(args[0], "offices/") {
				s, err := node.Statement(ctx, args[0])
				if err != nil {
					return err
				}
				return a.printStatement(format, s)
			}
			return a.getCase(ctx, node, strings.ToUpper(strings.TrimPrefix(args[0], "cases/")), format, full)
		}),
	}
	cmd.Flags().BoolVar(&full, "full", false, "for people: show everything that each statement says")
	outputFlag(cmd, &format)
	return cmd
}

// getCase shows the case that a reference belongs to, or the statement if it
// belongs to none.
func (a *app) getCase(ctx context.Context, node *client.Client, reference string, as format, full bool) error {
	if !references.MatchString(reference) {
		return usageError{fmt.Errorf("%q is no reference such as VN-2026-000123, and no name such as offices/VN/statements/1-42", reference)}
	}
	found, err := node.Case(ctx, reference)
	if err == nil {
		return a.printCase(as, found, full)
	}
	if e, ok := answer(err); !ok || answerCode(e) != exitNotFound {
		return err
	}
	s, scanned := find(ctx, node, reference)
	switch {
	case scanned != nil:
		return scanned
	case s == nil:
		return err
	case s.GetCase() == "":
		return a.printStatement(as, s)
	}
	original := strings.TrimPrefix(s.GetCase(), "cases/")
	fmt.Fprintf(a.err, "%s is a statement (%s) in case %s; what holds there: spsctl case get %s\n", reference, brief.Kind(s.GetStatement()), original, original)
	if found, err = node.Case(ctx, original); err != nil {
		return err
	}
	if as != tableFormat {
		return a.printCase(as, found, full)
	}
	if err := a.printStatement(as, s); err != nil {
		return err
	}
	return a.printRest(found, full)
}

func (a *app) caseListCommand() *cobra.Command {
	format, sel := tableFormat, selection{limit: 50}
	var watch, all bool
	var cursor, saved string
	cmd := &cobra.Command{
		Use:   "list [WORD...]",
		Short: "list the cases, the newest first",
		Long: `List shows 50 cases, or as many as --limit says, the one that was recorded last
first, and says if there are more. Words select those in whose original all of
them are, in any language: subject, goods, hazards, parties, codes, references.
--filter selects by fields: classification, office, origin, product, hs, hazard,
addressee, flagged, code, external_reference, issue_time and more, with = : < >
AND OR NOT. --needs-me, --overdue, --to-call, --waiting, --undelivered, --with-units,
--overdue-by-unit and --by-hand are the lists of the desk, which desk shows together:
what is due first stands on top, with what is to be done and by whom.

With --watch it goes on with every case that begins or changes, until Ctrl-C;
with -o jsonl as lines {"cursor": …, "case": …}. A line with a cursor alone ends
what was there before. A later list --watch --cursor CURSOR goes on after that
line, and misses nothing. When the node is away, it waits for it.`,
		Example: `  spsctl case list sau rieng cadmium
  spsctl case list --filter 'classification = (ALERT OR FRAUD) AND origin = VN'
  spsctl case list --filter 'issue_time >= "2026-03-01"' --order-by reference -o csv
  spsctl case list --overdue
  spsctl case list --unit dak-lak --overdue-by-unit
  spsctl case list --watch -o jsonl`,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			sel.Query = strings.Join(args, " ")
			sel.addDesk()
			sel.Filter = inUnit(sel.Filter, sel.unit)
			if err := sel.addSaved(ctx, node, saved); err != nil {
				return err
			}
			if all {
				sel.limit = 0
			}
			if watch || cursor != "" {
				return a.watchCases(ctx, node, format, &sel, cursor)
			}
			return a.listCases(ctx, node, format, &sel)
		}),
	}
	f := cmd.Flags()
	sel.flags(cmd)
	deskFlags(cmd, &sel)
	cmd.Flags().StringVar(&sel.unit, "unit", "", "only cases with which this unit of the office is, by its id")
	savedFlag(cmd, &saved)
	f.StringVar(&sel.order, "order-by", "", `record_time, issue_time, reference, due_time, own_due_time or awaited_due_time; "reference desc" is downwards (default "record_time desc", of a list of the desk what is due first)`)
	complete(cmd, "order-by", "record_time", "record_time desc", "issue_time", "issue_time desc", "reference", "reference desc", "due_time", "own_due_time", "awaited_due_time")
	limitFlag(cmd, &sel.limit)
	f.BoolVar(&all, "all", false, "all of them, as --limit 0")
	f.StringVar(&sel.token, "page-token", "", "go on after a list that was cut, with the same words, filter and order")
	f.BoolVarP(&watch, "watch", "w", false, "go on with what comes; table or jsonl only")
	f.StringVar(&cursor, "cursor", "", "watch, from after this cursor")
	cmd.MarkFlagsMutuallyExclusive("limit", "all")
	cmd.MarkFlagsMutuallyExclusive("watch", "page-token")
	cmd.MarkFlagsMutuallyExclusive("cursor", "page-token")
	outputFlag(cmd, &format)
	return cmd
}

// listCases lists cases, and says on standard error if there are more.
func (a *app) listCases(ctx context.Context, node *client.Client, as format, sel *selection) error {
	list, shown := a.newCaseList(as), 0
	cells := a.caseCells
	if l := sel.list; l != nil {
		list = newList(a.out, as, deskColumns...)
		cells = func(c *spsv1.Case) []any { return a.deskCells(*l, c) }
	}
	for found, err := range sel.cases(ctx, node) {
		if err != nil {
			return err
		}
		if err := list.add(found, cells(found)...); err != nil {
			return err
		}
		shown++
	}
	if err := list.close(); err != nil {
		return err
	}
	a.noteMore(sel, shown)
	return nil
}

// noteMore says that a list of cases was cut.
func (a *app) noteMore(sel *selection, shown int) {
	if sel.next != "" {
		fmt.Fprintf(a.err, "these are %d of %s cases: --all, or the next ones with --page-token %s\n", shown, sel.total, sel.next)
	}
}

func (a *app) newCaseList(as format) *list {
	return newList(a.out, as, "reference", "issued", "due", "classification", "product", "hazard", "delivered")
}

// caseCells are the columns of a case in a list.
func (a *app) caseCells(c *spsv1.Case) []any {
	s := c.GetOriginal()
	b := brief.Of(s.GetStatement(), a.languages()...)
	about := aboutCells(b)
	return []any{c.GetReference(), when(s.GetIssueTime()), dueCell(c.GetSummary()), b.Classification, about[0], about[1], delivered(s)}
}

// first returns the first value that is not empty.
func first[T comparable](values ...T) (v T) {
	for _, v = range values {
		if v != *new(T) {
			return v
		}
	}
	return v
}
