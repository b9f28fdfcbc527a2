package ssd2_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/spsalert/spsalert/server/finding/ssd2"
	"github.com/spsalert/spsalert/server/sheet/form"
)

func template(t testing.TB, format string, languages ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, ssd2.Template(&b, format, languages...))
	return b.Bytes()
}

// filledWorkbook returns the template of a workbook with the examples of its own
// explanations in a row, those of some columns left out or replaced.
func filledWorkbook(t testing.TB, language string, instead map[string]string) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(template(t, form.XLSX, language)))
	must(t, err)
	defer f.Close()
	rows, err := f.GetRows("explanations")
	must(t, err)
	for i, row := range rows[1:] {
		value, ok := instead[row[0]]
		if !ok {
			value = row[3]
		}
		cell, err := excelize.CoordinatesToCellName(i+1, 2)
		must(t, err)
		if value != "" {
			must(t, f.SetCellStr("findings", cell, value))
		}
	}
	var b bytes.Buffer
	must(t, f.Write(&b))
	return b.Bytes()
}

// TestFilledTemplateIsTheFinding fills a template with the examples that it gives
// itself, and reads it back. The few columns that exclude each other are left out.
func TestFilledTemplateIsTheFinding(t *testing.T) {
	file := filledWorkbook(t, "th", map[string]string{"resQualValue": "", "resComp": "", "evalLimitComp": "", "resLOD": "0.003"})
	all := read(t, file, ssd2.Default())
	if got := told(t, all); got != nil || len(all) != 1 {
		t.Fatalf("%d findings with the problems %v, want one without", len(all), got)
	}
	same(t, `
		report_number: "L-2026-0042" report_date { year: 2026 month: 3 day: 5 } stage: RESULT_STAGE_FINAL supersedes_reports: "L-2026-0040"
		text { lang: "und" text: "sealed, seal 0017 intact" } external_references { system: "sampEventId" number: "E-77" }
		product {
			name { lang: "und" text: "durian, frozen" } item { codings { system: "foodex2" code: "A01LQ" } }
			category { codings { system: "rasff-product-category" code: "fruits and vegetables" } }
			commodity_codes { system: "hs" code: "081060" } commodity_codes { system: "ahtn" code: "08106000" }
			commodity_codes { system: "ciq" code: "0810600090" } commodity_codes { system: "cn" code: "08106000" }
			species { codings { system: "eppo" code: "DURZI" } scientific_name: "Durio zibethinus" } brand: "Mekong Gold"
			origins { state: ORIGIN_STATE_STATED area { code: "VN" } } codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-TG-0123" }
			lots {
				number: "DR-17" quantity { value: "1200" rec20: "KGM" } production_date { year: 2026 month: 2 day: 20 }
				best_before_date { year: 2027 month: 2 day: 20 } use_by_date { year: 2027 month: 2 day: 20 }
			}
		}
		sample {
			number: "S-9001" role: SAMPLE_ROLE_OFFICIAL sampling_date { year: 2026 month: 3 day: 1 } arrival_date { year: 2026 month: 3 day: 2 }
			method { codings { system: "efsa-sampmd" code: "N009A" } } quantity { value: "2.5" ucum: "kg" } unit_count: 5
			place { locode: "VNHPH" name { lang: "und" text: "Hữu Nghị gate" } area { code: "VN" } }
			text {
				lang: "zxx" text: "localOrgId: VN-PPD-7; progLegalRef: N028A; sampStrategy: ST20A; progType: K005A; sampler: CX02A; "
					"sampPoint: E010A; sampArea: VN-83"
			}
			results {
				analyte {
					codings { system: "efsa-param" code: "RF-0061-001-PPP" } codings { system: "cas" code: "10605-21-7" }
					codings { system: "eppo" code: "DACUDO" } as_written: "carbendazim"
				}
				matrix { codings { system: "foodex2" code: "A01LQ" } as_written: "pulp without stone" }
				method { codings { system: "efsa-anlymd" code: "F027A" } as_written: "ISO 6579-1" }
				analysis_start_date { year: 2026 month: 3 day: 2 } analysis_end_date { year: 2026 month: 3 day: 4 }
				laboratory {
					id: "hanoi-lab" name: "NAFIQPM 1" area { code: "VN" } accreditation_number: "VILAS 012" accreditation_body: "BoA"
					method_accredited: true
				}
				value { value: "0.31" ucum: "mg/kg" } uncertainty { value: "0.05" ucum: "mg/kg" } coverage_factor: "2"
				detection_limit { value: "0.003" ucum: "mg/kg" } quantification_limit { value: "0.01" ucum: "mg/kg" }
				limits {
					comparator: COMPARATOR_GREATER_OR_EQUAL value { value: "0.1" ucum: "mg/kg" }
					kind { codings { system: "efsa-lmttyp" code: "W002A" } } requirement { citation: "GB 2763-2021" area { code: "CN" } }
				}
				limits {
					comparator: COMPARATOR_LESS_OR_EQUAL value { value: "0.5" ucum: "mg/kg" }
					kind { codings { system: "efsa-lmttyp" code: "W002A" } } requirement { citation: "GB 2763-2021" area { code: "CN" } }
				}
				verdict: VERDICT_NON_COMPLIANT
				sampling_plan {
					n: 5 c: 2 lower_limit { value: "100" ucum: "mg/kg" } upper_limit { value: "1000" ucum: "mg/kg" }
					unit_results { value { value: "10" ucum: "mg/kg" } } unit_results { comparator: COMPARATOR_LESS value { value: "10" ucum: "mg/kg" } }
					unit_results { value { value: "120" ucum: "mg/kg" } } unit_results { value { value: "30" ucum: "mg/kg" } }
					unit_results { value { value: "40" ucum: "mg/kg" } }
				}
				text {
					lang: "zxx" text: "sampAnId: A-1; resId: R-1; paramType: P005A; anMethRefId: M-12; anMethType: AT08A; labAccred: L001A; "
						"anPortSize: 25; anPortSizeUnit: g; CCalpha: 0.02 mg/kg; CCbeta: 0.03 mg/kg; exprResType: B001A; exprResPerc: fatPerc=80"
				}
				text { lang: "und" text: "confirmed by LC-MS/MS" }
			}
		}`, all[0].Finding)
}

