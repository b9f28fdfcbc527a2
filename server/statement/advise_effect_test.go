package statement_test

import (
	"strings"
	"testing"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// TestAdviseEffect has offices change the status of a code in the dossier's case,
// which names no origin.
func TestAdviseEffect(t *testing.T) {
	inWords := func(m *spsv1.Measure) { m.CodeStatus.Market = &spsv1.Area{AsWritten: "China"} }
	for _, tc := range []struct {
		name, office string
		measure      *spsv1.Measure
		want         string
	}{
		{"of the own country", "VN", codeMeasure(suspend, "CN"), ""},
		{"of the own market", "VN", codeMeasure(suspend, "VN", noArea), ""},
		{"of nobody knows whom", "VN", codeMeasure(suspend, "CN", noArea), "follow_up.facts.measures[0].code_status.code.area ORIGIN_UNKNOWN"},
		{"of several goods", "VN", codeMeasure(reinstate, "CN", noArea, goods("0804", "0807")), "follow_up.facts.measures[0].code_status.code.area ORIGIN_UNKNOWN"},
		{"of another", "CN", codeMeasure(suspend, "TH"), "follow_up.facts.measures[0].code_status.market.code CODE_OF_ANOTHER"},
		{"of a market in words, which the advice about codes says", "VN", codeMeasure(suspend, "CN", inWords), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDossier()
			s := toAll(tc.office, doing(tc.measure))
			s.CaseRef = &spsv1.CaseRef{Reference: d.original.Reference, Original: ref(d.original)}
			var got []string
			for _, p := range statement.AdviseEffect(s, statement.NewCase(d.original, d.entries)) {
				got = append(got, p.Field+" "+p.Reason)
			}
			if got := strings.Join(got, "; "); got != tc.want {
				t.Errorf("advice %q, want %q", got, tc.want)
			}
		})
	}
	t.Run("in a notification", func(t *testing.T) {
		n := content(alert, false)
		n.Measures = append(n.Measures, codeMeasure(suspend, "CN", noArea))
		s := toAll("VN", &spsv1.Statement{Body: &spsv1.Statement_Notification{Notification: n}})
		got := statement.AdviseEffect(s, nil)
		if len(got) != 1 || got[0].Reason != "ORIGIN_UNKNOWN" || !strings.HasPrefix(got[0].Field, "notification.measures[") {
			t.Errorf("advice %v, want ORIGIN_UNKNOWN of its measure", got)
		}
	})
}
