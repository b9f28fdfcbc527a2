package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// measured is one number of a real notification as a laboratory would type it:
// `analyte = [comparator] value [± uncertainty] unit`, or `analyte in 25 g: d/n` for
// d units of n in which it was detected.
type measured string

// labRow is a real notification of RASFF, by its reference, with the numbers that
// stood in its words. The words are our own.
type labRow struct {
	reference, goods, origin string
	results                  []measured
}

// labRows are rows with measured values: decimal commas, ±, ppm and ppb, above and
// below, detected in 25 g of some units of five, and units that count pieces.
var labRows = []labRow{
	{"2024.0158", "guava", "IN", []measured{"propamocarb = 0.023 mg/kg", "thiamethoxam = 0.019 mg/kg"}},
	{"2024.0217", "peppers", "UG", []measured{"cypermethrin = 1.6 mg/kg"}},
	{"2024.0575", "kombu, dried", "CN", []measured{"iodine = 25141.6 mg/kg"}},
	{"2024.0891", "masala spice mix", "IN", []measured{"chlorpyrifos = 0.32 mg/kg", "tolfenpyrad = 0.27 mg/kg"}},
	{"2024.0915", "swordfish loin", "ES", []measured{"mercury = 1.6 ± 0.4 mg/kg"}},
	{"2024.1171", "almonds, blanched", "ES", []measured{"Salmonella in 25 g: 1/1"}},
	{"2024.1173", "black tea", "KE", []measured{"pyrrolizidine alkaloids, sum of 35 = 525 ± 180 ug/kg"}},
	{"2024.1796", "groundnut kernels", "AR", []measured{"aflatoxin B1 = 2.2 [ppb]"}},
	{"2024.2435", "duck breasts, frozen", "HU", []measured{"Salmonella Enteritidis in 25 g: 1/1"}},
	{"2024.2516", "yam", "CN", []measured{"perchlorate = 0.087 [ppm]"}},
	{"2024.2716", "orange drink", "NG", []measured{"sunset yellow (E 110) = 66.7 mg/L"}},
	{"2024.3018", "peanuts", "EG", []measured{"aflatoxin B1 = 69.62 ug/kg", "aflatoxins, total = 78.32 ug/kg"}},
	{"2024.3228", "oranges", "EG", []measured{"dimethoate = 0.034 ± 0.017 mg/kg"}},
	{"2024.3924", "cucumbers", "RU", []measured{"dichlorvos = 0.17 ± 0.085 mg/kg"}},
	{"2024.4470", "black tea", "VN", []measured{
		"anthraquinone = 0.23 ± 0.12 mg/kg", "lambda-cyhalothrin = 0.040 ± 0.020 mg/kg", "acetamiprid = 0.16 ± 0.08 mg/kg", "imidacloprid = 0.12 ± 0.06 mg/kg",
	}},
	{"2024.5117", "chicken fillet, chilled", "PL", []measured{"Salmonella in 25 g: 5/5"}},
	{"2024.5119", "plastic tableware", "CN", []measured{"primary aromatic amines, migration = > 0.050 mg/kg"}},
	{"2024.5244", "chilli powder", "AF", []measured{"Sudan I = > 2000 ug/kg", "Sudan III = 110 ± 55 ug/kg"}},
	{"2024.5472", "strawberries, frozen", "EG", []measured{"oxamyl = 0.01 ± 0.005 mg/kg"}},
	{"2024.6590", "turmeric", "VN", []measured{"chlorpyrifos = 0.045 ± 0.023 mg/kg"}},
	{"2024.6818", "palm oil, red", "NG", []measured{"MOAH, sum = 22 [ppm]"}},
	{"2024.7534", "oat flakes", "PL", []measured{"gluten = > 80 mg/kg"}},
	{"2024.8309", "black pepper", "VN", []measured{"PAH, sum = 51.2 [ppb]"}},
	{"2025.0331", "dried fruit", "UZ", []measured{"ochratoxin A = 36 ± 9 ug/kg"}},
	{"2025.1058", "black sesame seeds", "BO", []measured{"alternariol = 157 [ppb]", "alternariol monomethyl ether = 176 [ppb]"}},
	{"2025.1067", "chicken thigh, chilled", "PL", []measured{"Salmonella Enteritidis in 25 g: 5/5"}},
	{"2025.1530", "tea", "CN", []measured{"acetamiprid = 1.1 ± 0.6 [ppm]", "carbendazim = 0.33 ± 0.17 [ppm]", "imidacloprid = 0.18 ± 0.09 [ppm]"}},
	{"2025.2772", "rocket", "IT", []measured{"nitrate = 7855 ± 707 mg/kg"}},
	{"2025.3814", "food supplement", "US", []measured{"melatonin = 3 mg/{item}"}},
	{"2025.4391", "food supplement", "US", []measured{"arsenic, total = 15.7 ± 3.1 mg/kg", "arsenic, inorganic = 4.827 ± 1.158 mg/kg"}},
	{"2025.4542", "chicken quarter", "PL", []measured{"Salmonella in 25 g: 2/5"}},
	{"2025.5884", "strawberries, frozen", "EG", []measured{"oxamyl = 0.009 ± 0.005 mg/kg"}},
	// Two as other lists write them: counts of germs in powers of ten.
	{"example 1", "oysters", "FR", []measured{"Escherichia coli = 2.1e4 [CFU]/g", "Vibrio parahaemolyticus = < 10 [CFU]/g"}},
}

func inUnit(value, unit string) *spsv1.Quantity {
	return &spsv1.Quantity{Value: value, Unit: &spsv1.Quantity_Ucum{Ucum: unit}}
}

