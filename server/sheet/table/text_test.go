package table_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/unicode/norm"

	"github.com/spsalert/spsalert/server/sheet/charset"
	"github.com/spsalert/spsalert/server/sheet/table"
)

func open(t testing.TB, file []byte, o table.Options) (*table.Reader, error) {
	t.Helper()
	return table.Open(bytes.NewReader(file), int64(len(file)), o)
}

// contents returns the names of the columns and what the cells below show, each row
// with its number; a row that has a problem is its reason.
func contents(t testing.TB, file []byte, o table.Options) (names []string, rows []string) {
	t.Helper()
	r, err := open(t, file, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Columns() {
		names = append(names, strings.TrimPrefix(c.Group+" / "+c.Name, " / "))
	}
	for row, err := range r.Rows() {
		line := []string{fmt.Sprint(row.Number)}
		for _, c := range row.Cells {
			line = append(line, c.Text)
		}
		if err != nil {
			line = append(line, reason(t, err))
		}
		rows = append(rows, strings.Join(line, "|"))
	}
	return names, rows
}

const thai = "เลขที่,ตัวอย่าง,ผล\r\n00123,มะม่วงน้ำดอกไม้,๐.๐๕\r\n00124,ทุเรียนแช่แข็ง,ไม่พบ\r\n"

const vietnamese = "mã số;mẫu;kết quả\r\n00123;Sầu riêng đông lạnh;0,05\r\n00124;thanh long ruột đỏ;KPH\r\n"

const chinese = "编号\t样品\t结果\r\n00123\t大白菜（冷冻）\t0.05\r\n00124\t榴莲\t未检出\r\n"

// decomposed returns a text as Windows-1258 has it: tones behind their letters.
func decomposed(t *testing.T, text string) string {
	t.Helper()
	var b strings.Builder
	for _, r := range text {
		if _, err := charmap.Windows1258.NewEncoder().String(string(r)); err == nil {
			b.WriteRune(r)
			continue
		}
		b.WriteString(parts(r))
	}
	return b.String()
}

// parts returns a letter with a tone as the letter and the tone.
func parts(r rune) string {
	letter, tone := "", ""
	for _, part := range norm.NFD.String(string(r)) {
		if strings.ContainsRune("\u0300\u0301\u0303\u0309\u0323", part) {
			tone = string(part)
		} else {
			letter += string(part)
		}
	}
	return norm.NFC.String(letter) + tone
}

func TestEncodings(t *testing.T) {
	for _, test := range []struct {
		name string
		text string
		as   encoding.Encoding
		want charset.Encoding
		by   rune
	}{
		{"ascii", "a,b,c\n1,2,3\n", unicode.UTF8, charset.UTF8, ','},
		{"UTF-8", thai, unicode.UTF8, charset.UTF8, ','},
		{"UTF-8 with its mark", thai, unicode.UTF8BOM, charset.UTF8, ','},
		{"UTF-16 as Excel writes it", chinese, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), charset.UTF16LE, '\t'},
		{"UTF-16 without a mark", thai, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), charset.UTF16LE, ','},
		{"UTF-16, the other way round", thai, unicode.UTF16(unicode.BigEndian, unicode.UseBOM), charset.UTF16BE, ','},
		{"GB 18030", chinese, simplifiedchinese.GB18030, charset.GB18030, '\t'},
		{"Windows-874", thai, charmap.Windows874, charset.Windows874, ','},
		{"Windows-1258", vietnamese, charmap.Windows1258, charset.Windows1258, ';'},
		{"a sign only", "unit,value\n\u00b5g/kg,2\n", charmap.Windows1258, charset.Windows1258, ','},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := test.text
			if test.as == charmap.Windows1258 {
				text = decomposed(t, text)
			}
			file, err := test.as.NewEncoder().Bytes([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			r, err := open(t, file, table.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Found(); got.Encoding != test.want || got.Delimiter != test.by {
				t.Errorf("found %q, %q; want %q, %q", got.Encoding, got.Delimiter, test.want, test.by)
			}
			names, rows := contents(t, file, table.Options{})
			lines := strings.Split(strings.TrimSpace(test.text), "\n")
			want := strings.Split(strings.TrimSpace(lines[0]), string(test.by))
			if diff := cmp.Diff(want, names); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
			for i, line := range lines[1:] {
				want := fmt.Sprintf("%d|%s", i+2, strings.ReplaceAll(strings.TrimSpace(line), string(test.by), "|"))
				if i >= len(rows) || rows[i] != want {
					t.Errorf("rows %q, want %q in place %d", rows, want, i)
				}
			}
		})
	}
}

