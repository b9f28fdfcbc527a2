package brief_test

import (
	"testing"

	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func english(text string) []*spsv1.LocalizedText {
	return []*spsv1.LocalizedText{{Lang: "en", Text: text}}
}

func TestSays(t *testing.T) {
	dispute := &spsv1.Stance{
		Position: spsv1.StancePosition_STANCE_POSITION_DISPUTED, Reason: english("it is another lot"),
		Corrections: []*spsv1.Correction{{Path: "products[p1].lots[p1.l1].number", Current: "C-9", Proposed: "C-6"}},
	}
	for _, test := range []struct {
		name string
		s    *spsv1.Statement
		want string
	}{
		{"nothing but its kind", &spsv1.Statement{Body: &spsv1.Statement_Acknowledgement{Acknowledgement: &spsv1.Acknowledgement{}}}, ""},
		{
			"a dispute", &spsv1.Statement{Body: &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{Stance: dispute}}},
			"disputed; it is another lot; proposes products[p1].lots[p1.l1].number = C-6 instead of C-9",
		},
		{"an outcome, with facts", &spsv1.Statement{Body: &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{
			Outcome: &spsv1.Outcome{Conclusion: spsv1.OutcomeConclusion_OUTCOME_CONCLUSION_CONFIRMED, Cause: english("wet floor")},
			Part:    spsv1.Part_PART_DONE, Facts: &spsv1.Facts{Findings: make([]*spsv1.Finding, 2)},
		}}}, "outcome confirmed; cause: wet floor; its part is done; findings (2)"},
		{"who was told by hand", &spsv1.Statement{
			Body:           &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{}},
			HandDeliveries: []*spsv1.HandDelivery{{Area: &spsv1.Area{Code: "LA"}, Means: spsv1.Means_MEANS_MEETING}},
		}, "told LA by hand, at a meeting"},
		{"a number", &spsv1.Statement{
			Body:               &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{}},
			ExternalReferences: []*spsv1.ExternalReference{{System: "MARD", Number: "117"}},
		}, "number MARD 117"},
		{"a request", &spsv1.Statement{Body: &spsv1.Statement_Request{Request: &spsv1.Request{
			Kind: spsv1.RequestKind_REQUEST_KIND_READDRESS, Offices: []string{"TH"}, FurtherOffices: []string{"CN", "LA"},
		}}}, "readdress of TH; for CN, LA"},
		{"an answer to a dispute", &spsv1.Statement{
			Body:      &spsv1.Statement_Response{Response: &spsv1.Response{DisputeResult: spsv1.DisputeResult_DISPUTE_RESULT_UPHOLD, Text: english("as before")}},
			RelatesTo: []*spsv1.Relation{{Kind: spsv1.RelationKind_RELATION_KIND_REPLIES, Reference: "VN-2026-000009"}},
		}, "of the dispute: uphold; as before; to VN-2026-000009"},
		{"an amendment", &spsv1.Statement{Body: &spsv1.Statement_Amendment{Amendment: &spsv1.Amendment{
			Reason: english("misread"), Changes: []*spsv1.Change{{Kind: spsv1.ChangeKind_CHANGE_KIND_CORRECTION, Path: "products"}},
		}}}, "correction of products; misread"},
		{"a closure", &spsv1.Statement{Body: &spsv1.Statement_Closure{Closure: &spsv1.Closure{
			Outcome: spsv1.ClosureOutcome_CLOSURE_OUTCOME_TRANSFERRED, TransferredTo: &spsv1.Authority{Name: "INFOSAN"},
		}}}, "transferred; to INFOSAN"},
		{"a withdrawal", &spsv1.Statement{Body: &spsv1.Statement_Withdrawal{Withdrawal: &spsv1.Withdrawal{
			Reason: spsv1.WithdrawalReason_WITHDRAWAL_REASON_UNFOUNDED, Text: english("mixed up"),
		}}}, "unfounded; mixed up"},
		{"a gate", &spsv1.Statement{Body: &spsv1.Statement_Announcement{Announcement: &spsv1.Announcement{
			Subject: english("flood"),
			Body: &spsv1.Announcement_BorderGateStatus{BorderGateStatus: &spsv1.BorderGateStatus{
				Gate: &spsv1.Place{Locode: "VNLSN"}, Status: spsv1.GateStatus_GATE_STATUS_SUSPENDED,
			}},
		}}}, "VNLSN suspended; flood"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := brief.Says(test.s); got != test.want {
				t.Errorf("says %q, want %q", got, test.want)
			}
		})
	}
}

func TestHeard(t *testing.T) {
	source := &spsv1.Source{Teller: &spsv1.Authority{Area: &spsv1.Area{Code: "LA"}}, Means: spsv1.Means_MEANS_LETTER, Reference: "12/PPD"}
	if got, want := brief.Heard(source), "heard by letter from LA, its number 12/PPD"; got != want {
		t.Errorf("heard %q, want %q", got, want)
	}
	if got := brief.Heard(nil); got != "" {
		t.Errorf("without a source %q was heard, want nothing", got)
	}
}
