package ssd2_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/server/finding/ssd2"
)

// TestWhatWasFound has the ways in which laboratories write what they found.
func TestWhatWasFound(t *testing.T) {
	for _, test := range []struct {
		name string
		row  map[string]string
		want string // comparator, number, unit, detection, portion
		told string
	}{
		{name: "a number", row: map[string]string{"resVal": "0.310", "resUnit": "mg/kg"}, want: "0.310 mg/kg"},
		{name: "below a number", row: map[string]string{"resVal": "< 0.01", "resUnit": "mg/kg"}, want: "LESS 0.01 mg/kg"},
		{name: "at most", row: map[string]string{"resVal": "<=0.01", "resUnit": "mg/kg"}, want: "LESS_OR_EQUAL 0.01 mg/kg"},
		{name: "its sign apart", row: map[string]string{"resComp": "GT", "resVal": "10", "resUnit": "%"}, want: "GREATER 10 %"},
		{name: "its sign twice", row: map[string]string{"resComp": "<", "resVal": "<10", "resUnit": "%"}, want: "LESS 10 %"},
		{name: "two signs", row: map[string]string{"resComp": ">", "resVal": "<10", "resUnit": "%"}, told: "resComp RESULT_DIFFERS"},
		{name: "a sign and a word", row: map[string]string{"resComp": "<", "resVal": "ND"}, told: "resComp RESULT_DIFFERS"},
		{name: "not detected", row: map[string]string{"resVal": "n.d."}, want: "NOT_DETECTED"},
		{name: "not detected in", row: map[string]string{"resQualValue": "NEG", "anPortSize": "25", "anPortSizeUnit": "g"}, want: "NOT_DETECTED in 25 g"},
		{name: "below the LOQ", row: map[string]string{"resVal": "<LOQ", "resLOQ": "0.01", "resUnit": "mg/kg"}, want: "LESS 0.01 mg/kg"},
		{name: "below the LOD", row: map[string]string{"resVal": "<LOD", "resLOD": "0.003", "resUnit": "mg/kg"}, want: "LESS 0.003 mg/kg NOT_DETECTED"},
		{name: "above the LOD", row: map[string]string{"resVal": ">LOD", "resLOD": "0.003", "resUnit": "mg/kg"}, want: "GREATER 0.003 mg/kg"},
		{name: "below a limit that is not given", row: map[string]string{"resVal": "<LOD", "resUnit": "mg/kg"}, told: "resVal RESULT_LIMIT"},
		{name: "traces", row: map[string]string{"resQualValue": "traces", "resVal": "<0.01", "resUnit": "mg/kg"}, want: "LESS 0.01 mg/kg TRACES"},
		{name: "SSD2, a number", row: map[string]string{"resType": "VAL", "resVal": "0.31", "resUnit": "G061A"}, want: "0.31 mg/kg"},
		{name: "SSD2, below the LOQ", row: map[string]string{"resType": "LOQ", "resLOQ": "0.01", "resUnit": "G061A"}, want: "LESS 0.01 mg/kg"},
		{name: "SSD2, below the LOD", row: map[string]string{"resType": "LOD", "resLOD": "0.01", "resUnit": "G050A"}, want: "LESS 0.01 ug/kg NOT_DETECTED"},
		{name: "SSD2, below CC alpha", row: map[string]string{"resType": "CCA", "CCalpha": "20", "resUnit": "G050A"}, want: "LESS 20 ug/kg"},
		{name: "SSD2, below CC beta", row: map[string]string{"resType": "CCB", "CCbeta": "20", "resUnit": "G050A"}, want: "LESS 20 ug/kg NOT_DETECTED"},
		{name: "SSD2, negative", row: map[string]string{"resType": "BIN", "resQualValue": "NEG"}, want: "NOT_DETECTED"},
		{name: "SSD2, above the range", row: map[string]string{"resType": "AWR", "resVal": "900", "resUnit": "ug/kg"}, want: "900 ug/kg roughly"},
		{name: "SSD2, a type without its limit", row: map[string]string{"resType": "LOQ", "resUnit": "mg/kg"}, told: "resType RESULT_LIMIT"},
		{name: "SSD2, a type against a number", row: map[string]string{"resType": "LOQ", "resVal": "3", "resLOQ": "0.01", "resUnit": "mg/kg"}, told: "resType RESULT_DIFFERS"},
		{name: "SSD2, below and found", row: map[string]string{"resType": "LOD", "resQualValue": "POS", "resLOD": "1", "resUnit": "mg/kg"}, told: "resType RESULT_DIFFERS"},
		{name: "SSD2, a number and not found", row: map[string]string{"resType": "VAL", "resVal": "ND"}, told: "resType RESULT_DIFFERS"},
		{name: "SSD2, binary without what", row: map[string]string{"resType": "BIN"}, told: "resType RESULT_DIFFERS"},
		{name: "two that do not agree", row: map[string]string{"resVal": "ND", "resQualValue": "POS"}, told: "resQualValue RESULT_DIFFERS"},
		{name: "a number of what is absent", row: map[string]string{"resVal": "3", "resQualValue": "NEG", "resUnit": "mg/kg"}, told: "resVal DETECTION_VALUE"},
		{name: "units of a plan by LOQ", row: map[string]string{"resVal": "3", "resUnit": "[CFU]/g", "planN": "5", "planC": "2", "planUnits": "<LOQ$3"}, told: "planUnits RESULT_UNITS"},
		{name: "a part of a date", row: map[string]string{"resVal": "3", "resUnit": "mg/kg", "analysisD": "4"}, told: "analysisD DATE_PARTS"},
		{name: "no date", row: map[string]string{"resVal": "3", "resUnit": "mg/kg", "analysisY": "2026", "analysisM": "13"}, told: "analysisY DATE_PARTS"},
		{name: "two dates", row: map[string]string{"resVal": "3", "resUnit": "mg/kg", "analysisY": "2026", "analysisDate": "2026-03-04"}, told: "analysisDate DATE_DIFFERS"},
	} {
		t.Run(test.name, func(t *testing.T) {
			row := map[string]string{"reportId": "L-1", "reportStage": "final", "sampId": "S-1", "sampMatText": "durian", "paramText": "lead"}
			for name, v := range test.row {
				row[name] = v
			}
			all := read(t, filled(t, row), ssd2.Default())
			var got []string
			for _, line := range told(t, all) {
				got = append(got, strings.SplitN(line, " ", 3)[2])
			}
			if strings.Join(got, ", ") != test.told {
				t.Fatalf("problems %q, want %q", got, test.told)
			}
			if test.told != "" {
				return
			}
			if got := found(all[0]); got != test.want {
				t.Errorf("result = %q, want %q", got, test.want)
			}
		})
	}
}

