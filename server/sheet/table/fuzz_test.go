package table_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/spsalert/spsalert/server/sheet/table"
)

// FuzzOpen reads whatever it is given to the end. It holds that each answer is a
// problem with a reason, that rows come in order and are as wide as the header, and
// that no value is taken of a cell that has none.
func FuzzOpen(f *testing.F) {
	for _, text := range []string{thai, vietnamese, chinese, "sep=;\na;b\n1;\"2\n", "a,b\n=1,#N/A\n", "\xff\xfea\x00,\x00b\x00\n\x00"} {
		f.Add([]byte(text))
	}
	f.Add(small(f))
	f.Add(handmade(f, sheetOf(header+`<row r="2" hidden="1"><c r="A2" s="1" t="str"><f>1</f><v>1</v></c></row>`)))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := open(t, file, table.Options{Limits: table.Limits{Bytes: 1 << 20, Unpacked: 4 << 20, Rows: 2_000}})
		if err != nil {
			if reason(t, err) == "" {
				t.Errorf("error %v without a reason", err)
			}
			return
		}
		last := 0
		for row, err := range r.Rows() {
			var p table.Problem
			switch {
			case err != nil && !errors.As(err, &p):
				t.Errorf("error %v, want a problem", err)
			case err != nil:
				if p.Reason == "" || p.Sentence == "" || p.Row != row.Number {
					t.Errorf("problem %+v of row %d", p, row.Number)
				}
				continue
			case row.Number <= last || len(row.Cells) < len(r.Columns()):
				t.Errorf("row %d behind row %d, of %d cells for %d columns", row.Number, last, len(row.Cells), len(r.Columns()))
			}
			last = row.Number
			for _, c := range row.Cells {
				checkValues(t, c)
			}
		}
	})
}

var decimalForm = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?(E-?[1-9][0-9]*)?$`)

// checkValues asks a cell for each kind of value and holds what it gives to the
// form that is promised.
func checkValues(t *testing.T, c table.Cell) {
	t.Helper()
	text, _, err := c.AsText()
	if err != nil && text != "" {
		t.Errorf("%+v: the text %q and the error %v", c, text, err)
	}
	n, _, err := c.AsNumber(table.MarkUnsaid)
	switch {
	case err != nil && n != (table.Number{}):
		t.Errorf("%+v: the number %v and the error %v", c, n, err)
	case err == nil && c.Kind != table.KindEmpty && (n.Decimal == "") == (n.Word == ""):
		t.Errorf("%+v: the number %+v, want a decimal or a word", c, n)
	case n.Decimal != "" && !decimalForm.MatchString(n.Decimal):
		t.Errorf("%+v: the decimal %q is not of the form that is promised", c, n.Decimal)
	}
	d, _, err := c.AsDate(table.Dates{})
	if err != nil && !d.Time.IsZero() || err == nil && c.Kind != table.KindEmpty && (d.Time.Year() < 1900 || d.Time.Year() > 2199) {
		t.Errorf("%+v: the date %v and the error %v", c, d, err)
	}
}

// FuzzNumber holds that a number that is taken is taken again as it was written,
// and means the same.
func FuzzNumber(f *testing.F) {
	for _, text := range []string{"0.05", "1.234,5", "<LOQ", "4,5 x 10^5", "๑๒", "ND", "10⁻³", "1 000"} {
		f.Add(text, 0)
	}
	f.Fuzz(func(t *testing.T, text string, mark int) {
		n, _, err := table.Cell{Row: 1, Column: "A", Kind: table.KindText, Text: text}.AsNumber(table.Mark(mark))
		if err != nil || n.Decimal == "" {
			return
		}
		if !decimalForm.MatchString(n.Decimal) {
			t.Fatalf("%q is %q", text, n.Decimal)
		}
		again, _, err := table.Cell{Row: 1, Column: "A", Kind: table.KindText, Text: n.Comparator + n.Decimal}.AsNumber(table.MarkPoint)
		if err != nil || again != n {
			t.Errorf("%q is %+v, and that is %+v, %v", text, n, again, err)
		}
	})
}

// FuzzDate holds that a day that is taken is taken again in the form of ISO 8601.
func FuzzDate(f *testing.F) {
	for _, text := range []string{"2026-01-31", "31/01/2568", "1 ก.พ. 2568", "2026年1月31日", "2026-01-31T14:05:06+07:00", "ngày 1 tháng 2 năm 2026"} {
		f.Add(text, 0, 0)
	}
	f.Fuzz(func(t *testing.T, text string, order, era int) {
		d, _, err := table.Cell{Row: 1, Column: "A", Kind: table.KindText, Text: text}.AsDate(table.Dates{Order: table.Order(order), Era: table.Era(era)})
		if err != nil || d.Time.IsZero() {
			return
		}
		layout := time.DateOnly
		if d.Clock {
			layout = time.RFC3339
		}
		again, _, err := table.Cell{Row: 1, Column: "A", Kind: table.KindText, Text: d.Time.Format(layout)}.AsDate(table.Dates{})
		if err != nil || !again.Time.Equal(d.Time) {
			t.Errorf("%q is %v, and that is %v, %v", text, d.Time, again.Time, err)
		}
	})
}

// TestFileThatCannotBeRead has a disk that fails at one place, wherever it is.
func TestFileThatCannotBeRead(t *testing.T) {
	random := rand.NewChaCha8([32]byte{})
	book := workbook(t, func(f *excelize.File) {
		put(t, f, "Sheet1", 1, "lot", "value")
		for row := range 1_500 {
			put(t, f, "Sheet1", row+2, fmt.Sprint(random.Uint64()), fmt.Sprint(random.Uint64()))
		}
	})
	text := []byte("lot,value\n" + strings.Repeat("00123,0.05\n", 8_000))
	broken := errors.New("the disk is broken")
	for name, file := range map[string][]byte{"a workbook": book, "a text": text} {
		failed := 0
		for at := 0; at < len(file); at += len(file) / 12 {
			r, err := table.Open(failing{bytes.NewReader(file), int64(at), broken}, int64(len(file)), table.Options{})
			if err == nil {
				for _, err = range r.Rows() {
					if err != nil {
						break
					}
				}
			}
			if err != nil && !errors.Is(err, broken) {
				t.Errorf("%s, broken at %d of %d: error %v, want %v", name, at, len(file), err, broken)
			}
			if err != nil {
				failed++
			}
		}
		if failed < 8 {
			t.Errorf("%s: %d of 12 places are needed, want most", name, failed)
		}
	}
}

// failing fails to read what lies at a place.
type failing struct {
	io.ReaderAt
	at  int64
	err error
}

func (f failing) ReadAt(p []byte, at int64) (int, error) {
	if at <= f.at && f.at < at+int64(len(p)) {
		return 0, f.err
	}
	return f.ReaderAt.ReadAt(p, at)
}
