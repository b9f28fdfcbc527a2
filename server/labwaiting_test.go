package server_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestFindingsThatWait lists, for those who read findings, what proposes an alert
// and is in no draft: until a draft is begun, and again when that is deleted.
func TestFindingsThatWait(t *testing.T) {
	w := newWorld(t, "VN")
	vn := startUnits(t, w)
	vn.route(`rules { name: "plants" units: "plant" }`)
	hanoi := vn.lab("lab.people")
	serious := hanoi.mustPost(labReport(t, "L-1"))
	hanoi.mustPost(labReport(t, "L-2", `sample { results { analyte { as_written: "cadmium" } value { value: "0.1" ucum: "mg/kg" } verdict: VERDICT_COMPLIANT } }`))
	fine := labReport(t, "L-3")
	fine.Sample.Results[0].Value.Value, fine.Sample.Results[0].Verdict = "0.01", spsv1.Verdict_VERDICT_COMPLIANT
	hanoi.mustPost(fine)
	odd := labReport(t, "L-4") // asks for a look, and can wait
	odd.Sample.Results[0].Verdict = spsv1.Verdict_VERDICT_COMPLIANT
	hanoi.mustPost(odd)
	asked := &spsv1.ListFindingsRequest{Waiting: true}
	hq, drafts := vn.reads(certs.RoleOfficer, "hq"), spsv1.NewDraftServiceClient(vn.as(certs.RoleOfficer, "hq.people"))
	draft := &spsv1.Draft{}
	for _, step := range []struct {
		name string
		do   func() error
		want []string // the focal point, the units plant and food
	}{
		{"posted", func() error { return nil }, []string{"L-2 CURRENT, L-1 CURRENT", "L-2 CURRENT, L-1 CURRENT", ""}},
		{"a draft is begun", func() (err error) {
			draft, err = hq.DraftFromFindings(t.Context(), &spsv1.DraftFromFindingsRequest{Names: []string{serious.GetName()}})
			return err
		}, []string{"L-2 CURRENT", "L-2 CURRENT", ""}},
		{"it is deleted", func() error {
			_, err := drafts.DeleteDraft(t.Context(), &spsv1.DeleteDraftRequest{Name: draft.GetName()})
			return err
		}, []string{"L-2 CURRENT, L-1 CURRENT", "L-2 CURRENT, L-1 CURRENT", ""}},
		{"one is withdrawn", func() error {
			_, err := hanoi.WithdrawFinding(t.Context(), withdrawal("L-2"))
			return err
		}, []string{"L-1 CURRENT", "L-1 CURRENT", ""}},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		got := []string{standing(t, hq, asked), standing(t, vn.reads(certs.RoleOfficer, "plant"), asked), standing(t, vn.reads(certs.RoleOfficer, "food"), asked)}
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("%s: what waits for the focal point, plant, food (-want +got):\n%s", step.name, diff)
		}
	}
	if _, err := hanoi.ListFindings(t.Context(), asked); told(err) != "INVALID, waiting OFFICE_ONLY" {
		t.Errorf("a laboratory asks what waits: %q, want OFFICE_ONLY", told(err))
	}
	both := &spsv1.ListFindingsRequest{PageSize: 1, States: []spsv1.FindingState{spsv1.FindingState_FINDING_STATE_WITHDRAWN, spsv1.FindingState_FINDING_STATE_CURRENT}}
	if got, want := standing(t, hq, both), "L-4 CURRENT, L-3 CURRENT, L-2 WITHDRAWN, L-1 CURRENT"; got != want {
		t.Errorf("of two states, page by page: %q, want %q", got, want)
	}
}
