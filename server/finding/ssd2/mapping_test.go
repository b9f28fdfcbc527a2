package ssd2_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/finding/ssd2"
	"github.com/spsalert/spsalert/server/sheet/form"
)

// wrongMapping is wrong in nearly every line.
const wrongMapping = `sheet: ""
header: 4-3
encoding: koi8-r
delimiter: dash
decimal: comma
decimal: point
colums: {resVal: x}
language: tiếng Việt
columns:
  resVal: [a, b]
  resval: x
  resLOD: LOD
fixed:
  resLOD: 0.01
  reportStage: done
  resUnit: ppt
  reportDate: 01/02/2026
words:
  resUnit: {mg phần kg: heaps}
  resVal: {ít: about 3}
  labId: {a: b}
systems:
  labId: x
  paramCode: "1 list"
hidden: perhaps
`

// TestMappingTellsEverythingAtOnce wants all that is wrong with a mapping by line.
func TestMappingTellsEverythingAtOnce(t *testing.T) {
	_, err := ssd2.ParseMapping([]byte(strings.TrimSuffix(wrongMapping, ": perhaps\n")))
	var wrong *form.MappingError
	if !errors.As(err, &wrong) || len(wrong.Problems) != 1 || wrong.Problems[0].Reason != "MAPPING_YAML" {
		t.Fatalf("ParseMapping of what is no YAML = %v, want that it is none", err)
	}
	_, err = ssd2.ParseMapping([]byte(wrongMapping))
	if !errors.As(err, &wrong) {
		t.Fatalf("ParseMapping = %v, want everything that is wrong", err)
	}
	var got []string
	for _, p := range wrong.Problems {
		got = append(got, fmt.Sprintf("%d %s", p.Row, p.Reason))
	}
	want := []string{
		"1 MAPPING_TEXT", "2 MAPPING_HEADER", "3 MAPPING_VALUE", "4 MAPPING_VALUE", "6 MAPPING_TWICE", "7 MAPPING_KEY", "8 MAPPING_LANGUAGE",
		"10 MAPPING_TEXT", "11 MAPPING_COLUMN", "14 MAPPING_FIXED", "15 WORD", "16 UNIT_AMBIGUOUS", "17 DATE_AMBIGUOUS", "19 UNIT",
		"20 MAPPING_RESULT", "21 MAPPING_WORDS", "23 MAPPING_SYSTEM", "24 MAPPING_SYSTEM", "25 MAPPING_VALUE",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if lines := strings.Split(err.Error(), "\n"); len(lines) != len(want) || lines[5] != `line 7: leave "colums" out, or correct it: the keys are columns, dates, decimal, delimiter, encoding, era, fixed, header, hidden, language, sheet, systems, words` {
		t.Errorf("error =\n%v", err)
	}
	if _, err := ssd2.ParseMapping([]byte("sheet: " + strings.Repeat("x", 300<<10))); !errors.As(err, &wrong) || wrong.Problems[0].Reason != "MAPPING_SIZE" {
		t.Errorf("ParseMapping of 300 KiB = %v, want that it is too long", err)
	}
	if _, err := ssd2.ParseMapping(nil); err != nil {
		t.Errorf("ParseMapping of nothing = %v, want the default", err)
	}
}

// TestHeaderThatLacksColumns names all that are missing at once.
func TestHeaderThatLacksColumns(t *testing.T) {
	for _, test := range []struct{ name, mapping, header, want string }{
		{"a sheet of something else", "", "lot,value", "add the columns reportId, reportStage, sampId, paramText, resVal, or say in a mapping"},
		{"a heading that is not there", "columns: {resUnit: Đơn vị}", "reportId,reportStage,sampId,paramText,resVal", "add the columns Đơn vị, or say"},
		{"a heading that is there twice", "columns: {resVal: ผล}", "reportId,reportStage,sampId,paramText,ผล,ผล", "give the columns E, F different names"},
	} {
		file := text(t, test.header, strings.Repeat("x,", strings.Count(test.header, ","))+"x")
		_, err := ssd2.Open(strings.NewReader(string(file)), int64(len(file)), mapping(t, test.mapping))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: Open = %v, want %q", test.name, err, test.want)
		}
	}
}

// TestSheetsOfWorkbooks reads the sheet that is named, or the one that a template has.
func TestSheetsOfWorkbooks(t *testing.T) {
	file := filledWorkbook(t, "en", map[string]string{"resQualValue": "", "resComp": "", "evalLimitComp": ""})
	if got := len(read(t, file, mapping(t, "sheet: findings"))); got != 1 {
		t.Errorf("%d findings on the sheet that is named, want 1", got)
	}
	own := mapping(t, "sheet: Kết quả\nheader: 3-4\ncolumns: {reportId: Số phiếu, resVal: Kết quả / Giá trị}")
	if got := len(read(t, file, own)); got != 1 {
		t.Errorf("%d findings of a template, by a mapping for sheets of one's own; want 1", got)
	}
	_, err := ssd2.Open(strings.NewReader(string(file)), int64(len(file)), mapping(t, "sheet: explanations"))
	if err == nil || !strings.Contains(err.Error(), "add the columns") {
		t.Errorf("Open of the explanations = %v, want that they are no findings", err)
	}
}

// TestSheetSaysMoreThanTheMapping takes what a column of ours says, also one for which the
// mapping has a value, which stands for its empty cells.
func TestSheetSaysMoreThanTheMapping(t *testing.T) {
	file := text(t, "reportId,reportStage,sampId,sampMatText,paramText,resVal,resUnit",
		"A,preliminary,S,durian,lead,1,mg/kg", "B,,S,durian,lead,1,mg/kg", "C,fnial,S,durian,lead,1,mg/kg")
	m := mapping(t, "fixed: {reportStage: final}")
	all := read(t, file, m)
	for i, want := range []spsv1.ResultStage{spsv1.ResultStage_RESULT_STAGE_PRELIMINARY, spsv1.ResultStage_RESULT_STAGE_FINAL} {
		if got := all[i].Finding.GetStage(); got != want {
			t.Errorf("stage of report %d = %v, want %v", i+1, got, want)
		}
	}
	if got, want := told(t, all), []string{"4 B reportStage WORD"}; !slices.Equal(got, want) {
		t.Errorf("problems = %q, want %q", got, want)
	}
	r, err := ssd2.Open(bytes.NewReader(file), int64(len(file)), m)
	must(t, err)
	if notes := r.Notes(); len(notes) != 0 {
		t.Errorf("notes = %+v, want none: all columns are read", notes)
	}
}
