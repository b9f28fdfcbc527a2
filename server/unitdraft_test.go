package server_test

import (
	"fmt"
	"testing"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestAUnitDraftsAndTheFocalPointIssues follows an answer of a unit to the other
// offices.
func TestAUnitDraftsAndTheFocalPointIssues(t *testing.T) {
	vn := startUnits(t, newWorld(t, "VN"))
	vn.route(`rules { name: "fruit" site_codes: "VN-BT" units: "north" }`)
	original := vn.said(dragonfruit(spsv1.Classification_CLASSIFICATION_BORDER_REJECTION))
	ctx, name := t.Context(), "cases/"+original.GetReference()
	say := func(role certs.Role, unit string, draft bool) (*spsv1.IssuedStatement, error) {
		return vn.desk(role, unit).FollowUpCase(ctx, &spsv1.FollowUpCaseRequest{
			Name: name, RequestId: newID(), Draft: draft,
			FollowUp: &spsv1.FollowUp{Text: in1("en", "the packing house was inspected")},
		})
	}
	for _, tc := range []struct {
		name string
		role certs.Role
		unit string
		want string
	}{
		{"an officer of the unit", certs.RoleOfficer, "north", "PERMISSION_DENIED"},
		{"a validator of the unit", certs.RoleValidator, "north", "PERMISSION_DENIED"},
		{"one who does not see the case", certs.RoleOfficer, "food", "PERMISSION_DENIED"},
	} {
		_, err := say(tc.role, tc.unit, false)
		wantReason(t, tc.name+" says it", err, tc.want)
	}
	_, err := say(certs.RoleOfficer, "food", true)
	wantReason(t, "one who does not see the case drafts it", err, "NOT_FOUND")
	begun, err := say(certs.RoleOfficer, "north", true)
	if err != nil {
		t.Fatal(told(err))
	}
	drafts := vn.drafts(certs.RoleOfficer, "north.people")
	d, err := drafts.GetDraft(ctx, &spsv1.GetDraftRequest{Name: begun.GetDraft()})
	if err != nil {
		t.Fatal(told(err))
	}
	d = submit(t, drafts, d)
	issue := func(unit string) (*spsv1.IssuedStatement, error) {
		return vn.drafts(certs.RoleValidator, unit+".people").IssueDraft(ctx, &spsv1.IssueDraftRequest{Name: d.GetName(), Etag: d.GetEtag()})
	}
	_, err = issue("plant")
	wantReason(t, "a validator of the unit above issues it", err, "PERMISSION_DENIED")
	list, err := vn.drafts(certs.RoleValidator, "hq.people").ListDrafts(ctx, &spsv1.ListDraftsRequest{States: []spsv1.DraftState{spsv1.DraftState_DRAFT_STATE_SUBMITTED}})
	if err != nil || len(list.GetDrafts()) != 1 || list.GetDrafts()[0].GetUnit() != "north" {
		t.Errorf("the focal point has %v, %v to issue, want the draft of north", list, err)
	}
	issued, err := issue("hq")
	if err != nil {
		t.Fatal(told(err))
	}
	st := issued.GetStatement()
	if got, want := fmt.Sprint(st.GetUnit(), " ", st.GetDraftedBy().GetId(), " ", st.GetIssuedBy().GetId()), "north north.people hq.people"; got != want {
		t.Errorf("it is issued as of %s, want %s", got, want)
	}
	for unit, want := range map[string]bool{"hq": true, "north": false, "plant": false} {
		who, err := spsv1.NewNodeServiceClient(vn.as(certs.RoleValidator, unit+".people")).GetCaller(ctx, &spsv1.GetCallerRequest{})
		if err != nil || who.GetFocalPoint() != want {
			t.Errorf("a validator of %s is of the focal point: %v, %v, want %t", unit, who, err, want)
		}
	}
	for role, want := range map[certs.Role]bool{certs.RoleAuditor: true, certs.RoleOfficer: true, certs.RolePost: false, certs.RoleLab: false, certs.RoleExporter: false} {
		who, err := spsv1.NewNodeServiceClient(vn.as(role, "of-no-unit")).GetCaller(ctx, &spsv1.GetCallerRequest{})
		if err != nil || who.GetFocalPoint() != want {
			t.Errorf("a %s of no unit is of the focal point: %v, %v, want %t", role, who, err, want)
		}
	}
}

// TestUsesOfFindingsStayInTheirUnit has two units deal with one finding.
func TestUsesOfFindingsStayInTheirUnit(t *testing.T) {
	vn := startUnits(t, newWorld(t, "VN"))
	vn.route(`rules { name: "all" laboratories: "lab" units: "north" units: "food" }`)
	ctx, name := t.Context(), vn.lab("lab.people").mustPost(labReport(t, "L-1")).GetName()
	use := func(unit string) string {
		f, err := vn.reads(certs.RoleOfficer, unit).GetFinding(ctx, &spsv1.GetFindingRequest{Name: name})
		if err != nil || len(f.GetUses()) != 1 {
			t.Fatalf("%s: %v, %v, want one use", unit, f.GetUses(), told(err))
		}
		u := f.GetUses()[0]
		return fmt.Sprint(u.GetDraft() != "", u.GetReference() != "", u.GetStatement() != "", u.GetCase() != "", u.GetCaseStatus() != 0)
	}
	d, err := vn.reads(certs.RoleOfficer, "north").DraftFromFindings(ctx, &spsv1.DraftFromFindingsRequest{Names: []string{name}})
	if err != nil {
		t.Fatal(told(err))
	}
	if own, other := use("north"), use("food"); own != "true false false false false" || other != "false false false false false" {
		t.Errorf("the draft is shown to its unit %q and to the other %q", own, other)
	}
	second, err := vn.reads(certs.RoleOfficer, "food").DraftFromFindings(ctx, &spsv1.DraftFromFindingsRequest{Names: []string{name}})
	const want = "another unit drafted from the report L-1, or issued it: ask the focal point before you go on"
	if err != nil || len(second.GetAdvice()) == 0 || second.GetAdvice()[len(second.GetAdvice())-1].GetSentence() != want {
		t.Errorf("the other unit drafts from it: %v, %v, want the advice %q", second.GetAdvice(), told(err), want)
	}
	if _, err := vn.drafts(certs.RoleOfficer, "food.people").DeleteDraft(ctx, &spsv1.DeleteDraftRequest{Name: second.GetName(), Etag: second.GetEtag()}); err != nil {
		t.Fatal(told(err))
	}
	// Issued as it is by the focal point, the case is seen by the unit that drafted it.
	north := vn.drafts(certs.RoleOfficer, "north.people")
	st := notification("carbendazim in durian")
	st.Addressees, st.Network = nil, true
	d.Statement = st
	if d, err = north.UpdateDraft(ctx, &spsv1.UpdateDraftRequest{Draft: d}); err != nil {
		t.Fatal(told(err))
	}
	d = submit(t, north, d)
	if _, err := vn.drafts(certs.RoleValidator, "hq.people").IssueDraft(ctx, &spsv1.IssueDraftRequest{Name: d.GetName(), Etag: d.GetEtag()}); err != nil {
		t.Fatal(told(err))
	}
	if own, other := use("north"), use("food"); own != "true true true true true" || other != "false false false false false" {
		t.Errorf("the case is shown to its unit %q and to the other %q", own, other)
	}
}
