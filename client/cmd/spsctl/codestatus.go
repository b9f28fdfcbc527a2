package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"

	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// codeColumns are those of lists of statuses of codes.
var codeColumns = []string{"code", "kind", "origin", "market", "product", "status", "refused until", "withheld until", "case"}

func (a *app) codeStatusCommand() *cobra.Command {
	format, limit, filter, asked := tableFormat, 0, "", &spsv1.GetCodeStatusRequest{}
	cmd := &cobra.Command{
		Use:   "status [CODE]",
		Short: "is a code of a growing area, packing house or establishment good?",
		Long: `Status says whether goods under the code of a growing area, a packing house or an
establishment may go to a market, now or on the day of --on: what the market
refuses and what the origin withholds. Without --market it lists the code for all
markets, without CODE all codes that --filter selects.

Case, blanks, hyphens and the letters of the country in front of a code do not
count. A status for the goods 0804 covers 080450.`,
		Example: `  spsctl code status VN-DL-0123 --market CN --product 080450
  spsctl code status VN-DL-0123 --market CN --on 2026-12-01
  spsctl code status --filter 'market = CN AND suspended' -o csv`,
		Args: cobra.MaximumNArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			if len(args) == 1 && asked.GetMarket() != "" {
				asked.Code, asked.Market, asked.Origin = args[0], strings.ToUpper(asked.GetMarket()), strings.ToUpper(asked.GetOrigin())
				return a.showCode(ctx, node, format, asked)
			}
			selected, err := codeFilter(filter, args, asked)
			if err != nil {
				return err
			}
			list := newList(a.out, format, codeColumns...)
			for s, err := range pages(limit, "", func(size int32, token string) ([]*spsv1.CodeStatus, string, error) {
				page, err := node.CodeStatusService().ListCodeStatus(ctx, &spsv1.ListCodeStatusRequest{
					Filter: selected, Day: asked.GetDay(), PageSize: size, PageToken: token,
				})
				return page.GetCodeStatuses(), page.GetNextPageToken(), err
			}) {
				if err != nil {
					return err
				}
				if err := list.add(s, a.codeCells(s)...); err != nil {
					return err
				}
			}
			return list.close()
		}),
	}
	f := cmd.Flags()
	f.StringVar(&asked.Market, "market", "", "the market, ISO 3166, such as CN")
	f.StringVar(&asked.Product, "product", "", "the goods: digits of the customs tariff, LIST:CODE, or words (default all goods)")
	dayFlag(cmd, &asked.Day, "on this day, such as 2026-11-20, or at this instant (default now)")
	f.StringVar(&asked.Origin, "origin", "", "country or area that gave the code, if others gave the same")
	f.StringVar(&filter, "filter", "", "of a list, which of them; see docs/reference/code-status.md")
	limitFlag(cmd, &limit)
	outputFlag(cmd, &format)
	return cmd
}

// codeFilter returns the filter of what flags select.
func codeFilter(filter string, args []string, asked *spsv1.GetCodeStatusRequest) (string, error) {
	var all []string
	if filter != "" {
		all = append(all, "("+filter+")")
	}
	for _, f := range []struct{ field, value string }{
		{"code", strings.Join(args, "")}, {"market", asked.GetMarket()}, {"covers", asked.GetProduct()}, {"origin", asked.GetOrigin()},
	} {
		if strings.Contains(f.value, `"`) {
			return "", usageError{fmt.Errorf(`%s has no quotation marks`, f.field)}
		}
		if f.value != "" {
			all = append(all, fmt.Sprintf("%s = %q", f.field, f.value))
		}
	}
	return strings.Join(all, " AND "), nil
}

// showCode answers whether one code is good.
func (a *app) showCode(ctx context.Context, node *client.Client, as format, asked *spsv1.GetCodeStatusRequest) error {
	got, err := node.CodeStatusService().GetCodeStatus(ctx, asked)
	if err != nil {
		return err
	}
	switch as {
	case tableFormat:
		if _, err := fmt.Fprintln(a.out, printable(got.GetSentence())); err != nil {
			return err
		}
	case csvFormat:
	default:
		return write(a.out, as, got)
	}
	if len(got.GetStatuses()) == 0 {
		return nil
	}
	list := newList(a.out, as, codeColumns...)
	for _, s := range got.GetStatuses() {
		if err := list.add(s, a.codeCells(s)...); err != nil {
			return err
		}
	}
	return list.close()
}

// codeCells are the cells of a status.
func (a *app) codeCells(s *spsv1.CodeStatus) []any {
	var cases []string
	for _, h := range []*spsv1.CodeHalfStatus{s.GetRefused(), s.GetWithheld()} {
		reference := strings.TrimPrefix(h.GetSaid().GetCase(), "cases/")
		if reference != "" && !strings.Contains(strings.Join(cases, " "), reference) {
			cases = append(cases, reference)
		}
	}
	until := func(h *spsv1.CodeHalfStatus) any {
		if h.GetState() != spsv1.CodeState_CODE_STATE_SUSPENDED {
			return ""
		}
		if h.GetSaid().GetEndTime() == nil {
			return "open"
		}
		return when(h.GetSaid().GetEndTime())
	}
	return []any{
		s.GetCode().GetCode(), brief.Words(s.GetCode().GetKind()), s.GetOrigin(), areaName(s.GetMarket()), goodsName(s.GetProduct()),
		brief.Words(s.GetAnswer()), until(s.GetRefused()), until(s.GetWithheld()), strings.Join(cases, " "),
	}
}

