package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// deskList is one of the lists of the desk.
type deskList struct {
	flag    string // of case list; with underscores it is the field of a filter
	heading string
	about   string
	order   string // what is to be done first on top; "" for the newest case

	// next returns what is shown of a case in this list: what is to be done, by
	// whom, and when it is due; nil for never.
	next func(*spsv1.CaseSummary) (due *timestamppb.Timestamp, who, what string)
}

// deskLists are the lists of the desk, in the order in which they matter.
var deskLists = []deskList{
	{"to-call", "to telephone", "an alert is not acknowledged, and it is time to telephone", "due_time", nextCall},
	{"overdue", "overdue", "something is not done and its due time has passed", "due_time", nextOfAll},
	{"needs-me", "needs me", "this office has something to do", "own_due_time", nextOwn},
	{"waiting", "waiting for others", "others have something to do for this office", "awaited_due_time", nextAwaited},
	{"undelivered", "undelivered", "an office has no receipt yet over what it was told", "", nextReceipt},
	{"overdue-by-unit", "overdue at a unit", "a unit of this office has not done its part, and its due time has passed", "", nextUnit},
	{"with-units", "with units", "a unit of this office has not done its part", "", nextUnit},
	{"by-hand", "to be told by hand", "an addressee has no node, and was not told yet", "", nextByHand},
}

// filter returns the filter of a list of the desk.
func (l deskList) filter() string { return strings.ReplaceAll(l.flag, "-", "_") }

// deskFlags adds a flag for each list of the desk to a selection.
func deskFlags(cmd *cobra.Command, s *selection) {
	s.desk = make(map[string]*bool)
	for _, l := range deskLists {
		s.desk[l.flag] = cmd.Flags().Bool(l.flag, false, "only cases in which "+l.about)
	}
}

// addDesk puts the lists that were asked for into the filter. The first of them
// says what is shown of a case, and is in the order if nothing else is said.
func (s *selection) addDesk() {
	for _, l := range deskLists {
		if on := s.desk[l.flag]; on == nil || !*on {
			continue
		}
		if s.Filter != "" {
			s.Filter = "(" + s.Filter + ") AND "
		}
		s.Filter += l.filter()
		if s.list == nil {
			s.list = &l
			s.order = first(s.order, l.order)
		}
	}
}

func (a *app) deskCommand() *cobra.Command {
	format, unit, limit := tableFormat, "", 10
	cmd := &cobra.Command{
		Use:   "desk",
		Short: "what is to be done: drafts, findings, to telephone, overdue, needs me, waiting, undelivered, with units, by hand",
		Long: `Desk shows the lists with which an office begins its day, each with the number of
all its cases and the first ten of them, or as many as --limit says, with what is
to be done, by whom and by when: what is due first on top. A case may stand in
several. case list with the flag of a list, such as --overdue, goes through all of
it.

Before them stand the drafts that wait for you: of a validator those submitted that
somebody else wrote, to be issued or returned, and of who wrote a draft those that
were returned. Alerts are on top, then what waits longest. Behind them stand the
codes whose suspension ends within seven days, and the rules that take effect within
thirty.`,
		Example: `  spsctl desk
  spsctl desk --limit 50
  spsctl desk --unit dak-lak
  spsctl desk -o json`,
		Args: cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			return a.showDesk(ctx, node, format, unit, limit)
		}),
	}
	cmd.Flags().StringVar(&unit, "unit", "", "only cases with which this unit of the office is, by its id")
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
	Drafts    []json.RawMessage `json:"drafts,omitempty"`
	Findings  []json.RawMessage `json:"findings,omitempty"`
	Codes     []json.RawMessage `json:"codeStatuses,omitempty"`
	Announced []json.RawMessage `json:"announcements,omitempty"`
}

// showDesk shows all lists: for people with headings, in CSV a row for each draft
// and case with the list that it is in.
func (a *app) showDesk(ctx context.Context, node *client.Client, as format, unit string, limit int) error {
	all := newList(a.out, as, append([]string{"list"}, deskColumns...)...)
	who, err := node.NodeService().GetCaller(ctx, &spsv1.GetCallerRequest{})
	if err != nil {
		return err
	}
	if err := a.showDrafts(ctx, node, who, all, as, limit); err != nil {
		return err
	}
	if err := a.showFindings(ctx, node, who, all, as, limit); err != nil {
		return err
	}
	for _, l := range deskLists {
		page, err := node.CaseService().ListCases(ctx, &spsv1.ListCasesRequest{
			Filter: inUnit(l.filter(), unit), PageSize: int32(limit), WithTotal: true, OrderBy: l.order,
		})
		if err == nil {
			err = a.addPart(all, as, l, page)
		}
		if err != nil {
			return err
		}
	}
	if err := a.showCodesEnding(ctx, node, all, as, limit); err != nil {
		return err
	}
	if err := a.showTakingEffect(ctx, node, all, as, limit); err != nil {
		return err
	}
	if as == tableFormat {
		return nil
	}
	return all.close()
}

// addPart shows one list for people, or adds it for programs.
func (a *app) addPart(all *list, as format, l deskList, page *spsv1.ListCasesResponse) error {
	if as == tableFormat {
		return a.showPart(l, page)
	}
	part := deskPart{List: l.flag, TotalSize: page.GetTotalSize(), TotalMore: page.GetTotalMore(), Cases: []json.RawMessage{}}
	for _, found := range page.GetCases() {
		if as == csvFormat {
			if err := all.add(nil, append([]any{l.flag}, a.deskCells(l, found)...)...); err != nil {
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

// total says how many cases there are in all.
func total(page *spsv1.ListCasesResponse) string {
	if page.GetTotalMore() {
		return fmt.Sprintf("more than %d", page.GetTotalSize())
	}
	return fmt.Sprint(page.GetTotalSize())
}

// showPart shows one list for people; an empty one is a line.
func (a *app) showPart(l deskList, page *spsv1.ListCasesResponse) error {
	if _, err := fmt.Fprintf(a.out, "%s: %s\n", strings.ToUpper(l.heading), total(page)); err != nil || page.GetTotalSize() == 0 {
		return err
	}
	rows := newList(a.out, tableFormat, deskColumns...)
	for _, found := range page.GetCases() {
		if err := rows.add(found, a.deskCells(l, found)...); err != nil {
			return err
		}
	}
	if err := rows.close(); err != nil {
		return err
	}
	if n := int(page.GetTotalSize()) - len(page.GetCases()); n > 0 || page.GetTotalMore() {
		atLeast := ""
		if page.GetTotalMore() {
			atLeast = "at least "
		}
		if _, err := fmt.Fprintf(a.out, "%s%d more: spsctl case list --%s\n", atLeast, n, l.flag); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(a.out)
	return err
}

var deskColumns = []string{"reference", "due", "who", "what", "classification", "product", "hazard"}

// deskCells are what is to be done in a case of a list, and what the case is about.
func (a *app) deskCells(l deskList, c *spsv1.Case) []any {
	due, who, what := l.next(c.GetSummary())
	s := c.GetOriginal()
	b := brief.Of(s.GetStatement(), a.languages()...)
	return append([]any{c.GetReference(), when(due), who, what, b.Classification}, aboutCells(b)...)
}

// aboutCells are the columns of a product and a hazard. What stands in place of one
// that is not said stands there once, where there is more room.
func aboutCells(b brief.Brief) []any {
	product, hazard := first(b.Product, b.Subject), first(b.Hazard, b.Subject)
	if product == hazard {
		product = ""
	}
	return []any{short(product, 30), short(hazard, 40)}
}
