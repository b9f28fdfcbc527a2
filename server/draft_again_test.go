package server_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestDraftedActIsDoneOnce repeats an act that made a draft: after the draft was
// changed, after the case was closed, and after the draft was deleted.
func TestDraftedActIsDoneOnce(t *testing.T) {
	th := newWorld(t, "TH", "VN").start("TH")
	original := issue(t, th, alertTo("VN"))
	officer, drafts := spsv1.NewCaseServiceClient(th.as(certs.RoleOfficer, "an")), th.drafts(certs.RoleOfficer, "an")
	closing := &spsv1.CloseCaseRequest{
		Name: original.GetCase(), RequestId: newID(), Etag: th.caseOf(original).GetEtag(), Draft: true,
		Closure: &spsv1.Closure{Outcome: spsv1.ClosureOutcome_CLOSURE_OUTCOME_SETTLED},
	}
	kept := done(t)(officer.CloseCase(t.Context(), closing))
	again := func(when string) *spsv1.IssuedStatement {
		t.Helper()
		got, err := officer.CloseCase(t.Context(), closing)
		if err != nil || got.GetDraft() != kept.GetDraft() || readersOf(got) != readersOf(kept) {
			t.Errorf("once more, %s: draft %q for %s, %v, want %q for %s", when, got.GetDraft(), readersOf(got), err, kept.GetDraft(), readersOf(kept))
		}
		return got
	}
	if got := again("at once"); !proto.Equal(got, kept) {
		t.Errorf("once more = %v, want %v", got, kept)
	}
	d, err := drafts.GetDraft(t.Context(), &spsv1.GetDraftRequest{Name: kept.GetDraft()})
	if err != nil {
		t.Fatal(err)
	}
	d.GetStatement().GetClosure().Text = in1("en", "the code is reinstated")
	if _, err := drafts.UpdateDraft(t.Context(), &spsv1.UpdateDraftRequest{Draft: d}); err != nil {
		t.Fatal(err)
	}
	if got := again("the draft was changed").GetStatement().GetClosure(); len(got.GetText()) == 0 {
		t.Errorf("after the draft was changed it says %v, want what it says now", got)
	}
	closed := proto.CloneOf(closing)
	closed.Draft, closed.RequestId = false, newID()
	done(t)(th.validator().CloseCase(t.Context(), closed))
	again("the case is closed")
	closing.Etag = th.caseOf(original).GetEtag()
	again("with the etag of now")

	_, err = spsv1.NewCaseServiceClient(th.as(certs.RoleOfficer, "binh")).CloseCase(t.Context(), closing)
	wantReason(t, "the id of another person", err, "ID_CONFLICT")
	other := proto.CloneOf(closing)
	other.Closure.Outcome = spsv1.ClosureOutcome_CLOSURE_OUTCOME_NO_ANSWER
	wantReason(t, "another closure under the same id", second(officer.CloseCase(t.Context(), other)), "ID_CONFLICT")
	if _, err := drafts.DeleteDraft(t.Context(), &spsv1.DeleteDraftRequest{Name: kept.GetDraft()}); err != nil {
		t.Fatal(err)
	}
	wantReason(t, "the draft was deleted", second(officer.CloseCase(t.Context(), closing)), "INVALID, closure CASE_CLOSED")
}

// TestDraftIsBegunOnce repeats the request that began a draft, after the draft was
// changed: what it asked for counts, not what it became.
func TestDraftIsBegunOnce(t *testing.T) {
	drafts := newWorld(t, "VN").strict("VN").drafts(certs.RoleOfficer, "an")
	begun := &spsv1.CreateDraftRequest{Draft: &spsv1.Draft{Statement: notification("fruit fly")}, RequestId: newID()}
	d, err := drafts.CreateDraft(t.Context(), begun)
	if err != nil {
		t.Fatal(err)
	}
	d.Statement = notification("fruit fly in mango")
	if d, err = drafts.UpdateDraft(t.Context(), &spsv1.UpdateDraftRequest{Draft: d}); err != nil {
		t.Fatal(err)
	}
	if again, err := drafts.CreateDraft(t.Context(), begun); err != nil || !proto.Equal(again, d) {
		t.Errorf("begun again = %v, %v, want %v", again, err, d)
	}
	begun.Draft.Statement = notification("fruit fly in mango")
	wantReason(t, "what it became", second(drafts.CreateDraft(t.Context(), begun)), "ID_CONFLICT")
}

// TestWaiverOfADraftComesLater gives one with the act that makes a draft, which is
// told so in the names of its request, in a check too.
func TestWaiverOfADraftComesLater(t *testing.T) {
	th := newWorld(t, "TH", "VN").start("TH")
	original := issue(t, th, alertTo("VN"))
	closing := &spsv1.CloseCaseRequest{
		Name: original.GetCase(), RequestId: newID(), Etag: th.caseOf(original).GetEtag(), Draft: true,
		Statement: &spsv1.Statement{Waiver: &spsv1.Waiver{Reason: spsv1.WaiverReason_WAIVER_REASON_CLASSIFICATION}},
		Closure:   &spsv1.Closure{Outcome: spsv1.ClosureOutcome_CLOSURE_OUTCOME_SETTLED},
	}
	const want = "INVALID, statement.waiver SET_BY_NODE"
	wantReason(t, "a draft with a waiver", second(th.validator().CloseCase(t.Context(), closing)), want)
	closing.ValidateOnly = true
	wantReason(t, "the check of one", second(th.validator().CloseCase(t.Context(), closing)), want)
}
