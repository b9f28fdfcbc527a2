package federation

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// packingHouse is where the dragon fruit of the story was packed.
func packingHouse() *spsv1.SiteCode {
	return &spsv1.SiteCode{Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_PACKING_HOUSE, Code: "VN-LAPH-0117", Area: &spsv1.Area{Code: "VN"}}
}

// residue is the report of a laboratory on a sample of dragon fruit.
func residue() *spsv1.LabFinding {
	milligrams := func(value string) *spsv1.Quantity {
		return &spsv1.Quantity{Value: value, Unit: &spsv1.Quantity_Ucum{Ucum: "mg/kg"}}
	}
	return &spsv1.LabFinding{
		ReportNumber: "LAB-2", Stage: spsv1.ResultStage_RESULT_STAGE_FINAL, Product: &spsv1.Product{Name: english("dragon fruit")},
		Sample: &spsv1.Sample{Number: "S-2", Results: []*spsv1.LabResult{{
			Analyte: &spsv1.Concept{AsWritten: "carbendazim"}, Value: milligrams("0.31"),
			Limits: []*spsv1.Limit{{Value: milligrams("0.01"), Requirement: &spsv1.Requirement{Citation: "MOPH Notification No. 387, default limit"}}},
		}}},
	}
}

// sets has an officer set the half of the office of the status of the code.
func (d *desk) sets(who string, alert *spsv1.IssuedStatement, action spsv1.CodeAction, to ...*spsv1.Addressee) {
	d.w.t.Helper()
	d.says(who, alert, &spsv1.Statement{Addressees: to, Body: &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{
		Facts: &spsv1.Facts{Measures: []*spsv1.Measure{{
			Id: "m1", State: spsv1.MeasureState_MEASURE_STATE_ORDERED, Text: english("the packing house is audited"),
			CodeStatus: &spsv1.CodeStatusChange{Code: packingHouse(), Action: action, Market: &spsv1.Area{Code: "TH"}},
		}}},
	}}})
}

// wantCode holds what offices are told of the code, now or on another day.
func (w *whole) wantCode(day time.Time, want map[certs.Office]spsv1.CodeAnswer) {
	w.t.Helper()
	for office, want := range want {
		got, err := spsv1.NewCodeStatusServiceClient(w.desks[office].as(certs.RoleOfficer, "desk")).GetCodeStatus(w.t.Context(), &spsv1.GetCodeStatusRequest{
			Code: packingHouse().GetCode(), Market: "TH", Day: day.UTC().Format(time.RFC3339),
		})
		if err != nil || got.GetAnswer() != want || got.GetPendingCases() != 0 {
			w.t.Errorf("at %s the code is %s on %s, %d cases pending, error %v, want %s", office, got.GetAnswer(), day, got.GetPendingCases(), err, want)
		}
	}
}