// result returns what a laboratory would enter.
func (m measured) result(t *testing.T) *spsv1.LabResult {
	t.Helper()
	if analyte, rest, ok := strings.Cut(string(m), " in 25 g: "); ok {
		var detected, n uint32
		if _, err := fmt.Sscanf(rest, "%d/%d", &detected, &n); err != nil {
			t.Fatalf("%s: %v", m, err)
		}
		r := &spsv1.LabResult{
			Analyte: &spsv1.Concept{AsWritten: analyte}, Detection: spsv1.Detection_DETECTION_DETECTED,
			DetectedIn: inUnit("25", "g"), Verdict: spsv1.Verdict_VERDICT_NON_COMPLIANT,
		}
		if n > 1 {
			r.SamplingPlan = &spsv1.SamplingPlan{N: n}
			for i := range n {
				unit := &spsv1.UnitResult{Detection: spsv1.Detection_DETECTION_NOT_DETECTED}
				if i < detected {
					unit.Detection = spsv1.Detection_DETECTION_DETECTED
				}
				r.SamplingPlan.UnitResults = append(r.SamplingPlan.UnitResults, unit)
			}
		}
		return r
	}
	analyte, rest, ok := strings.Cut(string(m), " = ")
	if !ok {
		t.Fatalf("%s is no measured value", m)
	}
	r := &spsv1.LabResult{Analyte: &spsv1.Concept{AsWritten: analyte}, Verdict: spsv1.Verdict_VERDICT_NON_COMPLIANT}
	words := strings.Fields(rest)
	switch words[0] {
	case ">":
		r.Comparator, words = spsv1.Comparator_COMPARATOR_GREATER, words[1:]
	case "<":
		r.Comparator, words = spsv1.Comparator_COMPARATOR_LESS, words[1:]
	}
	unit := words[len(words)-1]
	r.Value = inUnit(words[0], unit)
	if len(words) == 4 {
		r.Uncertainty = inUnit(words[2], unit)
	}
	return r
}

// report is a row as the report of a laboratory.
func (row labRow) report(t *testing.T) *spsv1.LabFinding {
	t.Helper()
	f := &spsv1.LabFinding{
		ReportNumber: row.reference, Stage: spsv1.ResultStage_RESULT_STAGE_FINAL,
		Product: &spsv1.Product{
			Name: []*spsv1.LocalizedText{{Lang: "en", Text: row.goods}}, Origins: []*spsv1.Origin{{State: spsv1.OriginState_ORIGIN_STATE_STATED, Area: &spsv1.Area{Code: row.origin}}},
		},
		Sample:             &spsv1.Sample{Number: row.reference},
		ExternalReferences: []*spsv1.ExternalReference{{System: "rasff", Number: row.reference}},
	}
	for _, m := range row.results {
		f.Sample.Results = append(f.Sample.Results, m.result(t))
	}
	return f
}

// said is what a laboratory said in a finding, without the local ids that the node
// gave.
func said(f *spsv1.LabFinding) *spsv1.LabFinding {
	f = proto.CloneOf(f)
	f.Name, f.Laboratory, f.PostedBy, f.PostTime, f.State, f.Proposal = "", nil, nil, nil, 0, nil
	f.Product.Id, f.Sample.Id = "", ""
	for _, r := range f.GetSample().GetResults() {
		r.Id = ""
	}
	return f
}

// enter posts findings in lists, and returns how many were refused, each with why.
func (l lab) enter(all []*spsv1.LabFinding) (refused []string) {
	l.t.Helper()
	for begin := 0; begin < len(all); begin += 500 {
		list := all[begin:min(begin+500, len(all))]
		resp, err := l.BatchPostFindings(l.t.Context(), &spsv1.BatchPostFindingsRequest{Findings: list})
		if err != nil {
			l.t.Fatal(err)
		}
		for _, r := range resp.GetResults() {
			if r.GetRefusal() != nil {
				refused = append(refused, r.GetReportNumber()+": "+r.GetRefusal().GetSentence())
			}
		}
	}
	return refused
}

// readBack holds that what was entered stands at the node as it was said.
func (n *node) readBack(t *testing.T, all []*spsv1.LabFinding) {
	t.Helper()
	kept := make(map[string]*spsv1.LabFinding)
	auditor := n.findings(certs.RoleAuditor)
	for req := (&spsv1.ListFindingsRequest{PageSize: 1000}); ; {
		page, err := auditor.ListFindings(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range page.GetFindings() {
			kept[f.GetReportNumber()] = f
		}
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	if len(kept) != len(all) {
		t.Errorf("%d findings stand, want %d", len(kept), len(all))
	}
	for _, f := range all {
		got := kept[f.GetReportNumber()]
		if got == nil {
			t.Errorf("%s is not there", f.GetReportNumber())
			continue
		}
		if diff := cmp.Diff(f, said(got), protocmp.Transform()); diff != "" {
			t.Errorf("%s differs (-want +got):\n%s", f.GetReportNumber(), diff)
		}
	}
}

// TestRealRowsAsFindings enters rows with measured values as a laboratory would,
// and reads them back as they were.
func TestRealRowsAsFindings(t *testing.T) {
	vn := newWorld(t, "VN").start("VN")
	var all []*spsv1.LabFinding
	for _, row := range labRows {
		all = append(all, row.report(t))
	}
	if refused := vn.lab("hanoi-lab").enter(all); len(refused) > 0 {
		t.Errorf("refused: %q", refused)
	}
	vn.readBack(t, all)
	got, err := vn.findings(certs.RoleOfficer).ListFindings(t.Context(), &spsv1.ListFindingsRequest{Proposed: true, PageSize: 1000})
	if err != nil || len(got.GetFindings()) != len(all) {
		t.Errorf("%d of %d propose a notification (%v), want all: none complies", len(got.GetFindings()), len(all), err)
	}
}
