package server_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestEveryKindOfRequest asks for everything that can be asked, has each
// answered, and both offices see the same.
func TestEveryKindOfRequest(t *testing.T) {
	w := newWorld(t, "TH", "VN", "CN")
	th, vn := w.start("TH"), w.start("VN")
	original := issue(t, th, alertTo("VN"))
	arrived(original, th, vn)
	later := timestamppb.New(original.GetIssueTime().AsTime().AddDate(0, 1, 0))
	needs := map[spsv1.RequestKind]*spsv1.Request{
		spsv1.RequestKind_REQUEST_KIND_AMENDMENT: {Corrections: []*spsv1.Correction{{Path: "products[p1].name", Proposed: "black pepper"}}},
		spsv1.RequestKind_REQUEST_KIND_RELEASE:   {Movement: &spsv1.GoodsMovement{About: []string{"n:p1"}}},
		spsv1.RequestKind_REQUEST_KIND_RETEST:    {Retest: &spsv1.Retest{Role: spsv1.SampleRole_SAMPLE_ROLE_COUNTER}},
		spsv1.RequestKind_REQUEST_KIND_EXTENSION: {Extension: &spsv1.Extension{Clock: spsv1.Clock_CLOCK_OUTCOME, DueTime: later}},
		spsv1.RequestKind_REQUEST_KIND_REMOTE_INSPECTION: {
			RemoteInspection: &spsv1.RemoteInspection{StartTimes: []*timestamppb.Timestamp{later}},
		},
		spsv1.RequestKind_REQUEST_KIND_CODE_REINSTATEMENT: {Codes: []*spsv1.SiteCode{{
			Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_PACKING_HOUSE, Code: "VN-PH-01", Area: &spsv1.Area{Code: "VN"},
		}}},
		spsv1.RequestKind_REQUEST_KIND_READDRESS: {FurtherOffices: []string{"CN"}},
	}
	var asked, last *spsv1.IssuedStatement
	all := spsv1.RequestKind(0).Descriptor().Values()
	for i := 1; i < all.Len(); i++ {
		kind := spsv1.RequestKind(all.Get(i).Number())
		request := needs[kind]
		if request == nil {
			request = &spsv1.Request{}
		}
		request.Kind, request.Text = kind, in1("en", kind.String())
		asked = done(t)(vn.validator().RequestInCase(t.Context(), &spsv1.RequestInCaseRequest{Name: original.GetCase(), RequestId: newID(), Request: request}))
		if diff := cmp.Diff([]string{"TH"}, asked.GetStatement().GetRequest().GetOffices()); diff != "" {
			t.Errorf("%s asks (-want +got):\n%s", kind, diff)
		}
		arrived(asked, vn, th)
		last = done(t)(th.validator().RespondInCase(t.Context(), &spsv1.RespondInCaseRequest{
			Name: original.GetCase(), RequestId: newID(), Target: asked.GetReference(), Response: &spsv1.Response{Result: spsv1.ResponseResult_RESPONSE_RESULT_GRANTED},
		}))
	}
	arrived(last, th, vn)
	state := vn.caseOf(original).GetState()
	if got := state.GetRequests(); len(got) != all.Len()-1 {
		t.Errorf("%d requests, want %d", len(got), all.Len()-1)
	}
	for _, r := range state.GetRequests() {
		if r.GetAnswers()[0].GetResult() != spsv1.ResponseResult_RESPONSE_RESULT_GRANTED {
			t.Errorf("%s: %v, want it granted", r.GetKind(), r.GetAnswers())
		}
	}
	if x := state.GetExtensions(); len(x) != 1 || !x[0].GetDueTime().AsTime().Equal(later.AsTime()) || x[0].GetOffice() != "VN" {
		t.Errorf("extensions = %v, want that of VN's outcome", x)
	}
	if diff := cmp.Diff(th.caseOf(original).GetState(), state, protocmp.Transform()); diff != "" {
		t.Errorf("the case (-at TH +at VN):\n%s", diff)
	}
}

