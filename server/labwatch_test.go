package server_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// became is what a watch tells of a finding: its state, and how far its use is.
func became(f *spsv1.LabFinding) string {
	words := []string{f.GetReportNumber(), strings.TrimPrefix(f.GetState().String(), "FINDING_STATE_")}
	for _, u := range f.GetUses() {
		words = append(words, strings.TrimPrefix(u.GetDraftState().String(), "DRAFT_STATE_"))
		if u.GetCase() != "" {
			words = append(words, strings.TrimPrefix(u.GetCaseStatus().String(), "CASE_STATUS_"), strings.TrimPrefix(u.GetCaseOutcome().String(), "CLOSURE_OUTCOME_"))
		}
	}
	return strings.Join(words, " ")
}

// watching follows a watch of findings from a cursor: each call returns what the
// next event tells, and its cursor.
func (l lab) watching(ctx context.Context, cursor string) func() (string, string) {
	l.t.Helper()
	stream, err := l.WatchFindings(ctx, &spsv1.WatchFindingsRequest{Cursor: cursor})
	if err != nil {
		l.t.Fatal(err)
	}
	return func() (string, string) {
		l.t.Helper()
		for {
			event, err := stream.Recv()
			if err != nil {
				l.t.Fatalf("watch: %v", err)
			}
			if event.GetFinding() != nil {
				return became(event.GetFinding()), event.GetCursor()
			}
		}
	}
}

// completed makes a draft from findings whole, and submits it.
func completed(t *testing.T, drafts spsv1.DraftServiceClient, draft *spsv1.Draft) *spsv1.Draft {
	t.Helper()
	st := draft.GetStatement()
	st.Handling, st.Addressees = spsv1.Handling_HANDLING_NETWORK, []*spsv1.Addressee{{
		Office: "TH", ByHand: true, Roles: []spsv1.AddresseeRole{spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN},
	}}
	st.GetNotification().Type = spsv1.NotificationType_NOTIFICATION_TYPE_FOOD
	draft, err := drafts.UpdateDraft(t.Context(), &spsv1.UpdateDraftRequest{Draft: draft})
	if err != nil {
		t.Fatal(err, told(err))
	}
	return submit(t, drafts, draft)
}

