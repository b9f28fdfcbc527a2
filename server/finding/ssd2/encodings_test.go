package ssd2_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/unicode/norm"

	"github.com/spsalert/spsalert/server/finding/ssd2"
)

// laboratory is how a laboratory writes its sheets, and two rows of one.
type laboratory struct {
	name, mapping, sheet string
	number, product      string // of the first finding
	value                string // of its result
}

var laboratories = []laboratory{
	{
		name: "Thai, Buddhist years and Thai digits",
		mapping: `
dates: day-first
language: th
columns: {reportId: เลขที่รายงาน, sampId: ตัวอย่าง, sampDate: วันที่เก็บ, sampMatText: ชนิด, paramText: สาร, resVal: ผล, resUnit: หน่วย}
fixed: {reportStage: final}
words: {resVal: {พบปน: detected}}
`,
		sheet: "เลขที่รายงาน,ตัวอย่าง,วันที่เก็บ,ชนิด,สาร,ผล,หน่วย\r\n" +
			"๐๐๔๒,ก-๑,๐๑/๐๓/๒๕๖๙,มะม่วงน้ำดอกไม้,ตะกั่ว,<๐.๐๕,มก./กก.\r\n" +
			"๐๐๔๓,ก-๒,๐๒/๐๓/๒๕๖๙,ทุเรียนแช่แข็ง,ซาลโมเนลลา,พบปน,\r\n",
		number: "๐๐๔๒", product: "มะม่วงน้ำดอกไม้", value: "2026-3-1 COMPARATOR_LESS 0.05 mg/kg",
	},
	{
		name: "Vietnamese, semicolons and decimal commas",
		mapping: `
decimal: comma
dates: day-first
language: vi
columns: {reportId: số phiếu, sampId: mã mẫu, sampDate: ngày lấy, sampMatText: mẫu, paramText: chỉ tiêu, resVal: kết quả, resUnit: đơn vị}
fixed: {reportStage: final}
`,
		sheet: "số phiếu;mã mẫu;ngày lấy;mẫu;chỉ tiêu;kết quả;đơn vị\r\n" +
			"0042;M-1;01/03/2026;Sầu riêng đông lạnh;chì;1,234;mg/kg\r\n" +
			"0043;M-2;02/03/2026;thanh long ruột đỏ;cadimi;KPH;\r\n",
		number: "0042", product: "Sầu riêng đông lạnh", value: "2026-3-1 COMPARATOR_UNSPECIFIED 1.234 mg/kg",
	},
	{
		name: "Chinese, tabs",
		mapping: `
language: zh-Hans
delimiter: tab
columns: {reportId: 报告编号, sampId: 样品编号, sampDate: 采样日期, sampMatText: 样品, paramText: 项目, resVal: 结果, resUnit: 单位}
fixed: {reportStage: final}
`,
		sheet: "报告编号\t样品编号\t采样日期\t样品\t项目\t结果\t单位\r\n" +
			"00123\t甲1\t2026年3月1日\t大白菜（冷冻）\t铅\t0.05\t毫克/千克\r\n" +
			"00124\t甲2\t2026年3月2日\t榴莲\t镉\t未检出\t\r\n",
		number: "00123", product: "大白菜（冷冻）", value: "2026-3-1 COMPARATOR_UNSPECIFIED 0.05 mg/kg",
	},
}

// decomposed returns a text as Windows-1258 has it: tones behind their letters.
func decomposed(text string) string {
	var b strings.Builder
	for _, r := range text {
		if _, err := charmap.Windows1258.NewEncoder().String(string(r)); err == nil {
			b.WriteRune(r)
			continue
		}
		letter, tone := "", ""
		for _, part := range norm.NFD.String(string(r)) {
			if strings.ContainsRune("\u0300\u0301\u0303\u0309\u0323", part) {
				tone = string(part)
			} else {
				letter += string(part)
			}
		}
		b.WriteString(norm.NFC.String(letter) + tone)
	}
	return b.String()
}

// TestEncodings reads the sheets of laboratories as their programs write them.
func TestEncodings(t *testing.T) {
	for _, as := range []struct {
		name string
		of   int // of laboratories; -1: of all
		encoding.Encoding
	}{
		{"UTF-8 with a mark", -1, unicode.UTF8BOM},
		{"UTF-16 with a mark", -1, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)},
		{"Windows-874", 0, charmap.Windows874},
		{"Windows-1258", 1, charmap.Windows1258},
		{"GB 18030", 2, simplifiedchinese.GB18030},
	} {
		for i, lab := range laboratories {
			if as.of >= 0 && as.of != i {
				continue
			}
			t.Run(as.name+"/"+lab.name, func(t *testing.T) {
				sheet := lab.sheet
				if as.Encoding == charmap.Windows1258 {
					sheet = decomposed(sheet)
				}
				file, err := as.NewEncoder().Bytes([]byte(sheet))
				must(t, err)
				all := read(t, file, mapping(t, lab.mapping))
				if got := told(t, all); got != nil || len(all) != 2 {
					t.Fatalf("%d findings with the problems %v, want two without", len(all), got)
				}
				f := all[0].Finding
				d, r := f.GetSample().GetSamplingDate(), f.GetSample().GetResults()[0]
				got := fmt.Sprintf("%d-%d-%d %s %s %s", d.GetYear(), d.GetMonth(), d.GetDay(), r.GetComparator(), r.GetValue().GetValue(), r.GetValue().GetUcum())
				if f.GetReportNumber() != lab.number || f.GetProduct().GetName()[0].GetText() != lab.product || got != lab.value {
					t.Errorf("finding %s of %s with %s, want %s of %s with %s", f.GetReportNumber(), f.GetProduct().GetName()[0].GetText(), got,
						lab.number, lab.product, lab.value)
				}
				if got := all[1].Finding.GetSample().GetResults()[0].GetDetection(); got == 0 {
					t.Error("the second result is not qualitative")
				}
			})
		}
	}
}

// TestNothingIsGuessed reads the sheet of a laboratory without what its mapping says.
func TestNothingIsGuessed(t *testing.T) {
	lab := laboratories[1]
	m := mapping(t, strings.NewReplacer("decimal: comma", "", "dates: day-first", "").Replace(lab.mapping))
	want := []string{"2 C ngày lấy DATE_AMBIGUOUS", "2 F kết quả NUMBER_MARK", "3 C ngày lấy DATE_AMBIGUOUS"}
	if got := told(t, read(t, []byte(lab.sheet), m)); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("problems %v, want %v", got, want)
	}
	if _, err := ssd2.ParseMapping([]byte(lab.mapping + "\ndates: month-first\n")); err == nil {
		t.Error("a mapping that says twice what comes first is taken")
	}
}
