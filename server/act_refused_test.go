package server_test

import (
	"testing"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestActsThatAreRefused has what only the request of an act can get wrong.
func TestActsThatAreRefused(t *testing.T) {
	w := newWorld(t, "TH", "VN")
	th := w.start("TH")
	original := issue(t, th, alertTo("VN"))
	name, etag := original.GetCase(), th.caseOf(original).GetEtag()
	as := th.validator()
	settled := &spsv1.Closure{Outcome: spsv1.ClosureOutcome_CLOSURE_OUTCOME_SETTLED}
	for _, tc := range []struct {
		name string
		act  func() error
		want string
	}{
		{"no case of that reference", func() error {
			return second(as.FollowUpCase(t.Context(), &spsv1.FollowUpCaseRequest{Name: "cases/TH-2026-000999", RequestId: newID()}))
		}, "NOT_FOUND"},
		{"nothing waits for an answer", func() error {
			return second(as.RespondInCase(t.Context(), &spsv1.RespondInCaseRequest{
				Name: name, RequestId: newID(), Response: &spsv1.Response{Result: spsv1.ResponseResult_RESPONSE_RESULT_GRANTED},
			}))
		}, "INVALID, target TARGET_REQUIRED"},
		{"answer to a statement that is not in the case", func() error {
			return second(as.RespondInCase(t.Context(), &spsv1.RespondInCaseRequest{
				Name: name, RequestId: newID(), Target: "VN-2026-000001", Response: &spsv1.Response{Result: spsv1.ResponseResult_RESPONSE_RESULT_GRANTED},
			}))
		}, "INVALID, target TARGET_UNKNOWN"},
		{"field that a notification has not", func() error {
			return second(as.AmendCase(t.Context(), &spsv1.AmendCaseRequest{
				Name: name, RequestId: newID(), Etag: etag, Amendment: &spsv1.Amendment{Reason: in1("en", "why")},
				UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"products[p1]"}},
			}))
		}, "INVALID, update_mask.paths[0] MASK"},
		{"amendment that changes nothing", func() error {
			return second(as.AmendCase(t.Context(), &spsv1.AmendCaseRequest{
				Name: name, RequestId: newID(), Etag: etag, Amendment: &spsv1.Amendment{Reason: in1("en", "why")},
			}))
		}, "INVALID, amendment.changes REPEATED_MIN_ITEMS"},
		{"an etag that is not the present one", func() error {
			return second(as.CloseCase(t.Context(), &spsv1.CloseCaseRequest{Name: name, RequestId: newID(), Etag: "x", Closure: settled}))
		}, "ETAG"},
		{"the same, only checked", func() error {
			return second(as.CloseCase(t.Context(), &spsv1.CloseCaseRequest{Name: name, RequestId: newID(), Etag: "x", ValidateOnly: true, Closure: settled}))
		}, "ETAG"},
		{"the same, as a draft", func() error {
			return second(as.CloseCase(t.Context(), &spsv1.CloseCaseRequest{Name: name, RequestId: newID(), Etag: "x", Draft: true, Closure: settled}))
		}, "ETAG"},
		{"no closure", func() error {
			return second(as.CloseCase(t.Context(), &spsv1.CloseCaseRequest{Name: name, RequestId: newID(), Etag: etag}))
		}, "INVALID, closure REQUIRED"},
		{"what the case says, in the statement", func() error {
			return second(as.CloseCase(t.Context(), &spsv1.CloseCaseRequest{
				Name: name, RequestId: newID(), Etag: etag, Closure: settled,
				Statement: &spsv1.Statement{CaseRef: &spsv1.CaseRef{}, Status: 1, Body: &spsv1.Statement_Closure{Closure: settled}},
			}))
		}, "INVALID, statement.case_ref SET_BY_NODE, statement.status SET_BY_NODE, statement.closure SET_BY_NODE"},
		{"what only the node says", func() error {
			return second(as.FollowUpCase(t.Context(), &spsv1.FollowUpCaseRequest{
				Name: name, RequestId: newID(), FollowUp: &spsv1.FollowUp{Text: in1("en", "more")}, Statement: &spsv1.Statement{Office: "TH", Salt: make([]byte, 32)},
			}))
		}, "INVALID, statement.salt SET_BY_NODE, statement.office SET_BY_NODE"},
		{"several at once, of content and case", func() error {
			return second(as.WithdrawCase(t.Context(), &spsv1.WithdrawCaseRequest{
				Name: name, RequestId: newID(), Etag: etag, Target: "TH-2026-000777", Withdrawal: &spsv1.Withdrawal{},
			}))
		}, "INVALID, target TARGET_UNKNOWN"},
		{"duplicate of what is not here", func() error {
			return second(as.CloseCase(t.Context(), &spsv1.CloseCaseRequest{
				Name: name, RequestId: newID(), Etag: etag, Target: "cases/VN-2026-000001",
				Closure: &spsv1.Closure{Outcome: spsv1.ClosureOutcome_CLOSURE_OUTCOME_DUPLICATE},
			}))
		}, "INVALID, target NO_CASE"},
		{"announcement in the place of none", func() error {
			return second(as.Announce(t.Context(), &spsv1.AnnounceRequest{
				Parent: "offices/TH", RequestId: newID(), Target: original.GetReference(), Announcement: &spsv1.Announcement{
					Subject: in1("en", "gate"), Action: spsv1.AnnouncementAction_ANNOUNCEMENT_ACTION_REPLACE,
				},
			}))
		}, "INVALID, target TARGET_UNKNOWN"},
		{"announcement of another office", func() error {
			return second(as.Announce(t.Context(), &spsv1.AnnounceRequest{
				Parent: "offices/VN", RequestId: newID(), Announcement: &spsv1.Announcement{},
			}))
		}, "INVALID, parent OTHER_OFFICE, announcement.body REQUIRED, announcement.subject REPEATED_MIN_ITEMS"},
		{"draft of a system", func() error {
			system := spsv1.NewCaseServiceClient(th.as(certs.RoleSystem, "plant-portal"))
			return second(system.FollowUpCase(t.Context(), &spsv1.FollowUpCaseRequest{Name: name, RequestId: newID(), Draft: true}))
		}, "INVALID, draft DRAFT_SYSTEM"},
		{"closure by an officer", func() error {
			officer := spsv1.NewCaseServiceClient(th.as(certs.RoleOfficer, "an"))
			return second(officer.CloseCase(t.Context(), &spsv1.CloseCaseRequest{Name: name, RequestId: newID(), Etag: etag, Closure: settled}))
		}, "PERMISSION_DENIED"},
	} {
		t.Run(tc.name, func(t *testing.T) { wantReason(t, tc.name, tc.act(), tc.want) })
	}
	if c := th.caseOf(original); len(c.GetStatements()) != 0 || c.GetEtag() != etag {
		t.Errorf("after all refusals the case has %d statements, want none, and its etag", len(c.GetStatements()))
	}
}

