package table_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/spsalert/spsalert/server/sheet/table"
)

// part is a part of a workbook that a test writes by hand.
type part struct {
	name  string
	text  func(yield func(string) bool) // pieces, so that a test does not hold them either
	blank int                           // instead of text: so many MiB of blanks
	claim uint64                        // how long the directory says that they are, bytes
}

func said(text string) func(func(string) bool) { return func(yield func(string) bool) { yield(text) } }

func repeated(n int, before, piece, after string) func(func(string) bool) {
	return func(yield func(string) bool) {
		if !yield(before) {
			return
		}
		for range n {
			if !yield(piece) {
				return
			}
		}
		yield(after)
	}
}

const (
	contentTypes = `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`
	topRelations = `<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`
	bookOfOne    = `<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="One" sheetId="1" r:id="r1"/></sheets></workbook>`
	itsRelations = `<Relationships><Relationship Id="r1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://x/sharedStrings" Target="sharedStrings.xml"/></Relationships>`
	header       = `<row r="1"><c r="A1" t="inlineStr"><is><t>lot</t></is></c><c r="B1" t="inlineStr"><is><t>value</t></is></c></row>`
)

// handmade returns a workbook with one sheet, and perhaps texts that it shares.
func handmade(t testing.TB, sheet func(func(string) bool), more ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	parts := append([]part{
		{name: "[Content_Types].xml", text: said(contentTypes)},
		{name: "_rels/.rels", text: said(topRelations)},
		{name: "xl/workbook.xml", text: said(bookOfOne)},
		{name: "xl/_rels/workbook.xml.rels", text: said(itsRelations)},
	}, more...)
	if sheet != nil {
		parts = append(parts, part{name: "xl/worksheets/sheet1.xml", text: sheet})
	}
	if len(more) == 0 {
		parts = append(parts, part{name: "xl/sharedStrings.xml", text: said(`<sst/>`)})
	}
	for _, p := range parts {
		if p.blank > 0 {
			swell(t, w, p)
			continue
		}
		f, err := w.Create(p.name)
		must(t, err)
		for piece := range p.text {
			_, err := f.Write([]byte(piece))
			must(t, err)
		}
	}
	must(t, w.Close())
	return b.Bytes()
}

// swell writes a part of blanks. A MiB of them is packed once: pieces that are
// packed alike can stand behind each other.
func swell(t testing.TB, w *zip.Writer, p part) {
	t.Helper()
	var packed bytes.Buffer
	d, err := flate.NewWriter(&packed, flate.BestCompression)
	must(t, err)
	_, err = d.Write(bytes.Repeat([]byte(" "), 1<<20))
	must(t, err)
	must(t, d.Flush())
	piece := bytes.Clone(packed.Bytes())
	packed.Reset()
	must(t, d.Close())
	end := packed.Bytes()
	f, err := w.CreateRaw(&zip.FileHeader{Name: p.name, Method: zip.Deflate, CompressedSize64: uint64(p.blank*len(piece) + len(end)), UncompressedSize64: p.claim})
	must(t, err)
	for range p.blank {
		_, err := f.Write(piece)
		must(t, err)
	}
	_, err = f.Write(end)
	must(t, err)
}

func sheetOf(rows string) func(func(string) bool) {
	return said(`<worksheet><sheetData>` + rows + `</sheetData></worksheet>`)
}

// peak opens a table, reads it to its end, and returns the most memory that was in
// use above what was before, and the last error.
func peak(t testing.TB, file []byte, o table.Options) (uint64, int, error) {
	t.Helper()
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var most uint64
	look := func() {
		runtime.ReadMemStats(&now)
		most = max(most, now.HeapInuse-min(now.HeapInuse, before.HeapInuse))
	}
	r, err := open(t, file, o)
	look()
	if err != nil {
		return most, 0, err
	}
	rows := 0
	for _, err = range r.Rows() {
		if rows++; rows%1000 == 0 {
			look()
		}
	}
	look()
	return most, rows, err
}