// found writes what was found in the first result.
func found(s ssd2.Sheeted) string {
	r := s.Finding.GetSample().GetResults()[0]
	parts := []string{strings.TrimPrefix(r.GetComparator().String(), "COMPARATOR_"), r.GetValue().GetValue(), r.GetValue().GetUcum(), strings.TrimPrefix(r.GetDetection().String(), "DETECTION_")}
	if q := r.GetDetectedIn(); q != nil {
		parts = append(parts, "in", q.GetValue(), q.GetUcum())
	}
	if r.GetValue().GetApproximate() {
		parts = append(parts, "roughly")
	}
	var said []string
	for _, p := range parts {
		if p != "" && p != "UNSPECIFIED" {
			said = append(said, p)
		}
	}
	return strings.Join(said, " ")
}

// TestDates has the ways in which a date is written that may lack its day.
func TestDates(t *testing.T) {
	for _, test := range []struct {
		name string
		row  map[string]string
		want string
	}{
		{"a day", map[string]string{"sampDate": "2026-03-01"}, "2026-3-1"},
		{"a month", map[string]string{"sampDate": "03/2569"}, "2026-3-0 DATE_BUDDHIST"},
		{"a year", map[string]string{"sampDate": "2025"}, "2025-0-0"},
		{"parts", map[string]string{"sampY": "2569", "sampM": "3", "sampD": "1"}, "2026-3-1 DATE_BUDDHIST"},
		{"a year and a month", map[string]string{"sampY": "2026", "sampM": "๐๓"}, "2026-3-0"},
		{"a year alone", map[string]string{"sampY": "2025"}, "2025-0-0"},
		{"both, the same", map[string]string{"sampDate": "Mar 2026", "sampY": "2026", "sampM": "3"}, "2026-3-0"},
	} {
		row := map[string]string{
			"reportId": "L-1", "reportStage": "final", "sampId": "S-1", "sampMatText": "durian", "paramText": "lead", "resVal": "3", "resUnit": "%",
		}
		for name, v := range test.row {
			row[name] = v
		}
		all := read(t, filled(t, row), ssd2.Default())
		if got := told(t, all); got != nil {
			t.Errorf("%s: problems %v, want none", test.name, got)
		}
		d := all[0].Finding.GetSample().GetSamplingDate()
		got := fmt.Sprintf("%d-%d-%d", d.GetYear(), d.GetMonth(), d.GetDay())
		for _, n := range all[0].Notes {
			got += " " + n.Reason
		}
		if got != test.want {
			t.Errorf("%s = %s, want %s", test.name, got, test.want)
		}
	}
}

