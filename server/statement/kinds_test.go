package statement_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
	"google.golang.org/protobuf/types/known/timestamppb"
)

var day = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

// TestKinds checks what each kind of statement but a notification needs.
func TestKinds(t *testing.T) {
	type want struct{ field, reason string }
	amend := func(s *spsv1.Statement) {
		s.Office, s.Addressees[0].Office = "CN", "VN"
		s.RelatesTo = relate(spsv1.RelationKind_RELATION_KIND_AMENDS, "CN")
		s.Body = &spsv1.Statement_Amendment{Amendment: &spsv1.Amendment{
			Notification: mango().GetNotification(),
			Reason:       en("lower risk"),
			Changes:      []*spsv1.Change{{Kind: spsv1.ChangeKind_CHANGE_KIND_RECLASSIFICATION, Path: "classification"}},
		}}
	}
	withdraw := func(s *spsv1.Statement) {
		s.Body = &spsv1.Statement_Withdrawal{Withdrawal: &spsv1.Withdrawal{Reason: spsv1.WithdrawalReason_WITHDRAWAL_REASON_UNFOUNDED, Text: en("wrong sample")}}
	}
	closing := func(outcome spsv1.ClosureOutcome) func(*spsv1.Statement) {
		return func(s *spsv1.Statement) {
			s.CaseRef = caseRef("VN")
			s.Body = &spsv1.Statement_Closure{Closure: &spsv1.Closure{Outcome: outcome}}
		}
	}
	ask := func(r *spsv1.Request) func(*spsv1.Statement) {
		return func(s *spsv1.Statement) { s.Body = &spsv1.Statement_Request{Request: r} }
	}
	answer := func(r *spsv1.Response) func(*spsv1.Statement) {
		return func(s *spsv1.Statement) {
			s.RelatesTo = relate(spsv1.RelationKind_RELATION_KIND_REPLIES, "CN")
			s.Body = &spsv1.Statement_Response{Response: r}
		}
	}
	tell := func(f *spsv1.FollowUp) func(*spsv1.Statement) {
		return func(s *spsv1.Statement) { s.Body = &spsv1.Statement_FollowUp{FollowUp: f} }
	}
	announce := func(a *spsv1.Announcement) func(*spsv1.Statement) {
		return func(s *spsv1.Statement) {
			s.CaseRef, s.Network, s.Addressees = nil, true, nil
			s.Body = &spsv1.Statement_Announcement{Announcement: a}
		}
	}
	also := func(steps ...func(*spsv1.Statement)) func(*spsv1.Statement) {
		return func(s *spsv1.Statement) {
			for _, step := range steps {
				step(s)
			}
		}
	}
	cases := []struct {
		name string
		set  func(*spsv1.Statement)
		want []want
	}{
		{"acknowledgement", func(s *spsv1.Statement) {
			s.Body = &spsv1.Statement_Acknowledgement{Acknowledgement: &spsv1.Acknowledgement{Stance: &spsv1.Stance{Position: spsv1.StancePosition_STANCE_POSITION_ACCEPTED}}}
		}, nil},
		{"acknowledgement without a case", func(s *spsv1.Statement) {
			s.CaseRef = nil
			s.Body = &spsv1.Statement_Acknowledgement{Acknowledgement: &spsv1.Acknowledgement{}}
		}, []want{{"case_ref", "CASE_REQUIRED"}}},
		{"exercise in a real case", also(tell(&spsv1.FollowUp{Text: en("x")}), func(s *spsv1.Statement) {
			s.Status = spsv1.StatementStatus_STATEMENT_STATUS_EXERCISE
		}), []want{{"status", "STATUS_MIXED"}}},
		{"exercise in an exercise", also(tell(&spsv1.FollowUp{Text: en("x")}), func(s *spsv1.Statement) {
			s.Status, s.CaseRef.Reference = spsv1.StatementStatus_STATEMENT_STATUS_EXERCISE, "CN-EX-2026-000007"
		}), nil},
		{"empty follow-up", tell(&spsv1.FollowUp{}), []want{{"follow_up", "FOLLOW_UP_EMPTY"}}},
		{"follow-up that only brings a file number", also(tell(&spsv1.FollowUp{}), func(s *spsv1.Statement) {
			s.ExternalReferences = []*spsv1.ExternalReference{{System: "TH-ACFS", Number: "0917/2569"}}
		}), nil},
		{
			"dispute without a reason", tell(&spsv1.FollowUp{Stance: &spsv1.Stance{Position: spsv1.StancePosition_STANCE_POSITION_DISPUTED}}),
			[]want{{"follow_up.stance", "STANCE_REASON"}},
		},
		{"follow-up with facts about both", tell(&spsv1.FollowUp{Part: spsv1.Part_PART_DONE, Facts: facts("n:p1.l2", "s1")}), nil},
		{
			"follow-up about an own thing that is not there", tell(&spsv1.FollowUp{Facts: facts("p1.l2", "s1")}),
			[]want{{"follow_up.facts.findings[0].about[0]", "REFERENCE_UNKNOWN"}, {"follow_up.facts.samples[0].about[0]", "REFERENCE_UNKNOWN"}},
		},
		{"code status of a code", tell(&spsv1.FollowUp{Facts: &spsv1.Facts{Measures: []*spsv1.Measure{codes(day, day.AddDate(0, 3, 0))}}}), nil},
		{
			"code status that ends before it starts", tell(&spsv1.FollowUp{Facts: &spsv1.Facts{Measures: []*spsv1.Measure{codes(day, day.AddDate(0, -3, 0))}}}),
			[]want{{"follow_up.facts.measures[0].code_status", "CODE_STATUS_CHANGE_ORDER"}},
		},
		{"amendment", amend, nil},
		{
			"amendment of another's", also(amend, func(s *spsv1.Statement) { s.Office, s.Addressees[0].Office = "VN", "CN" }),
			[]want{{"relates_to[0].entry", "RELATION_FOREIGN"}, {"case_ref.original", "CASE_FOREIGN"}},
		},
		{"amendment of no version", also(amend, func(s *spsv1.Statement) { s.RelatesTo = nil }), []want{{"relates_to", "RELATION_REQUIRED"}}},
		{"confirmation of what stays preliminary", also(amend, func(s *spsv1.Statement) {
			s.GetAmendment().Notification.Preliminary = true
			s.GetAmendment().Changes[0].Kind = spsv1.ChangeKind_CHANGE_KIND_CONFIRMATION
		}), []want{{"amendment.changes[0].kind", "STILL_PRELIMINARY"}}},
		{"withdrawal of another's case", withdraw, []want{{"case_ref.original", "CASE_FOREIGN"}}},
		{"withdrawal of an own follow-up", also(withdraw, func(s *spsv1.Statement) {
			s.RelatesTo = relate(spsv1.RelationKind_RELATION_KIND_WITHDRAWS, "VN")
		}), nil},
		{"withdrawal of two at once", also(withdraw, func(s *spsv1.Statement) {
			s.RelatesTo = append(relate(spsv1.RelationKind_RELATION_KIND_WITHDRAWS, "VN"), relate(spsv1.RelationKind_RELATION_KIND_WITHDRAWS, "VN")...)
		}), []want{{"relates_to", "RELATION_REQUIRED"}}},
		{"withdrawal of a reference without its entry", also(withdraw, func(s *spsv1.Statement) {
			s.RelatesTo = []*spsv1.Relation{{Kind: spsv1.RelationKind_RELATION_KIND_WITHDRAWS, Reference: "VN-2026-000009"}}
		}), []want{{"relates_to", "RELATION_REQUIRED"}}},
		{"withdrawal of another's follow-up", also(withdraw, func(s *spsv1.Statement) {
			s.RelatesTo = relate(spsv1.RelationKind_RELATION_KIND_WITHDRAWS, "CN")
		}), []want{{"relates_to[0].entry", "RELATION_FOREIGN"}}},
		{"closure", closing(spsv1.ClosureOutcome_CLOSURE_OUTCOME_SETTLED), nil},
		{"closure of a duplicate of nothing", closing(spsv1.ClosureOutcome_CLOSURE_OUTCOME_DUPLICATE), []want{{"relates_to", "RELATION_REQUIRED"}}},
		{"closure by transfer to nobody", closing(spsv1.ClosureOutcome_CLOSURE_OUTCOME_TRANSFERRED), []want{{"closure", "CLOSURE_TRANSFERRED"}}},
		{
			"closure of another's", also(closing(spsv1.ClosureOutcome_CLOSURE_OUTCOME_SETTLED), func(s *spsv1.Statement) { s.CaseRef = caseRef("CN") }),
			[]want{{"case_ref.original", "CASE_FOREIGN"}},
		},
		{"reopening of another's", func(s *spsv1.Statement) {
			s.Body = &spsv1.Statement_Reopening{Reopening: &spsv1.Reopening{Reason: en("new results")}}
		}, []want{{"case_ref.original", "CASE_FOREIGN"}}},
		{"request for a correction", ask(&spsv1.Request{
			Kind: spsv1.RequestKind_REQUEST_KIND_AMENDMENT, Offices: []string{"CN"},
			Corrections: []*spsv1.Correction{{Path: "products[p1].lots[p1.l2].number", About: []string{"n:p1.l2"}, Current: "B", Proposed: "8"}},
		}), nil},
		{
			"request to one who is not addressed", ask(&spsv1.Request{Kind: spsv1.RequestKind_REQUEST_KIND_INFORMATION, Offices: []string{"TH"}, Text: en("x")}),
			[]want{{"request.offices[0]", "REQUEST_NOT_ADDRESSED"}},
		},
		{
			"request to oneself", ask(&spsv1.Request{Kind: spsv1.RequestKind_REQUEST_KIND_INFORMATION, Offices: []string{"VN"}, Text: en("x")}),
			[]want{{"request.offices[0]", "REQUEST_SELF"}},
		},
		{
			"request to oneself, by telephone",
			also(ask(&spsv1.Request{Kind: spsv1.RequestKind_REQUEST_KIND_INFORMATION, Offices: []string{"VN"}, Text: en("x")}), func(s *spsv1.Statement) {
				s.Source = source(spsv1.Means_MEANS_TELEPHONE)
				s.Source.ReceivedBy = &spsv1.Person{Name: "An"}
			}), nil,
		},
		{
			"request for an extension of nothing", ask(&spsv1.Request{Kind: spsv1.RequestKind_REQUEST_KIND_EXTENSION, Offices: []string{"CN"}, Text: en("x")}),
			[]want{{"request", "REQUEST_EXTENSION"}},
		},
		{
			"request for an inspection at no time", ask(&spsv1.Request{Kind: spsv1.RequestKind_REQUEST_KIND_REMOTE_INSPECTION, Offices: []string{"CN"}, Text: en("x")}),
			[]want{{"request", "REQUEST_REMOTE_INSPECTION"}},
		},
		{
			"request to reinstate nothing", ask(&spsv1.Request{Kind: spsv1.RequestKind_REQUEST_KIND_CODE_REINSTATEMENT, Offices: []string{"CN"}, Text: en("x")}),
			[]want{{"request.codes", "REQUEST_INCOMPLETE"}},
		},
		{
			"request to address nobody", ask(&spsv1.Request{Kind: spsv1.RequestKind_REQUEST_KIND_READDRESS, Offices: []string{"CN"}, Text: en("x")}),
			[]want{{"request.further_offices", "REQUEST_INCOMPLETE"}},
		},
		{"response", answer(&spsv1.Response{Result: spsv1.ResponseResult_RESPONSE_RESULT_GRANTED}), nil},
		{
			"response to nothing", also(answer(&spsv1.Response{Result: spsv1.ResponseResult_RESPONSE_RESULT_GRANTED}), func(s *spsv1.Statement) { s.RelatesTo = nil }),
			[]want{{"relates_to", "RELATION_REQUIRED"}},
		},
		{"refusal without a reason", answer(&spsv1.Response{Result: spsv1.ResponseResult_RESPONSE_RESULT_DECLINED}), []want{{"response", "RESPONSE_DECLINED"}}},
		{"interim answer without a time", answer(&spsv1.Response{Result: spsv1.ResponseResult_RESPONSE_RESULT_INTERIM}), []want{{"response.due_time", "RESPONSE_INCOMPLETE"}}},
		{
			"answer to a dispute of another's case", answer(&spsv1.Response{DisputeResult: spsv1.DisputeResult_DISPUTE_RESULT_UPHOLD}),
			[]want{{"case_ref.original", "CASE_FOREIGN"}},
		},
		{"gate", announce(gate()), nil},
		{"gate that replaces nothing", announce(replaced(gate(), spsv1.AnnouncementAction_ANNOUNCEMENT_ACTION_REPLACE)), []want{{"relates_to", "RELATION_REQUIRED"}}},
		{"gate that revokes nothing", announce(replaced(gate(), spsv1.AnnouncementAction_ANNOUNCEMENT_ACTION_WITHDRAW)), []want{{"relates_to", "RELATION_REQUIRED"}}},
		{"rule", announce(&spsv1.Announcement{Subject: en("rule"), Body: &spsv1.Announcement_RuleChange{RuleChange: &spsv1.RuleChange{
			Text:           en("durian needs a registered packing house"),
			CommodityCodes: []*spsv1.Coding{{System: "hs", Code: "081060"}},
			Origins:        []*spsv1.Area{area("TH"), area("VN")},
			EffectiveDate:  &spsv1.Date{Year: 2027, Month: 1, Day: 1},
			Requirements:   []*spsv1.Requirement{{WtoSymbol: "G/SPS/N/CHN/1234/Add.1"}, {WtoSymbol: "G/SPS/N/EU/870"}},
		}}}), nil},
		{"rule from some day", announce(&spsv1.Announcement{Subject: en("rule"), Body: &spsv1.Announcement_RuleChange{RuleChange: &spsv1.RuleChange{
			Text: en("x"), EffectiveDate: &spsv1.Date{Year: 2027},
		}}}), []want{{"announcement.rule_change.effective_date", "RULE_CHANGE_PARTIAL_DATE"}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []want
			for _, p := range statement.Check(reply(c.set)) {
				got = append(got, want{p.Field, p.Reason})
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(want{})); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// facts are a sample of what about names, and a finding that rests on evidence.
func facts(about, evidence string) *spsv1.Facts {
	return &spsv1.Facts{
		Samples: []*spsv1.Sample{{Id: "s1", About: []string{about}, Role: spsv1.SampleRole_SAMPLE_ROLE_COUNTER, Results: []*spsv1.LabResult{{
			Id: "s1.r1", Analyte: words("Bactrocera dorsalis"), Detection: spsv1.Detection_DETECTION_NOT_DETECTED,
			ReportNumber: "R2", SupersedesReports: []string{"R1"}, Stage: spsv1.ResultStage_RESULT_STAGE_FINAL,
		}}}},
		Findings: []*spsv1.Finding{{Id: "f1", About: []string{about}, Evidence: []string{evidence}, Text: en("not confirmed")}},
	}
}

func codes(from, until time.Time) *spsv1.Measure {
	return &spsv1.Measure{Id: "m1", Action: measure("code-suspended"), CodeStatus: &spsv1.CodeStatusChange{
		Code:      &spsv1.SiteCode{Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_PACKING_HOUSE, Code: "VN-TGPH-0032"},
		Action:    spsv1.CodeAction_CODE_ACTION_SUSPENDED,
		Market:    area("CN"),
		StartTime: timestamppb.New(from), EndTime: timestamppb.New(until),
	}}
}

func gate() *spsv1.Announcement {
	return &spsv1.Announcement{Subject: en("gate"), Body: &spsv1.Announcement_BorderGateStatus{BorderGateStatus: &spsv1.BorderGateStatus{
		Gate: &spsv1.Place{Name: en("Tan Thanh"), Area: area("VN")}, Status: spsv1.GateStatus_GATE_STATUS_LIMITED,
	}}}
}

func replaced(a *spsv1.Announcement, action spsv1.AnnouncementAction) *spsv1.Announcement {
	a.Action = action
	return a
}
