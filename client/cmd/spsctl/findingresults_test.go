package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestResultsAsATable shows each result with its number, unit, limit, verdict and
// method.
func TestResultsAsATable(t *testing.T) {
	f := &spsv1.LabFinding{}
	err := prototext.Unmarshal([]byte(`sample {
		results { analyte { as_written: "carbendazim" } value { value: "0.31" ucum: "mg/kg" } uncertainty { value: "0.05" ucum: "mg/kg" }
			limits { value { value: "0.1" ucum: "mg/kg" } } verdict: VERDICT_NON_COMPLIANT method { as_written: "QuEChERS" } }
		results { analyte { codings { code: "RF-1" display: "cadmium" } } comparator: COMPARATOR_LESS value { value: "10" ucum: "ug/kg" } }
		results { analyte { as_written: "Salmonella" } detection: DETECTION_NOT_DETECTED }
	}`), f)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := (&app{streams: streams{out: &out}}).printResults(f); err != nil {
		t.Fatal(err)
	}
	var rows []string
	for line := range strings.Lines(out.String()) {
		rows = append(rows, strings.Join(strings.Fields(line), " "))
	}
	for _, want := range []string{"carbendazim 0.31 ± 0.05 mg/kg 0.1 mg/kg non compliant QuEChERS", "cadmium <10 ug/kg", "Salmonella not detected"} {
		if !strings.Contains(strings.ToLower(strings.Join(rows, "\n")), strings.ToLower(want)) {
			t.Errorf("no row %q in\n%s", want, out.String())
		}
	}
}

// TestTheTemplateConcludesNothing reads the template of a finding as it is: what
// only the laboratory knows, it does not say.
func TestTheTemplateConcludesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "finding.yaml")
	if err := os.WriteFile(path, []byte(findingTemplate), 0o600); err != nil {
		t.Fatal(err)
	}
	f := &spsv1.LabFinding{}
	if err := new(app).readMessage(path, f, nil); err != nil {
		t.Fatal(err)
	}
	if r := f.GetSample().GetResults()[0]; r.GetVerdict() != 0 || f.GetSample().GetRole() != 0 {
		t.Errorf("it says %v and %v, want neither a verdict nor why the sample was taken", r.GetVerdict(), f.GetSample().GetRole())
	}
}
