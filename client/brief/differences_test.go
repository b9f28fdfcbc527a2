package brief_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func TestDifferences(t *testing.T) {
	before := &spsv1.Notification{
		Classification: spsv1.Classification_CLASSIFICATION_ALERT,
		Preliminary:    true,
		Subject:        []*spsv1.LocalizedText{{Lang: "en", Text: "chilli"}, {Lang: "vi", Text: "ớt"}},
		Products: []*spsv1.Product{
			{Id: "p1", Lots: []*spsv1.Lot{{Id: "p1.l1", Number: "C-9"}, {Id: "p1.l2", Number: "C-10"}}},
			{Id: "p2"},
		},
		Findings: []*spsv1.Finding{{Id: "f1", Hazard: &spsv1.Hazard{Agent: &spsv1.Concept{AsWritten: "aflatoxin"}}}},
	}
	after := &spsv1.Notification{
		Classification: spsv1.Classification_CLASSIFICATION_BORDER_REJECTION,
		Subject:        []*spsv1.LocalizedText{{Lang: "vi", Text: "ớt"}, {Lang: "en", Text: "dried chilli"}},
		Risk:           &spsv1.Risk{Decision: spsv1.RiskDecision_RISK_DECISION_SERIOUS},
		Products: []*spsv1.Product{
			{Id: "p3"},
			{Id: "p1", Lots: []*spsv1.Lot{{Id: "p1.l1", Number: "C-6"}, {Id: "p1.l2", Number: "C-10"}}},
		},
		Findings: []*spsv1.Finding{{Id: "f1", Hazard: &spsv1.Hazard{Agent: &spsv1.Concept{Codings: []*spsv1.Coding{{System: "cas", Code: "1162-65-8"}}}}}},
	}
	want := []string{
		"classification: alert → border rejection",
		"subject[en].text: chilli → dried chilli",
		"preliminary taken out: true",
		"risk added",
		"products[p3] added",
		"products[p1].lots[p1.l1].number: C-9 → C-6",
		"products[p2] taken out",
		"findings[f1].hazard.agent.codings added",
		"findings[f1].hazard.agent.asWritten taken out: aflatoxin",
	}
	if diff := cmp.Diff(want, brief.Differences(before, after)); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
	if got := brief.Differences(after, after); len(got) > 0 {
		t.Errorf("a content differs from itself: %q", got)
	}
}
