package office_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestEveryPageOfACaseIsHandedOn brings an office into a case of more entries
// than are read at once, twice.
func TestEveryPageOfACaseIsHandedOn(t *testing.T) {
	const followUps = 210
	w := newWicket(t, "VN")
	cases := spsv1.NewCaseServiceClient(w.conn)
	binh := w.as(t.Context(), certs.RoleValidator, "binh")
	say := func(st *spsv1.Statement) *spsv1.IssuedStatement {
		t.Helper()
		st.Network, st.Handling = false, spsv1.Handling_HANDLING_ADDRESSEES_ONLY
		st.Addressees = []*spsv1.Addressee{{Office: "LA", ByHand: true, Roles: []spsv1.AddresseeRole{spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN}}}
		issued, err := cases.IssueStatement(binh, &spsv1.IssueStatementRequest{Parent: "offices/VN", RequestId: uuid.NewString(), Statement: st})
		if err != nil {
			t.Fatal(err)
		}
		return issued
	}
	original := say(found("fruit fly in mango"))
	for n := range followUps {
		say(&spsv1.Statement{
			Status:  spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL,
			CaseRef: &spsv1.CaseRef{Original: original.GetEntry(), Reference: original.GetReference()},
			Body:    &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{Text: []*spsv1.LocalizedText{{Lang: "en", Text: fmt.Sprintf("step %d", n)}}}},
		})
	}
	for i, want := range []int{1 + followUps, 0} {
		resp, err := cases.ReaddressCase(binh, &spsv1.ReaddressCaseRequest{Name: "cases/" + original.GetReference(), Offices: []string{"CN"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(resp.GetStatements()); got != want {
			t.Errorf("call %d: %d statements handed on, want %d", i+1, got, want)
		}
	}
}
