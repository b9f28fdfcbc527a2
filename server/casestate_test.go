package server_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// in returns a statement in the case of an original, for some offices.
func in(original *spsv1.IssuedStatement, s *spsv1.Statement, to ...certs.Office) *spsv1.Statement {
	s.Status, s.Handling = spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL, spsv1.Handling_HANDLING_NETWORK
	s.CaseRef = &spsv1.CaseRef{Original: original.GetEntry(), Reference: original.GetReference()}
	return address(s, to...)
}

func (n *node) caseOf(s *spsv1.IssuedStatement) *spsv1.Case {
	n.w.t.Helper()
	c, err := n.validator().GetCase(n.w.t.Context(), &spsv1.GetCaseRequest{Name: "cases/" + s.GetReference()})
	if err != nil {
		n.w.t.Fatalf("case %s at %s: %v", s.GetReference(), n.office.Code(), err)
	}
	return c
}

// arrived waits until an office is shown a statement, and until its issuer holds
// the receipt.
func arrived(s *spsv1.IssuedStatement, from *node, at ...*node) {
	for _, n := range at {
		n.watch("offices/-", "").statement(s.GetName())
		from.watch("offices/-", "").receipt(string(n.office.Code()), s.GetEntry().GetSequence())
	}
}

// deadlinesOf returns the deadlines without what depends on the moment.
func deadlinesOf(c *spsv1.Case) []string {
	var lines []string
	for _, d := range c.GetDeadlines() {
		lines = append(lines, d.GetOffice()+" "+d.GetClock().String()+" "+d.GetState().String())
	}
	return lines
}

func TestBothOfficesSeeTheSameCase(t *testing.T) {
	w := newWorld(t, "TH", "VN", "CN")
	th, vn := w.start("TH"), w.start("VN")

	alert := notification("salmonella in pepper", "VN")
	alert.GetNotification().Classification = spsv1.Classification_CLASSIFICATION_ALERT
	alert.GetNotification().Risk = &spsv1.Risk{Decision: spsv1.RiskDecision_RISK_DECISION_SERIOUS}
	alert.Flags = []*spsv1.Flag{{Office: "VN", Kind: spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP}}
	original := issue(t, th, alert)
	arrived(original, th, vn)
	if got, want := th.caseOf(original).GetState().GetStatus(), spsv1.CaseStatus_CASE_STATUS_OPEN; got != want {
		t.Errorf("a new case is %v, want %v", got, want)
	}

	dispute := issue(t, vn, in(original, &spsv1.Statement{Body: &spsv1.Statement_Acknowledgement{Acknowledgement: &spsv1.Acknowledgement{
		Stance: &spsv1.Stance{
			Position: spsv1.StancePosition_STANCE_POSITION_DISPUTED, Reason: []*spsv1.LocalizedText{{Lang: "en", Text: "not our lot"}},
		},
	}}}, "TH"))
	arrived(dispute, vn, th)
	amended := notification("salmonella in pepper, another lot").GetNotification()
	amended.Classification = spsv1.Classification_CLASSIFICATION_INFORMATION_FOR_ATTENTION
	amendment := in(original, &spsv1.Statement{
		RelatesTo: []*spsv1.Relation{{Kind: spsv1.RelationKind_RELATION_KIND_AMENDS, Entry: original.GetEntry()}},
		Body: &spsv1.Statement_Amendment{Amendment: &spsv1.Amendment{
			Notification: amended, Reason: []*spsv1.LocalizedText{{Lang: "en", Text: "the lot was misread"}},
			Changes: []*spsv1.Change{{Kind: spsv1.ChangeKind_CHANGE_KIND_RECLASSIFICATION}},
		}},
	}, "VN")
	arrived(issue(t, th, amendment), th, vn)
	answer := in(original, &spsv1.Statement{
		RelatesTo: []*spsv1.Relation{{Kind: spsv1.RelationKind_RELATION_KIND_REPLIES, Entry: dispute.GetEntry()}},
		Body: &spsv1.Statement_Response{Response: &spsv1.Response{
			DisputeResult: spsv1.DisputeResult_DISPUTE_RESULT_AMEND, Text: []*spsv1.LocalizedText{{Lang: "en", Text: "amended"}},
		}},
	}, "VN")
	arrived(issue(t, th, answer), th, vn)

	atTH, atVN := th.caseOf(original), vn.caseOf(original)
	if diff := cmp.Diff(atTH.GetState(), atVN.GetState(), protocmp.Transform()); diff != "" {
		t.Errorf("the case (-at TH +at VN):\n%s", diff)
	}
	if got := atVN.GetState(); got.GetNotification().GetClassification() != amended.GetClassification() || len(got.GetVersions()) != 2 ||
		got.GetDisputes()[0].GetResult() != spsv1.DisputeResult_DISPUTE_RESULT_AMEND {
		t.Errorf("state = %v, want the second version and an answered dispute", got)
	}
	want := []string{"VN CLOCK_ACKNOWLEDGEMENT DEADLINE_STATE_MET", "TH CLOCK_DISPUTE DEADLINE_STATE_MET"}
	for name, c := range map[string]*spsv1.Case{"TH": atTH, "VN": atVN} {
		if diff := cmp.Diff(want, deadlinesOf(c)); diff != "" {
			t.Errorf("deadlines at %s (-want +got):\n%s", name, diff)
		}
	}
	for i, d := range atTH.GetDeadlines() {
		other := atVN.GetDeadlines()[i]
		if apart := d.GetDueTime().AsTime().Sub(other.GetDueTime().AsTime()).Abs(); apart > 2*time.Second {
			t.Errorf("%s: due %s at TH and %s at VN, want within the seconds of a receipt", d.GetClock(), d.GetDueTime().AsTime(), other.GetDueTime().AsTime())
		}
	}
}

