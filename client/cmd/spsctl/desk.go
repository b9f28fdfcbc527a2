package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// deskLists are the lists of the desk, in the order in which they matter: the
// flag of case list, which is the field of a filter with hyphens, and a heading.
var deskLists = []struct{ flag, heading, about string }{
	{"to-call", "to telephone", "an alert is not acknowledged, and it is time to telephone"},
	{"overdue", "overdue", "something is not done and its due time has passed"},
	{"needs-me", "needs me", "this office has something to do"},
	{"waiting", "waiting for others", "others have something to do for this office"},
	{"undelivered", "undelivered", "an office has no receipt yet over what it was told"},
	{"by-hand", "to be told by hand", "an addressee has no node, and was not told yet"},
}

// deskFilter returns the filter of a list of the desk.
func deskFilter(flag string) string { return strings.ReplaceAll(flag, "-", "_") }

// deskFlags adds a flag for each list of the desk to a selection.
func deskFlags(cmd *cobra.Command, s *selection) {
	s.desk = make(map[string]*bool)
	for _, l := range deskLists {
		s.desk[l.flag] = cmd.Flags().Bool(l.flag, false, "only cases in which "+l.about)
	}
}

// addDesk puts the lists that were asked for into the filter, and what is due
// first on top if nothing else is said.
func (s *selection) addDesk() {
	for _, l := range deskLists {
		if on := s.desk[l.flag]; on == nil || !*on {
			continue
		}
		if s.Filter != "" {
			s.Filter = "(" + s.Filter + ") AND "
		}
		s.Filter += deskFilter(l.flag)
		if s.order == "" && (l.flag == "overdue" || l.flag == "to-call") {
			s.order = "due_time"
		}
	}
}

func (a *app) deskCommand() *cobra.Command {
	format, limit := tableFormat, 10
	cmd := &cobra.Command{
		Use:   "desk",
		Short: "what is to be done: to telephone, overdue, needs me, waiting, undelivered, by hand",
		Long: `Desk shows the lists with which an office begins its day, each with the number of
all its cases and the first ten of them, or as many as --limit says. A case may
stand in several. case list with the flag of a list, such as --overdue, goes
through all of it.`,
		Example: `  spsctl desk
  spsctl desk --limit 50
  spsctl desk -o json`,
		Args: cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			return a.showDesk(ctx, node, format, limit)
		}),
	}
	limitFlag(cmd, &limit)
	outputFlag(cmd, &format)
	return cmd
}

// deskPart is a list of the desk as programs read it.
type deskPart struct {
	List      string            `json:"list"`
	TotalSize int32             `json:"totalSize"`
	TotalMore bool              `json:"totalMore,omitempty"`
	Cases     []json.RawMessage `json:"cases"`
}

// showDesk shows all lists: for people with headings, in CSV a row for each case
// with the list that it is in.
func (a *app) showDesk(ctx context.Context, node *client.Client, as format, limit int) error {
	all := newList(a.out, as, append([]string{"list"}, deskColumns...)...)
	for _, l := range deskLists {
		page, err := node.CaseService().ListCases(ctx, &spsv1.ListCasesRequest{
			Filter: deskFilter(l.flag), PageSize: int32(limit), WithTotal: true, OrderBy: deskOrder(l.flag),
		})
		if err == nil {
			err = a.addPart(all, as, l.flag, l.heading, page)
		}
		if err != nil {
			return err
		}
	}
	if as == tableFormat {
		return nil
	}
	return all.close()
}

// addPart shows one list for people, or adds it for programs.
func (a *app) addPart(all *list, as format, flag, heading string, page *spsv1.ListCasesResponse) error {
	if as == tableFormat {
		return a.showPart(heading, page)
	}
	part := deskPart{List: flag, TotalSize: page.GetTotalSize(), TotalMore: page.GetTotalMore(), Cases: []json.RawMessage{}}
	for _, found := range page.GetCases() {
		if as == csvFormat {
			if err := all.add(nil, append([]any{flag}, a.deskCells(found)...)...); err != nil {
				return err
			}
		}
		text, err := marshal(found)
		if err != nil {
			return err
		}
		part.Cases = append(part.Cases, text)
	}
	if as == csvFormat {
		return nil
	}
	return all.add(part)
}

func deskOrder(flag string) string {
	if flag == "overdue" || flag == "to-call" {
		return "due_time"
	}
	return ""
}

// total says how many cases there are in all.
func total(page *spsv1.ListCasesResponse) string {
	if page.GetTotalMore() {
		return fmt.Sprintf("more than %d", page.GetTotalSize())
	}
	return fmt.Sprint(page.GetTotalSize())
}

// showPart shows one list for people; an empty one is a line.
func (a *app) showPart(heading string, page *spsv1.ListCasesResponse) error {
	if _, err := fmt.Fprintf(a.out, "%s: %s\n", strings.ToUpper(heading), total(page)); err != nil || len(page.GetCases()) == 0 {
		return err
	}
	rows := newList(a.out, tableFormat, deskColumns...)
	for _, found := range page.GetCases() {
		if err := rows.add(found, a.deskCells(found)...); err != nil {
			return err
		}
	}
	if err := rows.close(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(a.out)
	return err
}

var deskColumns = []string{"reference", "due", "who", "what", "classification", "product", "hazard"}

// deskCells are what is due first in a case, by whom, and what it is about.
func (a *app) deskCells(c *spsv1.Case) []any {
	s := c.GetSummary()
	var due *timestamppb.Timestamp
	who, what := "", ""
	if len(s.GetDeadlines()) > 0 {
		d := s.GetDeadlines()[0]
		due, who, what = d.GetDueTime(), d.GetOffice(), words(d.GetClock().String(), "CLOCK_")
		if d.GetState() == spsv1.DeadlineState_DEADLINE_STATE_OVERDUE {
			what += ", overdue"
		}
	}
	about := a.caseCells(c)
	return []any{c.GetReference(), when(due), who, what, about[2], about[3], about[4]}
}

// words returns a value of the contract in small letters and without its prefix.
func words(value, prefix string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(value, prefix)), "_", " ")
}
