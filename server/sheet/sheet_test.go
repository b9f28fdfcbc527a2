package sheet_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/spsalert/spsalert/server/sheet"
)

var columns = []string{"reference", "subject", "issue_time", "number", "code"}

var at = time.Date(2026, 3, 31, 23, 59, 58, 999_000_000, time.FixedZone("", 7*3600))

// rows are what offices write, and what they would not like to be run.
var rows = [][]any{
	{"VN-2026-000123", "Sầu riêng đông lạnh: cadmi", at, uint64(42), "000810600011223344"},
	{"TH-2026-000001", "มะม่วงน้ำดอกไม้", time.Time{}, int64(-7), "2024.9650"},
	{"CN-2026-000009", "大白菜（冷冻）", nil, uint64(1) << 60, "3-4"},
	{"LA-2026-000002", `=HYPERLINK("http://example.test")`, nil, nil, "+1"},
	{"KH-2026-000003", "two\nlines, \"quoted\" <b>&amp;", nil, nil, ""},
}

func writeAll(t testing.TB, w sheet.Writer, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := w.Row(r...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestCSV(t *testing.T) {
	var out bytes.Buffer
	writeAll(t, sheet.NewCSV(&out, columns...), nil)
	if got := out.String(); strings.Count(got, "\r\n") != strings.Count(got, "\n") || strings.HasPrefix(got, "\ufeff") {
		t.Errorf("want CR LF behind every line and no mark before the first, got\n%q", got)
	}
	got, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		columns,
		{"VN-2026-000123", "Sầu riêng đông lạnh: cadmi", "2026-03-31T16:59:58Z", "42", "000810600011223344"},
		{"TH-2026-000001", "มะม่วงน้ำดอกไม้", "", "-7", "2024.9650"},
		{"CN-2026-000009", "大白菜（冷冻）", "", "1152921504606846976", "3-4"},
		{"LA-2026-000002", `'=HYPERLINK("http://example.test")`, "", "", "'+1"},
		{"KH-2026-000003", "two\nlines, \"quoted\" <b>&amp;", "", "", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

// TestXLSX reads a workbook back as a spreadsheet does.
func TestXLSX(t *testing.T) {
	var out bytes.Buffer
	w, err := sheet.NewXLSX(&out, columns...)
	writeAll(t, w, err)
	f, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := f.GetRows("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		columns,
		{"VN-2026-000123", "Sầu riêng đông lạnh: cadmi", "2026-03-31 16:59:58", "42", "000810600011223344"},
		{"TH-2026-000001", "มะม่วงน้ำดอกไม้", "", "-7", "2024.9650"},
		{"CN-2026-000009", "大白菜（冷冻）", "", "1152921504606846976", "3-4"},
		{"LA-2026-000002", `=HYPERLINK("http://example.test")`, "", "", "+1"},
		{"KH-2026-000003", "two\nlines, \"quoted\" <b>&amp;"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	for cell, kind := range map[string]excelize.CellType{"C2": excelize.CellTypeUnset, "D2": excelize.CellTypeUnset, "E2": excelize.CellTypeInlineString, "B5": excelize.CellTypeInlineString, "D4": excelize.CellTypeInlineString} {
		if got, err := f.GetCellType("Sheet1", cell); err != nil || got != kind {
			t.Errorf("%s is of type %v, %v; want %v: numbers and times are numbers, all else text", cell, got, err, kind)
		}
	}
	if formula, err := f.GetCellFormula("Sheet1", "B5"); err != nil || formula != "" {
		t.Errorf("B5 is the formula %q, %v", formula, err)
	}
	raw, err := f.GetCellValue("Sheet1", "C2", excelize.Options{RawCellValue: true})
	if err != nil || !strings.HasPrefix(raw, "46112.70831") {
		t.Errorf("the time is %q, %v; want the day 46112 of the calendar of spreadsheets", raw, err)
	}
}
