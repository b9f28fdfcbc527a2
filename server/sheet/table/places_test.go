package table_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/spsalert/spsalert/server/sheet/table"
)

// places reads a table of a code, a day and a number, as an import does, and returns
// where its problems are, with their reasons.
func places(t *testing.T, file []byte, o table.Options) []string {
	t.Helper()
	r, err := open(t, file, o)
	must(t, err)
	var all []string
	add := func(row int, column string, err error) {
		if err != nil {
			all = append(all, fmt.Sprintf("%s%d %s", column, row, reason(t, err)))
		}
	}
	for row, err := range r.Rows() {
		if err != nil {
			add(row.Number, "", err)
			continue
		}
		_, _, err := row.Cells[0].AsText()
		add(row.Number, "A", err)
		_, _, err = row.Cells[1].AsDate(table.Dates{Era: table.EraCommon})
		add(row.Number, "B", err)
		_, _, err = row.Cells[2].AsNumber(table.MarkUnsaid)
		add(row.Number, "C", err)
	}
	return all
}

// TestEveryProblemHasItsPlace has a table with each kind of problem of a row or a
// cell, and good rows between.
func TestEveryProblemHasItsPlace(t *testing.T) {
	day := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	book := workbook(t, func(f *excelize.File) {
		for i, row := range [][]any{
			{"lot", "taken", "value"},
			{"L1", day, 0.05},
			{nil, "2026-01-31", "<LOQ"},
			{"#", "2026-01-31", "ND"},
			{"L4", "2026-01-31", "ND"},
			{day, "2026-01-31", "ND"},
			{1.5e17, "2026-01-31", "ND"},
			{"L7", "01/02/2026", "ND"},
			{"L8", "2026-02-30", "ND"},
			{"L9", "31/01/26", "ND"},
			{"L10", "31/01/0026", "ND"},
			{"L11", "31/01/2568", "ND"},
			{"L12", day, "1.234"},
			{"L13", day, "0.05 mg/kg"},
			{"L14", day, day},
			{"L15", day, 1},
			{"L16", day, 1},
			{"L17", "soon", "much"},
			{"L18", day, 1},
		} {
			put(t, f, "Sheet1", i+1, row...)
		}
		must(t, f.SetCellFormula("Sheet1", "A3", `"L"&2`))
		must(t, f.MergeCell("Sheet1", "A5", "B5"))
		must(t, f.SetRowVisible("Sheet1", 16, false))
		must(t, f.SetCellValue("Sheet1", "XFD17", 1))
	})
	book = altered(t, book, "xl/worksheets/sheet1.xml", func(s string) string {
		before, after, _ := strings.Cut(s, `<c r="A4"`)
		_, after, _ = strings.Cut(after, `</c>`)
		return before + `<c r="A4" t="e"><v>#REF!</v></c>` + after
	})
	want := []string{
		"A3 CELL_FORMULA", "A4 CELL_ERROR", "B5 CELL_MERGED", "A6 TEXT_DATE", "A7 TEXT_DIGITS", "B8 DATE_AMBIGUOUS", "B9 DATE",
		"B10 DATE_YEAR", "B11 DATE_RANGE", "B12 DATE_ERA", "C13 NUMBER_MARK", "C14 NUMBER", "C15 NUMBER_DATE", "16 ROW_HIDDEN",
		"17 ROW_COLUMNS", "B18 DATE", "C18 NUMBER",
	}
	if diff := cmp.Diff(want, places(t, book, table.Options{})); diff != "" {
		t.Errorf("a workbook (-want +got):\n%s", diff)
	}
	text := "lot,taken,value\nL1,2026-01-31,1\nL\xff,2026-01-31,1\nL3,2026-01-31,0,05\nL\"4,2026-01-31,1\n" +
		strings.Repeat("x", 40_000) + ",2026-01-31,1\n=1,,#N/A\nL7,2026-01-31,1\n"
	want = []string{"A3 CELL_ENCODING", "4 ROW_WIDTH", "5 ROW_QUOTES", "A6 CELL_LONG", "A7 CELL_FORMULA", "C7 CELL_ERROR"}
	if diff := cmp.Diff(want, places(t, []byte(text), table.Options{Encoding: "utf-8"})); diff != "" {
		t.Errorf("a text (-want +got):\n%s", diff)
	}
}
