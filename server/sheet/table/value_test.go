package table_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/server/sheet/table"
)

// reason returns the reason of a problem; empty: there is none.
func reason(t testing.TB, err error) string {
	t.Helper()
	var p table.Problem
	if err != nil && !errors.As(err, &p) {
		t.Fatalf("error %v, want a problem", err)
	}
	return p.Reason
}

func noted(n *table.Note) string {
	if n == nil {
		return ""
	}
	return n.Reason
}

func TestNumber(t *testing.T) {
	const ambiguous, none = "NUMBER_MARK", "NUMBER"
	for _, test := range []struct {
		text   string
		mark   table.Mark
		want   table.Number
		reason string
	}{
		{"0.050", table.MarkUnsaid, table.Number{Decimal: "0.050"}, ""},
		{"0,05", table.MarkUnsaid, table.Number{Decimal: "0.05"}, ""},
		{"0,123", table.MarkUnsaid, table.Number{Decimal: "0.123"}, ""},
		{"12.5", table.MarkUnsaid, table.Number{Decimal: "12.5"}, ""},
		{"1.234", table.MarkUnsaid, table.Number{}, ambiguous},
		{"1,234", table.MarkUnsaid, table.Number{}, ambiguous},
		{"<12.500", table.MarkUnsaid, table.Number{}, ambiguous},
		{"1.234", table.MarkPoint, table.Number{Decimal: "1.234"}, ""},
		{"1.234", table.MarkComma, table.Number{Decimal: "1234"}, ""},
		{"1,234", table.MarkPoint, table.Number{Decimal: "1234"}, ""},
		{"1,234", table.MarkComma, table.Number{Decimal: "1.234"}, ""},
		{"1.234,5", table.MarkUnsaid, table.Number{Decimal: "1234.5"}, ""},
		{"1,234.5", table.MarkUnsaid, table.Number{Decimal: "1234.5"}, ""},
		{"1,234.5", table.MarkComma, table.Number{}, none},
		{"1.234.567", table.MarkUnsaid, table.Number{Decimal: "1234567"}, ""},
		{"1.234.567", table.MarkPoint, table.Number{}, none},
		{"1.234.56", table.MarkUnsaid, table.Number{}, none},
		{"12 500,5", table.MarkUnsaid, table.Number{Decimal: "12500.5"}, ""},
		{"12\u00a0500", table.MarkUnsaid, table.Number{Decimal: "12500"}, ""},
		{"12 50", table.MarkUnsaid, table.Number{}, none},
		{"0,05", table.MarkPoint, table.Number{}, none},
		{".5", table.MarkUnsaid, table.Number{Decimal: "0.5"}, ""},
		{"5.", table.MarkUnsaid, table.Number{}, none},
		{"007.50", table.MarkUnsaid, table.Number{Decimal: "7.50"}, ""},
		{"-18", table.MarkUnsaid, table.Number{Decimal: "-18"}, ""},
		{"−0,0", table.MarkUnsaid, table.Number{Decimal: "0.0"}, ""},
		{"+4", table.MarkUnsaid, table.Number{Decimal: "4"}, ""},
		{"4.5E5", table.MarkUnsaid, table.Number{Decimal: "4.5E5"}, ""},
		{"4,5e+05", table.MarkUnsaid, table.Number{Decimal: "4.5E5"}, ""},
		{"4,5 x 10^5", table.MarkUnsaid, table.Number{Decimal: "4.5E5"}, ""},
		{"4.5×10⁻³", table.MarkUnsaid, table.Number{Decimal: "4.5E-3"}, ""},
		{"10⁵", table.MarkUnsaid, table.Number{Decimal: "1E5"}, ""},
		{"๐.๐๕", table.MarkUnsaid, table.Number{Decimal: "0.05"}, ""},
		{"๑๒,๕", table.MarkComma, table.Number{Decimal: "12.5"}, ""},
		{"０．０５", table.MarkUnsaid, table.Number{Decimal: "0.05"}, ""},
		{"៥", table.MarkUnsaid, table.Number{Decimal: "5"}, ""},
		{"<0.01", table.MarkUnsaid, table.Number{Comparator: "<", Decimal: "0.01"}, ""},
		{"＜ 0,01", table.MarkUnsaid, table.Number{Comparator: "<", Decimal: "0.01"}, ""},
		{">=10", table.MarkUnsaid, table.Number{Comparator: "≥", Decimal: "10"}, ""},
		{"≤10", table.MarkUnsaid, table.Number{Comparator: "≤", Decimal: "10"}, ""},
		{"=10", table.MarkUnsaid, table.Number{Decimal: "10"}, ""},
		{"ND", table.MarkUnsaid, table.Number{Word: table.NotDetected}, ""},
		{"n.d.", table.MarkUnsaid, table.Number{Word: table.NotDetected}, ""},
		{"KPH", table.MarkUnsaid, table.Number{Word: table.NotDetected}, ""},
		{"Không phát hiện", table.MarkUnsaid, table.Number{Word: table.NotDetected}, ""},
		{"未检出", table.MarkUnsaid, table.Number{Word: table.NotDetected}, ""},
		{"ไม่พบ", table.MarkUnsaid, table.Number{Word: table.NotDetected}, ""},
		{"Detected", table.MarkUnsaid, table.Number{Word: table.Detected}, ""},
		{"<LOQ", table.MarkUnsaid, table.Number{Comparator: "<", Word: table.LOQ}, ""},
		{"< loq", table.MarkUnsaid, table.Number{Comparator: "<", Word: table.LOQ}, ""},
		{"<ND", table.MarkUnsaid, table.Number{}, none},
		{"0.05 mg/kg", table.MarkUnsaid, table.Number{}, none},
		{"5%", table.MarkUnsaid, table.Number{}, none},
		{"1-2", table.MarkUnsaid, table.Number{}, none},
		{"--1", table.MarkUnsaid, table.Number{}, none},
		{"NaN", table.MarkUnsaid, table.Number{}, none},
		{"0x10", table.MarkUnsaid, table.Number{}, none},
		{"<", table.MarkUnsaid, table.Number{}, none},
		{"1\n2", table.MarkUnsaid, table.Number{}, none},
	} {
		got, _, err := table.Cell{Row: 7, Column: "C", Kind: table.KindText, Text: test.text}.AsNumber(test.mark)
		if diff := cmp.Diff(test.want, got); diff != "" || reason(t, err) != test.reason {
			t.Errorf("%q, mark %d: error %v, want the reason %q (-want +got):\n%s", test.text, test.mark, err, test.reason, diff)
		}
		var p table.Problem
		if errors.As(err, &p) && (p.Row != 7 || p.Column != "C") {
			t.Errorf("%q: the problem is of row %d, column %s", test.text, p.Row, p.Column)
		}
	}
}

