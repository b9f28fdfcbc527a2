package statement_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

const (
	suspend   = spsv1.CodeAction_CODE_ACTION_SUSPENDED
	reinstate = spsv1.CodeAction_CODE_ACTION_REINSTATED
)

// codeMeasure makes a measure about the code VN-DL 0123 and a market.
func codeMeasure(action spsv1.CodeAction, market string, change ...func(*spsv1.Measure)) *spsv1.Measure {
	m := &spsv1.Measure{Id: "m1", CodeStatus: &spsv1.CodeStatusChange{
		Code:   &spsv1.SiteCode{Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_PACKING_HOUSE, Code: "VN-DL 0123", Area: area("VN")},
		Action: action, Market: area(market),
	}}
	for _, c := range change {
		c(m)
	}
	return m
}

func noArea(m *spsv1.Measure) { m.CodeStatus.Code.Area = nil }

func goods(codes ...string) func(*spsv1.Measure) {
	return func(m *spsv1.Measure) {
		for _, c := range codes {
			m.CodeStatus.Products = append(m.CodeStatus.Products, statement.GoodsOf(c))
		}
	}
}

// between bounds a measure by days of March 2026; 0 is no bound.
func between(from, until int) func(*spsv1.Measure) {
	return func(m *spsv1.Measure) {
		if from != 0 {
			m.CodeStatus.StartTime = timestamppb.New(march(from))
		}
		if until != 0 {
			m.CodeStatus.EndTime = timestamppb.New(march(until))
		}
	}
}

func march(day int) time.Time { return time.Date(2026, 3, day, 0, 0, 0, 0, time.UTC) }

func doing(measures ...*spsv1.Measure) *spsv1.Statement {
	return follow(&spsv1.FollowUp{Facts: &spsv1.Facts{Measures: measures}})
}

func held(measures ...*spsv1.Measure) *spsv1.Notification {
	n := content(spsv1.Classification_CLASSIFICATION_ALERT, false)
	n.Measures = measures
	return n
}

// codeOn says how the code stands for a market and goods on a day.
func codeOn(said []*spsv1.CodeStatement, market, product string, day int) string {
	at := march(day).Add(12 * time.Hour)
	s := statement.CodeStatusOf(said, statement.CodeScope{Market: area(market), Product: statement.GoodsOf(product)}, at, at)
	return strings.ToLower(strings.TrimPrefix(s.GetAnswer().String(), "CODE_ANSWER_"))
}