// TestChoicesOfTemplates takes each word that the lists of each template offer.
func TestChoicesOfTemplates(t *testing.T) {
	for _, language := range []string{"en", "vi", "zh-Hans", "th"} {
		f, err := excelize.OpenReader(bytes.NewReader(template(t, form.XLSX, language)))
		must(t, err)
		lists, err := f.GetDataValidations("findings")
		must(t, err)
		header, err := f.GetRows("findings")
		must(t, err)
		must(t, f.Close())
		if len(lists) < 9 {
			t.Errorf("%s: %d columns have lists, want at least 9", language, len(lists))
		}
		var rows []map[string]string
		for _, list := range lists {
			letter, _, _ := strings.Cut(list.Sqref, "2:")
			column, err := excelize.ColumnNameToNumber(letter)
			must(t, err)
			for choice := range strings.SplitSeq(strings.Trim(list.Formula1, `"`), ",") {
				row := map[string]string{"reportId": fmt.Sprint("L-", len(rows)), "reportStage": "final", "sampId": "S-1", "paramText": "lead"}
				row[header[0][column-1]] = strings.NewReplacer("&lt;", "<", "&gt;", ">").Replace(choice)
				rows = append(rows, row)
			}
		}
		for i, s := range read(t, filled(t, rows...), ssd2.Default()) {
			for _, p := range s.Problems {
				if p.Reason == "WORD" {
					t.Errorf("%s: of %v the choice is not taken: %s", language, rows[i], p.Sentence)
				}
			}
		}
	}
}

// TestTemplatesExplainInTheLanguageAskedFor looks at what reportDate is said to be.
func TestTemplatesExplainInTheLanguageAskedFor(t *testing.T) {
	for tag, want := range map[string]string{
		"vi-VN": "Ngày của phiếu.", "zh-CN": "报告日期。", "th": "วันที่ของรายงาน", "not a tag": "Day of the report.",
		"lo vi en": "Ngày của phiếu.",
	} {
		f, err := excelize.OpenReader(bytes.NewReader(template(t, form.XLSX, strings.Fields(tag)...)))
		must(t, err)
		got, err := f.GetCellValue("explanations", "B3")
		must(t, err)
		must(t, f.Close())
		if got != want {
			t.Errorf("%q: reportDate is explained as %q, want %q", tag, got, want)
		}
	}
}

// TestTemplatesRunNothing looks at every cell of the templates, and at the mark of CSV.
func TestTemplatesRunNothing(t *testing.T) {
	if file := template(t, form.CSV, "en"); !bytes.HasPrefix(file, []byte("\xef\xbb\xbfreportId,")) || bytes.Count(file, []byte("\r\n")) != 1 {
		t.Errorf("CSV = %.40q, want a byte order mark and one line", file)
	}
	f, err := excelize.OpenReader(bytes.NewReader(template(t, form.XLSX, "vi")))
	must(t, err)
	defer f.Close()
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		must(t, err)
		for r, row := range rows {
			for c, text := range row {
				cell, err := excelize.CoordinatesToCellName(c+1, r+1)
				must(t, err)
				formula, err := f.GetCellFormula(sheet, cell)
				must(t, err)
				if formula != "" || strings.HasPrefix(text, "=") || strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") || strings.HasPrefix(text, "@") {
					t.Errorf("%s %s holds %q", sheet, cell, text)
				}
			}
		}
	}
	if err := ssd2.Template(&bytes.Buffer{}, "ods", "en"); err == nil {
		t.Error("a template in a format that is not there was written")
	}
}

// TestCodeColumnsOfTemplatesAreText types codes into a template as a person does, whose
// spreadsheet makes a number of what looks like one unless the cell is text.
func TestCodeColumnsOfTemplatesAreText(t *testing.T) {
	f, err := excelize.OpenReader(bytes.NewReader(template(t, form.XLSX, "en")))
	must(t, err)
	defer f.Close()
	header, err := f.GetRows("findings")
	must(t, err)
	want := map[string]string{"reportId": "@", "hsCode": "@", "lotId": "@", "sampId": "@", "resUnit": "@", "sampDate": "yyyy-mm-dd", "resVal": "General"}
	for i, name := range header[0] {
		format, ok := want[name]
		if !ok {
			continue
		}
		delete(want, name)
		letter, err := excelize.ColumnNumberToName(i + 1)
		must(t, err)
		id, err := f.GetColStyle("findings", letter)
		must(t, err)
		style, err := f.GetStyle(id)
		must(t, err)
		got := fmt.Sprint(style.NumFmt)
		if style.CustomNumFmt != nil {
			got = *style.CustomNumFmt
		} else if style.NumFmt == 49 {
			got = "@"
		} else if style.NumFmt == 0 {
			got = "General"
		}
		if got != format {
			t.Errorf("%s has the format %s, want %s", name, got, format)
		}
	}
	if len(want) > 0 {
		t.Errorf("the template lacks %v", want)
	}
}
