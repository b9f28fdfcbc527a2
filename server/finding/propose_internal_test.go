package finding

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/server/access"
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
	// of is a number with its unit and uncertainty, against a limit with its unit.
	of := func(comparator, v, unit, than, limit, in string) string {
		v, uncertainty, _ := strings.Cut(v, "±")
		text := `value { value: "` + v + `" ucum: "` + unit + `" } `
		if uncertainty != "" {
			text += `uncertainty { value: "` + uncertainty + `" ucum: "` + unit + `" } `
		}
		if comparator != "" {
			text += `comparator: COMPARATOR_` + comparator
		}
		return text + ` limits { comparator: COMPARATOR_` + than + ` value { value: "` + limit + `" ucum: "` + in + `" } requirement { citation: "GB 2763" } } `
	}
	plan := func(c, units string) string {
		return `sampling_plan { n: 5 c: ` + c + ` lower_limit { value: "10" ucum: "[CFU]/g" } upper_limit { value: "1000" ucum: "[CFU]/g" } ` + units + `}`
	}
	unit := func(comparator, v, in string) string {
		return `unit_results { comparator: COMPARATOR_` + comparator + ` value { value: "` + v + `" ucum: "` + in + `" } } `
	}
	const (
		absence = ` limits { value { value: "0" ucum: "/(25.g)" } requirement { citation: "2073/2005" } } `
		look    = "INFORMATION_FOR_ATTENTION UNDECIDED "
		alert   = "ALERT POTENTIALLY_SERIOUS "
		grave   = "ALERT SERIOUS "
		perhaps = "INFORMATION_FOR_FOLLOW_UP POTENTIAL_RISK "
		rule    = "NON_COMPLIANCE NOT_SERIOUS "
	)
	for _, tc := range []struct{ name, result, want string }{
		{"below its limit", value("0.09") + limit("mg/kg"), ""},
		{"at its limit", value("0.1") + limit("mg/kg"), ""},
		{"above its limit", value("0.11") + limit("mg/kg"), "ALERT POTENTIALLY_SERIOUS ABOVE_LIMIT"},
		{"above it in another unit", value("0.11") + strings.Replace(limit("ug/kg"), "0.1", "1E2", 1), "ALERT POTENTIALLY_SERIOUS ABOVE_LIMIT"},
		{"below it in another unit", value("0.099") + strings.Replace(limit("ug/kg"), "0.1", "100", 1), ""},
		{"above it, perhaps", value("0.11") + `uncertainty { value: "0.01" ucum: "mg/kg" } ` + limit("mg/kg"), "INFORMATION_FOR_FOLLOW_UP POTENTIAL_RISK ABOVE_LIMIT_UNCERTAIN"},
		{"above it, certainly", value("0.12") + `uncertainty { value: "0.01" ucum: "mg/kg" } ` + limit("mg/kg"), "ALERT POTENTIALLY_SERIOUS ABOVE_LIMIT"},
		{"less than something above it", `comparator: COMPARATOR_LESS ` + value("0.5") + limit("mg/kg"), look + "LIMIT_UNDECIDED"},
		{"not to be compared", value("5") + limit("mg/L"), look + "NOT_COMPARED"},
		{"not to be compared, and not compliant", `verdict: VERDICT_NON_COMPLIANT ` + value("5") + limit("mg/L"), "INFORMATION_FOR_FOLLOW_UP POTENTIAL_RISK NOT_COMPARED VERDICT_NON_COMPLIANT"},
		{"too little", value("0.05") + strings.Replace(limit("mg/kg"), "limits {", "limits { comparator: COMPARATOR_GREATER_OR_EQUAL", 1), "NON_COMPLIANCE NOT_SERIOUS BELOW_LIMIT"},
		{"detected in 25 g", `detection: DETECTION_DETECTED detected_in { value: "25" ucum: "g" } verdict: VERDICT_NON_COMPLIANT`, "ALERT SERIOUS DETECTED"},
		{"detected in 25 g, and nothing of it", `detection: DETECTION_DETECTED detected_in { value: "25" ucum: "g" }`, look + "DETECTED_UNJUDGED"},
		{"plan met", `sampling_plan { n: 5 c: 1 unit_results { detection: DETECTION_DETECTED } }`, ""},
		{"plan not met", `sampling_plan { n: 5 c: 1 unit_results { detection: DETECTION_DETECTED } unit_results { detection: DETECTION_DETECTED } }`, "ALERT SERIOUS PLAN_FAILED"},
		{"one unit above M", `sampling_plan { n: 5 c: 5 upper_limit { value: "10" ucum: "[CFU]/g" } unit_results { value { value: "11" ucum: "[CFU]/g" } } }`, "ALERT SERIOUS PLAN_FAILED"},

		{"more than the limit", of("GREATER", "0.01", "mg/kg", "LESS_OR_EQUAL", "0.01", "mg/kg"), alert + "ABOVE_LIMIT"},
		{"at least the limit", of("GREATER_OR_EQUAL", "0.01", "mg/kg", "LESS_OR_EQUAL", "0.01", "mg/kg"), look + "LIMIT_UNDECIDED"},
		{"at least the limit, which is too much", of("GREATER_OR_EQUAL", "0.01", "mg/kg", "LESS", "0.01", "mg/kg"), alert + "ABOVE_LIMIT"},
		{"at the limit, which is too much", of("", "0.01", "mg/kg", "LESS", "0.01", "mg/kg"), alert + "ABOVE_LIMIT"},
		{"more than less than the limit", of("GREATER", "0.005", "mg/kg", "LESS_OR_EQUAL", "0.01", "mg/kg"), look + "LIMIT_UNDECIDED"},
		{"less than the limit", of("LESS", "0.01", "mg/kg", "LESS_OR_EQUAL", "0.01", "mg/kg"), ""},
		{"less than the limit, of which it must be less", of("LESS", "0.01", "mg/kg", "LESS", "0.01", "mg/kg"), ""},
		{"at most the limit, of which it must be less", of("LESS_OR_EQUAL", "0.01", "mg/kg", "LESS", "0.01", "mg/kg"), look + "LIMIT_UNDECIDED"},
		{"quantified above the limit only", of("LESS", "0.05", "mg/kg", "LESS_OR_EQUAL", "0.01", "mg/kg"), look + "LIMIT_UNDECIDED"},
		{"within the limit, with an uncertainty", of("", "0.09±0.02", "mg/kg", "LESS_OR_EQUAL", "0.1", "mg/kg"), ""},
		{"known roughly", `value { value: "0.2" ucum: "mg/kg" approximate: true } ` + limit("mg/kg"), perhaps + "ABOVE_LIMIT_UNCERTAIN"},

		{"by the litre", of("", "1100", "ug/L", "LESS_OR_EQUAL", "1", "mg/L"), alert + "ABOVE_LIMIT"},
		{"within it by the litre", of("", "900", "ug/L", "LESS_OR_EQUAL", "1", "mg/L"), ""},
		{"in 10 g", of("", "1100", "[CFU]/(10.g)", "LESS_OR_EQUAL", "100", "[CFU]/g"), alert + "ABOVE_LIMIT"},
		{"litres and kilograms", of("", "900", "mg/L", "LESS_OR_EQUAL", "1", "mg/kg"), look + "NOT_COMPARED"},
		{"by volume and by mass", of("", "13", "%{vol}", "LESS_OR_EQUAL", "1", "g/kg"), look + "NOT_COMPARED"},
		{"parts of what is not said", of("", "5", "[ppm]", "LESS_OR_EQUAL", "1", "mg/kg"), look + "NOT_COMPARED"},
		{"per cent of what is not said", of("", "5", "%", "LESS_OR_EQUAL", "1", "g/kg"), look + "NOT_COMPARED"},
		{"per cent", of("", "5", "%", "LESS_OR_EQUAL", "1", "%"), alert + "ABOVE_LIMIT"},

		{"more than half of what must be there", of("GREATER", "5", "g/kg", "GREATER_OR_EQUAL", "10", "g/kg"), look + "LIMIT_UNDECIDED"},
		{"less than must be there", of("LESS", "10", "g/kg", "GREATER_OR_EQUAL", "10", "g/kg"), rule + "BELOW_LIMIT"},
		{"as much as must be there", of("", "10", "g/kg", "GREATER_OR_EQUAL", "10", "g/kg"), ""},
		{"as much as must be passed", of("", "10", "g/kg", "GREATER", "10", "g/kg"), rule + "BELOW_LIMIT"},
		{"less than must be there, perhaps", of("", "9.9±0.2", "g/kg", "GREATER_OR_EQUAL", "10", "g/kg"), look + "BELOW_LIMIT_UNCERTAIN"},
		{"less than must be there, certainly", of("", "9.5±0.2", "g/kg", "GREATER_OR_EQUAL", "10", "g/kg"), rule + "BELOW_LIMIT"},
		{"not detected, and must be there", `detection: DETECTION_NOT_DETECTED limits { comparator: COMPARATOR_GREATER_OR_EQUAL value { value: "10" ucum: "g/kg" } }`, rule + "BELOW_LIMIT"},

		{"as it must be", of("", "5", "%", "EQUAL", "5", "%"), ""},
		{"more than it must be", of("", "6", "%", "EQUAL", "5", "%"), alert + "ABOVE_LIMIT"},
		{"less than it must be", of("", "4±0.5", "%", "EQUAL", "5", "%"), rule + "BELOW_LIMIT"},
		{"not as it must be, perhaps", of("", "6±1", "%", "EQUAL", "5", "%"), perhaps + "ABOVE_LIMIT_UNCERTAIN"},
		{"as it must be, or not", of("LESS", "6", "%", "EQUAL", "5", "%"), look + "LIMIT_UNDECIDED"},

		{"detected where nothing may be", `detection: DETECTION_DETECTED detected_in { value: "25" ucum: "g" }` + absence, grave + "ABOVE_LIMIT"},
		{"detected where nothing may be, it is said", `verdict: VERDICT_NON_COMPLIANT detection: DETECTION_DETECTED detected_in { value: "25" ucum: "g" }` + absence, grave + "ABOVE_LIMIT DETECTED"},
		{"not detected where nothing may be", `detection: DETECTION_NOT_DETECTED detection_limit { value: "1" ucum: "mg/kg" }` + strings.Replace(limit("mg/kg"), "0.1", "0", 1), ""},
		{"not detected above the limit only", `detection: DETECTION_NOT_DETECTED detection_limit { value: "0.5" ucum: "mg/kg" }` + limit("mg/kg"), look + "LIMIT_UNDECIDED"},
		{"not detected", `detection: DETECTION_NOT_DETECTED ` + limit("mg/kg"), ""},
		{"detected below a limit, or not", `detection: DETECTION_DETECTED ` + limit("mg/kg"), look + "LIMIT_UNDECIDED"},
		{"traces", `detection: DETECTION_TRACES quantification_limit { value: "10" ucum: "ug/kg" }` + limit("mg/kg"), ""},
		{"words only", `text { lang: "en" text: "see the report" }` + limit("mg/kg"), look + "LIMIT_UNDECIDED"},

		{"above it, and compliant", `verdict: VERDICT_COMPLIANT ` + value("0.2") + limit("mg/kg"), look + "ABOVE_LIMIT VERDICT_COMPLIANT"},
		{"above it, perhaps, and compliant", `verdict: VERDICT_COMPLIANT ` + of("", "0.11±0.02", "mg/kg", "LESS_OR_EQUAL", "0.1", "mg/kg"), look + "ABOVE_LIMIT_UNCERTAIN VERDICT_COMPLIANT"},
		{"below it, and compliant", `verdict: VERDICT_COMPLIANT ` + value("0.01") + limit("mg/kg"), ""},
		{"one compliant, one not", `verdict: VERDICT_COMPLIANT ` + value("0.2") + limit("mg/kg") + `} results { ` + value("0.2") + limit("mg/kg"), alert + "ABOVE_LIMIT VERDICT_COMPLIANT ABOVE_LIMIT"},

		{"unit above m, or not", plan("0", unit("LESS", "100", "[CFU]/g")), look + "PLAN_UNDECIDED"},
		{"unit above m, or not, and one may be", plan("1", unit("LESS", "100", "[CFU]/g")), ""},
		{"unit above M", plan("5", unit("GREATER", "1000", "[CFU]/g")), grave + "PLAN_FAILED"},
		{"unit above M, or not", plan("5", unit("GREATER", "100", "[CFU]/g")), look + "PLAN_UNDECIDED"},
		{"units above m", plan("1", unit("EQUAL", "11", "[CFU]/g")+unit("EQUAL", "11", "[CFU]/g")), grave + "PLAN_FAILED"},
		{"units at m", plan("0", unit("EQUAL", "10", "[CFU]/g")+unit("EQUAL", "100", "[CFU]/(10.g)")), ""},
		{"unit by the millilitre", plan("0", unit("EQUAL", "5", "[CFU]/mL")), look + "NOT_COMPARED"},
		{"unit in which it was detected", plan("0", `unit_results { detection: DETECTION_DETECTED }`), look + "PLAN_UNDECIDED"},
	} {
		for place, classification := range map[string]string{"": "", `place { locode: "CNNNG" } `: "BORDER_REJECTION"} {
			f := report(t, base+`sample { role: SAMPLE_ROLE_OFFICIAL `+place+`number: "1" results { `+tc.result+` } }`, "")
			got, want := "", tc.want
			if p := propose(f); p != nil {
				got = fmt.Sprint(strings.TrimPrefix(p.GetClassification().String(), "CLASSIFICATION_"), " ", strings.TrimPrefix(p.GetRisk().String(), "RISK_DECISION_"))
				for _, reason := range p.GetReasons() {
					got += " " + reason.GetReason()
				}
			}
			if head, rest, _ := strings.Cut(want, " "); classification != "" && want != "" && head != "NON_COMPLIANCE" && head != "INFORMATION_FOR_ATTENTION" {
				want = classification + " " + rest
			}
			if got != want {
				t.Errorf("%s%s: proposes %q, want %q", place, tc.name, got, want)
			}
		}
	}
}