// TestCodeStatus tells what offices say of a code, and asks how it stands. TH is
// the issuer, VN gave the code.
func TestCodeStatus(t *testing.T) {
	for _, c := range []struct {
		name string
		tell func(d *dossier)
		asks map[string]string // market, product, day → answer
		void string            // reasons without effect
	}{
		{"nothing said", func(*dossier) {}, map[string]string{"TH  5": "unknown"}, ""},
		{"before anything was said", func(d *dossier) {
			d.say("VN", doing(codeMeasure(suspend, "CN")))
		}, map[string]string{"CN  1": "unknown", "CN  3": "withheld"}, ""},
		{"both halves, one lifted", func(d *dossier) {
			d.say("TH", doing(codeMeasure(suspend, "TH")))
			d.say("VN", doing(codeMeasure(suspend, "TH")))
			d.say("TH", doing(codeMeasure(reinstate, "TH", between(9, 0))))
		}, map[string]string{"TH  5": "refused_and_withheld", "TH  9": "withheld", "TH 080450 5": "refused_and_withheld", "CN  5": "unknown"}, ""},
		{"a suspension that ends by itself", func(d *dossier) {
			d.say("VN", doing(codeMeasure(suspend, "CN", between(4, 8))))
		}, map[string]string{"CN  3": "good", "CN  4": "withheld", "CN  7": "withheld", "CN  8": "good"}, ""},
		{"the last word is the whole word", func(d *dossier) {
			d.say("VN", doing(codeMeasure(suspend, "CN")))
			d.say("VN", doing(codeMeasure(suspend, "CN", between(0, 8))))
		}, map[string]string{"CN  5": "withheld", "CN  9": "good"}, ""},
		{"lifted for a time", func(d *dossier) {
			d.say("VN", doing(codeMeasure(suspend, "CN")))
			d.say("VN", doing(codeMeasure(reinstate, "CN", between(4, 8))))
		}, map[string]string{"CN  3": "withheld", "CN  5": "good", "CN  8": "withheld"}, ""},
		{"a heading covers what is below it", func(d *dossier) {
			d.say("VN", doing(codeMeasure(suspend, "CN", goods("0804"))))
			d.say("VN", doing(codeMeasure(reinstate, "CN", goods("080450"))))
		}, map[string]string{"CN 080410 5": "withheld", "CN 08045020 5": "good", "CN 0810 5": "unknown", "CN  5": "unknown"}, ""},
		{"a country covers its provinces", func(d *dossier) {
			d.say("VN", doing(codeMeasure(suspend, "CN")))
			d.say("VN", doing(codeMeasure(reinstate, "CN-45")))
		}, map[string]string{"CN-44  5": "withheld", "CN-45  5": "good", "CN  5": "withheld"}, ""},
		{"a union speaks for its members", func(d *dossier) {
			d.say("EU", doing(codeMeasure(suspend, "EU")), "EU")
			d.say("TH", naming("EU", doing(codeMeasure(suspend, "TH"))), "CN", "EU", "TH", "VN")
			d.say("EU", doing(codeMeasure(reinstate, "FR")))
		}, map[string]string{"DE  5": "refused", "FR  5": "good", "TH  5": "refused"}, ""},
		{"of one statement the last measure", func(d *dossier) {
			second := codeMeasure(reinstate, "CN")
			second.Id = "m10"
			first := codeMeasure(suspend, "CN")
			first.Id = "m9"
			d.say("VN", doing(second, first))
		}, map[string]string{"CN  5": "good"}, ""},
		{"others have no say", func(d *dossier) {
			d.say("CN", doing(codeMeasure(suspend, "TH")))
			d.say("TH", doing(codeMeasure(suspend, "CN")))
			d.say("MM", doing(codeMeasure(suspend, "MM")))
		}, map[string]string{"TH  5": "unknown", "CN  5": "unknown", "MM  5": "unknown"}, "not_its_register not_its_register outside_audience"},
		{"a market in words alone sets neither half", func(d *dossier) {
			words := func(m *spsv1.Measure) { m.CodeStatus.Market = &spsv1.Area{AsWritten: "泰国"} }
			d.say("TH", doing(codeMeasure(suspend, "TH", words, noArea)))
			d.say("VN", doing(codeMeasure(suspend, "TH", words)))
		}, map[string]string{"TH  5": "unknown"}, "market_unknown market_unknown"},
		{"withheld, and nobody says who gave the code", func(d *dossier) {
			d.original.Statement.Body = &spsv1.Statement_Notification{Notification: held()}
			d.say("VN", doing(codeMeasure(suspend, "CN", noArea)))
			d.say("CN", doing(codeMeasure(suspend, "TH", noArea)))
		}, map[string]string{"CN  5": "unknown", "TH  5": "unknown"}, "origin_unknown origin_unknown"},
		{"refused, and nobody says who gave the code", func(d *dossier) {
			d.original.Statement.Body = &spsv1.Statement_Notification{Notification: held()}
			d.say("CN", doing(codeMeasure(suspend, "CN", noArea)))
		}, map[string]string{"CN  5": "refused"}, ""},
		{"planned, and called off", func(d *dossier) {
			for _, state := range []spsv1.MeasureState{spsv1.MeasureState_MEASURE_STATE_PLANNED, spsv1.MeasureState_MEASURE_STATE_CANCELLED} {
				m := codeMeasure(suspend, "CN")
				m.State = state
				d.say("VN", doing(m))
			}
		}, map[string]string{"CN  5": "unknown"}, "not_ordered not_ordered"},
		{"an exercise", func(d *dossier) {
			d.original.Statement.Status = spsv1.StatementStatus_STATEMENT_STATUS_EXERCISE
			s := doing(codeMeasure(suspend, "CN"))
			s.Status = d.original.Statement.GetStatus()
			d.say("VN", s)
		}, map[string]string{"CN  5": "unknown"}, "exercise"},
		{"withdrawn by its office", func(d *dossier) {
			d.say("VN", doing(codeMeasure(suspend, "CN")))
			lifted := d.say("VN", doing(codeMeasure(reinstate, "CN")))
			d.say("VN", withdraw(relates(withdraws, lifted)...))
		}, map[string]string{"CN  5": "withheld"}, ""},
		{"the notification withdrawn, and reopened", func(d *dossier) {
			d.original.Statement.Body = &spsv1.Statement_Notification{Notification: held(codeMeasure(suspend, "TH"))}
			d.say("TH", withdraw())
		}, map[string]string{"TH  5": "unknown"}, ""},
		{"an amendment that keeps it counts from before", func(d *dossier) {
			d.original.Statement.Body = &spsv1.Statement_Notification{Notification: held(codeMeasure(suspend, "TH"))}
			d.say("TH", doing(codeMeasure(reinstate, "TH")))
			d.say("TH", amend(d.original, held(codeMeasure(suspend, "TH"))))
		}, map[string]string{"TH  5": "good"}, ""},
		{"an amendment that says it anew", func(d *dossier) {
			d.original.Statement.Body = &spsv1.Statement_Notification{Notification: held(codeMeasure(suspend, "TH", goods("0804")))}
			d.say("TH", doing(codeMeasure(reinstate, "TH")))
			d.say("TH", amend(d.original, held(codeMeasure(suspend, "TH", goods("0810")))))
		}, map[string]string{"TH 0810 5": "refused", "TH 0804 5": "good"}, ""},
		{"an amendment that drops it", func(d *dossier) {
			d.original.Statement.Body = &spsv1.Statement_Notification{Notification: held(codeMeasure(suspend, "TH"))}
			d.say("TH", amend(d.original, held()))
		}, map[string]string{"TH  5": "unknown"}, ""},
		{"what takes its place and says it again counts from before", func(d *dossier) {
			first := d.say("VN", doing(codeMeasure(suspend, "CN")))
			d.say("VN", doing(codeMeasure(reinstate, "CN")))
			d.say("VN", instead(doing(codeMeasure(suspend, "CN")), first))
		}, map[string]string{"CN  5": "good"}, ""},
		{"heard of an office without a node", func(d *dossier) {
			byHand(d, "VN")
			d.say("TH", heard("VN", doing(codeMeasure(suspend, "CN"))))
		}, map[string]string{"CN  5": "withheld"}, ""},
		{"heard of an office with a node", func(d *dossier) {
			d.say("TH", heard("VN", doing(codeMeasure(suspend, "CN"))))
		}, map[string]string{"CN  5": "unknown"}, "hearsay"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDossier()
			c.tell(d)
			said := d.fold().GetCodeStatements()
			for ask, want := range c.asks {
				part := strings.Split(ask, " ")
				var day int
				if _, err := fmt.Sscan(part[2], &day); err != nil {
					t.Fatal(err)
				}
				if got := codeOn(said, part[0], part[1], day); got != want {
					t.Errorf("%s: %s, want %s of %v", ask, got, want, said)
				}
			}
			var void []string
			for _, s := range said {
				if s.GetStanding() == spsv1.EntryStanding_ENTRY_STANDING_WITHOUT_EFFECT {
					void = append(void, strings.ToLower(strings.TrimPrefix(s.GetNoEffectReason().String(), "NO_EFFECT_REASON_")))
				}
			}
			slices.Sort(void)
			if got := strings.Join(void, " "); got != c.void {
				t.Errorf("without effect: %q, want %q", got, c.void)
			}
		})
	}
}

