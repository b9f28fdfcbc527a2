package office_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestAPostIsNotToldOfCases checks a draft that names a case under another
// reference: an officer is told the right one, a post is not.
func TestAPostIsNotToldOfCases(t *testing.T) {
	w := newWicket(t, "VN")
	cases, drafts := spsv1.NewCaseServiceClient(w.conn), spsv1.NewDraftServiceClient(w.conn)
	original, err := cases.IssueStatement(w.as(t.Context(), certs.RoleValidator, "binh"), &spsv1.IssueStatementRequest{
		Parent: "offices/VN", RequestId: uuid.NewString(), Statement: found("fruit fly in mango"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		role certs.Role
		told bool
	}{
		{certs.RoleOfficer, true},
		{certs.RolePost, false},
	} {
		who := w.as(t.Context(), test.role, "an")
		d, err := drafts.CreateDraft(who, &spsv1.CreateDraftRequest{Draft: &spsv1.Draft{Statement: &spsv1.Statement{
			Status: spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL, Handling: spsv1.Handling_HANDLING_NETWORK, Network: true,
			CaseRef: &spsv1.CaseRef{Original: original.GetEntry(), Reference: "VN-2026-999999"},
			Body:    &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{Text: []*spsv1.LocalizedText{{Lang: "en", Text: "seen at the gate"}}}},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		check, err := drafts.CheckDraft(who, &spsv1.CheckDraftRequest{Name: d.GetName()})
		if err != nil {
			t.Fatal(err)
		}
		if told := strings.Contains(check.String(), original.GetReference()); told != test.told {
			t.Errorf("%s: told the reference of the case = %t, want %t: %v", test.role, told, test.told, check)
		}
		_, err = drafts.SubmitDraft(who, &spsv1.SubmitDraftRequest{Name: d.GetName(), Etag: d.GetEtag()})
		if refused := err != nil; refused != test.told {
			t.Errorf("%s: submit = %v, want a refusal only where its reason may be told", test.role, err)
		}
	}
}
