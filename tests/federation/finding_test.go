package federation

import (
	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// salmonella is the report of a laboratory on a sample of pepper.
func salmonella(stage spsv1.ResultStage) *spsv1.LabFinding {
	return &spsv1.LabFinding{
		ReportNumber: "LAB-1", Stage: stage,
		Product: &spsv1.Product{Name: english("black pepper")},
		Sample: &spsv1.Sample{Number: "S-1", Role: spsv1.SampleRole_SAMPLE_ROLE_OFFICIAL, Results: []*spsv1.LabResult{{
			Analyte: &spsv1.Concept{AsWritten: "Salmonella"}, Detection: spsv1.Detection_DETECTION_DETECTED,
			DetectedIn: &spsv1.Quantity{Value: "25", Unit: &spsv1.Quantity_Ucum{Ucum: "g"}}, Verdict: spsv1.Verdict_VERDICT_NON_COMPLIANT,
		}}},
	}
}

// posts has the laboratory post a finding.
func (d *desk) posts(f *spsv1.LabFinding) *spsv1.LabFinding {
	d.w.t.Helper()
	posted, err := d.findings(certs.RoleLab, "lab").PostFinding(d.w.t.Context(), &spsv1.PostFindingRequest{Finding: f})
	if err != nil {
		d.w.t.Fatalf("the laboratory of %s: %v", d.office.Code(), err)
	}
	return posted
}

// alerts has one person make a draft of a finding, complete it and submit it, and
// another issue it.
func (d *desk) alerts(drafter, issuer string, f *spsv1.LabFinding, complete func(*spsv1.Statement)) *spsv1.IssuedStatement {
	d.w.t.Helper()
	t := d.w.t
	draft, err := d.findings(certs.RoleOfficer, drafter).DraftFromFindings(t.Context(), &spsv1.DraftFromFindingsRequest{Names: []string{f.GetName()}})
	if err != nil {
		t.Fatalf("%s of %s drafts: %v", drafter, d.office.Code(), err)
	}
	complete(inCase(nil, draft.GetStatement()))
	draft, err = spsv1.NewDraftServiceClient(d.as(certs.RoleOfficer, drafter)).UpdateDraft(t.Context(), &spsv1.UpdateDraftRequest{Draft: draft})
	if err != nil {
		t.Fatalf("%s of %s completes: %v", drafter, d.office.Code(), err)
	}
	return d.passes(drafter, issuer, draft)
}

// wantUse holds that the laboratory is shown what became of its finding.
func (d *desk) wantUse(f *spsv1.LabFinding, alert *spsv1.IssuedStatement, status spsv1.CaseStatus, outcome spsv1.ClosureOutcome) {
	d.w.t.Helper()
	shown, err := d.findings(certs.RoleLab, "lab").GetFinding(d.w.t.Context(), &spsv1.GetFindingRequest{Name: f.GetName()})
	if err != nil {
		d.w.t.Fatal(err)
	}
	if len(shown.GetUses()) != 1 {
		d.w.t.Fatalf("the laboratory is shown the uses %v, want one", shown.GetUses())
	}
	use := shown.GetUses()[0]
	if use.GetStatement() != alert.GetName() || use.GetCase() != alert.GetCase() || use.GetCaseStatus() != status || use.GetCaseOutcome() != outcome {
		d.w.t.Errorf("the laboratory is shown %v, want %s in %s, %s, %s", use, alert.GetName(), alert.GetCase(), status, outcome)
	}
}

func (d *desk) findings(role certs.Role, id string) spsv1.FindingServiceClient {
	d.w.t.Helper()
	return spsv1.NewFindingServiceClient(d.as(role, id))
}
