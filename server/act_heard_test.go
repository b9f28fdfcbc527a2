package server_test

import (
	"testing"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestAskedByLetter has an office without a node ask the office that issued the
// notification: the letter enters the case, its clock runs for who was asked, and
// the answer is to be told by hand.
func TestAskedByLetter(t *testing.T) {
	w := newWorld(t, "TH", "VN")
	th := w.start("TH")
	alert := alertTo("VN")
	alert.Network, alert.Handling = false, spsv1.Handling_HANDLING_ADDRESSEES_ONLY
	original := issue(t, th, alert)
	laos := &spsv1.Area{Code: "LA"}
	asked := done(t)(th.validator().RequestInCase(t.Context(), &spsv1.RequestInCaseRequest{
		Name: original.GetCase(), RequestId: newID(),
		Request: &spsv1.Request{Kind: spsv1.RequestKind_REQUEST_KIND_DOCUMENTS, Text: in1("en", "the report, please")},
		Statement: &spsv1.Statement{Source: &spsv1.Source{
			Teller: &spsv1.Authority{Area: laos}, Means: spsv1.Means_MEANS_LETTER, Reference: "12/PPD", ReceiveTime: original.GetIssueTime(),
		}},
	}))
	clock := func() *spsv1.Deadline {
		t.Helper()
		for _, d := range th.caseOf(original).GetDeadlines() {
			if d.GetClock() == spsv1.Clock_CLOCK_ANSWER && d.GetOffice() == "TH" && d.GetStatement() == asked.GetName() {
				return d
			}
		}
		t.Fatal("no answer of TH is due")
		return nil
	}
	if d := clock(); d.GetState() != spsv1.DeadlineState_DEADLINE_STATE_RUNNING || d.GetDueTime() == nil {
		t.Errorf("the answer is %v, want it due", d)
	}
	answered := done(t)(th.validator().RespondInCase(t.Context(), &spsv1.RespondInCaseRequest{
		Name: original.GetCase(), RequestId: newID(), Response: &spsv1.Response{Result: spsv1.ResponseResult_RESPONSE_RESULT_GRANTED},
	}))
	for _, s := range []*spsv1.IssuedStatement{asked, answered} {
		to := s.GetStatement().GetAddressees()
		if len(to) != 1 || to[0].GetArea().GetCode() != "LA" || !to[0].GetByHand() {
			t.Errorf("%s goes to %v, want to Laos, by hand", s.GetReference(), to)
		}
	}
	if d := clock(); d.GetState() != spsv1.DeadlineState_DEADLINE_STATE_MET {
		t.Errorf("the answer is %v, want it met", d)
	}
}
