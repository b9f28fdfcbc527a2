package sheet

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/xuri/excelize/v2"
)

// mostRows is how many rows a sheet of a workbook has, that of the names
// included.
const mostRows = 1 << 20

// xlsxWriter writes a workbook (ECMA-376). Rows go to a temporary file until it
// is whole, since its parts do not come in the order in which they are known.
type xlsxWriter struct {
	to      io.Writer
	columns []any
	file    *excelize.File
	sheet   *excelize.StreamWriter
	sheets  int
	rows    int // on this sheet
	most    int // on each
	instant int // style of a time
	heading int // style of the names
}

// NewXLSX returns a writer of a workbook with one sheet, and a further one each
// time that a sheet is full, each under the names of the columns. Strings are
// cells of text, so leading zeros stay and nothing is a formula; times are times
// in UTC, shown to the second; numbers are numbers. It holds few rows in memory;
// the file is written by Close.
func NewXLSX(w io.Writer, columns ...string) (Writer, error) {
	return newXLSX(w, mostRows, columns)
}

func newXLSX(w io.Writer, most int, columns []string) (Writer, error) {
	x := &xlsxWriter{to: w, most: most, file: excelize.NewFile()}
	for _, c := range columns {
		x.columns = append(x.columns, c)
	}
	format := "yyyy-mm-dd hh:mm:ss"
	var err error
	if x.instant, err = x.file.NewStyle(&excelize.Style{CustomNumFmt: &format}); err == nil {
		x.heading, err = x.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	}
	if err == nil {
		err = x.next()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("begin a workbook: %w", err), x.file.Close())
	}
	return x, nil
}

// next begins a sheet.
func (x *xlsxWriter) next() error {
	if x.sheet != nil {
		if err := x.sheet.Flush(); err != nil {
			return err
		}
	}
	x.sheets++
	name := fmt.Sprintf("Sheet%d", x.sheets)
	if _, err := x.file.NewSheet(name); err != nil { // the first is there
		return err
	}
	var err error
	if x.sheet, err = x.file.NewStreamWriter(name); err != nil {
		return err
	}
	if err := x.sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	x.rows = 1
	return x.sheet.SetRow("A1", x.columns, excelize.RowOpts{StyleID: x.heading})
}

// Row implements [Writer].
func (x *xlsxWriter) Row(cells ...any) error {
	if x.rows == x.most {
		if err := x.next(); err != nil {
			return fmt.Errorf("begin a sheet: %w", err)
		}
	}
	x.rows++
	row := make([]any, len(cells))
	for i, v := range cells {
		row[i] = x.value(v)
	}
	if err := x.sheet.SetRow(fmt.Sprintf("A%d", x.rows), row); err != nil {
		return fmt.Errorf("row %d of a workbook: %w", x.rows, err)
	}
	return nil
}

// exact is the largest whole number that a spreadsheet keeps exactly: 15 digits.
const exact = 999_999_999_999_999

func (x *xlsxWriter) value(v any) any {
	switch v := v.(type) {
	case string:
		if v == "" {
			return nil
		}
		return v
	case time.Time:
		if v.IsZero() {
			return nil
		}
		return excelize.Cell{StyleID: x.instant, Value: v.UTC().Truncate(time.Second)}
	case uint64:
		if v > exact {
			return fmt.Sprint(v)
		}
	case int64:
		if v > exact || v < -exact {
			return fmt.Sprint(v)
		}
	}
	return v
}

// Close implements [Writer]. The workbook is compressed on its way, so that
// nothing but a piece of it is in memory.
func (x *xlsxWriter) Close() error {
	err := x.sheet.Flush()
	if err == nil {
		x.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return zip.NewWriter(x.to) })
		err = x.file.Write(io.Discard)
	}
	if err := errors.Join(err, x.file.Close()); err != nil {
		return fmt.Errorf("write a workbook: %w", err)
	}
	return nil
}