// TestEncodingsThatAreNotSure has bytes that two encodings or none explain.
func TestEncodingsThatAreNotSure(t *testing.T) {
	for _, test := range []struct{ name, file, says string }{
		{"Thai or Chinese", "a,b\n\xa1\xa2,\xa1\xa4\n", "it could be gb18030, windows-874"},
		{"of the Vietnamese that TCVN 3 was for", "a,b\nS\xc7u ri\xaang \xae\xabng l\xb9nh,1\n", "it is none of "},
		{"Japanese", "a,b\n\x83\x7d\x83\x93\x83\x53\x81\x5b\xb1\xb2,1\n", "it is none of "},
	} {
		_, err := open(t, []byte(test.file), table.Options{})
		if reason(t, err) != "FILE_ENCODING" || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: error %v, want one that says %q", test.name, err, test.says)
		}
	}
	_, rows := contents(t, []byte("a,b\n\xa1\xa2,1\n"), table.Options{Encoding: "TIS-620"})
	if diff := cmp.Diff([]string{"2|กข|1"}, rows); diff != "" {
		t.Errorf("with the encoding named (-want +got):\n%s", diff)
	}
	if _, err := open(t, []byte("a,b\n1,2\n"), table.Options{Encoding: "koi8-r"}); reason(t, err) != "FILE_ENCODING" {
		t.Errorf("an encoding that is not there: error %v", err)
	}
	r, err := open(t, []byte("a,b\nx\xffy,2\n"), table.Options{Encoding: "utf-8"})
	if err != nil {
		t.Fatal(err)
	}
	for row, err := range r.Rows() {
		must(t, err)
		if _, _, err := row.Cells[0].AsText(); reason(t, err) != "CELL_ENCODING" {
			t.Errorf("bytes that are no character: error %v", err)
		}
	}
}

