package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) caseStatisticsCommand() *cobra.Command {
	format, req := tableFormat, &spsv1.GetStatisticsRequest{}
	var from, until timeFlag
	var by []string
	cmd := &cobra.Command{
		Use:     "statistics [WORD...]",
		Aliases: []string{"stats"},
		Short:   "count cases, and see how long answers took",
		Long: `Statistics counts the cases that the node holds, as they are now, by one or two of
week, classification, hazard, hazard-category, product-category, hs-chapter,
origin, notifier. Words and --filter select cases as those of case list do.

Of the times there are the median and, behind the slash, the time within which
nine of ten were done. Exercises and tests never count; withdrawn cases are
counted apart. docs/reference/statistics.md defines every figure.

With -o csv, xlsx or jsonl it is a table for a spreadsheet or a program, with all
figures and columns that stay as they are.`,
		Example: `  spsctl case statistics --by week
  spsctl case stats --by origin,hazard --from 2026-01-01 --until 2026-04-01
  spsctl case stats durian --filter 'office = CN' --by classification -o json`,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			if err := a.statisticsRequest(req, args, by, from, until); err != nil {
				return err
			}
			if file, ok := exportFormats[format]; ok {
				return a.exportStatistics(ctx, node, file, req)
			}
			s, err := node.CaseService().GetStatistics(ctx, req)
			if err != nil {
				return err
			}
			if format != tableFormat {
				return write(a.out, format, s)
			}
			return a.printStatistics(s)
		}),
	}
	f := cmd.Flags()
	f.StringVar(&req.Filter, "filter", "", `only these, such as 'classification = ALERT AND origin = VN' (AIP-160)`)
	f.StringSliceVar(&by, "by", nil, "count apart by one or two of "+strings.Join(shortNames(spsv1.Dimension(0).Descriptor()), ", "))
	complete(cmd, "by", shortNames(spsv1.Dimension(0).Descriptor())...)
	f.Var(&from, "from", "cases that were issued then or later: a time, a day, or how long ago")
	f.Var(&until, "until", "cases that were issued before then")
	outputFlagOf(cmd, &format, tableFormat, jsonFormat, yamlFormat, csvFormat, xlsxFormat, jsonlFormat)
	return cmd
}

// statisticsRequest fills in what the command line says.
func (a *app) statisticsRequest(req *spsv1.GetStatisticsRequest, words, by []string, from, until timeFlag) error {
	req.Query, req.StartTime, req.EndTime = strings.Join(words, " "), from.at, until.at
	for _, text := range by {
		name, ok := enumValue(spsv1.Dimension(0).Descriptor(), text)
		if !ok {
			return usageError{fmt.Errorf("%q is none of %s", text, strings.Join(shortNames(spsv1.Dimension(0).Descriptor()), ", "))}
		}
		req.GroupBy = append(req.GroupBy, spsv1.Dimension(spsv1.Dimension_value[name]))
	}
	return nil
}

// printStatistics writes a line for each group and one for all, without the
// columns in which nothing was counted.
func (a *app) printStatistics(s *spsv1.Statistics) error {
	var columns []string
	for _, d := range s.GetGroupBy() {
		columns = append(columns, strings.ReplaceAll(shortName(d.Descriptor(), d.String()), "-", " "))
	}
	if len(columns) == 0 {
		columns = []string{""}
	}
	var figures []statisticsColumn
	for _, c := range statisticsColumns {
		if c.cell(s.GetTotal()) != "" || c.always {
			figures, columns = append(figures, c), append(columns, c.name)
		}
	}
	list := newList(a.out, tableFormat, columns...)
	line := func(begin []any, g *spsv1.StatisticsGroup) error {
		for _, c := range figures {
			begin = append(begin, c.cell(g))
		}
		return list.add(g, begin...)
	}
	for _, g := range s.GetGroups() {
		var begin []any
		for _, v := range g.GetValues() {
			begin = append(begin, short(first(v.GetLabel(), v.GetValue(), "(none)"), 40))
		}
		if err := line(begin, g); err != nil {
			return err
		}
	}
	begin := []any{"all"}
	for range max(0, len(s.GetGroupBy())-1) {
		begin = append(begin, "")
	}
	if err := line(begin, s.GetTotal()); err != nil {
		return err
	}
	return list.close()
}

// statisticsColumn is a column of figures; its cell is empty where nothing was
// counted.
type statisticsColumn struct {
	name   string
	always bool
	cell   func(*spsv1.StatisticsGroup) string
}

var statisticsColumns = []statisticsColumn{
	{"cases", true, func(g *spsv1.StatisticsGroup) string { return fmt.Sprint(g.GetCases()) }},
	{"withdrawn", false, func(g *spsv1.StatisticsGroup) string { return counted(g.GetWithdrawn()) }},
	{"acknowledged", false, func(g *spsv1.StatisticsGroup) string { return figureWords(g.GetAcknowledgement()) }},
	{"first answer", false, func(g *spsv1.StatisticsGroup) string { return figureWords(g.GetFirstAnswer()) }},
	{"outcome", false, func(g *spsv1.StatisticsGroup) string { return figureWords(g.GetOutcome()) }},
	{"requests answered", false, func(g *spsv1.StatisticsGroup) string { return figureWords(g.GetRequest()) }},
	{"sampling to notice", false, func(g *spsv1.StatisticsGroup) string { return figureWords(g.GetSamplingToNotice()) }},
	{"rejected", false, func(g *spsv1.StatisticsGroup) string { return counted(g.GetRejected()) }},
	{"inspected", false, func(g *spsv1.StatisticsGroup) string {
		if g.Inspected == nil {
			return ""
		}
		return fmt.Sprint(g.GetInspected())
	}},
}

func counted(n uint64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// figureWords says how often something was done, the median and nine of ten, and
// how much was overdue: "12 in 3h20m / 1d4h, 2 of 14 overdue".
func figureWords(f *spsv1.TimeFigure) string {
	var text string
	if f.GetCount() > 0 {
		text = fmt.Sprintf("%d in %s / %s", f.GetCount(), took(f.GetMedian()), took(f.GetP90()))
	}
	if f.GetOverdue() > 0 {
		text = strings.TrimPrefix(fmt.Sprintf("%s, %d of %d overdue", text, f.GetOverdue(), f.GetDue()), ", ")
	}
	return text
}

// took says how long something took, in its two largest units.
func took(d *durationpb.Duration) string {
	rest := d.AsDuration()
	const day = 24 * time.Hour
	switch {
	case rest >= 10*day:
		return fmt.Sprintf("%dd", rest/day)
	case rest >= day:
		return fmt.Sprintf("%dd%dh", rest/day, rest%day/time.Hour)
	case rest >= time.Hour:
		return fmt.Sprintf("%dh%dm", rest/time.Hour, rest%time.Hour/time.Minute)
	case rest >= time.Minute:
		return fmt.Sprintf("%dm", rest/time.Minute)
	}
	return fmt.Sprintf("%ds", rest/time.Second)
}
