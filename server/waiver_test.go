package server_test

import (
	"testing"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// byTwo issues a statement that one person drafts and another one issues.
func byTwo(t *testing.T, n *node, s *spsv1.Statement) *spsv1.IssuedStatement {
	t.Helper()
	officer := n.drafts(certs.RoleOfficer, "an")
	d := submit(t, officer, begin(t, officer, s))
	return done(t)(n.drafts(certs.RoleValidator, "binh").IssueDraft(t.Context(), &spsv1.IssueDraftRequest{Name: d.GetName(), Etag: d.GetEtag()}))
}

// TestWaiverHoldsForWhatTheCaseIs lets one person do everything in cases that are
// news, and has it try to make news of an alert, an alert of news, and to end
// either.
func TestWaiverHoldsForWhatTheCaseIs(t *testing.T) {
	w := newWorld(t, "TH", "VN")
	w.eyes = "four_eyes: {alone: 'news,amendment,withdrawal,closure,reopening'}"
	th := w.start("TH")
	alert := byTwo(t, th, alertTo("VN"))
	news := notification("a new pest is spoken of", "VN")
	news.GetNotification().Classification = spsv1.Classification_CLASSIFICATION_NEWS
	told := issue(t, th, news)

	alone := th.validator()
	reclassify := func(in *spsv1.IssuedStatement, to spsv1.Classification) error {
		return second(alone.AmendCase(t.Context(), &spsv1.AmendCaseRequest{
			Name: in.GetCase(), RequestId: newID(), Etag: th.caseOf(in).GetEtag(),
			Amendment: &spsv1.Amendment{
				Notification: &spsv1.Notification{Classification: to, Risk: &spsv1.Risk{Decision: spsv1.RiskDecision_RISK_DECISION_SERIOUS}},
				Reason:       in1("en", "on second thoughts"),
			},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"classification", "risk"}},
		}))
	}
	end := func(in *spsv1.IssuedStatement) error {
		return second(alone.CloseCase(t.Context(), &spsv1.CloseCaseRequest{
			Name: in.GetCase(), RequestId: newID(), Etag: th.caseOf(in).GetEtag(),
			Closure: &spsv1.Closure{Outcome: spsv1.ClosureOutcome_CLOSURE_OUTCOME_SETTLED},
		}))
	}
	withdraw := func(in *spsv1.IssuedStatement) error {
		return second(alone.WithdrawCase(t.Context(), &spsv1.WithdrawCaseRequest{
			Name: in.GetCase(), RequestId: newID(), Etag: th.caseOf(in).GetEtag(),
			Withdrawal: &spsv1.Withdrawal{Reason: spsv1.WithdrawalReason_WITHDRAWAL_REASON_UNFOUNDED, Text: in1("en", "it is not so")},
		}))
	}
	reopen := func(in *spsv1.IssuedStatement) error {
		return second(alone.ReopenCase(t.Context(), &spsv1.ReopenCaseRequest{
			Name: in.GetCase(), RequestId: newID(), Etag: th.caseOf(in).GetEtag(), Reopening: &spsv1.Reopening{Reason: in1("en", "again")},
		}))
	}
	const refused, toNews, toAlert = "INVALID, statement.waiver FOUR_EYES", spsv1.Classification_CLASSIFICATION_NEWS, spsv1.Classification_CLASSIFICATION_ALERT
	wantReason(t, "an alert becomes news", reclassify(alert, toNews), refused)
	wantReason(t, "an alert is closed", end(alert), refused)
	wantReason(t, "an alert is withdrawn", withdraw(alert), refused)
	wantReason(t, "news becomes an alert", reclassify(told, toAlert), refused)
	wantReason(t, "news is closed", end(told), "")
	wantReason(t, "news is opened again", reopen(told), "")
	wantReason(t, "news stays news", reclassify(told, toNews), "")
	wantReason(t, "news is withdrawn", withdraw(told), "")

	closure := func() *spsv1.Statement {
		return in(alert, &spsv1.Statement{
			Body: &spsv1.Statement_Closure{Closure: &spsv1.Closure{Outcome: spsv1.ClosureOutcome_CLOSURE_OUTCOME_SETTLED}},
		}, "VN")
	}
	wantReason(t, "an alert is closed by a whole statement", second(alone.IssueStatement(t.Context(), request(th, closure()))), refused)
	byTwo(t, th, closure())
	wantReason(t, "an alert is opened again", reopen(alert), refused)
}
