package finding

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
)

// TestEveryRuleOfAFinding breaks each rule of the law of findings by itself.
func TestEveryRuleOfAFinding(t *testing.T) {
	result := func(text string) string { return `sample { results { analyte { as_written: "x" } ` + text + ` } }` }
	const second = "sample.results[1]" // the result that is put behind the first
	for _, tc := range []struct{ name, more, want string }{
		{"nothing wrong", "", ""},
		{"everything of a microbiologist", result(`detection: DETECTION_DETECTED detected_in { value: "25" ucum: "g" }
			sampling_plan { n: 5 lower_limit { value: "100" ucum: "[CFU]/g" } upper_limit { value: "1000" ucum: "[CFU]/g" }
				unit_results { value { value: "40" ucum: "[CFU]/g" } } }`), ""},
		{"superseded by itself", `stage: RESULT_STAGE_WITHDRAWN`, "stage FINDING_STAGE"},
		{"supersedes itself", `supersedes_reports: "L-2026-0042"`, "supersedes_reports SUPERSEDES_SELF"},
		{"year of the Buddhist era", `report_date { year: 2569 }`, "report_date.year UINT32_GTE_LTE"},
		{"year that has not come", `report_date { year: 2027 }`, "report_date DATE_FUTURE"},
		{"arrived before it was taken", `sample { arrival_date { day: 1 } }`, "sample.arrival_date DATE_ORDER"},
		{"reported before it was taken", `report_date { day: 2 }`, "report_date DATE_ORDER"},
		{"analysed backwards", result(`verdict: VERDICT_COMPLIANT analysis_start_date { year: 2026 month: 3 day: 16 }
			analysis_end_date { year: 2026 month: 3 day: 15 }`), second + ".analysis_end_date DATE_ORDER"},
		{
			"analysed tomorrow", result(`verdict: VERDICT_COMPLIANT analysis_end_date { year: 2026 month: 3 day: 21 }`),
			"report_date DATE_ORDER, " + second + ".analysis_end_date DATE_FUTURE",
		},
		{"day that no month has", `report_date { month: 2 day: 30 }`, "report_date DATE_ORDER, report_date.day DATE_IMPOSSIBLE"},
		{"no unit", result(`value { value: "1" }`), second + ".value.ucum UNIT_UCUM"},
		{"unit of trade", result(`value { value: "1" rec20: "KGM" }`), second + ".value.ucum UNIT_UCUM"},
		{"unit in capitals", result(`value { value: "1" ucum: "MG/KG" }`), second + ".value.ucum UNIT_UCUM"},
		{"unit with a letter that is none of UCUM", result(`value { value: "1" ucum: "µg/kg" }`), second + ".value.ucum UNIT_UCUM"},
		{"a million grams", result(`value { value: "1" ucum: "Mg/kg" }`), second + ".value.ucum UNIT_UCUM"},
		{"no unit at all", result(`value { value: "1" ucum: "banana!!" } limits { value { value: "1" ucum: "ppm" } requirement { citation: "x" } }`), second + ".limits[0].value.ucum UNIT_UCUM, " + second + ".value.ucum UNIT_UCUM"},
		{"units of a plan and nothing else", result(`sampling_plan { n: 5 unit_results { value { value: "10" ucum: "[CFU]/g" } } }`), ""},
		{"a plan and nothing else", result(`sampling_plan { n: 5 }`), second + " LAB_RESULT_EMPTY"},
		{
			"less than nothing of a concentration", result(`value { value: "-1" ucum: "mg/kg" } limits { value { value: "-1" ucum: "mg/kg" } requirement { citation: "x" } }`),
			second + ".limits[0].value.value QUANTITY_NEGATIVE, " + second + ".value.value QUANTITY_NEGATIVE",
		},
		{"below zero", result(`value { value: "-18" ucum: "Cel" } limits { value { value: "-15" ucum: "Cel" } requirement { citation: "x" } }`), ""},
		{"uncertainty below zero", result(`value { value: "-18" ucum: "Cel" } uncertainty { value: "-1" ucum: "Cel" }`), second + ".uncertainty.value QUANTITY_NEGATIVE"},
		{"uncertainty in another unit", result(`value { value: "1" ucum: "mg/kg" } uncertainty { value: "1" ucum: "ug/kg" }`), second + ".uncertainty.ucum UNIT_DIFFERS"},
		{"uncertainty of nothing", result(`detection: DETECTION_TRACES uncertainty { value: "1" ucum: "ug/kg" }`), second + ".uncertainty UNCERTAINTY_ALONE"},
		{"factor of nothing", result(`detection: DETECTION_TRACES coverage_factor: "2"`), second + ".coverage_factor COVERAGE_FACTOR_ALONE"},
		{"less than nothing", result(`detection: DETECTION_TRACES detection_limit { value: "-1" ucum: "ug/kg" }`), second + ".detection_limit.value QUANTITY_NEGATIVE"},
		{"limits of the method", result(`detection: DETECTION_TRACES detection_limit { value: "11" ucum: "ug/kg" }
			quantification_limit { value: "0.01" ucum: "mg/kg" }`), second + ".detection_limit LIMITS_OF_METHOD"},
		{"limit from nowhere", result(`detection: DETECTION_TRACES limits { value { value: "1" ucum: "mg/kg" } }`), second + ".limits[0].requirement LIMIT_CITATION"},
		{"number of what is not there", result(`detection: DETECTION_NOT_DETECTED value { value: "1" ucum: "mg/kg" }`), second + ".value DETECTION_VALUE"},
		{"quantity without a detection", result(`verdict: VERDICT_COMPLIANT detected_in { value: "25" ucum: "g" }`), second + ".detection DETECTION_REQUIRED"},
		{"said twice", result(`verdict: VERDICT_COMPLIANT report_number: "L-1" stage: RESULT_STAGE_FINAL report_date { year: 2026 }
			supersedes_reports: "a" superseded_by_report: "b"`), second + ".report_date SAID_ONCE, " + second + ".report_number SAID_ONCE, " +
			second + ".stage SAID_ONCE, " + second + ".superseded_by_report SAID_ONCE, " + second + ".supersedes_reports SAID_ONCE"},
		{
			"plan upside down", result(`sampling_plan { n: 5 lower_limit { value: "9" ucum: "[CFU]/g" } upper_limit { value: "8" ucum: "[CFU]/g" } } verdict: VERDICT_COMPLIANT`),
			second + ".sampling_plan.lower_limit PLAN_ORDER",
		},
		{
			"more units than there are", result(`sampling_plan { n: 1 unit_results { detection: DETECTION_DETECTED } unit_results { detection: DETECTION_DETECTED } } verdict: VERDICT_COMPLIANT`),
			second + ".sampling_plan.unit_results PLAN_UNITS",
		},
		{
			"field rules", `report_number: "` + strings.Repeat("x", 101) + `" ` + result(`comparator: COMPARATOR_LESS value { value: "0,1" ucum: "mg/kg" }`),
			"report_number STRING_MAX_LEN, " + second + ".value.value STRING_PATTERN",
		},
		{"text that is none", result(`text { lang: "th" text: "ก\x00" }`), second + ".text[0].text TEXT_CONTROL"},
		{"too large", `text { lang: "en" text: "` + strings.Repeat("x", 5000) + `" }` + strings.Repeat(`text { lang: "x`+`" text: "`+strings.Repeat("y", 9900)+`" }`, 27), "too large"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := report(t, durian, tc.more)
			got := broken(Check(Complete(f, "lab"), today))
			if tc.want == "too large" {
				if !slices.Contains(got, " FINDING_SIZE") {
					t.Errorf("problems %q, want FINDING_SIZE among them", got)
				}
				return
			}
			if joined := strings.Join(got, ", "); joined != tc.want {
				t.Errorf("problems %q, want %q", joined, tc.want)
			}
		})
	}
}

