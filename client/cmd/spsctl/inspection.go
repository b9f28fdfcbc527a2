package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func (a *app) inspectionCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "inspection",
		Short: "how many consignments your office inspected, for statistics",
		Long: `The figures of case statistics set the border rejections of your office against
the consignments that it inspected, if it enters these: by week, by product
category or HS chapter, by origin. They stay in your office.`,
	}, a.inspectionEnterCommand(), a.inspectionListCommand())
}

// inspectionColumns are those of the file.
var inspectionColumns = []string{"week", "product_category", "hs_chapter", "origin", "consignments"}

// mostInspections is how many numbers a node takes at once.
const mostInspections = 1000

func (a *app) inspectionEnterCommand() *cobra.Command {
	file := ""
	cmd := &cobra.Command{
		Use:   "enter -f FILE",
		Short: "enter how many were inspected, from a CSV file",
		Long: `Enter reads a CSV file whose first line names the columns week, origin,
consignments, and product_category or hs_chapter or both, of which each line has
one. A number for the same week, goods and origin replaces the one before, which
stays in the history; the same file again changes nothing.`,
		Example: "  spsctl inspection enter -f inspected.csv",
		Args:    cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			in := a.in
			if file != "-" {
				f, err := os.Open(file)
				if err != nil {
					return err
				}
				defer f.Close()
				in = f
			}
			all, err := readInspections(in)
			if err != nil {
				return invalidError{fmt.Errorf("%s: %w", file, err)}
			}
			var entered, replaced, unchanged int32
			var unlisted []string
			for some := range slices.Chunk(all, mostInspections) {
				resp, err := node.InspectionService().EnterInspections(ctx, &spsv1.EnterInspectionsRequest{Inspections: some})
				if err != nil {
					return err
				}
				entered, replaced, unchanged = entered+resp.GetEntered(), replaced+resp.GetReplaced(), unchanged+resp.GetUnchanged()
				unlisted = append(unlisted, resp.GetUnlisted()...)
			}
			fmt.Fprintf(a.err, "%d entered, %d replaced, %d there already\n", entered, replaced, unchanged)
			slices.Sort(unlisted)
			for _, category := range slices.Compact(unlisted) {
				fmt.Fprintf(a.err, "no code list has the product category %q: it is kept so; compare spsctl code search rasff-product-category\n", category)
			}
			return nil
		}),
	}
	cmd.Flags().StringVarP(&file, "file", "f", "", `the file, "-" for standard input`)
	cobra.CheckErr(cmd.MarkFlagRequired("file"))
	return cmd
}

// readInspections reads the file. The error names every line that is not as it
// should be; the node looks at the values.
func readInspections(r io.Reader) ([]*spsv1.Inspection, error) {
	in := csv.NewReader(r)
	in.TrimLeadingSpace = true
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty")
	}
	if err != nil {
		return nil, err
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	at := make(map[string]int)
	for i, name := range header {
		if !slices.Contains(inspectionColumns, name) {
			return nil, fmt.Errorf("there is no column %q, only %s", name, strings.Join(inspectionColumns, ", "))
		}
		at[name] = i
	}
	for _, name := range []string{"week", "origin", "consignments"} {
		if _, ok := at[name]; !ok {
			return nil, fmt.Errorf("the first line does not name the column %s", name)
		}
	}
	var all []*spsv1.Inspection
	var problems []error
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return all, errors.Join(problems...)
		}
		if err != nil {
			return nil, errors.Join(append(problems, err)...)
		}
		line, _ := in.FieldPos(0)
		cell := func(name string) string {
			if i, ok := at[name]; ok {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		n, err := strconv.ParseUint(cell("consignments"), 10, 32)
		if err != nil {
			problems = append(problems, fmt.Errorf("line %d: consignments: %q is not a number from 0 to 4294967295", line, cell("consignments")))
		}
		chapter := cell("hs_chapter")
		if len(chapter) == 1 { // a spreadsheet has taken its zero
			chapter = "0" + chapter
		}
		all = append(all, &spsv1.Inspection{
			Week: cell("week"), ProductCategory: cell("product_category"), HsChapter: chapter,
			Origin: cell("origin"), Consignments: uint32(n),
		})
	}
}

func (a *app) inspectionListCommand() *cobra.Command {
	format, limit, req := tableFormat, 0, &spsv1.ListInspectionsRequest{}
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "list what was entered, the latest week first",
		Example: "  spsctl inspection list --first-week 2026-W01 --history",
		Args:    cobra.NoArgs,
		RunE: a.withNode(func(ctx context.Context, node *client.Client, _ []string) error {
			list := newList(a.out, format, append(slices.Clone(inspectionColumns), "entered_by", "entered", "replaced")...)
			for i, err := range pages(limit, "", func(size int32, token string) ([]*spsv1.Inspection, string, error) {
				page, err := node.InspectionService().ListInspections(ctx, &spsv1.ListInspectionsRequest{
					PageSize: size, PageToken: token, FirstWeek: req.GetFirstWeek(), LastWeek: req.GetLastWeek(), History: req.GetHistory(),
				})
				return page.GetInspections(), page.GetNextPageToken(), err
			}) {
				if err != nil {
					return err
				}
				replaced := ""
				if i.GetReplaced() {
					replaced = "replaced"
				}
				if err := list.add(i, i.GetWeek(), i.GetProductCategory(), i.GetHsChapter(), i.GetOrigin(), fmt.Sprint(i.GetConsignments()),
					i.GetEnteredBy().GetId(), when(i.GetEnterTime()), replaced); err != nil {
					return err
				}
			}
			return list.close()
		}),
	}
	f := cmd.Flags()
	f.StringVar(&req.FirstWeek, "first-week", "", "the first week, such as 2026-W01")
	f.StringVar(&req.LastWeek, "last-week", "", "the last week")
	f.BoolVar(&req.History, "history", false, "those that were replaced too")
	limitFlag(cmd, &limit)
	outputFlag(cmd, &format)
	return cmd
}
