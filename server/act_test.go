package server_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func in1(lang, text string) []*spsv1.LocalizedText {
	return []*spsv1.LocalizedText{{Lang: lang, Text: text}}
}

func newID() string { return uuid.NewString() }

// done fails the test if an act was refused.
func done(t testing.TB) func(*spsv1.IssuedStatement, error) *spsv1.IssuedStatement {
	return func(s *spsv1.IssuedStatement, err error) *spsv1.IssuedStatement {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// alertTo returns a preliminary alert that asks the first office for follow-up.
func alertTo(offices ...certs.Office) *spsv1.Statement {
	alert := notification("salmonella in pepper", offices...)
	alert.GetNotification().Classification = spsv1.Classification_CLASSIFICATION_ALERT
	alert.GetNotification().Preliminary = true
	alert.GetNotification().Risk = &spsv1.Risk{Decision: spsv1.RiskDecision_RISK_DECISION_SERIOUS}
	alert.Flags = []*spsv1.Flag{{Office: string(offices[0]), Kind: spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP}}
	return alert
}

// readersOf returns who gets a statement.
func readersOf(s *spsv1.IssuedStatement) string {
	if s.GetAudience().GetNetwork() {
		return "network"
	}
	return strings.Join(s.GetAudience().GetOffices(), " ")
}

// TestActsOfACase lives the life of a case by acts alone, each of which says no
// more than what a person decides.
func TestActsOfACase(t *testing.T) {
	w := newWorld(t, "TH", "VN", "CN")
	th, vn, cn := w.start("TH"), w.start("VN"), w.start("CN")
	original := issue(t, th, alertTo("VN"))
	name := original.GetCase()
	arrived(original, th, vn)
	etag := func(n *node) string { return n.caseOf(original).GetEtag() }

	ack := done(t)(vn.validator().AcknowledgeCase(t.Context(), &spsv1.AcknowledgeCaseRequest{Name: name, RequestId: newID()}))
	if got := ack.GetStatement(); got.GetCaseRef().GetReference() != original.GetReference() || got.GetHandling() != original.GetStatement().GetHandling() ||
		readersOf(ack) != "TH VN" {
		t.Errorf("acknowledgement = %v, want one of this case, for TH", got)
	}
	arrived(ack, vn, th)

	asked := done(t)(vn.validator().RequestInCase(t.Context(), &spsv1.RequestInCaseRequest{
		Name: name, RequestId: newID(),
		Request: &spsv1.Request{Kind: spsv1.RequestKind_REQUEST_KIND_REMOTE_INSPECTION, RemoteInspection: &spsv1.RemoteInspection{
			StartTimes: []*timestamppb.Timestamp{timestamppb.New(original.GetIssueTime().AsTime().AddDate(0, 0, 3))},
		}},
	}))
	if diff := cmp.Diff([]string{"TH"}, asked.GetStatement().GetRequest().GetOffices()); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	arrived(asked, vn, th)
	answered := done(t)(th.validator().RespondInCase(t.Context(), &spsv1.RespondInCaseRequest{
		Name: name, RequestId: newID(), Response: &spsv1.Response{Result: spsv1.ResponseResult_RESPONSE_RESULT_GRANTED},
	}))
	if got := answered.GetStatement().GetRelatesTo(); len(got) != 1 || got[0].GetReference() != asked.GetReference() || readersOf(answered) != "TH VN" {
		t.Errorf("the answer relates to %v and goes to %s, want to the request and to who asked", got, readersOf(answered))
	}
	arrived(answered, th, vn)

	disputed := done(t)(vn.validator().FollowUpCase(t.Context(), &spsv1.FollowUpCaseRequest{Name: name, RequestId: newID(), FollowUp: &spsv1.FollowUp{
		Stance: &spsv1.Stance{Position: spsv1.StancePosition_STANCE_POSITION_DISPUTED, Reason: in1("en", "another lot")},
	}}))
	arrived(disputed, vn, th)
	reply := done(t)(th.validator().RespondInCase(t.Context(), &spsv1.RespondInCaseRequest{
		Name: name, RequestId: newID(), Response: &spsv1.Response{DisputeResult: spsv1.DisputeResult_DISPUTE_RESULT_AMEND, Text: in1("en", "it was")},
	}))
	if got := reply.GetStatement().GetRelatesTo()[0].GetReference(); got != disputed.GetReference() {
		t.Errorf("the dispute answered = %s, want %s", got, disputed.GetReference())
	}

	if _, err := th.validator().ReaddressCase(t.Context(), &spsv1.ReaddressCaseRequest{Name: name, Offices: []string{"CN"}}); err != nil {
		t.Fatal(err)
	}
	cn.watch("offices/-", "").statement(original.GetName())
	amended := done(t)(th.validator().AmendCase(t.Context(), &spsv1.AmendCaseRequest{
		Name: name, RequestId: newID(), Etag: etag(th),
		Amendment: &spsv1.Amendment{
			Reason:       in1("en", "the lot was misread"),
			Notification: &spsv1.Notification{Classification: spsv1.Classification_CLASSIFICATION_INFORMATION_FOR_ATTENTION},
		},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"classification", "preliminary"}},
	}))
	if got := amended.GetStatement().GetAmendment().GetNotification(); got.GetPreliminary() || len(got.GetProducts()) != 1 ||
		got.GetClassification() != spsv1.Classification_CLASSIFICATION_INFORMATION_FOR_ATTENTION {
		t.Errorf("amended content = %v, want the old one but for classification and preliminary", got)
	}
	var kinds []spsv1.ChangeKind
	for _, c := range amended.GetStatement().GetAmendment().GetChanges() {
		kinds = append(kinds, c.GetKind())
	}
	if want := []spsv1.ChangeKind{spsv1.ChangeKind_CHANGE_KIND_RECLASSIFICATION, spsv1.ChangeKind_CHANGE_KIND_CONFIRMATION}; !slices.Equal(kinds, want) {
		t.Errorf("changes = %v, want %v", kinds, want)
	}
	if readersOf(amended) != "CN TH VN" || len(amended.GetStatement().GetFlags()) != 1 {
		t.Errorf("the amendment goes to %s with %d flags, want to CN too, with the flag", readersOf(amended), len(amended.GetStatement().GetFlags()))
	}
	arrived(amended, th, vn, cn)

	filed := done(t)(cn.validator().AddExternalReference(t.Context(), &spsv1.AddExternalReferenceRequest{
		Name: name, RequestId: newID(), ExternalReference: &spsv1.ExternalReference{System: "GACC", Number: "2026-77"},
	}))
	if readersOf(filed) != "CN TH VN" {
		t.Errorf("the number goes to %s, want everyone in the case", readersOf(filed))
	}
	arrived(filed, cn, th)
	for _, n := range []*node{cn, th} {
		eventually(t, "the case is found by the number at "+string(n.office.Code()), func() bool {
			list, err := n.validator().ListCases(t.Context(), &spsv1.ListCasesRequest{Query: "2026-77", Filter: `external_reference = "GACC 2026-77"`})
			return err == nil && len(list.GetCases()) == 1 && list.GetCases()[0].GetName() == name
		})
	}
	part := done(t)(vn.validator().FollowUpCase(t.Context(), &spsv1.FollowUpCaseRequest{Name: name, RequestId: newID(), FollowUp: &spsv1.FollowUp{
		Part:    spsv1.Part_PART_DONE,
		Outcome: &spsv1.Outcome{Conclusion: spsv1.OutcomeConclusion_OUTCOME_CONCLUSION_CONFIRMED, Cause: in1("en", "wet drying floor")},
	}}))
	arrived(part, vn, th)

	closed := done(t)(th.validator().CloseCase(t.Context(), &spsv1.CloseCaseRequest{
		Name: name, RequestId: newID(), Etag: etag(th), Closure: &spsv1.Closure{Outcome: spsv1.ClosureOutcome_CLOSURE_OUTCOME_SETTLED},
	}))
	reopened := done(t)(th.validator().ReopenCase(t.Context(), &spsv1.ReopenCaseRequest{
		Name: name, RequestId: newID(), Etag: etag(th), Reopening: &spsv1.Reopening{Reason: in1("en", "a second lot")},
	}))
	withdrawn := done(t)(th.validator().WithdrawCase(t.Context(), &spsv1.WithdrawCaseRequest{
		Name: name, RequestId: newID(), Etag: etag(th),
		Withdrawal: &spsv1.Withdrawal{Reason: spsv1.WithdrawalReason_WITHDRAWAL_REASON_UNFOUNDED, Text: in1("en", "the sample was mixed up")},
	}))
	for what, s := range map[string]*spsv1.IssuedStatement{"closure": closed, "reopening": reopened, "withdrawal": withdrawn} {
		if readersOf(s) != "CN TH VN" {
			t.Errorf("the %s goes to %s, want everyone who was ever addressed", what, readersOf(s))
		}
	}
	arrived(withdrawn, th, vn, cn)
	for _, n := range []*node{th, vn} {
		state := n.caseOf(original).GetState()
		if state.GetStatus() != spsv1.CaseStatus_CASE_STATUS_WITHDRAWN || len(state.GetVersions()) != 2 || len(state.GetExternalReferences()) != 1 {
			t.Errorf("at %s: %v, want a withdrawn case with two versions and a number", n.office.Code(), state)
		}
		for _, e := range state.GetEntries() {
			if e.GetStanding() != spsv1.EntryStanding_ENTRY_STANDING_EFFECTIVE {
				t.Errorf("at %s %s is %v, want every act to have its effect", n.office.Code(), e.GetStatement(), e)
			}
		}
	}
}
