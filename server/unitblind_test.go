package server_test

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestAUnitCannotProbeForCases has the people of one unit ask about a case of
// another in roundabout ways: what they are told is what they are told of a case
// that is not here.
func TestAUnitCannotProbeForCases(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn, cn := startUnits(t, w), w.start("CN")
	vn.route(`rules { name: "fruit" site_codes: "VN-BT" units: "north" } otherwise: "food"`)
	own := vn.said(notification("salmonella in pepper"))
	theirs := vn.said(dragonfruit(spsv1.Classification_CLASSIFICATION_BORDER_REJECTION))
	arrived(theirs, vn.node, cn)
	if vn.has(certs.RoleOfficer, "food", theirs.GetReference()) || !vn.has(certs.RoleOfficer, "food", own.GetReference()) {
		t.Fatal("food sees the case of north, or not its own")
	}
	t.Run("duplicate", func(t *testing.T) { probesDuplicate(t, vn, own, theirs) })
	t.Run("receipts", func(t *testing.T) { probesReceipts(t, vn) })
	t.Run("drafts", func(t *testing.T) { probesDrafts(t, vn, theirs) })
}

// probesDuplicate drafts that the own case ends as the duplicate of another.
func probesDuplicate(t *testing.T, vn unitsOf, own, theirs *spsv1.IssuedStatement) {
	for unit, want := range map[string]string{"food": "INVALID, target NO_CASE", "hq": ""} {
		_, err := vn.desk(certs.RoleValidator, unit).CloseCase(t.Context(), &spsv1.CloseCaseRequest{
			Name: own.GetCase(), RequestId: newID(), ValidateOnly: true, Etag: vn.caseOf(own).GetEtag(), Target: theirs.GetReference(),
			Closure: &spsv1.Closure{Outcome: spsv1.ClosureOutcome_CLOSURE_OUTCOME_DUPLICATE},
		})
		wantReason(t, unit+" closes the duplicate", err, want)
	}
}

// probesReceipts follows what other offices hold of the whole log.
func probesReceipts(t *testing.T, vn unitsOf) {
	for unit, want := range map[string]bool{"food": false, "hq": true} {
		page, err := vn.desk(certs.RoleOfficer, unit).PollStatements(t.Context(), &spsv1.PollStatementsRequest{Parent: "offices/-"})
		if err != nil {
			t.Fatal(told(err))
		}
		got := false
		for _, e := range page.GetEvents() {
			got = got || e.GetReceipt() != nil
		}
		if got != want {
			t.Errorf("%s polls receipts = %t, want %t", unit, got, want)
		}
	}
}

// probesDrafts has a post draft in a case that it does not see, and an officer of
// its unit ask what is wrong with the draft.
func probesDrafts(t *testing.T, vn unitsOf, theirs *spsv1.IssuedStatement) {
	gone := proto.CloneOf(theirs)
	gone.Reference, gone.Entry.Sequence = "VN-2026-999999", 999
	answers := make(map[string]string)
	for name, of := range map[string]*spsv1.IssuedStatement{"theirs": theirs, "gone": gone} {
		st := in(of, &spsv1.Statement{Body: &spsv1.Statement_Closure{Closure: &spsv1.Closure{Outcome: spsv1.ClosureOutcome_CLOSURE_OUTCOME_SETTLED}}}, "CN")
		d := begin(t, vn.drafts(certs.RolePost, "food.people"), st)
		check, err := vn.drafts(certs.RoleOfficer, "food.people").CheckDraft(t.Context(), &spsv1.CheckDraftRequest{Name: d.GetName()})
		answers[name] = fmt.Sprint("etag ", d.GetCaseEtag() != "", ", ", told(err), ", problems ", check.GetProblems(), ", gone on ", check.GetCaseGoneOn())
	}
	if answers["theirs"] != answers["gone"] {
		t.Errorf("of a draft in the case of another unit:\n%s\nand of one in no case:\n%s\nwant the same", answers["theirs"], answers["gone"])
	}
}

// TestRoutingByHandAsksNoRules gives a case to a unit that was here before the
// office had rules.
func TestRoutingByHandAsksNoRules(t *testing.T) {
	vn := startUnits(t, newWorld(t, "VN"))
	before := vn.said(dragonfruit(spsv1.Classification_CLASSIFICATION_BORDER_REJECTION))
	vn.route(`rules { name: "fruit" site_codes: "VN-BT" units: "north" }`)
	if _, err := vn.rules(certs.RoleOfficer, "hq").RouteCase(t.Context(), &spsv1.RouteCaseRequest{
		Name: before.GetCase(), To: []string{"food"}, Reason: "they ask",
	}); err != nil {
		t.Fatal(told(err))
	}
	vn.settles("part_open = food", before.GetReference())
	if got := vn.with(before.GetReference()); got != "food by they ask" {
		t.Errorf("the case is with %q, want with food alone", got)
	}
}
