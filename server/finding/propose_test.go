package finding_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/finding"
)

// broken lists violations, sorted.
func broken(all []access.Violation) []string {
	var names []string
	for _, v := range all {
		names = append(names, v.Field+" "+v.Reason)
		if v.Sentence == "" {
			names = append(names, v.Reason+" has no sentence")
		}
	}
	slices.Sort(names)
	return names
}

func TestPropose(t *testing.T) {
	const base = `report_number: "1" stage: RESULT_STAGE_FINAL `
	limit := func(unit string) string {
		return `limits { value { value: "0.1" ucum: "` + unit + `" } requirement { citation: "GB 2763" } } `
	}
	value := func(v string) string { return `value { value: "` + v + `" ucum: "mg/kg" } ` }
	for _, tc := range []struct{ name, result, want string }{
		{"below its limit", value("0.09") + limit("mg/kg"), ""},
		{"at its limit", value("0.1") + limit("mg/kg"), ""},
		{"above its limit", value("0.11") + limit("mg/kg"), "ALERT POTENTIALLY_SERIOUS ABOVE_LIMIT"},
		{"above it in another unit", value("0.11") + strings.Replace(limit("ug/kg"), "0.1", "1E2", 1), "ALERT POTENTIALLY_SERIOUS ABOVE_LIMIT"},
		{"below it in another unit", value("0.099") + strings.Replace(limit("ug/kg"), "0.1", "100", 1), ""},
		{"above it, perhaps", value("0.11") + `uncertainty { value: "0.01" ucum: "mg/kg" } ` + limit("mg/kg"), "INFORMATION_FOR_FOLLOW_UP POTENTIAL_RISK ABOVE_LIMIT_UNCERTAIN"},
		{"above it, certainly", value("0.12") + `uncertainty { value: "0.01" ucum: "mg/kg" } ` + limit("mg/kg"), "ALERT POTENTIALLY_SERIOUS ABOVE_LIMIT"},
		{"less than something above it", `comparator: COMPARATOR_LESS ` + value("0.5") + limit("mg/kg"), ""},
		{"not to be compared", value("5") + limit("mg/L"), ""},
		{"not to be compared, and not compliant", `verdict: VERDICT_NON_COMPLIANT ` + value("5") + limit("mg/L"), "INFORMATION_FOR_FOLLOW_UP POTENTIAL_RISK NOT_COMPARED VERDICT_NON_COMPLIANT"},
		{"too little", value("0.05") + strings.Replace(limit("mg/kg"), "limits {", "limits { comparator: COMPARATOR_GREATER_OR_EQUAL", 1), "NON_COMPLIANCE NOT_SERIOUS BELOW_LIMIT"},
		{"detected in 25 g", `detection: DETECTION_DETECTED detected_in { value: "25" ucum: "g" } verdict: VERDICT_NON_COMPLIANT`, "ALERT SERIOUS DETECTED"},
		{"detected in 25 g, and nothing of it", `detection: DETECTION_DETECTED detected_in { value: "25" ucum: "g" }`, ""},
		{"plan met", `sampling_plan { n: 5 c: 1 unit_results { detection: DETECTION_DETECTED } }`, ""},
		{"plan not met", `sampling_plan { n: 5 c: 1 unit_results { detection: DETECTION_DETECTED } unit_results { detection: DETECTION_DETECTED } }`, "ALERT SERIOUS PLAN_FAILED"},
		{"one unit above M", `sampling_plan { n: 5 c: 5 upper_limit { value: "10" ucum: "[CFU]/g" } unit_results { value { value: "11" ucum: "[CFU]/g" } } }`, "ALERT SERIOUS PLAN_FAILED"},
	} {
		for place, classification := range map[string]string{"": "", `place { locode: "CNNNG" } `: "BORDER_REJECTION"} {
			f := report(t, base+`sample { role: SAMPLE_ROLE_OFFICIAL `+place+`number: "1" results { `+tc.result+` } }`, "")
			got, want := "", tc.want
			if p := finding.Propose(f); p != nil {
				got = fmt.Sprint(strings.TrimPrefix(p.GetClassification().String(), "CLASSIFICATION_"), " ", strings.TrimPrefix(p.GetRisk().String(), "RISK_DECISION_"))
				for _, reason := range p.GetReasons() {
					got += " " + reason.GetReason()
				}
			}
			if head, rest, _ := strings.Cut(want, " "); classification != "" && want != "" && head != "NON_COMPLIANCE" {
				want = classification + " " + rest
			}
			if got != want {
				t.Errorf("%s%s: proposes %q, want %q", place, tc.name, got, want)
			}
		}
	}
}
