package ssd2_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/spsalert/spsalert/server/finding/ssd2"
	"github.com/spsalert/spsalert/server/sheet/table"
)

// workbook returns a file that fill makes with a spreadsheet's own library.
func workbook(t testing.TB, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	fill(f)
	var b bytes.Buffer
	must(t, f.Write(&b))
	return b.Bytes()
}

// put writes values into a row of the first sheet, from column A on.
func put(t testing.TB, f *excelize.File, row int, values ...any) {
	t.Helper()
	must(t, f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", row), &values))
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

// TestTrapsOfWorkbooks has what spreadsheets do to values, each in a row of its own.
func TestTrapsOfWorkbooks(t *testing.T) {
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	file := workbook(t, func(f *excelize.File) {
		put(t, f, 1, "reportId", "reportStage", "sampId", "sampDate", "sampMatText", "hsCode", "lotId", "paramText", "resVal", "resUnit")
		put(t, f, 2, "L-02", "final", "0017", day, "durian", "081060", "0003", "lead", 0.30000000000000004, "mg/kg")
		put(t, f, 3, "L-03", "final", 17, day, "durian", 81060, 17, "lead", 0.3, "mg/kg")
		format(t, f, "C3", "0000")
		put(t, f, 4, "L-04", "final", "S", day, "durian", "081060", time.Date(2026, 4, 3, 0, 0, 0, 0, time.UTC), "lead", 0.3, "mg/kg")
		put(t, f, 5, "L-05", "final", "S", day, "durian", "", "x", "lead", nil, "mg/kg")
		must(t, f.SetCellFormula("Sheet1", "I5", "0.1+0.2"))
		put(t, f, 6, "L-06", "final", "S", "๑ มีนาคม ๒๕๖๙", "durian", "", "x", "lead", "๐.๐๕", "mg/kg")
		put(t, f, 7, "L-07", "final", "S", "ngày 1 tháng 3 năm 2026", "durian", "", "x", "lead", "0,05", "mg/kg")
		put(t, f, 8, "L-08", "final", "S", "2026年3月1日", "durian", "", "x", "lead", "＜0.05", "毫克/千克")
		put(t, f, 9, "L-09", "final", "S", day, "durian", "", "x", "lead", "ND", nil)
		put(t, f, 10, "L-10", "final", "S", day, "durian", "", "x", "lead", "> 10", "%")
		put(t, f, 11, "L-11", "final", "S", day, "durian", "", "x", "E. coli", "4.5×10⁵", "CFU/g")
		put(t, f, 12, "L-12", "final", "S", day, "durian", "", "x", "lead", 0.3, "mg/kg")
		must(t, f.SetRowVisible("Sheet1", 12, false))
		put(t, f, 13, "L-13", "final", "S", day, "=HYPERLINK(1)", "", "x", "lead", 0.3, "mg/kg")
		put(t, f, 14, "L-14", "final", "S", day, "durian", "", 1234567890123456, "lead", 0.3, "mg/kg")
		put(t, f, 15, "L-15", "final", "S", day, "durian", "", "x", "lead", day, "mg/kg")
	})
	all := read(t, file, ssd2.Default())
	wantTold := []string{
		"3 F hsCode CODE_NUMBER",
		"4 G lotId TEXT_DATE",
		"5 I resVal CELL_FORMULA",
		"12   ROW_HIDDEN",
		"11 A reportId REPORT_ROW_LOST",
		"13 A reportId REPORT_ROW_LOST",
		"14 G lotId TEXT_DIGITS",
		"15 I resVal NUMBER_DATE",
	}
	if diff := cmp.Diff(wantTold, told(t, all)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	wantNoted := []string{
		"3 F hsCode TEXT_NUMBER", "3 G lotId TEXT_NUMBER",
		"6 D sampDate DATE_BUDDHIST",
		"8 J resUnit UNIT_WRITTEN",
		"11 J resUnit UNIT_WRITTEN",
	}
	if diff := cmp.Diff(wantNoted, noted(all)); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	got := map[string]string{}
	for _, s := range all {
		if f := s.Finding; f != nil {
			d, r := f.GetSample().GetSamplingDate(), f.GetSample().GetResults()[0]
			got[f.GetReportNumber()] = fmt.Sprintf("%s %d-%d-%d %s%s %s %s", f.GetSample().GetNumber(), d.GetYear(), d.GetMonth(), d.GetDay(),
				r.GetComparator(), r.GetDetection(), r.GetValue().GetValue(), r.GetValue().GetUcum())
		}
	}
	for number, want := range map[string]string{
		"L-02": "0017 2026-3-1 COMPARATOR_UNSPECIFIEDDETECTION_UNSPECIFIED 0.3 mg/kg",
		"L-03": "0017 2026-3-1 COMPARATOR_UNSPECIFIEDDETECTION_UNSPECIFIED 0.3 mg/kg",
		"L-06": "S 2026-3-1 COMPARATOR_UNSPECIFIEDDETECTION_UNSPECIFIED 0.05 mg/kg",
		"L-07": "S 2026-3-1 COMPARATOR_UNSPECIFIEDDETECTION_UNSPECIFIED 0.05 mg/kg",
		"L-08": "S 2026-3-1 COMPARATOR_LESSDETECTION_UNSPECIFIED 0.05 mg/kg",
		"L-09": "S 2026-3-1 COMPARATOR_UNSPECIFIEDDETECTION_NOT_DETECTED  ",
		"L-10": "S 2026-3-1 COMPARATOR_GREATERDETECTION_UNSPECIFIED 10 %",
		"L-11": "S 2026-3-1 COMPARATOR_UNSPECIFIEDDETECTION_UNSPECIFIED 4.5E5 [CFU]/g",
	} {
		if got[number] != want {
			t.Errorf("%s = %q, want %q", number, got[number], want)
		}
	}
	if product := all[0].Finding.GetProduct(); product.GetCommodityCodes()[0].GetCode() != "081060" || product.GetLots()[0].GetNumber() != "0003" {
		t.Errorf("product = %v, want codes with the zeros at their beginning", product)
	}
}

// TestMergedHeadings reads a form as laboratories have them: a title, names merged to
// the right above those of the columns, and headings of the laboratory.
func TestMergedHeadings(t *testing.T) {
	file := workbook(t, func(f *excelize.File) {
		put(t, f, 1, "PHIẾU KẾT QUẢ THỬ NGHIỆM")
		must(t, f.MergeCell("Sheet1", "A1", "G1"))
		put(t, f, 3, "Số phiếu", "Mẫu", nil, "Chỉ tiêu", "Kết quả", nil, "Ghi chú")
		put(t, f, 4, nil, "Ký hiệu", "Tên", nil, "Giá trị", "Đơn vị", nil)
		for _, merged := range [][2]string{{"A3", "A4"}, {"B3", "C3"}, {"D3", "D4"}, {"E3", "F3"}, {"G3", "G4"}} {
			must(t, f.MergeCell("Sheet1", merged[0], merged[1]))
		}
		put(t, f, 5, "042", "M-1", "sầu riêng", "chì", "KPH", "mg/kg", "gấp")
	})
	m := mapping(t, `
language: vi
columns:
  reportId: Số phiếu
  sampId: Mẫu / Ký hiệu
  sampMatText: Mẫu / Tên
  paramText: Chỉ tiêu
  resVal: Kết quả / Giá trị
  resUnit: Đơn vị
fixed: {reportStage: final}
`)
	all := read(t, file, m)
	if got := told(t, all); got != nil {
		t.Errorf("problems %v, want none", got)
	}
	same(t, `
		report_number: "042" stage: RESULT_STAGE_FINAL product { name { lang: "vi" text: "sầu riêng" } }
		sample { number: "M-1" results { analyte { as_written: "chì" lang: "vi" } detection: DETECTION_NOT_DETECTED } }`, all[0].Finding)
	r, err := ssd2.Open(bytes.NewReader(file), int64(len(file)), m)
	must(t, err)
	notes := r.Notes()
	if len(notes) != 1 || notes[0].Reason != "COLUMN_UNUSED" || notes[0].Column != "G" || notes[0].Heading != "Ghi chú" {
		t.Errorf("notes = %+v, want that the column G is not read", notes)
	}
}

// TestBomb refuses a sheet that unpacks to a gigabyte, before it is unpacked.
func TestBomb(t *testing.T) {
	sound := workbook(t, func(f *excelize.File) { put(t, f, 1, "reportId") })
	in, err := zip.NewReader(bytes.NewReader(sound), int64(len(sound)))
	must(t, err)
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	for _, part := range in.File {
		from, err := part.OpenRaw()
		must(t, err)
		header := part.FileHeader
		if part.Name == "xl/worksheets/sheet1.xml" {
			header.UncompressedSize64 = 1 << 30
		}
		to, err := out.CreateRaw(&header)
		must(t, err)
		_, err = io.Copy(to, from)
		must(t, err)
	}
	must(t, out.Close())
	_, err = ssd2.Open(bytes.NewReader(b.Bytes()), int64(b.Len()), ssd2.Default())
	var p table.Problem
	if !errors.As(err, &p) || p.Reason != "FILE_UNPACKED" {
		t.Errorf("Open = %v, want that it is far too large", err)
	}
}