// TestActIsDoneOnce repeats acts: the case has gone on, and the answer is the
// first.
func TestActIsDoneOnce(t *testing.T) {
	w := newWorld(t, "TH", "VN", "CN")
	th := w.start("TH")
	original := issue(t, th, alertTo("VN"))
	name := original.GetCase()
	closing := &spsv1.CloseCaseRequest{
		Name: name, RequestId: newID(), Etag: th.caseOf(original).GetEtag(), Closure: &spsv1.Closure{Outcome: spsv1.ClosureOutcome_CLOSURE_OUTCOME_SETTLED},
	}
	first := done(t)(th.validator().CloseCase(t.Context(), closing))
	if _, err := th.validator().ReaddressCase(t.Context(), &spsv1.ReaddressCaseRequest{Name: name, Offices: []string{"CN"}}); err != nil {
		t.Fatal(err)
	}
	if again := done(t)(th.validator().CloseCase(t.Context(), closing)); again.GetName() != first.GetName() {
		t.Errorf("closed again as %s, want %s as before", again.GetName(), first.GetName())
	}
	closing.Closure.Outcome = spsv1.ClosureOutcome_CLOSURE_OUTCOME_NO_ANSWER
	_, err := th.validator().CloseCase(t.Context(), closing)
	wantReason(t, "another closure under the same id", err, "ID_CONFLICT")
}