// TestBombs has files that would fill the memory, or keep a processor busy, and
// holds what it takes to refuse them to a bound.
func TestBombs(t *testing.T) {
	blank := strings.Repeat(" ", 1<<20)
	for _, test := range []struct {
		name   string
		file   func() []byte
		reason string
	}{
		{"a gigabyte in a sheet", func() []byte {
			return handmade(t, nil, part{name: "xl/worksheets/sheet1.xml", blank: 1 << 10, claim: 1 << 30})
		}, "FILE_UNPACKED"},
		{"a gigabyte of shared texts", func() []byte {
			return handmade(t, sheetOf(header), part{name: "xl/sharedStrings.xml", blank: 1 << 10, claim: 1 << 30})
		}, "FILE_UNPACKED"},
		{"a gigabyte that says it is a megabyte", func() []byte {
			return handmade(t, nil, part{name: "xl/worksheets/sheet1.xml", blank: 1 << 10, claim: 1 << 20})
		}, "FILE_DAMAGED"},
		{"a gigabyte of shared texts that says it is a megabyte", func() []byte {
			return handmade(t, sheetOf(header), part{name: "xl/sharedStrings.xml", blank: 1 << 10, claim: 1 << 20})
		}, "FILE_DAMAGED"},
		{"a text of four megabytes", func() []byte {
			return handmade(t, repeated(4, `<worksheet><sheetData>`+header+`<row r="2"><c r="A2" t="inlineStr"><is><t>`, blank, `</t></is></c></row></sheetData></worksheet>`))
		}, "FILE_DAMAGED"},
		{"a comment of four megabytes", func() []byte {
			return handmade(t, sheetOf(header), part{name: "xl/sharedStrings.xml", text: repeated(4, `<sst><!--`, blank, `--></sst>`)})
		}, "FILE_DAMAGED"},
		{"a row of texts of many megabytes", func() []byte {
			var cells strings.Builder
			for i := range 200 {
				name, _ := excelize.ColumnNumberToName(i + 1)
				fmt.Fprintf(&cells, `<c r="%s2" t="s"><v>0</v></c>`, name)
			}
			return handmade(t, sheetOf(header+`<row r="2">`+cells.String()+`</row>`),
				part{name: "xl/sharedStrings.xml", text: said(`<sst><si><t>` + strings.Repeat("x", 30_000) + `</t></si></sst>`)})
		}, "ROW_LONG"},
		{"rows without end, and nothing in them", func() []byte {
			return handmade(t, repeated(200_001, `<worksheet><sheetData>`+header, `<row/>`, `</sheetData></worksheet>`))
		}, "TABLE_ROWS"},
		{"merged cells without end", func() []byte {
			return handmade(t, repeated(2_000, `<worksheet><sheetData>`+header+`</sheetData><mergeCells>`, `<mergeCell ref="A1:XFD1048576"/>`, `</mergeCells></worksheet>`))
		}, "TABLE_MERGED"},
		{"a directory of many parts", func() []byte {
			var more []part
			for i := range 2_000 {
				more = append(more, part{name: fmt.Sprintf("xl/media/%d", i), text: said("")})
			}
			return handmade(t, sheetOf(header), more...)
		}, "FILE_DAMAGED"},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := test.file()
			most, _, err := peak(t, file, table.Options{})
			if reason(t, err) != test.reason {
				t.Errorf("error %v, want the reason %s", err, test.reason)
			}
			const limit = 24 << 20
			if most > limit {
				t.Errorf("%d bytes in use for a file of %d, want at most %d", most, len(file), limit)
			}
			t.Logf("%d bytes in use for a file of %d", most, len(file))
		})
	}
}

// TestDirectoryThatLies has a workbook of which the end says that its directory is
// somewhere else.
func TestDirectoryThatLies(t *testing.T) {
	for at, to := range map[int]uint32{12: 0xffffffff, 16: 0} {
		file := small(t)
		end := bytes.LastIndex(file, []byte("PK\x05\x06"))
		binary.LittleEndian.PutUint32(file[end+at:], to)
		if _, err := open(t, file, table.Options{}); reason(t, err) != "FILE_DAMAGED" {
			t.Errorf("%d at %d: error %v", to, at, err)
		}
	}
}

