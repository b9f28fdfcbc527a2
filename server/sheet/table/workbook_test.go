package table_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/xuri/excelize/v2"

	"github.com/spsalert/spsalert/server/sheet/table"
)

// workbook returns a file that fill makes with a spreadsheet's own library.
func workbook(t testing.TB, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	fill(f)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// put writes values into a row of a sheet, from column A on.
func put(t testing.TB, f *excelize.File, sheet string, row int, values ...any) {
	t.Helper()
	if err := f.SetSheetRow(sheet, fmt.Sprintf("A%d", row), &values); err != nil {
		t.Fatal(err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// format gives a cell a number format.
func format(t testing.TB, f *excelize.File, cell, code string) {
	t.Helper()
	id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
	must(t, err)
	must(t, f.SetCellStyle("Sheet1", cell, cell, id))
}

// TestKindsInWorkbooks has a cell of each kind, as spreadsheets store them.
func TestKindsInWorkbooks(t *testing.T) {
	file := workbook(t, func(f *excelize.File) {
		put(t, f, "Sheet1", 1, "lot", "code", "value", "taken", "formula", "failed", "yes", "lost")
		put(t, f, "Sheet1", 2, "00123", 81090, 0.1+0.2, time.Date(2026, 1, 31, 14, 5, 0, 0, time.UTC), nil, nil, true, 3.0)
		format(t, f, "B2", "000000")
		format(t, f, "H2", `d" ngày "mmm`)
		must(t, f.SetCellFormula("Sheet1", "E2", "B2*2"))
		put(t, f, "Sheet1", 3, "  Sầu  riêng ", 1e15, 4.5e-7, time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC))
		must(t, f.SetCellRichText("Sheet1", "E3", []excelize.RichTextRun{{Text: "two "}, {Text: "types"}}))
		put(t, f, "Sheet1", 9, "x")
	})
	file = altered(t, file, "xl/worksheets/sheet1.xml", func(s string) string {
		return strings.Replace(s, `<c r="G2"`, `<c r="F2" t="e"><v>#N/A</v></c><c r="G2"`, 1)
	})
	r, err := open(t, file, table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []table.Row{
		{Number: 2, Cells: []table.Cell{
			{2, "A", table.KindText, "00123"},
			{2, "B", table.KindNumber, "081090"},
			{2, "C", table.KindNumber, "0.3"},
			{2, "D", table.KindDate, "2026-01-31 14:05:00"},
			{2, "E", table.KindFormula, ""},
			{2, "F", table.KindFailed, "#N/A"},
			{2, "G", table.KindBool, "TRUE"},
			{2, "H", table.KindDate, "1900-01-03"},
		}},
		{Number: 3, Cells: []table.Cell{
			{3, "A", table.KindText, "Sầu  riêng"},
			{3, "B", table.KindNumber, "1000000000000000"},
			{3, "C", table.KindNumber, "0.00000045"},
			{3, "D", table.KindDate, "2025-12-01"},
			{3, "E", table.KindText, "two types"},
			{3, "F", table.KindEmpty, ""},
			{3, "G", table.KindEmpty, ""},
			{3, "H", table.KindEmpty, ""},
		}},
	}
	var got []table.Row
	for row, err := range r.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		if row.Number < 9 {
			got = append(got, table.Row{Number: row.Number, Cells: row.Cells})
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(table.Row{})); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if got := r.Found(); got.Sheet != "Sheet1" || got.Encoding != "" {
		t.Errorf("found %+v", got)
	}
}

// TestMergedHeader has a title over all, names that are merged downward, and names
// merged to the right over those of the single columns.
func TestMergedHeader(t *testing.T) {
	file := workbook(t, func(f *excelize.File) {
		put(t, f, "Sheet1", 1, "Phiếu kết quả")
		must(t, f.MergeCell("Sheet1", "A1", "E1"))
		put(t, f, "Sheet1", 3, "Lot", "Sample", nil, "Result")
		put(t, f, "Sheet1", 4, nil, "No", "Date", "Value", "Unit")
		put(t, f, "Sheet1", 5, "L1", 1, "2026-01-31", "<0.01", "mg/kg")
		put(t, f, "Sheet1", 6, "L2", 2, "2026-01-31", "ND", "mg/kg")
		put(t, f, "Sheet1", 7, nil, 3, "2026-01-31", "ND", "mg/kg")
		for _, m := range [][2]string{{"A3", "A4"}, {"B3", "C3"}, {"D3", "E3"}, {"A6", "A7"}} {
			must(t, f.MergeCell("Sheet1", m[0], m[1]))
		}
	})
	names, rows := contents(t, file, table.Options{})
	if diff := cmp.Diff([]string{"Lot", "Sample / No", "Sample / Date", "Result / Value", "Result / Unit"}, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	want := []string{"5|L1|1|2026-01-31|<0.01|mg/kg", "6|L2|2|2026-01-31|ND|mg/kg", "7||3|2026-01-31|ND|mg/kg"}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	r, err := open(t, file, table.Options{Known: []string{"Lot", "No", "Date"}})
	must(t, err)
	for row, err := range r.Rows() {
		must(t, err)
		if _, _, err := row.Cells[0].AsText(); row.Number == 7 && reason(t, err) != "CELL_MERGED" {
			t.Errorf("the lower half of a merged cell: error %v", err)
		}
	}
	if c, err := r.Column("sample / date"); err != nil || c.Letter != "C" {
		t.Errorf("column %+v, %v; want C", c, err)
	}
}

func TestHidden(t *testing.T) {
	file := workbook(t, func(f *excelize.File) {
		put(t, f, "Sheet1", 1, "lot", "value")
		for row := 2; row <= 4; row++ {
			put(t, f, "Sheet1", row, fmt.Sprint("L", row), "ND")
		}
		must(t, f.SetRowVisible("Sheet1", 3, false))
		must(t, f.SetColVisible("Sheet1", "B", false))
		_, err := f.NewSheet("old")
		must(t, err)
		put(t, f, "old", 1, "x", "y")
		put(t, f, "old", 2, "1", "2")
		must(t, f.SetSheetVisible("old", false))
	})
	_, rows := contents(t, file, table.Options{})
	if diff := cmp.Diff([]string{"2|L2|ND", "3|ROW_HIDDEN", "4|L4|ND"}, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	_, rows = contents(t, file, table.Options{Hidden: true, Sheet: "Sheet1"})
	if diff := cmp.Diff([]string{"2|L2|ND", "3|L3|ND", "4|L4|ND"}, rows); diff != "" {
		t.Errorf("rows with those that are hidden (-want +got):\n%s", diff)
	}
	r, err := open(t, file, table.Options{})
	must(t, err)
	var notes []string
	for _, n := range r.Notes() {
		notes = append(notes, n.Reason)
	}
	if diff := cmp.Diff([]string{"COLUMN_HIDDEN", "SHEETS_HIDDEN"}, notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	if _, err := open(t, file, table.Options{Sheet: "old"}); reason(t, err) != "SHEET_HIDDEN" {
		t.Errorf("a hidden sheet: error %v", err)
	}
	if _, err := open(t, file, table.Options{Sheet: "old", Hidden: true}); err != nil {
		t.Errorf("a hidden sheet that is asked for: error %v", err)
	}
}

func TestSheets(t *testing.T) {
	two := workbook(t, func(f *excelize.File) {
		for _, name := range []string{"Sheet1", "ผลการทดสอบ", "empty"} {
			_, err := f.NewSheet(name)
			must(t, err)
			if name != "empty" {
				put(t, f, name, 1, "lot", "value")
				put(t, f, name, 2, name, "1")
			}
		}
	})
	for _, o := range []table.Options{{}, {Sheet: "Results"}} {
		if _, err := open(t, two, o); reason(t, err) != "SHEET" || !strings.Contains(err.Error(), `"Sheet1", "ผลการทดสอบ"`) {
			t.Errorf("%+v: error %v, want one that names both sheets", o, err)
		}
	}
	_, rows := contents(t, two, table.Options{Sheet: "ผลการทดสอบ"})
	if diff := cmp.Diff([]string{"2|ผลการทดสอบ|1"}, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if _, err := open(t, workbook(t, func(*excelize.File) {}), table.Options{}); reason(t, err) != "FILE_EMPTY" {
		t.Errorf("an empty workbook: error %v", err)
	}
}

// altered returns a workbook of which a part was changed.
func altered(t testing.TB, file []byte, name string, change func(string) string) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	must(t, err)
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	changed := false
	for _, f := range in.File {
		r, err := f.Open()
		must(t, err)
		text, err := io.ReadAll(r)
		must(t, err)
		if f.Name == name {
			before := string(text)
			text = []byte(change(before))
			changed = before != string(text)
		}
		w, err := out.Create(f.Name)
		must(t, err)
		_, err = w.Write(text)
		must(t, err)
	}
	must(t, out.Close())
	if !changed {
		t.Fatalf("%s was not changed", name)
	}
	return b.Bytes()
}

// small is a workbook with one row.
func small(t testing.TB) []byte {
	return workbook(t, func(f *excelize.File) {
		put(t, f, "Sheet1", 1, "lot", "value")
		put(t, f, "Sheet1", 2, "L1", "0.05")
	})
}

// TestDaysOf1904 reads the same number by the calendar of old Macintoshes.
func TestDaysOf1904(t *testing.T) {
	file := workbook(t, func(f *excelize.File) {
		put(t, f, "Sheet1", 1, "lot", "taken")
		put(t, f, "Sheet1", 2, "L1", 40000)
		format(t, f, "B2", "yyyy-mm-dd")
	})
	for want, change := range map[string]string{"2009-07-06": "", "2013-07-07": `<workbookPr date1904="1"/>`} {
		with := file
		if change != "" {
			with = altered(t, file, "xl/workbook.xml", func(s string) string {
				return strings.Replace(s, "<sheets>", change+"<sheets>", 1)
			})
		}
		if _, rows := contents(t, with, table.Options{}); len(rows) != 1 || rows[0] != "2|L1|"+want {
			t.Errorf("rows %q, want the day %s", rows, want)
		}
	}
}