func areaName(area *spsv1.Area) string { return first(area.GetCode(), area.GetAsWritten()) }

// goodsName returns goods as a person names them; "" for all goods.
func goodsName(c *spsv1.Concept) string {
	for _, coding := range c.GetCodings() {
		return first(coding.GetDisplay(), coding.GetCode())
	}
	return c.GetAsWritten()
}

func (a *app) codeHistoryCommand() *cobra.Command {
	format, limit, asked := tableFormat, 0, &spsv1.ListCodeHistoryRequest{}
	cmd := &cobra.Command{
		Use:   "history CODE",
		Short: "what was said of a code, by whom, when, in which case",
		Long: `History shows everything that was said of a code, the last issued first: also what
was taken back, and what has no effect because another office sets that half.`,
		Example: "  spsctl code history VN-DL-0123 --market CN",
		Args:    cobra.ExactArgs(1),
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			list := newList(a.out, format, "issued", "office", "half", "action", "market", "product", "from", "until", "case", "reference", "standing", "reason")
			for said, err := range pages(limit, "", func(size int32, token string) ([]*spsv1.CodeStatement, string, error) {
				page, err := node.CodeStatusService().ListCodeHistory(ctx, &spsv1.ListCodeHistoryRequest{
					Code: args[0], Market: strings.ToUpper(asked.GetMarket()), Origin: strings.ToUpper(asked.GetOrigin()), PageSize: size, PageToken: token,
				})
				return page.GetCodeStatements(), page.GetNextPageToken(), err
			}) {
				if err != nil {
					return err
				}
				standing := brief.Words(said.GetStanding()) + prefixed(": ", brief.Words(said.GetNoEffectReason())) + prefixed(" by ", said.GetBy())
				if err := list.add(said, when(said.GetSaid().GetTime()), said.GetOffice(), brief.Words(said.GetHalf()), brief.Words(said.GetAction()),
					areaName(said.GetMarket()), goodsName(said.GetProduct()), when(said.GetStartTime()), when(said.GetEndTime()),
					strings.TrimPrefix(said.GetCase(), "cases/"), said.GetReference(), standing,
					short(brief.Text(append(said.GetReason(), said.GetConditions()...), a.languages()...), 40)); err != nil {
					return err
				}
			}
			return list.close()
		}),
	}
	f := cmd.Flags()
	f.StringVar(&asked.Market, "market", "", "only for this market")
	f.StringVar(&asked.Origin, "origin", "", "country or area that gave the code, if others gave the same")
	limitFlag(cmd, &limit)
	outputFlag(cmd, &format)
	return cmd
}

func (a *app) codeExportCommand() *cobra.Command {
	format, req := csvFormat, &spsv1.ExportCodeStatusRequest{}
	cmd := &cobra.Command{
		Use:   "export",
		Short: "write the statuses of codes into a file for a spreadsheet or a program",
		Long: `Export writes a row for each code, market and goods, as code status lists them. The
columns are those of docs/reference/export.md.`,
		Example: "  spsctl code export -o xlsx --filter 'market = CN' > codes.xlsx",
		Args:    cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			req.Format = exportFormats[format]
			return a.export(req.GetFormat(), func() (grpc.ServerStreamingClient[httpbody.HttpBody], error) {
				return node.ExportService().ExportCodeStatus(ctx, req)
			})
		}),
	}
	cmd.Flags().StringVar(&req.Filter, "filter", "", "which of them; see docs/reference/code-status.md")
	dayFlag(cmd, &req.Day, "on this day, such as 2026-11-20, or at this instant (default now)")
	outputFlagOf(cmd, &format, csvFormat, xlsxFormat, jsonlFormat)
	return cmd
}

func (a *app) codeWatchCommand() *cobra.Command {
	format, req := tableFormat, &spsv1.WatchCodeStatusRequest{}
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "show codes as they are suspended and reinstated, and before that those that were",
		Long: `Watch shows each code of which something was said since the cursor, as it stands,
and then what comes, until Ctrl-C: what offices say, and what begins or ends by a
time that they gave. With -o jsonl each line carries a cursor; a later watch that
is given it misses nothing. When the node is away, watch waits for it.`,
		Example: "  spsctl code watch --filter 'market = CN' -o jsonl",
		Args:    cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			return showEvents(ctx, a, format, &req.Cursor, func() (grpc.ServerStreamingClient[spsv1.WatchCodeStatusResponse], error) {
				return node.CodeStatusService().WatchCodeStatus(ctx, req)
			}, func(e *spsv1.WatchCodeStatusResponse) (lines []string) {
				for _, s := range e.GetCodeStatuses() {
					lines = append(lines, fmt.Sprintf("%s  %s  %s  %s", s.GetCode().GetCode(), areaName(s.GetMarket()), first(goodsName(s.GetProduct()), "all goods"), brief.Words(s.GetAnswer())))
				}
				return lines
			})
		}),
	}
	cmd.Flags().StringVar(&req.Cursor, "cursor", "", "go on after this one (default from the first)")
	cmd.Flags().StringVar(&req.Filter, "filter", "", "which of them; see docs/reference/code-status.md")
	outputFlagOf(cmd, &format, tableFormat, jsonlFormat)
	return cmd
}
