package table_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/spsalert/spsalert/server/sheet"
	"github.com/spsalert/spsalert/server/sheet/table"
)

// TestWhatSheetWrites reads the tables that the product itself writes.
func TestWhatSheetWrites(t *testing.T) {
	at := time.Date(2026, 3, 31, 16, 59, 58, 0, time.UTC)
	for name, begin := range map[string]func(*bytes.Buffer) (sheet.Writer, error){
		"csv": func(b *bytes.Buffer) (sheet.Writer, error) {
			return sheet.NewCSV(b, "code", "text", "taken", "number"), nil
		},
		"xlsx": func(b *bytes.Buffer) (sheet.Writer, error) {
			return sheet.NewXLSX(b, "code", "text", "taken", "number")
		},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			w, err := begin(&b)
			must(t, err)
			must(t, w.Row("000810", `=HYPERLINK("x")`, at, int64(-7)))
			must(t, w.Row("3-4", "-18 °C\nสอง", nil, nil))
			must(t, w.Close())
			r, err := open(t, b.Bytes(), table.Options{})
			must(t, err)
			var got []string
			for row, err := range r.Rows() {
				must(t, err)
				code, _, err := row.Cells[0].AsText()
				must(t, err)
				text, _, err := row.Cells[1].AsText()
				must(t, err)
				taken, _, err := row.Cells[2].AsDate(table.Dates{})
				must(t, err)
				number, _, err := row.Cells[3].AsNumber(table.MarkUnsaid)
				must(t, err)
				got = append(got, strings.Join([]string{code, text, taken.Time.Format(time.RFC3339), number.Decimal}, "|"))
			}
			want := []string{"000810|=HYPERLINK(\"x\")|2026-03-31T16:59:58Z|-7", "3-4|-18 °C\nสอง|0001-01-01T00:00:00Z|"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("read back (-want +got):\n%s", diff)
			}
			if f := r.Found(); f.FirstHeader != 1 || f.LastHeader != 1 {
				t.Errorf("found %+v, want the header in row 1", f)
			}
		})
	}
}

// TestEscapesOfWorkbooks has characters as XML cannot have them, and a text that looks
// like one, as spreadsheets store them.
func TestEscapesOfWorkbooks(t *testing.T) {
	file := workbook(t, func(f *excelize.File) {
		put(t, f, "Sheet1", 1, "a", "b", "c")
		put(t, f, "Sheet1", 2, "ONE", "TWO", "THREE")
	})
	file = altered(t, file, "xl/sharedStrings.xml", func(s string) string {
		return strings.NewReplacer("ONE", "two_x000D_\nlines", "TWO", "_x005F_x0041_", "THREE", "_x0E01__x0001_x").Replace(s)
	})
	_, rows := contents(t, file, table.Options{})
	if want := []string{"2|two\nlines|_x0041_|ก x"}; !cmp.Equal(rows, want) {
		t.Errorf("rows %q, want %q", rows, want)
	}
}