// TestUnits has the writings of units, and those that nobody can know.
func TestUnits(t *testing.T) {
	for writing, want := range map[string]string{
		"mg/kg": "mg/kg", "µg/kg": "ug/kg UNIT_WRITTEN", "μg/kg": "ug/kg UNIT_WRITTEN", "ug/kg": "ug/kg", "mcg/kg": "ug/kg UNIT_WRITTEN",
		"MG/KG": "mg/kg UNIT_WRITTEN", "mg / kg": "mg/kg UNIT_WRITTEN", "ppm": "[ppm] UNIT_WRITTEN", "ppb": "[ppb] UNIT_WRITTEN",
		"cfu/g": "[CFU]/g UNIT_WRITTEN", "CFU/25 g": "[CFU]/(25.g) UNIT_WRITTEN", "[CFU]/g": "[CFU]/g", "/25g": "/(25.g) UNIT_WRITTEN",
		"/(25.g)": "/(25.g)", "mg/l": "mg/L UNIT_WRITTEN", "mg/100 g": "mg/(100.g) UNIT_WRITTEN", "%": "%", "Bq/kg": "Bq/kg", "MBq/kg": "MBq/kg",
		"mg/kg{dry}": "mg/kg{dry}", "{copies}/g": "{copies}/g", "pg/g": "pg/g", "mmol/L": "mmol/L", "meq/kg": "meq/kg", "mg.m-2": "mg.m-2",
		"ไมโครกรัม": "UNIT", "Mg/kg": "UNIT_AMBIGUOUS", "ppt": "UNIT_AMBIGUOUS", "kgs": "UNIT", "mg/kg/": "UNIT", "/": "UNIT", "25": "UNIT",
		"mg/(kg": "UNIT", "(mg)/kg": "(mg)/kg", "mg kg": "UNIT",
	} {
		row := map[string]string{
			"reportId": "L-1", "reportStage": "final", "sampId": "S-1", "sampMatText": "durian", "paramText": "lead", "resVal": "3", "resUnit": writing,
		}
		s := read(t, filled(t, row), ssd2.Default())[0]
		got := s.Finding.GetSample().GetResults()[0].GetValue().GetUcum()
		for _, n := range s.Notes {
			got += " " + n.Reason
		}
		if len(s.Problems) > 0 {
			got = s.Problems[0].Reason
		}
		if got != want {
			t.Errorf("%q = %s, want %s", writing, got, want)
		}
	}
}

// TestCodes has codes that are right, wrong, and of lists of a laboratory.
func TestCodes(t *testing.T) {
	m := mapping(t, "systems: {anMethCode: 'https://lab.example/methods'}\n")
	row := map[string]string{
		"reportId": "L-1", "reportStage": "final", "sampId": "S-1", "sampMatText": "durian", "resVal": "3", "resUnit": "mg/kg",
		"sampMatCode": "durian!", "prodCat": "fruit", "hsCode": "81060", "origCountry": "Viet Nam", "labCountry": "ไทย",
		"paramCode": "10605-21-7", "paramCas": "10605-21-8", "paramEppo": "dacudo", "anMethCode": "M-12", "sampMethod": "by hand", "evalCode": "J040A",
	}
	s := read(t, filled(t, row), m)[0]
	if len(s.Problems) > 0 {
		t.Fatalf("problems %v, want none", s.Problems)
	}
	want := []string{
		"sampMatCode CODE_FORM", "prodCat CODE_UNKNOWN", "hsCode CODE_FORM", "origCountry CODE_NAMED", "paramCas CHECK_DIGIT",
		"paramEppo CODE_FORM", "labCountry CODE_NAMED",
	}
	var got []string
	for _, n := range s.Notes {
		got = append(got, n.Heading+" "+n.Reason)
	}
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		t.Errorf("notes %q, want %q", got, want)
	}
	p, r := s.Finding.GetProduct(), s.Finding.GetSample().GetResults()[0]
	codings := fmt.Sprint(p.GetItem().GetCodings()[0].GetCode(), " ", p.GetCommodityCodes()[0].GetCode(), " ", p.GetOrigins()[0].GetArea().GetCode(), " ", r.GetLaboratory().GetArea().GetCode())
	for _, c := range append(r.GetAnalyte().GetCodings(), r.GetMethod().GetCodings()...) {
		codings += " " + c.GetSystem() + ":" + c.GetCode()
	}
	codings += " " + s.Finding.GetSample().GetMethod().GetAsWritten() + ", " + r.GetText()[0].GetText()
	if want := "durian! 81060 VN TH cas:10605-21-7 cas:10605-21-8 eppo:dacudo https://lab.example/methods:M-12 by hand, evalCode: J040A"; codings != want {
		t.Errorf("codes = %q, want %q", codings, want)
	}
}
