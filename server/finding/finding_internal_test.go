package finding

import (
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// today is the day of the tests.
var today = time.Date(2026, 3, 20, 10, 0, 0, 0, time.UTC)

// durian is a report in which everything is that a residue needs.
const durian = `
report_number: "L-2026-0042"
report_date { year: 2026 month: 3 day: 18 }
stage: RESULT_STAGE_FINAL
product { name { lang: "en" text: "durian, fresh" } commodity_codes { system: "hs" code: "081060" }
  lots { number: "DR-17" quantity { value: "12000" rec20: "KGM" } } }
sample { role: SAMPLE_ROLE_OFFICIAL number: "TH-S-9001" sampling_date { year: 2026 month: 3 day: 12 } arrival_date { year: 2026 month: 3 day: 13 }
  results {
    analyte { as_written: "carbendazim" } comparator: COMPARATOR_EQUAL value { value: "0.31" ucum: "mg/kg" }
    uncertainty { value: "0.05" ucum: "mg/kg" } coverage_factor: "2"
    detection_limit { value: "0.003" ucum: "mg/kg" } quantification_limit { value: "10" ucum: "ug/kg" }
    limits { value { value: "0.1" ucum: "mg/kg" } requirement { citation: "GB 2763-2021, 4.106" } }
    verdict: VERDICT_NON_COMPLIANT method { as_written: "QuEChERS, LC-MS/MS" }
    laboratory { accreditation_number: "1234/48" accreditation_body: "BLQS" method_accredited: true }
  } }
`

// report makes a finding of prototext, with more text put in.
func report(t testing.TB, base, more string) *spsv1.LabFinding {
	t.Helper()
	f, extra := &spsv1.LabFinding{}, &spsv1.LabFinding{}
	for text, m := range map[string]proto.Message{base: f, more: extra} {
		if text == "" {
			continue
		}
		if err := prototext.Unmarshal([]byte(text), m); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
	proto.Merge(f, extra)
	return f
}