func TestDate(t *testing.T) {
	hanoi := time.FixedZone("", 7*3600)
	day := func(year, month, day int) table.Date {
		return table.Date{Time: time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)}
	}
	month := func(year, month int) table.Date {
		return table.Date{Time: time.Date(year, time.Month(month), 1, 0, 0, 0, 0, time.UTC), NoDay: true}
	}
	year := func(year int) table.Date {
		return table.Date{Time: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC), NoDay: true, NoMonth: true}
	}
	partial := table.Dates{Partial: true}
	dayFirst, monthFirst := table.Dates{Order: table.DayFirst}, table.Dates{Order: table.MonthFirst}
	for _, test := range []struct {
		text   string
		o      table.Dates
		want   table.Date
		note   string
		reason string
	}{
		{"2026-01-31", table.Dates{}, day(2026, 1, 31), "", ""},
		{"2026/1/3", table.Dates{}, day(2026, 1, 3), "", ""},
		{"20260131", table.Dates{}, day(2026, 1, 31), "", ""},
		{"2026年1月31日", table.Dates{}, day(2026, 1, 31), "", ""},
		{"01/02/2026", table.Dates{}, table.Date{}, "", "DATE_AMBIGUOUS"},
		{"01/02/2026", dayFirst, day(2026, 2, 1), "", ""},
		{"01/02/2026", monthFirst, day(2026, 1, 2), "", ""},
		{"25/12/2026", table.Dates{}, day(2026, 12, 25), "", ""},
		{"12/25/2026", table.Dates{}, day(2026, 12, 25), "", ""},
		{"2.2.2026", table.Dates{}, day(2026, 2, 2), "", ""},
		{"25/12/2026", monthFirst, table.Date{}, "", "DATE"},
		{"12/25/2026", dayFirst, table.Date{}, "", "DATE"},
		{"13/13/2026", table.Dates{}, table.Date{}, "", "DATE"},
		{"31/02/2026", dayFirst, table.Date{}, "", "DATE"},
		{"1/2-2026", dayFirst, table.Date{}, "", "DATE"},
		{"01/02/26", dayFirst, table.Date{}, "", "DATE_YEAR"},
		{"1 Feb 26", dayFirst, table.Date{}, "", "DATE_YEAR"},
		{"2026", table.Dates{}, table.Date{}, "", "DATE"},
		{"1 Feb 2026", table.Dates{}, day(2026, 2, 1), "", ""},
		{"01-Feb-2026", table.Dates{}, day(2026, 2, 1), "", ""},
		{"February 1, 2026", table.Dates{}, day(2026, 2, 1), "", ""},
		{"ngày 1 tháng 2 năm 2026", table.Dates{}, day(2026, 2, 1), "", ""},
		{"1 ก.พ. 2568", table.Dates{}, day(2025, 2, 1), "DATE_BUDDHIST", ""},
		{"วันที่ 1 กุมภาพันธ์ พ.ศ. 2568", table.Dates{}, day(2025, 2, 1), "DATE_BUDDHIST", ""},
		{"๓๑/๐๑/๒๕๖๘", table.Dates{}, day(2025, 1, 31), "DATE_BUDDHIST", ""},
		{"29/02/2567", table.Dates{}, day(2024, 2, 29), "DATE_BUDDHIST", ""},
		{"29/02/2568", table.Dates{}, table.Date{}, "", "DATE"},
		{"31/01/2568", table.Dates{Era: table.EraCommon}, table.Date{}, "", "DATE_ERA"},
		{"31/01/2568", table.Dates{Era: table.EraBuddhist}, day(2025, 1, 31), "DATE_BUDDHIST", ""},
		{"31/01/2025", table.Dates{Era: table.EraBuddhist}, table.Date{}, "", "DATE_ERA"},
		{"1 ม.ค. ค.ศ. 2025", table.Dates{Era: table.EraBuddhist}, day(2025, 1, 1), "", ""},
		{"31/01/0025", table.Dates{}, table.Date{}, "", "DATE_RANGE"},
		{"2026-01-31 14:05", table.Dates{Zone: hanoi}, table.Date{Time: time.Date(2026, 1, 31, 14, 5, 0, 0, hanoi), Clock: true}, "", ""},
		{"2026-01-31T14:05:06Z", table.Dates{Zone: hanoi}, table.Date{Time: time.Date(2026, 1, 31, 14, 5, 6, 0, time.UTC), Clock: true}, "", ""},
		{"2026-01-31T14:05:06+07:00", table.Dates{}, table.Date{Time: time.Date(2026, 1, 31, 14, 5, 6, 0, hanoi), Clock: true}, "", ""},
		{"31/01/2026 2:05 PM", table.Dates{}, table.Date{Time: time.Date(2026, 1, 31, 14, 5, 0, 0, time.UTC), Clock: true}, "", ""},
		{"2026-01-31 24:05", table.Dates{}, table.Date{}, "", "DATE"},
		{"soon", table.Dates{}, table.Date{}, "", "DATE"},
		{"2026", partial, year(2026), "", ""},
		{"ปี ๒๕๖๘", partial, year(2025), "DATE_BUDDHIST", ""},
		{"2026-02", partial, month(2026, 2), "", ""},
		{"02/2026", partial, month(2026, 2), "", ""},
		{"2.2026", partial, month(2026, 2), "", ""},
		{"2026年2月", partial, month(2026, 2), "", ""},
		{"tháng 2 năm 2026", partial, month(2026, 2), "", ""},
		{"Feb 2026", partial, month(2026, 2), "", ""},
		{"กุมภาพันธ์ พ.ศ. 2568", partial, month(2025, 2), "DATE_BUDDHIST", ""},
		{"2026-02-03", partial, day(2026, 2, 3), "", ""},
		{"2026-13", partial, table.Date{}, "", "DATE"},
		{"2026-00", partial, table.Date{}, "", "DATE"},
		{"2026-00-10", partial, table.Date{}, "", "DATE"},
		{"Smarch 2026", partial, table.Date{}, "", "DATE"},
		{"2026 14:05", partial, table.Date{}, "", "DATE"},
		{"02/2026", table.Dates{}, table.Date{}, "", "DATE"},
	} {
		got, note, err := table.Cell{Row: 7, Column: "C", Kind: table.KindText, Text: test.text}.AsDate(test.o)
		lacks := got.NoDay != test.want.NoDay || got.NoMonth != test.want.NoMonth
		if !got.Time.Equal(test.want.Time) || got.Clock != test.want.Clock || lacks || noted(note) != test.note || reason(t, err) != test.reason {
			t.Errorf("%q with %v = %v, note %q, error %v; want %v, %q, %q", test.text, test.o, got, noted(note), err, test.want, test.note, test.reason)
		}
	}
}