// TestStoryOfACode has a laboratory find a residue, the owner of the packing house
// be told of it and answer, the province where it is visit it, which the case
// reaches by itself, and both offices suspend the code and reinstate it,
// each while it does not hear the other: once they do, both are told the same of
// the code, also of days before, and the owner is told each change once.
func TestStoryOfACode(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWithProvince(t)
		th, vn, both := w.desks["TH"], w.desks["VN"], []certs.Office{"TH", "VN"}
		same := func(answer spsv1.CodeAnswer) map[certs.Office]spsv1.CodeAnswer {
			return map[certs.Office]spsv1.CodeAnswer{"TH": answer, "VN": answer}
		}

		vn.registers()
		vn.sends()
		found := th.posts(residue())
		alert := th.alerts("somchai", "malee", found, func(s *spsv1.Statement) {
			s.Addressees = to("VN")
			s.Flags = []*spsv1.Flag{{Office: "VN", Kind: spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP}}
			n := s.GetNotification()
			n.Type, n.Risk = spsv1.NotificationType_NOTIFICATION_TYPE_FOOD, &spsv1.Risk{Decision: spsv1.RiskDecision_RISK_DECISION_SERIOUS}
			n.Products[0].Codes = []*spsv1.SiteCode{packingHouse()}
		})
		w.settle()
		vn.says("lan", alert, &spsv1.Statement{Addressees: to("TH"), Body: &spsv1.Statement_Acknowledgement{Acknowledgement: &spsv1.Acknowledgement{}}})
		w.settle()
		w.wantSame(alert, both...)
		w.wantCode(time.Now(), same(spsv1.CodeAnswer_CODE_ANSWER_UNKNOWN))
		vn.releases(alert)
		vn.wantNews(alert, spsv1.NoticeNews_NOTICE_NEWS_NEW)
		vn.visits("minh", alert)
		w.settle()
		w.wantSame(alert, both...)

		// The line is cut. Each suspends its half, and knows only that.
		w.network.Cut("TH", "VN")
		vn.sets("lan", alert, spsv1.CodeAction_CODE_ACTION_SUSPENDED, to("TH")...)
		th.sets("malee", alert, spsv1.CodeAction_CODE_ACTION_SUSPENDED, to("VN")...)
		w.settle()
		w.wantCode(time.Now(), map[certs.Office]spsv1.CodeAnswer{"TH": spsv1.CodeAnswer_CODE_ANSWER_REFUSED, "VN": spsv1.CodeAnswer_CODE_ANSWER_WITHHELD})
		vn.wantNews(alert, spsv1.NoticeNews_NOTICE_NEWS_NEW, spsv1.NoticeNews_NOTICE_NEWS_CODE_SUSPENDED)
		vn.restart()
		w.network.Heal("TH", "VN")
		w.settle()
		w.wantSame(alert, both...)
		w.wantCode(time.Now(), same(spsv1.CodeAnswer_CODE_ANSWER_REFUSED_AND_WITHHELD))
		suspended := time.Now()
		time.Sleep(time.Hour)

		// The owner says what was done, Viet Nam reports that and lifts its half;
		// Thailand keeps its own, until it lifts it while the line is cut.
		vn.answers("lan", "minh", alert)
		vn.sets("lan", alert, spsv1.CodeAction_CODE_ACTION_REINSTATED, to("TH")...)
		th.restart()
		w.settle()
		w.wantCode(time.Now(), same(spsv1.CodeAnswer_CODE_ANSWER_REFUSED))
		w.network.Cut("TH", "VN")
		th.sets("malee", alert, spsv1.CodeAction_CODE_ACTION_REINSTATED, to("VN")...)
		w.settle()
		w.wantCode(time.Now(), map[certs.Office]spsv1.CodeAnswer{"TH": spsv1.CodeAnswer_CODE_ANSWER_GOOD, "VN": spsv1.CodeAnswer_CODE_ANSWER_REFUSED})
		w.network.Heal("TH", "VN")
		w.settle()
		w.wantCode(time.Now(), same(spsv1.CodeAnswer_CODE_ANSWER_GOOD))
		w.wantCode(suspended, same(spsv1.CodeAnswer_CODE_ANSWER_REFUSED_AND_WITHHELD))

		th.issues("somchai", "malee", alert, &spsv1.Statement{
			Addressees: to("VN"), Body: &spsv1.Statement_Closure{Closure: &spsv1.Closure{Outcome: spsv1.ClosureOutcome_CLOSURE_OUTCOME_SETTLED}},
		})
		w.settle()
		w.wantSame(alert, both...)
		w.wantOverdue(alert)
		vn.wantNews(alert, spsv1.NoticeNews_NOTICE_NEWS_NEW,
			spsv1.NoticeNews_NOTICE_NEWS_CODE_SUSPENDED, spsv1.NoticeNews_NOTICE_NEWS_CODE_SUSPENDED, // by each half
			spsv1.NoticeNews_NOTICE_NEWS_CODE_REINSTATED, spsv1.NoticeNews_NOTICE_NEWS_CODE_REINSTATED, spsv1.NoticeNews_NOTICE_NEWS_CASE_CLOSED)
		vn.wantCodeLines(alert,
			"VN-LAPH-0117: khôi phục; Thái Lan; Thái Lan đã bãi bỏ đình chỉ", "VN-LAPH-0117: khôi phục; Thái Lan; Việt Nam đã bãi bỏ đình chỉ",
			"VN-LAPH-0117: tạm đình chỉ; Thái Lan; Việt Nam không cho đi", "VN-LAPH-0117: tạm đình chỉ; Thái Lan; bị Thái Lan từ chối")
		th.wantUse(found, alert, spsv1.CaseStatus_CASE_STATUS_CLOSED, spsv1.ClosureOutcome_CLOSURE_OUTCOME_SETTLED)
	})
}
