package finding

import (
	"slices"
	"strings"
	"testing"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestNotifyFindings says of each result what a draft says of its agent, and which
// requirements it cites.
func TestNotifyFindings(t *testing.T) {
	limit := func(comparator, v, unit, citation string) string {
		return `limits { comparator: COMPARATOR_` + comparator + ` value { value: "` + v + `" ucum: "` + unit + `" } requirement { citation: "` + citation + `" } } `
	}
	most, least := limit("LESS_OR_EQUAL", "0.1", "mg/kg", "most"), limit("GREATER_OR_EQUAL", "0.01", "mg/kg", "least")
	const (
		not   = `verdict: VERDICT_NON_COMPLIANT `
		found = `detection: DETECTION_DETECTED detected_in { value: "25" ucum: "g" } `
	)
	value := func(v string) string { return `value { value: "` + v + `" ucum: "mg/kg" } ` }
	for _, tc := range []struct{ name, result, want string }{
		{"above", value("0.2") + most + least, "TOO_HIGH most"},
		{"above one of two", value("0.2") + most + limit("LESS_OR_EQUAL", "1", "mg/kg", "other"), "TOO_HIGH most"},
		{"below what must be there", value("0.001") + most + least, "TOO_LOW least"},
		{"not compliant, and within its limit", not + value("0.05") + most, ""},
		{"not compliant, without a limit", not + value("0.05"), ""},
		{"not detected, and not compliant", not + `detection: DETECTION_NOT_DETECTED `, "ABSENT"},
		{"detected", not + found, "PRESENT"},
		{"detected where nothing may be", found + limit("LESS_OR_EQUAL", "0", "/(25.g)", "absence"), "PRESENT absence"},
		{"detected, with a limit that does not say it", not + found + limit("LESS_OR_EQUAL", "100", "[CFU]/g", "other"), "PRESENT"},
		{"plan of numbers", `sampling_plan { n: 5 upper_limit { value: "9" ucum: "[CFU]/g" } unit_results { value { value: "10" ucum: "[CFU]/g" } } }`, "TOO_HIGH"},
		{"plan of detections", `sampling_plan { n: 5 unit_results { detection: DETECTION_DETECTED } }`, "PRESENT"},
		{"not compared", value("9") + limit("LESS_OR_EQUAL", "0.1", "mg/L", "other"), "no finding"},
		{"above, and compliant", `verdict: VERDICT_COMPLIANT ` + value("0.2") + most, "no finding"},
	} {
		f := report(t, `stage: RESULT_STAGE_FINAL product {} sample { results { analyte { as_written: "x" } `+tc.result+` } }`, "")
		n := notify([]*spsv1.LabFinding{f}).GetNotification()
		got := []string{"no finding"}
		for _, said := range n.GetFindings() {
			got = nil
			for _, q := range said.GetHazard().GetQualifiers() {
				got = append(got, strings.TrimPrefix(q.String(), "HAZARD_QUALIFIER_"))
			}
			for _, r := range said.GetRequirements() {
				got = append(got, r.GetCitation())
			}
		}
		if joined := strings.Join(got, " "); joined != tc.want {
			t.Errorf("%s: the draft says %q, want %q", tc.name, joined, tc.want)
		}
		if n.GetClassification() == 0 || n.GetRisk().GetDecision() == 0 {
			t.Errorf("%s: the draft is %v with the risk %v, want both", tc.name, n.GetClassification(), n.GetRisk())
		}
	}
}

func TestNotifySubject(t *testing.T) {
	for _, tc := range []struct{ name, goods, agent, want string }{
		{"English", `name { lang: "en-GB" text: "durian" }`, `as_written: "cadmium"`, "en-GB: cadmium in durian"},
		{"Thai", `name { lang: "th" text: "ทุเรียน" }`, `as_written: "แคดเมียม" lang: "th"`, "th: ทุเรียน: แคดเมียม"},
		{"name of a substance", `name { lang: "th" text: "ทุเรียน" }`, `as_written: "cadmium"`, "th: ทุเรียน: cadmium"},
		{"two languages", `name { lang: "th" text: "ทุเรียน" }`, `as_written: "cadmium" lang: "en"`, "mul: ทุเรียน: cadmium"},
		{"no language", ``, `codings { system: "cas" code: "7440-43-9" }`, "und: 7440-43-9"},
	} {
		f := report(t, `product { `+tc.goods+` } sample { results { analyte { `+tc.agent+` } verdict: VERDICT_NON_COMPLIANT } }`, "")
		var got []string
		for _, s := range notify([]*spsv1.LabFinding{f}).GetNotification().GetSubject() {
			got = append(got, s.GetLang()+": "+s.GetText())
		}
		if !slices.Equal(got, []string{tc.want}) {
			t.Errorf("%s: the subject is %q, want %q", tc.name, got, tc.want)
		}
	}
}

// TestNotifyLaboratory shows other offices no id that only this one knows, and keeps
// what the report says beside its results.
func TestNotifyLaboratory(t *testing.T) {
	for _, tc := range []struct{ name, posted, of, want string }{
		{"an id only", `id: "lab-7"`, ``, ""},
		{"a name", `id: "lab-7" name: "Hanoi"`, ``, `lab-7 Hanoi`},
		{"an id and how it is accredited", `id: "lab-7"`, `laboratory { id: "lab-7" accreditation_number: "1234/48" }`, "1234/48"},
		{"a name and how it is accredited", `id: "lab-7" name: "Hanoi"`, `laboratory { id: "lab-7" accreditation_number: "1234/48" }`, "lab-7 Hanoi 1234/48"},
		{"another one", `id: "lab-7"`, `laboratory { id: "x" name: "Hue" }`, "x Hue"},
	} {
		f := report(t, `laboratory { `+tc.posted+` } product {} text { lang: "en" text: "sealed" } sample { text { lang: "en" text: "cold" } results { `+tc.of+` } }`, "")
		before := f.String()
		s := notify([]*spsv1.LabFinding{f}).GetNotification().GetSamples()[0]
		l := s.GetResults()[0].GetLaboratory()
		if got := strings.Join(strings.Fields(l.GetId()+" "+l.GetName()+" "+l.GetAccreditationNumber()), " "); got != tc.want || tc.want == "" && l != nil {
			t.Errorf("%s: the laboratory is %v, want %q", tc.name, l, tc.want)
		}
		if len(s.GetText()) != 2 || s.GetText()[1].GetText() != "sealed" {
			t.Errorf("%s: the texts of the sample are %v, want that of the report behind its own", tc.name, s.GetText())
		}
		if f.String() != before {
			t.Errorf("%s: the finding that was given was changed", tc.name)
		}
	}
}
