package codesheet_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/testing/protocmp"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/sheet/form"
	"github.com/spsalert/spsalert/server/sheet/table"
	"github.com/spsalert/spsalert/server/trader/codesheet"
)

// TestFilledTemplateIsTheExporter fills a template with the examples that it gives
// itself, and reads it back.
func TestFilledTemplateIsTheExporter(t *testing.T) {
	var empty, filled bytes.Buffer
	if err := codesheet.Template(&empty, form.XLSX, "th"); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&empty)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("explanations")
	if err != nil || rows[0][1] != "ความหมาย" {
		t.Fatalf("the explanations: %v, %v, want them in Thai", rows, err)
	}
	for i, row := range rows[1:] {
		cell, _ := excelize.CoordinatesToCellName(i+1, 2)
		if err := f.SetCellStr("codes", cell, row[3]); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Write(&filled); err != nil {
		t.Fatal(err)
	}
	r, err := codesheet.Open(bytes.NewReader(filled.Bytes()), int64(filled.Len()), form.Default())
	if err != nil {
		t.Fatal(err)
	}
	want := &spsv1.Exporter{}
	if err := prototext.Unmarshal([]byte(`
		name: "exporters/cao-lanh-mango" registration_number: "1400123456" tax_id: "1400123456" address: "xã Mỹ Xương, Cao Lãnh, Đồng Tháp"
		display_name { lang: "vi" text: "Hợp tác xã Xoài Cao Lãnh" } display_name { lang: "en" text: "Cao Lanh Mango Cooperative" }
		display_name { lang: "zh-Hans" text: "高岭芒果合作社" } display_name { lang: "th" text: "สหกรณ์มะม่วงกาวลั้ญ" }
		languages: "vi" languages: "en"
		channels { kind: CHANNEL_KIND_PHONE address: "+842773123456" } channels { kind: CHANNEL_KIND_EMAIL address: "htx@example.vn" }
		codes {
			kind: SITE_CODE_KIND_GROWING_AREA code: "VN-DT-0017" province { code: "VN-45" } markets { code: "CN" } markets { code: "KR" }
			hs_codes: "080450" hs_codes: "081060" from_date { year: 2025 month: 3 day: 1 } until_date { year: 2030 month: 2 day: 28 }
			contact { name: "Nguyễn Văn An" phone: "+842773123457" email: "vuon17@example.vn" }
		}`), want); err != nil {
		t.Fatal(err)
	}
	count := 0
	for e, err := range r.Entries() {
		if count++; err != nil || len(e.Problems)+len(e.Notes) > 0 || e.Ended || e.Row != 2 {
			t.Fatalf("row %d: %v, %v, %v, want nothing but the entry", e.Row, err, e.Problems, e.Notes)
		}
		if diff := cmp.Diff(want, e.Exporter, protocmp.Transform()); diff != "" {
			t.Errorf("the row (-want +got):\n%s", diff)
		}
	}
	if count != 1 {
		t.Errorf("%d rows, want 1", count)
	}
}

// FuzzOpen reads any sheet with a mapping, and holds what is returned to what is
// promised of it.
func FuzzOpen(f *testing.F) {
	header := "code,codeKind,province,markets,products,validFrom,validUntil,ended,ownerName,ownerLanguages,ownerPhone\n"
	f.Add([]byte(header+"VN-1,vùng trồng,VN-45,\"CN; KR\",0804.50,2025-03-01,,x,Vườn,vi,0277 1\n,,,,,,,,,,\n-,x,,Utopia,8,1/2/26,,,,,\n"), "dates: day-first\n")
	f.Add([]byte("a,b\n1,2\n"), "language: vi\ncolumns: {code: a, ownerName: b}\nfixed: {codeKind: farm}\nwords: {province: {x: VN-45}}\n")
	f.Fuzz(func(t *testing.T, file []byte, mapping string) {
		m, err := codesheet.ParseMapping([]byte(mapping))
		var wrong *form.MappingError
		if err != nil && (!errors.As(err, &wrong) || len(wrong.Problems) == 0 || m != nil) {
			t.Fatalf("ParseMapping = %v, %v, want a list of problems", m, err)
		}
		if err != nil {
			m = form.Default()
		}
		r, err := codesheet.Open(bytes.NewReader(file), int64(len(file)), m)
		var p table.Problem
		if err != nil {
			if !errors.As(err, &p) || p.Sentence == "" {
				t.Fatalf("Open = %v, want a problem", err)
			}
			return
		}
		last := 0
		for e, err := range r.Entries() {
			if err != nil {
				return
			}
			if e.Row <= last || e.Exporter == nil && len(e.Problems) == 0 || e.Exporter != nil && len(e.Exporter.GetCodes()) != 1 {
				t.Fatalf("row %d after %d: %+v, want rows in their order with one code each", e.Row, last, e)
			}
			last = e.Row
			for _, told := range e.Problems {
				if told.Row != e.Row || told.Reason == "" || strings.TrimSpace(told.Sentence) == "" {
					t.Errorf("problem of row %d: %+v, want its row, a reason and a sentence", e.Row, told)
				}
			}
			for _, path := range []string{"codes[0].code", "codes[0]", "display_name[0]", "channels[1].address", "name", ""} {
				if p, _ := e.Problem(path, "X", "x"); p.Row != e.Row {
					t.Errorf("%s is at %+v, want row %d", path, p, e.Row)
				}
			}
		}
	})
}