func TestReaddressBringsAnOfficeIn(t *testing.T) {
	w := newWorld(t, "TH", "VN", "CN")
	th, vn, cn := w.start("TH"), w.start("VN"), w.start("CN")
	original := issue(t, th, notification("fruit fly in durian", "VN"))
	arrived(original, th, vn)
	read := issue(t, vn, in(original, &spsv1.Statement{Body: &spsv1.Statement_Acknowledgement{Acknowledgement: &spsv1.Acknowledgement{}}}, "TH"))
	arrived(read, vn, th)
	for what, err := range map[string]error{
		"get":  second(cn.validator().GetStatement(t.Context(), &spsv1.GetStatementRequest{Name: original.GetName()})),
		"case": second(cn.validator().GetCase(t.Context(), &spsv1.GetCaseRequest{Name: "cases/" + original.GetReference()})),
	} {
		if status.Code(err) != codes.NotFound {
			t.Errorf("%s before the readdress: %v, want NOT_FOUND", what, err)
		}
	}
	_, err := th.validator().ReaddressCase(t.Context(), &spsv1.ReaddressCaseRequest{Name: "cases/" + original.GetReference(), Offices: []string{"LA", "TH"}})
	if got := told(err); got != "INVALID, offices[0] NO_NODE, offices[1] ADDRESSEE_SELF" {
		t.Errorf("readdress to nobody: %v, %q", err, got)
	}
	readdress := func(n *node) []string {
		t.Helper()
		resp, err := n.validator().ReaddressCase(t.Context(), &spsv1.ReaddressCaseRequest{
			Name: "cases/" + original.GetReference(), Offices: []string{"CN"},
		})
		if err != nil {
			t.Fatal(err)
		}
		return resp.GetStatements()
	}
	if diff := cmp.Diff([]string{original.GetName()}, readdress(th)); diff != "" {
		t.Errorf("handed on (-want +got):\n%s", diff)
	}
	if got := readdress(th); len(got) != 0 {
		t.Errorf("handed on again: %v, want nothing", got)
	}

	here := cn.watch("offices/-", "").statement(original.GetName()).GetStatement()
	if diff := cmp.Diff(original.GetStatement(), here.GetStatement(), protocmp.Transform()); diff != "" {
		t.Errorf("what CN is shown (-issued +arrived):\n%s", diff)
	}
	proved, err := cn.validator().GetStatement(t.Context(), &spsv1.GetStatementRequest{Name: original.GetName()})
	if err != nil || string(proved.GetEnvelope()) != string(original.GetEnvelope()) || proved.GetSeal() == nil {
		t.Errorf("envelope and seal at CN = %v, %v, want the issued bytes", proved, err)
	}
	if got := cn.caseOf(original).GetIncomplete(); len(got) != 1 || got[0] != "VN" {
		t.Errorf("incomplete at CN = %v, want VN, which has handed nothing on", got)
	}
	readdress(vn)
	cn.watch("offices/VN", "").statement(read.GetName())
	if got := cn.caseOf(original); len(got.GetIncomplete()) != 0 || len(got.GetStatements()) != 1 {
		t.Errorf("at CN after VN handed on: incomplete %v, %d statements, want none and 1", got.GetIncomplete(), len(got.GetStatements()))
	}

	joined := issue(t, cn, in(original, &spsv1.Statement{Body: &spsv1.Statement_Acknowledgement{Acknowledgement: &spsv1.Acknowledgement{}}}, "TH", "VN"))
	arrived(joined, cn, th, vn)
	for _, n := range []*node{vn, cn} {
		if diff := cmp.Diff(th.caseOf(original).GetState(), n.caseOf(original).GetState(), protocmp.Transform()); diff != "" {
			t.Errorf("the case (-at TH +at %s):\n%s", n.office.Code(), diff)
		}
	}
	for _, n := range []*node{th, vn, cn} {
		conn := n.as(certs.RoleAuditor, "auditor")
		for _, name := range []string{original.GetName(), joined.GetName()} {
			if _, err := spsv1.NewEvidenceServiceClient(conn).GetEvidence(t.Context(), &spsv1.GetEvidenceRequest{Name: name + "/evidence"}); err != nil {
				t.Errorf("evidence of %s at %s: %v", name, n.office.Code(), err)
			}
		}
	}
	if got := th.caseOf(original).GetState().GetParticipants(); len(got) != 2 || !got[1].GetReaddressed() || got[1].GetAcknowledged() == nil {
		t.Errorf("participants = %v, want VN, and CN brought in and read", got)
	}
}