// anyMeasure suspends or reinstates the code for some market, goods and time.
func anyMeasure(t *rapid.T) *spsv1.Measure {
	days := rapid.IntRange(0, 20)
	from, until := days.Draw(t, "from"), days.Draw(t, "until")
	if until <= from {
		until = 0
	}
	return codeMeasure(
		rapid.SampledFrom([]spsv1.CodeAction{suspend, reinstate}).Draw(t, "action"),
		rapid.SampledFrom([]string{"CN", "CN-45", "TH", "VN"}).Draw(t, "market"),
		goods(rapid.SampledFrom([][]string{nil, {"0804"}, {"080450", "0810"}}).Draw(t, "goods")...), between(from, until),
		func(m *spsv1.Measure) {
			if rapid.Bool().Draw(t, "no area") {
				m.CodeStatus.Code.Area = nil
			}
		},
	)
}

// TestCodeStatusIsTheSameInAnyOrder says anything about a code, and asks in
// another order. A status holds until the change that it names, and no longer.
func TestCodeStatusIsTheSameInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDossier()
		for range rapid.IntRange(0, 12).Draw(t, "statements") {
			s := doing(anyMeasure(t))
			if rapid.IntRange(0, 4).Draw(t, "heard") == 0 {
				heard(rapid.SampledFrom([]string{"VN", "CN"}).Draw(t, "teller"), s)
			}
			d.say(rapid.SampledFrom([]string{"VN", "CN", "TH"}).Draw(t, "office"), s)
		}
		if rapid.Bool().Draw(t, "by hand") {
			byHand(d, "VN")
		}
		said := d.fold().GetCodeStatements()
		at := march(rapid.IntRange(1, 22).Draw(t, "day"))
		scope := statement.CodeScope{
			Market:  area(rapid.SampledFrom([]string{"CN", "CN-45", "TH"}).Draw(t, "asked market")),
			Product: statement.GoodsOf(rapid.SampledFrom([]string{"", "0804", "08045010"}).Draw(t, "asked goods")),
		}
		want := statement.CodeStatusOf(said, scope, at, at)
		got := statement.CodeStatusOf(rapid.Permutation(said).Draw(t, "order"), scope, at, at)
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Fatalf("in another order (-first +second):\n%s", diff)
		}
		for name, half := range map[string]func(*spsv1.CodeStatus) *spsv1.CodeHalfStatus{
			"refused": (*spsv1.CodeStatus).GetRefused, "withheld": (*spsv1.CodeStatus).GetWithheld,
		} {
			stopped := func(t time.Time) bool {
				return half(statement.CodeStatusOf(said, scope, t, t)).GetState() == spsv1.CodeState_CODE_STATE_SUSPENDED
			}
			end := march(60)
			if change := half(want).GetChangeTime(); change != nil {
				if end = change.AsTime(); stopped(end) == stopped(at) {
					t.Fatalf("%s at %v as at %v, want a change", name, end, at)
				}
			}
			for hour := at; hour.Before(end); hour = hour.Add(time.Hour) {
				if stopped(hour) != stopped(at) {
					t.Fatalf("%s at %v not as at %v, want no change before %v", name, hour, at, end)
				}
			}
		}
	})
}