func TestOtherFiles(t *testing.T) {
	compound := func(stream string) []byte {
		file := append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 70_000)...)
		for _, c := range stream {
			file = append(file, byte(c), 0)
		}
		return append(file, make([]byte, 4_096)...)
	}
	var encrypted bytes.Buffer
	f := excelize.NewFile()
	must(t, f.Write(&encrypted, excelize.Options{Password: "secret"}))
	with := func(name string) []byte { return handmade(t, sheetOf(header), part{name: name, text: said("x")}) }
	ods := func() []byte {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for _, name := range []string{"mimetype", "content.xml"} {
			_, err := w.Create(name)
			must(t, err)
		}
		must(t, w.Close())
		return b.Bytes()
	}
	for _, test := range []struct {
		name, reason, says string
		file               []byte
	}{
		{"old", "FILE_KIND", "(.xls)", compound("Workbook")},
		{"older", "FILE_KIND", "(.xls)", compound("Book")},
		{"encrypted", "FILE_ENCRYPTED", "password", encrypted.Bytes()},
		{"compound, of something else", "FILE_KIND", "neither", compound("WordDocument")},
		{"macros", "FILE_MACROS", "without macros", with("xl/vbaProject.bin")},
		{"binary", "FILE_KIND", "(.xlsb)", with("xl/workbook.bin")},
		{"OpenDocument", "FILE_KIND", "(.ods)", ods()},
		{"an archive of nothing", "FILE_KIND", "neither", func() []byte {
			var b bytes.Buffer
			w := zip.NewWriter(&b)
			_, err := w.Create("readme.txt")
			must(t, err)
			must(t, w.Close())
			return b.Bytes()
		}()},
	} {
		if _, err := open(t, test.file, table.Options{}); reason(t, err) != test.reason || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: error %v, want %s with %q", test.name, err, test.reason, test.says)
		}
	}
}

// TestDamagedWorkbooks has sheets that are cut off or do not hold together: none is
// read as one that is shorter.
func TestDamagedWorkbooks(t *testing.T) {
	row := `<row r="2"><c r="A2"><v>1</v></c></row>`
	for name, sheet := range map[string]string{
		"cut off":                   `<worksheet><sheetData>` + header + row,
		"cut off behind its rows":   `<worksheet><sheetData>` + header + row + `</sheetData><mergeCells><mergeCell ref="A1:`,
		"of another encoding":       `<?xml version="1.0" encoding="UTF-16"?><worksheet><sheetData>` + header + `</sheetData></worksheet>`,
		"no XML":                    `<worksheet><sheetData>` + header + `<row r="2"><c r="A2"><v>1<</v></c></row></sheetData></worksheet>`,
		"rows out of order":         `<worksheet><sheetData>` + header + `<row r="3"/><row r="2"/></sheetData></worksheet>`,
		"a row that is no number":   `<worksheet><sheetData>` + header + `<row r="x"/></sheetData></worksheet>`,
		"cells out of order":        `<worksheet><sheetData>` + header + `<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>1</v></c></row></sheetData></worksheet>`,
		"a cell of another row":     `<worksheet><sheetData>` + header + `<row r="2"><c r="A3"><v>1</v></c></row></sheetData></worksheet>`,
		"a text that is not there":  `<worksheet><sheetData>` + header + `<row r="2"><c r="A2" t="s"><v>5</v></c></row></sheetData></worksheet>`,
		"a type that is not known":  `<worksheet><sheetData>` + header + `<row r="2"><c r="A2" t="q"><v>5</v></c></row></sheetData></worksheet>`,
		"merged cells on top":       `<worksheet><sheetData>` + header + `</sheetData><mergeCells><mergeCell ref="A1:B1"/><mergeCell ref="B1:B2"/></mergeCells></worksheet>`,
		"a merged cell of nowhere":  `<worksheet><sheetData>` + header + `</sheetData><mergeCells><mergeCell ref="B2:A1"/></mergeCells></worksheet>`,
		"no rows and no sheet data": `<worksheet/>`,
	} {
		_, _, err := peak(t, handmade(t, said(sheet)), table.Options{Sheet: "One"})
		if reason(t, err) != "FILE_DAMAGED" {
			t.Errorf("%s: error %v", name, err)
		}
	}
	file := small(t)
	file = file[:len(file)-30]
	if _, err := open(t, file, table.Options{}); reason(t, err) != "FILE_DAMAGED" {
		t.Errorf("a file that is cut off: error %v", err)
	}
	broken := bytes.Clone(small(t))
	at := bytes.Index(broken, []byte("xl/worksheets/sheet1.xml"))
	broken[at+60] ^= 0x55
	if _, _, err := peak(t, broken, table.Options{}); reason(t, err) != "FILE_DAMAGED" {
		t.Errorf("a byte of the sheet is another one: error %v", err)
	}
}

// TestValuesBeyondTheColumns has a value far to the right of all others.
func TestValuesBeyondTheColumns(t *testing.T) {
	file := handmade(t, sheetOf(header+`<row r="2"><c r="A2"><v>1</v></c><c r="XFD2"><v>9</v></c></row><row r="3"><c r="A3"><v>1</v></c></row>`))
	_, rows := contents(t, file, table.Options{})
	if len(rows) != 2 || rows[0] != "2|ROW_COLUMNS" || rows[1] != "3|1|" {
		t.Errorf("rows %q, want a problem of the first and the second", rows)
	}
}
