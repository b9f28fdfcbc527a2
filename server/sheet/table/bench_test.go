package table_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/spsalert/spsalert/server/sheet/table"
)

// sized returns a workbook of rows of forty columns, with texts in the cells or
// shared, as laboratories have them: few different ones, and a code and a number in
// each row.
func sized(t testing.TB, rows int, shared bool) []byte {
	t.Helper()
	const columns = 40
	if shared {
		var cells strings.Builder
		for i := range columns {
			fmt.Fprintf(&cells, `<c t="s"><v>%d</v></c>`, i)
		}
		var texts strings.Builder
		for i := range rows * columns {
			fmt.Fprintf(&texts, `<si><t>text %d</t></si>`, i)
		}
		row := `<row>` + cells.String() + `</row>`
		return handmade(t, repeated(rows, `<worksheet><sheetData>`+row, row, `</sheetData></worksheet>`),
			part{name: "xl/sharedStrings.xml", text: said(`<sst>` + texts.String() + `</sst>`)})
	}
	f := excelize.NewFile()
	defer f.Close()
	w, err := f.NewStreamWriter("Sheet1")
	must(t, err)
	row := make([]any, columns)
	for n := range rows + 1 {
		for i := range row {
			switch {
			case n == 0:
				row[i] = fmt.Sprint("column ", i)
			case i == 0:
				row[i] = fmt.Sprintf("%08d", n)
			case i%3 == 0:
				row[i] = float64(n*i) / 1000
			default:
				row[i] = "Sầu riêng đông lạnh"
			}
		}
		must(t, w.SetRow(fmt.Sprintf("A%d", n+1), row))
	}
	must(t, w.Flush())
	var b bytes.Buffer
	must(t, f.Write(&b))
	return b.Bytes()
}

// BenchmarkRead reads workbooks to their end. peak-MB is the most of the heap that
// was in use above what was before, rubbish included.
func BenchmarkRead(b *testing.B) {
	for _, size := range []struct {
		name   string
		rows   int
		shared bool
	}{{"5000x40", 5_000, false}, {"5000x40, all texts different", 5_000, true}, {"100000x40", 100_000, false}} {
		b.Run(size.name, func(b *testing.B) {
			file := sized(b, size.rows, size.shared)
			b.SetBytes(int64(len(file)))
			for b.Loop() {
				most, rows, err := peak(b, file, table.Options{})
				if err != nil || rows != size.rows {
					b.Fatalf("%d rows, %v; want %d", rows, err, size.rows)
				}
				b.ReportMetric(float64(most)/(1<<20), "peak-MB")
				b.ReportMetric(float64(len(file))/(1<<20), "file-MB")
			}
		})
	}
}

// TestMemoryIsBounded reads a workbook ten times as long as another, and holds it to
// no more memory.
func TestMemoryIsBounded(t *testing.T) {
	for _, rows := range []int{100, 1_000} {
		most, read, err := peak(t, sized(t, rows, false), table.Options{})
		const limit = 12 << 20
		if err != nil || read != rows || most > limit {
			t.Errorf("%d of %d rows with %d bytes, %v; want at most %d bytes", read, rows, most, err, limit)
		}
		t.Logf("%d rows with %d bytes", rows, most)
	}
}