// TestWhatAFindingNeeds wants everything at once of one that says nothing.
func TestWhatAFindingNeeds(t *testing.T) {
	got := broken(Check(Complete(report(t, `sample { id: "s1" }`, ""), "lab"), today))
	want := []string{"product PRODUCT_REQUIRED", "report_number STRING_MIN_LEN", "sample.number SAMPLE_NUMBER", "sample.results RESULTS_REQUIRED", "stage FINDING_STAGE"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if got := broken(Check(Complete(nil, "lab"), today)); !slices.Contains(got, "sample REQUIRED") {
		t.Errorf("problems of nothing %q, want the sample among them", got)
	}
}

// TestComplete gives the ids that were left out, keeps those that are there, and
// takes nothing from the laboratory that only the node says.
func TestComplete(t *testing.T) {
	f := report(t, durian, `name: "findings/x" state: FINDING_STATE_WITHDRAWN laboratory { id: "other" } attachments { id: "a7" } attachments {}`)
	got := Complete(f, "lab")
	ids := []string{
		got.GetProduct().GetId(), got.GetProduct().GetLots()[0].GetId(), got.GetSample().GetId(), got.GetSample().GetResults()[0].GetId(),
		got.GetSample().GetResults()[0].GetLaboratory().GetId(),
		got.GetAttachments()[0].GetId(), got.GetAttachments()[1].GetId(),
	}
	if diff := cmp.Diff([]string{"p1", "p1.l1", "s1", "s1.r1", "lab", "a7", "a2"}, ids); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	if got.GetName() != "" || got.GetState() != 0 || got.GetLaboratory() != nil {
		t.Errorf("it kept %v, want nothing that only the node says", got)
	}
	if diff := cmp.Diff(got, Complete(got, "lab"), protocmp.Transform()); diff != "" {
		t.Errorf("completed twice (-once +twice):\n%s", diff)
	}
	if f.GetProduct().GetId() != "" {
		t.Errorf("the finding that was given was changed: %v", f.GetProduct())
	}
}

// TestUnitThatIsMeant tells which unit to write instead.
func TestUnitThatIsMeant(t *testing.T) {
	for written, want := range map[string]string{"µg/kg": "ug/kg", "MG/KG": "mg/kg", "ppm": "[ppm]", "cfu/g": "[CFU]/g", "Mg/kg": "such as mg/kg", "x": "such as mg/kg"} {
		f := report(t, durian, `sample { results { analyte { as_written: "x" } value { value: "1" ucum: "`+written+`" } } }`)
		got := Check(Complete(f, "lab"), today)
		if len(got) != 1 || !strings.Contains(got[0].Sentence, want) {
			t.Errorf("of %q it is said %v, want one sentence with %s", written, got, want)
		}
	}
}
