package ssd2_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/testing/protocmp"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/finding"
	"github.com/spsalert/spsalert/server/finding/ssd2"
	"github.com/spsalert/spsalert/server/sheet/form"
)

// today is the day on which the sheets of these tests are sent.
var today = time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)

// text returns a sheet of CSV, with the names of its columns in the first line.
func text(t testing.TB, lines ...string) []byte {
	t.Helper()
	return []byte(strings.Join(lines, "\r\n") + "\r\n")
}

// read returns the findings of a sheet.
func read(t testing.TB, file []byte, m *ssd2.Mapping) []ssd2.Sheeted {
	t.Helper()
	r, err := ssd2.Open(bytes.NewReader(file), int64(len(file)), m)
	if err != nil {
		t.Fatal(err)
	}
	var all []ssd2.Sheeted
	for s, err := range r.Findings() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

// told returns everything that is wrong with a sheet, each as `row column heading
// reason`: what the reader found, and of what the law says that which does not follow
// from it.
func told(t testing.TB, all []ssd2.Sheeted) []string {
	t.Helper()
	var lines []string
	for _, s := range all {
		for _, p := range s.Problems {
			lines = append(lines, fmt.Sprintf("%d %s %s %s", p.Row, p.Column, p.Heading, p.Reason))
		}
		if s.Finding == nil {
			continue
		}
		for _, v := range finding.Check(finding.Complete(s.Finding, "lab"), today) {
			if p, follows := s.Problem(v.Field, v.Reason, v.Sentence); !follows {
				lines = append(lines, fmt.Sprintf("%d %s %s %s", p.Row, p.Column, p.Heading, p.Reason))
			}
		}
	}
	return lines
}

// noted returns the notes of a sheet, as told does its problems.
func noted(all []ssd2.Sheeted) []string {
	var lines []string
	for _, s := range all {
		for _, n := range s.Notes {
			lines = append(lines, fmt.Sprintf("%d %s %s %s", n.Row, n.Column, n.Heading, n.Reason))
		}
	}
	return lines
}

func mapping(t testing.TB, yaml string) *ssd2.Mapping {
	t.Helper()
	m, err := ssd2.ParseMapping([]byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// same compares a finding with one in the text format of protobuf.
func same(t testing.TB, want string, got *spsv1.LabFinding) {
	t.Helper()
	w := &spsv1.LabFinding{}
	if err := prototext.Unmarshal([]byte(want), w); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w, got, protocmp.Transform()); diff != "" {
		t.Errorf("finding (-want +got):\n%s", diff)
	}
}

// filled returns a template of CSV with a row of values by column.
func filled(t testing.TB, rows ...map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := ssd2.Template(&b, form.CSV, "en"); err != nil {
		t.Fatal(err)
	}
	header, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), "\ufeff"))).Read()
	if err != nil {
		t.Fatal(err)
	}
	out := csv.NewWriter(&b)
	for _, values := range rows {
		row := make([]string, len(header))
		used := 0
		for i, name := range header {
			if v, ok := values[name]; ok {
				row[i], used = v, used+1
			}
		}
		if used != len(values) {
			t.Fatalf("the template lacks a column of %v", values)
		}
		if err := out.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	out.Flush()
	return b.Bytes()
}

func TestRowsOfOneReportAreOneFinding(t *testing.T) {
	file := text(t,
		"reportId,reportDate,reportStage,sampId,sampDate,sampMatText,lotId,origCountry,paramText,resVal,resUnit,resLOQ,resValUncert,evalLowLimit,evalLimitRef,evalCode",
		"L-1,2026-03-05,final,S-1,2026-03-01,durian,DR-17,VN,carbendazim,0.31,mg/kg,0.01,0.05,0.1,GB 2763-2021,non-compliant",
		"L-1,,,,,,,,cadmium,<LOQ,mg/kg,0.02,,,,compliant",
		"L-2,2026-03-05,preliminary,S-2,,mango,,,Salmonella,ND,,,,,,",
	)
	all := read(t, file, ssd2.Default())
	if diff := cmp.Diff([]string(nil), told(t, all)); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if len(all) != 2 || all[0].First != 2 || all[0].Last != 3 || all[1].First != 4 || all[1].Last != 4 {
		t.Fatalf("findings = %v, want rows 2 to 3 and row 4", all)
	}
	same(t, `
		report_number: "L-1" report_date { year: 2026 month: 3 day: 5 } stage: RESULT_STAGE_FINAL
		product {
			name { lang: "und" text: "durian" } lots { number: "DR-17" }
			origins { state: ORIGIN_STATE_STATED area { code: "VN" } }
		}
		sample {
			number: "S-1" sampling_date { year: 2026 month: 3 day: 1 }
			results {
				analyte { as_written: "carbendazim" } value { value: "0.31" ucum: "mg/kg" }
				uncertainty { value: "0.05" ucum: "mg/kg" } quantification_limit { value: "0.01" ucum: "mg/kg" }
				limits { value { value: "0.1" ucum: "mg/kg" } requirement { citation: "GB 2763-2021" } }
				verdict: VERDICT_NON_COMPLIANT
			}
			results {
				analyte { as_written: "cadmium" } comparator: COMPARATOR_LESS value { value: "0.02" ucum: "mg/kg" }
				quantification_limit { value: "0.02" ucum: "mg/kg" } verdict: VERDICT_COMPLIANT
			}
		}`, all[0].Finding)
	same(t, `
		report_number: "L-2" report_date { year: 2026 month: 3 day: 5 } stage: RESULT_STAGE_PRELIMINARY
		product { name { lang: "und" text: "mango" } }
		sample { number: "S-2" results { analyte { as_written: "Salmonella" } detection: DETECTION_NOT_DETECTED } }`, all[1].Finding)
}

