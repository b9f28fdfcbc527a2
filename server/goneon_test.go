package server_test

import (
	"sync"
	"testing"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// closing returns the closure of a case, as a whole statement for some offices.
func closing(original *spsv1.IssuedStatement, offices ...certs.Office) *spsv1.Statement {
	st := notification("", offices...)
	st.CaseRef = &spsv1.CaseRef{Original: original.GetEntry(), Reference: original.GetReference()}
	st.Body = &spsv1.Statement_Closure{Closure: &spsv1.Closure{Outcome: spsv1.ClosureOutcome_CLOSURE_OUTCOME_SETTLED}}
	return st
}

// TestChangeWhileOfficesComeIn changes cases while an office is brought into
// them: it is told of the change, whichever comes first, or the change is
// refused.
func TestChangeWhileOfficesComeIn(t *testing.T) {
	w := newWorld(t, "TH", "VN", "CN")
	th, cn := w.start("TH"), w.start("CN")
	var refused, reached int
	for range 12 {
		original := issue(t, th, alertTo("VN"))
		etag := th.caseOf(original).GetEtag()
		var closed, amended *spsv1.IssuedStatement
		var closedErr, amendedErr, readdressErr error
		var all sync.WaitGroup
		all.Go(func() {
			closed, closedErr = th.validator().IssueStatement(t.Context(), &spsv1.IssueStatementRequest{
				Parent: "offices/TH", RequestId: newID(), Statement: closing(original, "VN"),
			})
		})
		all.Go(func() {
			amended, amendedErr = th.validator().AmendCase(t.Context(), &spsv1.AmendCaseRequest{
				Name: original.GetCase(), RequestId: newID(), Etag: etag,
				Amendment: &spsv1.Amendment{
					Reason:       in1("en", "it was weighed again"),
					Notification: &spsv1.Notification{Classification: spsv1.Classification_CLASSIFICATION_INFORMATION_FOR_ATTENTION},
				},
				UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"classification"}},
			})
		})
		all.Go(func() {
			_, readdressErr = th.validator().ReaddressCase(t.Context(), &spsv1.ReaddressCaseRequest{Name: original.GetCase(), Offices: []string{"CN"}})
		})
		all.Wait()
		if readdressErr != nil {
			t.Fatal(readdressErr)
		}
		for _, change := range []struct {
			what string
			made *spsv1.IssuedStatement
			err  error
		}{{"closure", closed, closedErr}, {"amendment", amended, amendedErr}} {
			if change.err == nil {
				reached++
				cn.watch("offices/-", "").statement(change.made.GetName()) // fails after its time
				continue
			}
			refused++
			if got := told(change.err); got != "ETAG" && got != "INVALID, statement.addressees REACH" {
				t.Errorf("%s: %v, want it issued, or refused because the case has gone on", change.what, change.err)
			}
		}
	}
	t.Logf("%d changes were issued and reached who came in, %d were refused", reached, refused)
	if reached == 0 {
		t.Error("no change was issued, want some")
	}
}

// TestDraftOfACaseThatHasGoneOn issues a draft only if the case is as it was when
// the draft was written, or as the issuer has read it.
func TestDraftOfACaseThatHasGoneOn(t *testing.T) {
	w := newWorld(t, "TH", "VN")
	th, vn := w.start("TH"), w.start("VN")
	original := issue(t, vn, alertTo("TH"))
	arrived(original, vn, th)
	officer, validator := vn.drafts(certs.RoleOfficer, "an"), vn.drafts(certs.RoleValidator, "binh")
	d := submit(t, officer, begin(t, officer, closing(original, "TH")))
	if want := vn.caseOf(original).GetEtag(); d.GetCaseEtag() != want {
		t.Errorf("etag of the case = %q, want %q", d.GetCaseEtag(), want)
	}
	disputed := done(t)(th.validator().FollowUpCase(t.Context(), &spsv1.FollowUpCaseRequest{
		Name: original.GetCase(), RequestId: newID(), FollowUp: &spsv1.FollowUp{
			Stance: &spsv1.Stance{Position: spsv1.StancePosition_STANCE_POSITION_DISPUTED, Reason: in1("en", "another lot")},
		},
	}))
	arrived(disputed, th, vn)
	check, err := validator.CheckDraft(t.Context(), &spsv1.CheckDraftRequest{Name: d.GetName()})
	if err != nil || !check.GetCaseGoneOn() {
		t.Errorf("check = %v, %v, want that the case has gone on", check, err)
	}
	issueAs := func(read string) error {
		_, err := validator.IssueDraft(t.Context(), &spsv1.IssueDraftRequest{Name: d.GetName(), Etag: d.GetEtag(), CaseEtag: read})
		return err
	}
	wantReason(t, "a draft from before the dispute", issueAs(""), "ETAG")
	wantReason(t, "with the case as it was", issueAs(d.GetCaseEtag()), "ETAG")
	if err := issueAs(vn.caseOf(original).GetEtag()); err != nil {
		t.Errorf("with the case as it is: %v, want it issued", err)
	}
	if got := vn.caseOf(original).GetState().GetStatus(); got != spsv1.CaseStatus_CASE_STATUS_CLOSED {
		t.Errorf("the case is %v, want it closed", got)
	}
}
