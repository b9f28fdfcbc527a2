package statement_test

import (
	"errors"
	"strings"
	"testing"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// nothingElse is what a node holds of a code that no case names.
func nothingElse(*spsv1.CodeStatement) ([]*spsv1.CodeStatement, error) { return nil, nil }

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
			problems, err := statement.AdviseEffect(s, statement.NewCase(d.original, d.entries), march(5), nothingElse)
			for _, p := range problems {
				got = append(got, p.Field+" "+p.Reason)
			}
			if err != nil {
				t.Error(err)
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
		got, err := statement.AdviseEffect(s, nil, march(5), nothingElse)
		if err != nil || len(got) != 1 || got[0].Reason != "ORIGIN_UNKNOWN" || !strings.HasPrefix(got[0].Field, "notification.measures[") {
			t.Errorf("advice %v, want ORIGIN_UNKNOWN of its measure", got)
		}
	})
}

// TestAdviseOfAReinstatement has Viet Nam reinstate a code for China, after something was
// said of it in another case.
func TestAdviseOfAReinstatement(t *testing.T) {
	const never = "follow_up.facts.measures[0].code_status.code.code CODE_NOT_SUSPENDED"
	for _, tc := range []struct {
		name   string
		before []*spsv1.Measure
		now    *spsv1.Measure
		want   string
	}{
		{"of what was never suspended", nil, codeMeasure(reinstate, "CN"), never},
		{"of what is suspended", []*spsv1.Measure{codeMeasure(suspend, "CN")}, codeMeasure(reinstate, "CN"), ""},
		{"once more", []*spsv1.Measure{codeMeasure(suspend, "CN"), codeMeasure(reinstate, "CN")}, codeMeasure(reinstate, "CN"), never},
		{"for another market", []*spsv1.Measure{codeMeasure(suspend, "TH")}, codeMeasure(reinstate, "CN"), never},
		{"of a part of the goods", []*spsv1.Measure{codeMeasure(suspend, "CN", goods("0804"))}, codeMeasure(reinstate, "CN", goods("080450")), ""},
		{"of all goods", []*spsv1.Measure{codeMeasure(suspend, "CN", goods("0804"))}, codeMeasure(reinstate, "CN"), ""},
		{"of other goods", []*spsv1.Measure{codeMeasure(suspend, "CN", goods("0804"))}, codeMeasure(reinstate, "CN", goods("0810")), never},
		{"of goods of which one is suspended", []*spsv1.Measure{codeMeasure(suspend, "CN", goods("0804"))}, codeMeasure(reinstate, "CN", goods("0810", "0804")), ""},
		{"of what had ended by itself", []*spsv1.Measure{codeMeasure(suspend, "CN", between(4, 8))}, codeMeasure(reinstate, "CN", between(9, 0)), never},
		{"before that has ended", []*spsv1.Measure{codeMeasure(suspend, "CN", between(4, 8))}, codeMeasure(reinstate, "CN", between(6, 0)), ""},
		{"before it has begun", []*spsv1.Measure{codeMeasure(suspend, "CN", between(9, 0))}, codeMeasure(reinstate, "CN", between(6, 0)), ""},
		{"of what the market refuses", []*spsv1.Measure{codeMeasure(suspend, "VN")}, codeMeasure(reinstate, "CN"), never},
	} {
		t.Run(tc.name, func(t *testing.T) {
			other := newDossier()
			for _, m := range tc.before {
				other.say("VN", doing(m))
			}
			held := statement.Fold(other.original, other.entries).GetCodeStatements()
			d := newDossier()
			s := toAll("VN", doing(tc.now))
			s.CaseRef = &spsv1.CaseRef{Reference: d.original.Reference, Original: ref(d.original)}
			problems, err := statement.AdviseEffect(s, statement.NewCase(d.original, d.entries), march(5), func(*spsv1.CodeStatement) ([]*spsv1.CodeStatement, error) { return held, nil })
			var got []string
			for _, p := range problems {
				got = append(got, p.Field+" "+p.Reason)
			}
			if got := strings.Join(got, "; "); err != nil || got != tc.want {
				t.Errorf("advice %q, %v, want %q", got, err, tc.want)
			}
		})
	}
	t.Run("of which nobody can say", func(t *testing.T) {
		d, broken := newDossier(), errors.New("damaged on the disk")
		s := toAll("VN", doing(codeMeasure(reinstate, "CN")))
		s.CaseRef = &spsv1.CaseRef{Reference: d.original.Reference, Original: ref(d.original)}
		_, err := statement.AdviseEffect(s, statement.NewCase(d.original, d.entries), march(5), func(*spsv1.CodeStatement) ([]*spsv1.CodeStatement, error) { return nil, broken })
		if !errors.Is(err, broken) {
			t.Errorf("%v, want %v", err, broken)
		}
	})
}