func TestPlaces(t *testing.T) {
	file := text(t,
		"reportId,reportStage,sampId,sampMatText,paramText,resVal,resUnit,resLOD",
		"L-1,final,S-1,durian,carbendazim,0.31,mg/kg,0.01",
		"L-1,final,S-1,durian,cadmium,0.01,mg/kg,",
	)
	s := read(t, file, ssd2.Default())[0]
	for path, want := range map[string]string{
		"report_number":                     "2A",
		"stage":                             "2B",
		"sample.number":                     "2C",
		"product":                           "2D",
		"product.name[0].text":              "2D",
		"sample.results[0]":                 "2F",
		"sample.results[1].value":           "3F",
		"sample.results[1].value.value":     "3F",
		"sample.results[1].value.ucum":      "3G",
		"sample.results[1].detection_limit": "3H",
		"sample.results[1].limits[0]":       "3",
		"sample.results[7].value":           "2F",
		"sample.role":                       "2",
		"":                                  "2",
	} {
		row, column := s.Place(path)
		if got := fmt.Sprint(row, column); strings.ReplaceAll(got, " ", "") != want {
			t.Errorf("Place(%q) = %s, want %s", path, got, want)
		}
	}
}

// TestPlacesOfWhatIsWrittenInWords points at the column that is filled in, where two
// may say the same.
func TestPlacesOfWhatIsWrittenInWords(t *testing.T) {
	file := text(t,
		"reportId,reportStage,sampId,sampMatCode,sampMatText,paramCode,paramText,resVal,resUnit",
		"L-1,final,S-1,,durian,,carbendazim,0.31,mg/kg",
		"L-2,final,S-2,A01LQ,,RF-0061-001-PPP,,0.31,mg/kg",
	)
	all := read(t, file, ssd2.Default())
	for path, want := range map[string][]string{"product": {"E", "D"}, "sample.results[0].analyte": {"G", "F"}} {
		for i, s := range all {
			if _, column := s.Place(path); column != want[i] {
				t.Errorf("%s of row %d is in column %s, want %s", path, s.First, column, want[i])
			}
		}
	}
}

// TestRowsThatSayTheSame names both rows, and takes them.
func TestRowsThatSayTheSame(t *testing.T) {
	all := read(t, text(t,
		"reportId,reportStage,sampId,sampMatText,paramText,resVal,resUnit",
		"L-1,final,S-1,durian,carbendazim,0.31,mg/kg",
		"L-1,final,S-1,durian,cadmium,0.31,mg/kg",
		"L-1,final,S-1,durian,carbendazim,0.31,mg/kg",
		"L-2,final,S-2,durian,carbendazim,0.31,mg/kg",
	), ssd2.Default())
	if diff := cmp.Diff([]string{"4 A reportId ROW_TWICE"}, noted(all)); diff != "" {
		t.Fatalf("notes (-want +got):\n%s", diff)
	}
	if got, want := all[0].Notes[0].Sentence, "look at the rows 2 and 4 of report L-1"; !strings.HasPrefix(got, want) {
		t.Errorf("it says %q, want %q", got, want)
	}
	if got := told(t, all); len(got) > 0 {
		t.Errorf("problems %q, want none", got)
	}
}

// TestRowsAreCountedFirst counts rows before the first finding is returned, what
// cannot be read and empty rows between them included.
func TestRowsAreCountedFirst(t *testing.T) {
	file := text(t, "reportId,reportStage,sampId,sampMatText,paramText,resVal,resUnit", "L-1,final,S-1,durian,lead,1,mg/kg", ",,,,,,", "L-2,too,short",
		"L-3,final,S-3,durian,lead,1,mg/kg")
	r, err := ssd2.Open(bytes.NewReader(file), int64(len(file)), ssd2.Default())
	must(t, err)
	before := r.RowsTotal()
	for _, err := range r.Findings() {
		must(t, err)
		if got := r.RowsTotal(); before != 0 || got != 4 {
			t.Fatalf("%d rows before the first finding and %d with it, want 0 and 4", before, got)
		}
	}
}