// TestWatchTellsWhatBecame has a laboratory watch while the office drafts, returns,
// issues, closes, reopens and withdraws; whoever resumes from any cursor is told the
// rest. Another laboratory is told nothing.
func TestWatchTellsWhatBecame(t *testing.T) {
	w := newWorld(t, "VN")
	vn := w.start("VN")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	hanoi := vn.lab("hanoi-lab")
	drafts, validator := vn.drafts(certs.RoleOfficer, "lan"), vn.as(certs.RoleValidator, "minh")
	cases := spsv1.NewCaseServiceClient(validator)
	next := hanoi.watching(ctx, "")
	var cursors, told []string
	wantNext := func(want string) {
		t.Helper()
		got, cursor := next()
		if got != want {
			t.Errorf("told %q, want %q", got, want)
		}
		cursors, told = append(cursors, cursor), append(told, got)
	}
	f := hanoi.mustPost(labReport(t, "L-1"))
	wantNext("L-1 CURRENT")
	begin := func() *spsv1.Draft {
		draft, err := vn.findings(certs.RoleOfficer).DraftFromFindings(t.Context(), &spsv1.DraftFromFindingsRequest{Names: []string{f.GetName()}})
		if err != nil {
			t.Fatal(err)
		}
		return draft
	}
	dropped := begin()
	wantNext("L-1 CURRENT DRAFTING")
	if _, err := drafts.DeleteDraft(t.Context(), &spsv1.DeleteDraftRequest{Name: dropped.GetName(), Etag: dropped.GetEtag()}); err != nil {
		t.Fatal(err)
	}
	wantNext("L-1 CURRENT")
	draft := begin()
	wantNext("L-1 CURRENT DRAFTING")
	draft = completed(t, drafts, draft)
	wantNext("L-1 CURRENT SUBMITTED")
	draft, err := drafts.ReturnDraft(t.Context(), &spsv1.ReturnDraftRequest{
		Name: draft.GetName(), Etag: draft.GetEtag(), Reason: []*spsv1.LocalizedText{{Lang: "en", Text: "which lot?"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	wantNext("L-1 CURRENT RETURNED")
	draft = submit(t, drafts, draft)
	wantNext("L-1 CURRENT SUBMITTED")
	issued, err := spsv1.NewDraftServiceClient(validator).IssueDraft(t.Context(), &spsv1.IssueDraftRequest{Name: draft.GetName(), Etag: draft.GetEtag()})
	if err != nil {
		t.Fatal(err)
	}
	const open = "L-1 CURRENT ISSUED OPEN UNSPECIFIED"
	wantNext(open)
	name := "cases/" + issued.GetReference()
	etag := func() string {
		c, err := cases.GetCase(t.Context(), &spsv1.GetCaseRequest{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		return c.GetEtag()
	}
	text := []*spsv1.LocalizedText{{Lang: "en", Text: "as told"}}
	_, err = cases.CloseCase(t.Context(), &spsv1.CloseCaseRequest{
		Name: name, RequestId: uuid.NewString(), Etag: etag(), Closure: &spsv1.Closure{Outcome: spsv1.ClosureOutcome_CLOSURE_OUTCOME_SETTLED},
	})
	if err != nil {
		t.Fatal(err)
	}
	wantNext("L-1 CURRENT ISSUED CLOSED SETTLED")
	_, err = cases.ReopenCase(t.Context(), &spsv1.ReopenCaseRequest{
		Name: name, RequestId: uuid.NewString(), Etag: etag(), Reopening: &spsv1.Reopening{Reason: text},
	})
	if err != nil {
		t.Fatal(err)
	}
	wantNext(open)
	_, err = cases.WithdrawCase(t.Context(), &spsv1.WithdrawCaseRequest{
		Name: name, RequestId: uuid.NewString(), Etag: etag(), Withdrawal: &spsv1.Withdrawal{Reason: spsv1.WithdrawalReason_WITHDRAWAL_REASON_UNFOUNDED, Text: text},
	})
	if err != nil {
		t.Fatal(err)
	}
	const last = "L-1 CURRENT ISSUED WITHDRAWN UNSPECIFIED"
	wantNext(last)

	// What is told last is the same from every cursor, before and after a restart.
	resume := func() {
		t.Helper()
		for i, cursor := range cursors[:len(cursors)-1] {
			if got, _ := vn.lab("hanoi-lab").watching(ctx, cursor)(); got != last {
				t.Errorf("resumed behind event %d (%s): %q, want %q", i, told[i], got, last)
			}
		}
	}
	resume()
	list, err := hanoi.ListFindings(ctx, &spsv1.ListFindingsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	vn.stop()
	vn = w.start("VN")
	resume()
	hue := vn.lab("hue-lab")
	theirs := hue.watching(ctx, "")
	hue.mustPost(labReport(t, "H-1"))
	if got, _ := theirs(); got != "H-1 CURRENT" {
		t.Errorf("another laboratory is told %q first, want its own finding", got)
	}
	vn.lab("hanoi-lab").mustPost(labReport(t, "L-9"))
	for name, cursor := range map[string]string{"the list": list.GetCursor(), "the last event": cursors[len(cursors)-1]} {
		if got, _ := vn.lab("hanoi-lab").watching(ctx, cursor)(); got != "L-9 CURRENT" {
			t.Errorf("behind %s comes %q, want the finding posted since", name, got)
		}
	}
}

// TestEndedFindingsAreAdvice withdraws and supersedes what is behind a draft and
// behind a case, and looks what the officer, the auditor and a system are shown.
func TestEndedFindingsAreAdvice(t *testing.T) {
	vn := newWorld(t, "VN").start("VN")
	hanoi, desk := vn.lab("hanoi-lab"), vn.findings(certs.RoleOfficer)
	first, second := hanoi.mustPost(labReport(t, "L-1")), hanoi.mustPost(labReport(t, "L-2", "stage: RESULT_STAGE_PRELIMINARY"))
	drafts := vn.drafts(certs.RoleOfficer, "lan")
	draft, err := desk.DraftFromFindings(t.Context(), &spsv1.DraftFromFindingsRequest{Names: []string{first.GetName(), second.GetName()}})
	if err != nil {
		t.Fatal(err)
	}
	draft = completed(t, drafts, draft)
	said := func(all []*spsv1.Advice) string {
		var words []string
		for _, a := range all {
			if a.GetSentence() == "" {
				t.Errorf("%s has no sentence", a.GetReason())
			}
			words = append(words, strings.TrimSpace(a.GetField()+" "+a.GetReason()))
		}
		return strings.Join(words, ", ")
	}
	shown := func() string {
		t.Helper()
		got, err := drafts.GetDraft(t.Context(), &spsv1.GetDraftRequest{Name: draft.GetName()})
		if err != nil {
			t.Fatal(err)
		}
		check, err := drafts.CheckDraft(t.Context(), &spsv1.CheckDraftRequest{Name: draft.GetName()})
		if err != nil {
			t.Fatal(err)
		}
		list, err := drafts.ListDrafts(t.Context(), &spsv1.ListDraftsRequest{})
		if err != nil || len(list.GetDrafts()) != 1 {
			t.Fatal(list, err)
		}
		var checked []*spsv1.Advice
		for _, a := range check.GetAdvice() {
			if strings.HasPrefix(a.GetReason(), "FINDING_") {
				checked = append(checked, a)
			}
		}
		return fmt.Sprint(said(got.GetAdvice()), " | ", said(checked), " | ", said(list.GetDrafts()[0].GetAdvice()))
	}
	if got, want := shown(), " |  | "; got != want {
		t.Errorf("while they stand: %q, want nothing", got)
	}
	again, err := desk.DraftFromFindings(t.Context(), &spsv1.DraftFromFindingsRequest{Names: []string{second.GetName()}})
	if err != nil {
		t.Fatal(err)
	}
	const used = "findings[0] FINDING_USED"
	if got := said(again.GetAdvice()); got != used {
		t.Errorf("the second draft from a finding is begun with the advice %q, want %q", got, used)
	}
	if got, err := drafts.GetDraft(t.Context(), &spsv1.GetDraftRequest{Name: draft.GetName()}); err != nil || said(got.GetAdvice()) != "findings[1] FINDING_USED" {
		t.Errorf("the first draft has the advice %v, %v, want that its second finding is in another one", got.GetAdvice(), err)
	}
	if _, err := drafts.DeleteDraft(t.Context(), &spsv1.DeleteDraftRequest{Name: again.GetName(), Etag: again.GetEtag()}); err != nil {
		t.Fatal(err)
	}
	if _, err := hanoi.WithdrawFinding(t.Context(), withdrawal("L-1")); err != nil {
		t.Fatal(err)
	}
	hanoi.mustPost(labReport(t, "L-2"))
	const ended = "findings[0] FINDING_WITHDRAWN, findings[1] FINDING_SUPERSEDED"
	if got, want := shown(), ended+" | "+ended+" | "+ended; got != want {
		t.Errorf("once they do not stand: %q, want %q", got, want)
	}
	issued, err := vn.drafts(certs.RoleValidator, "minh").IssueDraft(t.Context(), &spsv1.IssueDraftRequest{Name: draft.GetName(), Etag: draft.GetEtag()})
	if err != nil {
		t.Fatal(err, told(err))
	}
	if _, err := hanoi.WithdrawFinding(t.Context(), withdrawal("L-2")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		role certs.Role
		id   string
		want string
	}{
		{certs.RoleOfficer, "lan", "FINDING_WITHDRAWN, FINDING_WITHDRAWN"},
		{certs.RoleAuditor, "an", "FINDING_WITHDRAWN, FINDING_WITHDRAWN"},
		{certs.RoleSystem, "plant-portal", ""},
	} {
		whole, err := spsv1.NewCaseServiceClient(vn.as(c.role, c.id)).GetCase(t.Context(), &spsv1.GetCaseRequest{Name: "cases/" + issued.GetReference()})
		if err != nil || said(whole.GetAdvice()) != c.want {
			t.Errorf("%s is told %q of the case, %v, want %q", c.role, said(whole.GetAdvice()), err, c.want)
		}
	}
}