// TestActIsPreparedAsDraft has an officer prepare a closure that a validator
// issues, who may not have drafted it.
func TestActIsPreparedAsDraft(t *testing.T) {
	w := newWorld(t, "TH", "VN")
	w.eyes = "four_eyes: {alone: none}"
	th := w.start("TH")
	d := begin(t, th.drafts(certs.RoleOfficer, "an"), alertTo("VN"))
	d = submit(t, th.drafts(certs.RoleOfficer, "an"), d)
	original := done(t)(th.drafts(certs.RoleValidator, "binh").IssueDraft(t.Context(), &spsv1.IssueDraftRequest{Name: d.GetName(), Etag: d.GetEtag()}))

	closing := &spsv1.CloseCaseRequest{
		Name: original.GetCase(), RequestId: newID(), Etag: th.caseOf(original).GetEtag(), Draft: true,
		Closure: &spsv1.Closure{Outcome: spsv1.ClosureOutcome_CLOSURE_OUTCOME_SETTLED},
	}
	officer := spsv1.NewCaseServiceClient(th.as(certs.RoleOfficer, "an"))
	kept := done(t)(officer.CloseCase(t.Context(), closing))
	if again := done(t)(officer.CloseCase(t.Context(), closing)); kept.GetDraft() != "drafts/"+closing.GetRequestId() || again.GetDraft() != kept.GetDraft() || kept.GetName() != "" {
		t.Errorf("drafts %s and %s, want one under the request's id, and nothing issued", kept.GetDraft(), again.GetDraft())
	}
	if readersOf(kept) != "TH VN" {
		t.Errorf("it would go to %s, want TH VN", readersOf(kept))
	}
	read, err := th.drafts(certs.RoleOfficer, "an").GetDraft(t.Context(), &spsv1.GetDraftRequest{Name: kept.GetDraft()})
	if err != nil {
		t.Fatal(err)
	}
	read = submit(t, th.drafts(certs.RoleOfficer, "an"), read)
	issued := done(t)(th.drafts(certs.RoleValidator, "binh").IssueDraft(t.Context(), &spsv1.IssueDraftRequest{Name: read.GetName(), Etag: read.GetEtag()}))
	if got := issued.GetStatement(); got.GetDraftedBy().GetId() != "an" || got.GetIssuedBy().GetId() != "binh" || got.GetClosure() == nil {
		t.Errorf("issued = %v, want the closure that an drafted and binh issues", got)
	}
	closing.Draft, closing.RequestId, closing.Etag = false, newID(), th.caseOf(original).GetEtag()
	_, err = th.validator().ReopenCase(t.Context(), &spsv1.ReopenCaseRequest{
		Name: original.GetCase(), RequestId: newID(), Etag: closing.GetEtag(), Reopening: &spsv1.Reopening{Reason: in1("en", "again")},
	})
	wantReason(t, "a validator alone", err, "INVALID, statement.waiver FOUR_EYES")
}

// TestAnnouncementsFollowEachOther announces a gate, and that it is open again.
func TestAnnouncementsFollowEachOther(t *testing.T) {
	vn := newWorld(t, "VN").start("VN")
	gate := func(status spsv1.GateStatus, action spsv1.AnnouncementAction) *spsv1.Announcement {
		return &spsv1.Announcement{
			Subject: in1("en", "gate"), Action: action, Body: &spsv1.Announcement_BorderGateStatus{BorderGateStatus: &spsv1.BorderGateStatus{
				Gate: &spsv1.Place{Locode: "VNLSN"}, Status: status,
			}},
		}
	}
	first := done(t)(vn.validator().Announce(t.Context(), &spsv1.AnnounceRequest{
		Parent: "offices/VN", RequestId: newID(), Announcement: gate(spsv1.GateStatus_GATE_STATUS_SUSPENDED, 0),
	}))
	if readersOf(first) != "network" {
		t.Errorf("announced to %s, want the network", readersOf(first))
	}
	next := done(t)(vn.validator().Announce(t.Context(), &spsv1.AnnounceRequest{
		Parent: "offices/VN", RequestId: newID(), Target: first.GetReference(),
		Announcement: gate(spsv1.GateStatus_GATE_STATUS_OPEN, spsv1.AnnouncementAction_ANNOUNCEMENT_ACTION_REPLACE),
	}))
	relation := next.GetStatement().GetRelatesTo()
	if len(relation) != 1 || relation[0].GetKind() != spsv1.RelationKind_RELATION_KIND_SUPERSEDES || relation[0].GetReference() != first.GetReference() {
		t.Errorf("it relates to %v, want to what it replaces", relation)
	}
}