// TestWhoIsNotOnTheNetwork tells by hand, enters what was heard, and links the
// real case when it arrives.
func TestWhoIsNotOnTheNetwork(t *testing.T) {
	w := newWorld(t, "TH", "VN")
	th, vn := w.start("TH"), w.start("VN")
	laos := &spsv1.Area{Code: "LA"}
	alert := alertTo("VN")
	alert.Addressees = append(alert.Addressees, &spsv1.Addressee{Area: laos, ByHand: true})
	original := issue(t, th, alert)
	arrived(original, th, vn)
	name := original.GetCase()

	told := done(t)(th.validator().FollowUpCase(t.Context(), &spsv1.FollowUpCaseRequest{Name: name, RequestId: newID(), Statement: &spsv1.Statement{
		HandDeliveries: []*spsv1.HandDelivery{{
			Area: laos, Means: spsv1.Means_MEANS_TELEPHONE, TellTime: original.GetIssueTime(),
			ToldBy: &spsv1.Person{Id: "lan.nguyen"}, ToldTo: &spsv1.Person{Name: "Bounmy S."},
		}},
	}}))
	heard := done(t)(th.validator().AcknowledgeCase(t.Context(), &spsv1.AcknowledgeCaseRequest{
		Name: name, RequestId: newID(), Acknowledgement: &spsv1.Acknowledgement{Stance: &spsv1.Stance{Position: spsv1.StancePosition_STANCE_POSITION_ACCEPTED}},
		Statement: &spsv1.Statement{Source: &spsv1.Source{
			Teller: &spsv1.Authority{Area: laos}, Means: spsv1.Means_MEANS_TELEPHONE, ReceiveTime: original.GetIssueTime(), ReceivedBy: &spsv1.Person{Id: "lan.nguyen"},
		}},
	}))
	for _, s := range []*spsv1.IssuedStatement{told, heard} {
		if readersOf(s) != "TH VN" {
			t.Errorf("%s goes to %s, want TH VN: who is told by hand is told what changes the case", s.GetReference(), readersOf(s))
		}
	}
	closed := done(t)(th.validator().CloseCase(t.Context(), &spsv1.CloseCaseRequest{
		Name: name, RequestId: newID(), Etag: th.caseOf(original).GetEtag(), Closure: &spsv1.Closure{Outcome: spsv1.ClosureOutcome_CLOSURE_OUTCOME_SETTLED},
	}))
	if got := closed.GetStatement().GetAddressees(); len(got) != 2 || got[1].GetArea().GetCode() != "LA" || !got[1].GetByHand() {
		t.Errorf("the closure goes to %v, want to Laos by hand too", got)
	}
	arrived(closed, th, vn)
	for _, n := range []*node{th, vn} {
		for _, p := range n.caseOf(original).GetState().GetParticipants() {
			if p.GetArea().GetCode() == "LA" && (len(p.GetHandDeliveries()) != 1 || len(p.GetTold()) != 1 || p.GetStance() != nil) {
				t.Errorf("Laos at %s = %v, want it told once and heard once, and no register of its own", n.office.Code(), p)
			}
		}
	}

	letter := notification("fruit fly in banana", "VN")
	letter.Source = &spsv1.Source{Teller: &spsv1.Authority{Area: laos}, Means: spsv1.Means_MEANS_LETTER, Reference: "12/PPD", ReceiveTime: original.GetIssueTime()}
	entered := issue(t, th, letter)
	real := issue(t, vn, notification("fruit fly in banana, the real one", "TH"))
	arrived(real, vn, th)
	done(t)(th.validator().FollowUpCase(t.Context(), &spsv1.FollowUpCaseRequest{Name: entered.GetCase(), RequestId: newID(), Statement: &spsv1.Statement{
		RelatesTo: []*spsv1.Relation{{Kind: spsv1.RelationKind_RELATION_KIND_TRANSCRIBES, Entry: real.GetEntry(), Reference: real.GetReference()}},
	}}))
	if got := th.caseOf(entered).GetState().GetLinks(); len(got) != 1 || got[0].GetRelation().GetReference() != real.GetReference() {
		t.Errorf("links of the case that was entered = %v, want the real one", got)
	}
}

// TestSystemActs has a national system act for two named persons, within its
// scope.
func TestSystemActs(t *testing.T) {
	w := newWorld(t, "TH", "VN")
	th, vn := w.start("TH"), w.start("VN")
	original := issue(t, th, alertTo("VN"))
	arrived(original, th, vn)
	system := spsv1.NewCaseServiceClient(vn.as(certs.RoleSystem, "plant-portal"))
	named := &spsv1.Statement{DraftedBy: &spsv1.Person{Id: "an"}, ApprovedBy: &spsv1.Person{Id: "binh"}}
	followed := done(t)(system.FollowUpCase(t.Context(), &spsv1.FollowUpCaseRequest{
		Name: original.GetCase(), RequestId: newID(), Statement: named, FollowUp: &spsv1.FollowUp{Text: in1("en", "the lot is held")},
	}))
	if got := followed.GetStatement(); got.GetIssuingSystem() != "plant-portal" || got.GetApprovedBy().GetId() != "binh" {
		t.Errorf("follow-up of a system = %v, want it for an and binh", got)
	}
	_, err := system.FollowUpCase(t.Context(), &spsv1.FollowUpCaseRequest{Name: original.GetCase(), RequestId: newID(), FollowUp: &spsv1.FollowUp{Text: in1("en", "more")}})
	if got := told(err); !strings.Contains(got, "statement.drafted_by PERSON_REQUIRED") {
		t.Errorf("a system that names nobody: %q", got)
	}
	_, err = system.AcknowledgeCase(t.Context(), &spsv1.AcknowledgeCaseRequest{Name: original.GetCase(), RequestId: newID(), Statement: named})
	wantReason(t, "beyond its scope", err, "OUT_OF_SCOPE")
}