func TestText(t *testing.T) {
	for _, test := range []struct {
		kind         table.Kind
		text         string
		want         string
		note, reason string
	}{
		{table.KindText, "00123", "00123", "", ""},
		{table.KindNumber, "00123", "00123", "", ""},
		{table.KindNumber, "81090", "81090", "TEXT_NUMBER", ""},
		{table.KindNumber, "123456789012345000", "", "", "TEXT_DIGITS"},
		{table.KindNumber, "123456789012345", "123456789012345", "TEXT_NUMBER", ""},
		{table.KindNumber, "1000000000000000", "", "", "TEXT_DIGITS"},
		{table.KindNumber, "0.5", "0.5", "", ""},
		{table.KindDate, "2026-03-04", "", "", "TEXT_DATE"},
		{table.KindBool, "TRUE", "TRUE", "", ""},
		{table.KindFormula, "5", "", "", "CELL_FORMULA"},
		{table.KindFailed, "#N/A", "", "", "CELL_ERROR"},
		{table.KindMerged, "", "", "", "CELL_MERGED"},
		{table.KindText, "c\ufffdm", "", "", "CELL_ENCODING"},
		{table.KindEmpty, "", "", "", ""},
	} {
		got, note, err := table.Cell{Row: 1, Column: "A", Kind: test.kind, Text: test.text}.AsText()
		if got != test.want || noted(note) != test.note || reason(t, err) != test.reason {
			t.Errorf("%d %q = %q, note %q, error %v; want %q, %q, %q", test.kind, test.text, got, noted(note), err, test.want, test.note, test.reason)
		}
	}
}

// TestValueOfAKindThatDoesNotFit asks for values of cells of other kinds.
func TestValueOfAKindThatDoesNotFit(t *testing.T) {
	if _, _, err := (table.Cell{Row: 1, Kind: table.KindDate, Text: "2026-03-04"}).AsNumber(0); reason(t, err) != "NUMBER_DATE" {
		t.Errorf("a date as a number: error %v", err)
	}
	if _, _, err := (table.Cell{Row: 1, Kind: table.KindNumber, Text: "20260304"}).AsDate(table.Dates{}); reason(t, err) != "DATE" {
		t.Errorf("a stored number as a date: error %v", err)
	}
	if n, _, err := (table.Cell{Row: 1, Kind: table.KindNumber, Text: "1.234"}).AsNumber(table.MarkComma); n.Decimal != "1.234" || err != nil {
		t.Errorf("a stored number = %v, %v; want 1.234, whatever the mark of texts is", n, err)
	}
}
