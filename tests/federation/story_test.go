package federation

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func english(s string) []*spsv1.LocalizedText {
	return []*spsv1.LocalizedText{{Lang: "en", Text: s}}
}

func to(offices ...string) []*spsv1.Addressee {
	var all []*spsv1.Addressee
	for _, o := range offices {
		all = append(all, &spsv1.Addressee{Office: o})
	}
	return all
}

// laos has no node.
func laos() *spsv1.Addressee { return &spsv1.Addressee{Office: "LA", ByHand: true} }

// everyone is who was ever addressed in the case, at its end.
func everyone() []*spsv1.Addressee { return append(to("VN", "CN"), laos()) }

// pepper is what Thailand has found in pepper of Viet Nam.
func pepper(subject string, lot string) *spsv1.Notification {
	return &spsv1.Notification{
		Classification: spsv1.Classification_CLASSIFICATION_ALERT,
		Type:           spsv1.NotificationType_NOTIFICATION_TYPE_FOOD,
		Subject:        english(subject),
		Risk:           &spsv1.Risk{Decision: spsv1.RiskDecision_RISK_DECISION_SERIOUS},
		Products:       []*spsv1.Product{{Id: "p1", Name: english("black pepper"), Lots: []*spsv1.Lot{{Id: "p1.l1", Number: lot}}}},
		Findings:       []*spsv1.Finding{{Id: "f1", About: []string{"p1.l1"}, Hazard: &spsv1.Hazard{Nature: spsv1.HazardNature_HAZARD_NATURE_BIOLOGICAL}}},
	}
}

func replies(to *spsv1.IssuedStatement) []*spsv1.Relation {
	return []*spsv1.Relation{{Kind: spsv1.RelationKind_RELATION_KIND_REPLIES, Entry: to.GetEntry()}}
}