// TestCodesAreFolded compares codes as people write them.
func TestCodesAreFolded(t *testing.T) {
	for _, c := range []struct {
		asked, origin, said, area string
		want                      bool
	}{
		{"VN-DL 0123", "", "VN-DL 0123", "VN", true},
		{"vndl0123", "", "DL.0123", "VN", true},
		{"DL 0123", "", "VN-ĐL-0123", "VN", true},
		{"VN-DL 0123", "", "DL 0123", "TH", false},
		{"DL 0123", "TH", "DL 0123", "VN", false},
		{"DL 0123", "VN", "VN DL 0123", "", true},
		{"VN DL 0123", "VN", "DL 0123", "", true},
		{"HK 12", "", "12", "", false},
		{"DL 0123", "", "DL 123", "VN", false},
		{"果园-１２", "", "果园12", "CN", true},
		{"--", "", "-", "VN", false},
	} {
		said := &spsv1.CodeStatement{Code: &spsv1.SiteCode{Code: c.said}, Origin: c.area}
		if got := statement.MeansCode(c.asked, c.origin, said); got != c.want {
			t.Errorf("%q of %q means %q of %q: %t, want %t", c.asked, c.origin, c.said, c.area, got, c.want)
		}
		if fold := statement.FoldCode(c.said, c.area); c.want && !slices.Contains(statement.FoldsOf(c.asked, c.origin), fold) {
			t.Errorf("%q of %q is looked for under %q, want %q among them", c.asked, c.origin, statement.FoldsOf(c.asked, c.origin), fold)
		}
	}
}
