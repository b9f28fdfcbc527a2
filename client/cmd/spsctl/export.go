package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// xlsxFormat is a workbook, which only exports write.
const xlsxFormat format = "xlsx"

// exportFormats are what nodes make files of.
var exportFormats = map[format]spsv1.ExportFormat{
	csvFormat:   spsv1.ExportFormat_EXPORT_FORMAT_CSV,
	xlsxFormat:  spsv1.ExportFormat_EXPORT_FORMAT_XLSX,
	jsonlFormat: spsv1.ExportFormat_EXPORT_FORMAT_JSONL,
}

func (a *app) caseExportCommand() *cobra.Command {
	format, statements, saved, sel := csvFormat, false, "", selection{}
	cmd := &cobra.Command{
		Use:   "export [WORD...]",
		Short: "write cases, or statements, into a file for a spreadsheet or a program",
		Long: `Export writes all cases that the words and --filter select, as those of case list
do, a row each, as they are now; with --statements the statements that were
issued. The node makes the file and sends it as it is made; on a terminal the
number of rows is shown meanwhile.

csv is for programs (RFC 4180, UTF-8), xlsx for Excel and others, which take it
as it is: leading zeros stay, times are times in UTC, and nothing is run as a
formula. jsonl has everything, as the contract says it. The columns are those of
docs/reference/export.md. What is restricted is noted in the audit log.`,
		Example: `  spsctl case export -o xlsx > cases.xlsx
  spsctl case export durian --filter 'origin = VN' -o csv > durian.csv
  spsctl case export --statements -o jsonl > statements.jsonl`,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, args []string) error {
			file := exportFormats[format]
			sel.Query = strings.Join(args, " ")
			if err := sel.addSaved(ctx, node, saved); err != nil {
				return err
			}
			return a.export(file, func() (grpc.ServerStreamingClient[httpbody.HttpBody], error) {
				if statements {
					return node.ExportService().ExportStatements(ctx, &spsv1.ExportStatementsRequest{
						Parent: "offices/-", Format: file, Filter: sel.Filter, Query: sel.Query, OrderBy: sel.order,
					})
				}
				return node.ExportService().ExportCases(ctx, &spsv1.ExportCasesRequest{
					Format: file, Filter: sel.Filter, Query: sel.Query, OrderBy: sel.order,
				})
			})
		}),
	}
	f := cmd.Flags()
	sel.flags(cmd)
	savedFlag(cmd, &saved)
	f.BoolVar(&statements, "statements", false, "statements instead of cases")
	f.StringVar(&sel.order, "order-by", "", `record_time, issue_time or reference; "reference desc" is downwards (default "record_time desc")`)
	complete(cmd, "order-by", "record_time", "record_time desc", "issue_time", "issue_time desc", "reference", "reference desc")
	outputFlagOf(cmd, &format, csvFormat, xlsxFormat, jsonlFormat)
	return cmd
}

func (a *app) exportStatistics(ctx context.Context, node *client.Client, file spsv1.ExportFormat, req *spsv1.GetStatisticsRequest) error {
	return a.export(file, func() (grpc.ServerStreamingClient[httpbody.HttpBody], error) {
		return node.ExportService().ExportStatistics(ctx, &spsv1.ExportStatisticsRequest{
			Format: file, StartTime: req.GetStartTime(), EndTime: req.GetEndTime(), Filter: req.GetFilter(), Query: req.GetQuery(), GroupBy: req.GetGroupBy(),
		})
	})
}

// export writes the file of a call to standard output, with progress on
// standard error.
func (a *app) export(file spsv1.ExportFormat, begin func() (grpc.ServerStreamingClient[httpbody.HttpBody], error)) error {
	if file == spsv1.ExportFormat_EXPORT_FORMAT_XLSX && isTerminal(a.out) {
		return usageError{errors.New("a workbook is not for a terminal: write it to a file with > cases.xlsx")}
	}
	pieces, err := begin()
	if err != nil {
		return err
	}
	progress := newBar(a.err, -1, "rows")
	defer progress.close()
	return client.WriteFile(a.out, pieces, progress.set)
}