// TestStoryOfACase lives the whole life of a notification between three offices,
// from the finding of a laboratory on. Their lines come and go and their nodes
// are restarted: whenever the lines are whole again, all who hold the same are
// shown the same case, and the same clocks to the second.
func TestStoryOfACase(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWhole(t, "TH", "VN", "CN")
		th, vn, cn := w.desks["TH"], w.desks["VN"], w.desks["CN"]
		both, all := []certs.Office{"TH", "VN"}, []certs.Office{"TH", "VN", "CN"}

		// A laboratory of Thailand finds salmonella while the line to Viet Nam is
		// down, and confirms it after the node was restarted. An officer makes an
		// alert of that, and tells Laos, which has no node, by hand.
		w.network.Cut("TH", "VN")
		th.posts(salmonella(spsv1.ResultStage_RESULT_STAGE_PRELIMINARY))
		th.restart()
		confirmed := th.posts(salmonella(spsv1.ResultStage_RESULT_STAGE_FINAL))
		alert := th.alerts("somchai", "malee", confirmed, func(s *spsv1.Statement) {
			s.Addressees = append(to("VN"), laos())
			s.Flags = []*spsv1.Flag{{Office: "VN", Kind: spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP}}
			n, what := s.GetNotification(), pepper("salmonella in black pepper from Viet Nam", "L-17")
			if n.GetClassification() != what.GetClassification() || n.GetRisk().GetDecision() != what.GetRisk().GetDecision() || n.GetPreliminary() {
				t.Errorf("the finding proposes %s, %s, preliminary %v, want a serious alert", n.GetClassification(), n.GetRisk(), n.GetPreliminary())
			}
			n.Type, n.Subject, n.Products = what.GetType(), what.GetSubject(), what.GetProducts()
		})
		th.wantUse(confirmed, alert, spsv1.CaseStatus_CASE_STATUS_OPEN, 0)
		time.Sleep(2 * time.Hour)
		w.wantDue(alert, []certs.Office{"TH"}, "VN acknowledge undelivered", "LA acknowledge by hand", "VN outcome undelivered")

		// The line is back: the clocks begin with the receipt, not with the issue.
		w.network.Heal("TH", "VN")
		w.settle()
		w.wantSame(alert, both...)
		w.wantDue(alert, both, "VN acknowledge running", "LA acknowledge by hand", "VN outcome running")
		th.says("somchai", alert, &spsv1.Statement{
			Addressees: to("VN"),
			HandDeliveries: []*spsv1.HandDelivery{{
				Office: "LA", Statement: alert.GetEntry(), Means: spsv1.Means_MEANS_TELEPHONE, TellTime: timestamppb.Now(),
				ToldBy: &spsv1.Person{Name: "Somchai"}, ToldTo: &spsv1.Person{Name: "Bounmy", Function: "duty officer"},
			}},
			Body: &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{Text: english("told by telephone")}},
		})

		// Nobody reads it for a day, and all nodes are off: overdue on both sides.
		// Then Lan reads it, by name.
		w.closed(24 * time.Hour)
		w.wantSame(alert, both...)
		w.wantDue(alert, both, "VN acknowledge overdue", "LA acknowledge by hand", "VN outcome running")
		w.wantOverdue(alert, both...)
		vn.says("lan", alert, &spsv1.Statement{Addressees: to("TH"), Body: &spsv1.Statement_Acknowledgement{Acknowledgement: &spsv1.Acknowledgement{}}})
		w.settle()
		w.wantSame(alert, both...)
		w.wantDue(alert, both, "VN acknowledge met", "LA acknowledge by hand", "VN outcome running")
		w.wantOverdue(alert)
		if read := th.sees(alert).GetDeadlines()[0]; !read.GetLate() {
			t.Errorf("the acknowledgement of VN at TH is %v, want late", read)
		}

		// Viet Nam asks to see the lot by video. Thailand is restarted meanwhile,
		// grants it, and both look at it.
		inspection := vn.says("lan", alert, &spsv1.Statement{Addressees: to("TH"), Body: &spsv1.Statement_Request{Request: &spsv1.Request{
			Kind: spsv1.RequestKind_REQUEST_KIND_REMOTE_INSPECTION, Offices: []string{"TH"},
			RemoteInspection: &spsv1.RemoteInspection{StartTimes: []*timestamppb.Timestamp{timestamppb.New(time.Now().Add(30 * time.Minute))}},
		}}})
		th.restart()
		w.settle()
		w.wantSame(alert, both...)
		w.wantDue(alert, both, "VN acknowledge met", "LA acknowledge by hand", "VN outcome running", "TH answer running")
		th.says("malee", alert, &spsv1.Statement{Addressees: to("VN"), RelatesTo: replies(inspection), Body: &spsv1.Statement_Response{Response: &spsv1.Response{
			Result: spsv1.ResponseResult_RESPONSE_RESULT_GRANTED, Text: english("at the warehouse, with the importer"),
		}}})
		time.Sleep(time.Hour)
		th.says("malee", alert, &spsv1.Statement{Addressees: to("VN"), Body: &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{Text: english("inspected by video: the label says L-71")}}})

		// Viet Nam disputes: it is another lot. Thailand amends, and answers so.
		dispute := vn.says("lan", alert, &spsv1.Statement{Addressees: to("TH"), Body: &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{Stance: &spsv1.Stance{
			Position:    spsv1.StancePosition_STANCE_POSITION_DISPUTED,
			Corrections: []*spsv1.Correction{{About: []string{"n:p1.l1"}, Current: "L-17", Proposed: "L-71", Reason: english("as seen on the label")}},
		}}}})
		w.settle()
		w.wantSame(alert, both...)
		w.wantDue(alert, both, "VN acknowledge met", "LA acknowledge by hand", "VN outcome running", "TH answer met", "TH dispute running")
		amended := proto.CloneOf(alert.GetStatement().GetNotification())
		amended.Products[0].Lots[0].Number = "L-71"
		th.issues("somchai", "malee", alert, &spsv1.Statement{
			Addressees: append(to("VN"), laos()),
			Flags:      []*spsv1.Flag{{Office: "VN", Kind: spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP}},
			RelatesTo:  []*spsv1.Relation{{Kind: spsv1.RelationKind_RELATION_KIND_AMENDS, Entry: alert.GetEntry()}},
			Body: &spsv1.Statement_Amendment{Amendment: &spsv1.Amendment{
				Notification: amended, Reason: english("the lot was misread"),
				Changes: []*spsv1.Change{{Kind: spsv1.ChangeKind_CHANGE_KIND_CORRECTION, Path: "notification.products[0].lots[0].number"}},
			}},
		})
		th.issues("somchai", "malee", alert, &spsv1.Statement{Addressees: to("VN"), RelatesTo: replies(dispute), Body: &spsv1.Statement_Response{Response: &spsv1.Response{
			DisputeResult: spsv1.DisputeResult_DISPUTE_RESULT_AMEND, Text: english("amended"),
		}}})
		w.settle()
		w.wantSame(alert, both...)
		w.wantDue(alert, both, "VN acknowledge met", "LA acknowledge by hand", "VN outcome running", "TH answer met", "TH dispute met")
		if lot := vn.sees(alert).GetState().GetNotification().GetProducts()[0].GetLots()[0].GetNumber(); lot != "L-71" {
			t.Errorf("the lot at VN is %s, want L-71", lot)
		}
		if result := vn.sees(alert).GetState().GetNotification().GetSamples()[0].GetResults()[0]; result.GetReportNumber() != "LAB-1" {
			t.Errorf("the result at VN is %v, want that of report LAB-1", result)
		}

		// Half of the lot went to China, which is cut off from both. Thailand brings
		// it in; what Viet Nam said, only Viet Nam can hand on.
		w.network.Cut("TH", "CN")
		w.network.Cut("VN", "CN")
		th.bringsIn("malee", alert, "CN")
		th.says("malee", alert, &spsv1.Statement{
			Addressees: to("CN", "VN"),
			Body:       &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{Text: english("half of the lot went on to China")}},
		})
		w.settle()
		w.wantSame(alert, both...)
		w.network.Heal("TH", "CN")
		w.settle()
		if got := cn.sees(alert).GetIncomplete(); !slices.Equal(got, []string{"VN"}) {
			t.Errorf("incomplete at CN = %v, want VN, which has handed nothing on", got)
		}
		w.network.Heal("VN", "CN")
		vn.bringsIn("minh", alert, "CN")
		w.settle()
		if got := cn.sees(alert).GetIncomplete(); len(got) != 0 {
			t.Errorf("incomplete at CN = %v, want nobody any more", got)
		}
		w.wantSame(alert, all...)

		// China does not read it for three days, while its lines are cut again: all
		// three hold the case, and the two whom it concerns are shown that it is overdue.
		w.network.Cut("TH", "CN")
		w.network.Cut("VN", "CN")
		w.closed(72 * time.Hour)
		w.wantSame(alert, all...)
		for office, between := range map[certs.Office][2]string{
			"TH": {"CN acknowledge overdue", "VN outcome running"},
			"VN": {"CN acknowledge not known", "VN outcome running"},
			"CN": {"CN acknowledge overdue", "VN outcome not known"},
		} {
			w.wantDue(alert, []certs.Office{office},
				"VN acknowledge met", "LA acknowledge by hand", between[0], between[1], "TH answer met", "TH dispute met")
		}
		w.wantOverdue(alert, "TH", "CN")
		cn.says("wei", alert, &spsv1.Statement{Addressees: to("TH", "VN"), Body: &spsv1.Statement_Acknowledgement{Acknowledgement: &spsv1.Acknowledgement{
			Stance: &spsv1.Stance{Position: spsv1.StancePosition_STANCE_POSITION_ACCEPTED},
		}}})
		cn.restart()
		w.network.Heal("TH", "CN")
		w.network.Heal("VN", "CN")

		// What Laos answers comes by telephone; Thailand enters it as told.
		th.says("somchai", alert, &spsv1.Statement{
			Addressees: to("VN", "CN"),
			Source: &spsv1.Source{
				Teller: &spsv1.Authority{Office: "LA"}, Person: &spsv1.Person{Name: "Bounmy"},
				Means: spsv1.Means_MEANS_TELEPHONE, ReceiveTime: timestamppb.Now(), ReceivedBy: &spsv1.Person{Name: "Somchai"},
			},
			Body: &spsv1.Statement_Acknowledgement{Acknowledgement: &spsv1.Acknowledgement{Text: english("nothing of the lot came here")}},
		})

		// Viet Nam and China report, and say that their part is done.
		for _, d := range []*desk{vn, cn} {
			d.says("lan", alert, &spsv1.Statement{
				Addressees: slices.DeleteFunc(to("TH", "VN", "CN"), func(a *spsv1.Addressee) bool { return a.GetOffice() == string(d.office.Code()) }),
				Body: &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{
					Outcome: &spsv1.Outcome{Conclusion: spsv1.OutcomeConclusion_OUTCOME_CONCLUSION_CONFIRMED, CorrectiveAction: english("destroyed")},
					Part:    spsv1.Part_PART_DONE,
				}},
			})
		}
		w.settle()
		w.wantSame(alert, all...)
		w.wantDue(alert, all, "VN acknowledge met", "LA acknowledge met", "CN acknowledge met", "VN outcome met", "TH answer met", "TH dispute met")

		w.wantOverdue(alert)

		// Thailand closes the case, and opens it again when the lot turns up.
		th.issues("somchai", "malee", alert, &spsv1.Statement{
			Addressees: everyone(), Body: &spsv1.Statement_Closure{Closure: &spsv1.Closure{Outcome: spsv1.ClosureOutcome_CLOSURE_OUTCOME_SETTLED}},
		})
		w.settle()
		w.wantSame(alert, all...)
		if got := cn.sees(alert).GetState().GetStatus(); got != spsv1.CaseStatus_CASE_STATUS_CLOSED {
			t.Errorf("at CN the case is %s, want closed", got)
		}
		th.wantUse(confirmed, alert, spsv1.CaseStatus_CASE_STATUS_CLOSED, spsv1.ClosureOutcome_CLOSURE_OUTCOME_SETTLED)
		vn.restart()
		th.issues("somchai", "malee", alert, &spsv1.Statement{
			Addressees: everyone(), Body: &spsv1.Statement_Reopening{Reopening: &spsv1.Reopening{Reason: english("more of the lot was found")}},
		})
		w.settle()
		w.wantSame(alert, all...)
		if got := vn.sees(alert).GetState().GetStatus(); got != spsv1.CaseStatus_CASE_STATUS_OPEN {
			t.Errorf("at VN the case is %s, want open again", got)
		}
		th.wantUse(confirmed, alert, spsv1.CaseStatus_CASE_STATUS_OPEN, 0)
	})
}