func TestCSV(t *testing.T) {
	for _, test := range []struct {
		name, file  string
		o           table.Options
		names, rows []string
	}{
		{
			"decimal commas between semicolons", "lot;value\n00123;0,05\n00124;1,5\n",
			table.Options{},
			[]string{"lot", "value"},
			[]string{"2|00123|0,05", "3|00124|1,5"},
		},
		{
			"tabs", "lot\tvalue\n00123\t0.05\n",
			table.Options{},
			[]string{"lot", "value"},
			[]string{"2|00123|0.05"},
		},
		{
			"what Excel says of it", "sep=;\r\na;b,c,d\r\n1;2,3,4\r\n",
			table.Options{},
			[]string{"a", "b,c,d"},
			[]string{"2|1|2,3,4"},
		},
		{
			"one column", "lot\n00123\n",
			table.Options{},
			[]string{"lot"},
			[]string{"2|00123"},
		},
		{
			"a title, empty lines, lines in values", "Results of the laboratory,,\n\nlot,remark,value\n1,\"two\nlines\",3\n\n2,\"a \"\"quote\"\"\",4\n",
			table.Options{},
			[]string{"lot", "remark", "value"},
			[]string{"4|1|two\nlines|3", "6|2|a \"quote\"|4"},
		},
		{
			"rows that do not fit the header", "a,b,c\n1,0,05,x\n1,2\n1,2,3,,\n",
			table.Options{},
			[]string{"a", "b", "c"},
			[]string{"2|ROW_WIDTH", "3|ROW_WIDTH", "4|1|2|3||"},
		},
		{
			"a quote in the open", "a,b\n5\" pipe,2\n1,2\n",
			table.Options{},
			[]string{"a", "b"},
			[]string{"2|ROW_QUOTES", "3|1|2"},
		},
		{
			"a header of two rows", "Sample,,Result,\nNo,Date,Value,Unit\n1,2,3,4\n",
			table.Options{FirstHeader: 1, LastHeader: 2},
			[]string{"Sample / No", "Sample / Date", "Result / Value", "Result / Unit"},
			[]string{"3|1|2|3|4"},
		},
		{
			"a header that is known", "x,y,z\nthis,that,other\nLot, VALUE ,Unit\n1,2,3\n",
			table.Options{Known: []string{"value", "lot"}},
			[]string{"Lot", "VALUE", "Unit"},
			[]string{"4|1|2|3"},
		},
		{
			"a text that a program kept from being a number", "a,b\n\"=\"\"00123\"\"\",1\n",
			table.Options{},
			[]string{"a", "b"},
			[]string{"2|00123|1"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			names, rows := contents(t, []byte(test.file), test.o)
			if diff := cmp.Diff(test.names, names); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.rows, rows); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestKindsInCSV(t *testing.T) {
	r, err := open(t, []byte("a,b,c,d,e\n=1+1,#N/A,########,,-1\n"), table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []table.Kind
	for row, err := range r.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range row.Cells {
			kinds = append(kinds, c.Kind)
		}
	}
	if diff := cmp.Diff([]table.Kind{table.KindFormula, table.KindFailed, table.KindFailed, table.KindEmpty, table.KindText}, kinds); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
}

func TestRefusedTexts(t *testing.T) {
	long := "a,b\n1,\"" + strings.Repeat("x", 3<<20) + "\n"
	for _, test := range []struct {
		name, file string
		o          table.Options
		reason     string
	}{
		{"nothing", "", table.Options{}, "FILE_EMPTY"},
		{"blanks", "\n\n", table.Options{}, "TABLE_HEADER"},
		{"two delimiters", "a,b;c,d\n1,2;3,4\n", table.Options{}, "DELIMITER"},
		{"no delimiter", "a,b\n1,2\n", table.Options{Delimiter: '"'}, "DELIMITER"},
		{"a file that is too large", "a,b\n1,2\n", table.Options{Limits: table.Limits{Bytes: 4}}, "FILE_SIZE"},
		{"no such header", "a,b\n1,2\n", table.Options{FirstHeader: 9}, "TABLE_HEADER"},
		{"a header without end", "a,b\n1,2\n", table.Options{FirstHeader: 1, LastHeader: 9}, "TABLE_HEADER"},
		{"a quote that is not closed", long, table.Options{}, "ROW_LONG"},
		{"a picture", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", table.Options{}, "FILE_KIND"},
		{"a PDF", "%PDF-1.7\n", table.Options{}, "FILE_KIND"},
		{"a web page", "\ufeff <html><table>", table.Options{}, "FILE_KIND"},
		{"an XML spreadsheet", `<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">`, table.Options{}, "FILE_KIND"},
	} {
		if _, err := open(t, []byte(test.file), test.o); reason(t, err) != test.reason {
			t.Errorf("%s: error %v, want the reason %s", test.name, err, test.reason)
		}
	}
}

func TestColumn(t *testing.T) {
	file := []byte("Sample,,Result,\nNo.,Unit,Value,Unit\n1,2,3,4\n")
	r, err := open(t, file, table.Options{FirstHeader: 1, LastHeader: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, letter, reason string }{
		{"No.", "A", ""},
		{" ＶＡＬＵＥ", "C", ""},
		{"result / unit", "D", ""},
		{"Unit", "", "COLUMN_TWICE"},
		{"Lot", "", "COLUMN_MISSING"},
	} {
		c, err := r.Column(test.name)
		if c.Letter != test.letter || reason(t, err) != test.reason {
			t.Errorf("column %q = %q, error %v; want %q, %q", test.name, c.Letter, err, test.letter, test.reason)
		}
	}
}

// TestRowsBeyondTheLimit reads rows up to the limit, and then says that it is no
// more than that.
func TestRowsBeyondTheLimit(t *testing.T) {
	file := []byte("a,b\n" + strings.Repeat("1,2\n", 100))
	r, err := open(t, file, table.Options{Limits: table.Limits{Rows: 80}})
	if err != nil {
		t.Fatal(err)
	}
	rows, last := 0, error(nil)
	for _, err := range r.Rows() {
		if last = err; err == nil {
			rows++
		}
	}
	if rows != 79 || reason(t, last) != "TABLE_ROWS" {
		t.Errorf("%d rows and %v, want 79 and TABLE_ROWS", rows, last)
	}
}
