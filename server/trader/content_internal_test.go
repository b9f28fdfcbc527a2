package trader

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

const shared = `
	classification: CLASSIFICATION_ALERT subject { lang: "en" text: "all of it" }
	products { id: "p1" quantity { value: "900" rec20: "KGM" } marks: "BOTH"
		lots { id: "p1.l1" number: "L1" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-001" } description { lang: "en" text: "next to VN BT 002" } description { lang: "vi" text: "chín" } }
		lots { id: "p1.l2" number: "L2" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-002" } } }
	products { id: "p2" name { lang: "en" text: "dust" } made_from: "p1.l2" }
	parties { id: "o1" name: "Golden Gate Trading" contacts { name: "Li Xiaoming" } }
	documents { id: "d1" kind: DOCUMENT_KIND_PHYTOSANITARY_CERTIFICATE number: "PC-77" }
	samples { id: "s1" about: "p1.l1" results { id: "s1.r1" laboratory { name: "GZ lab" } value { value: "2" } } }
	samples { id: "s2" about: "p1.l2" }
	findings { id: "f1" about: "p1.l1" about: "p1.l2" evidence: "s1.r1" evidence: "s2" text { lang: "en" text: "says Golden Gate Trading" } }
	findings { id: "f2" about: "p1.l2" }
	findings { id: "f3" about: "o1" }
	decisions { id: "j1" kind: DECISION_KIND_HELD findings: "f1" findings: "f2" authority { name: "GACC" } }
	measures { id: "m1" code_status { code { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-002" } action: CODE_ACTION_SUSPENDED market { code: "CN" } } }
	measures { id: "m2" about: "p1.l1" text { lang: "en" text: "call Li Xiaoming" } }`

// TestContent holds what an exporter of one of two lots is shown.
func TestContent(t *testing.T) {
	m := caseOf(t, shared)
	e := parsed(t, &spsv1.Exporter{}, `name: "exporters/first" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VNBT001" }`)
	before := proto.CloneOf(m.whole)
	n := m.content(e, []*spsv1.NoticeMatch{{Basis: spsv1.MatchBasis_MATCH_BASIS_CODE, About: []string{"p1.l1"}}}).GetNotification()
	want := parsed(t, &spsv1.Notification{}, `
		classification: CLASSIFICATION_ALERT
		products { id: "p1" lots { id: "p1.l1" number: "L1" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-001" } description { lang: "vi" text: "chín" } } }
		documents { id: "d1" kind: DOCUMENT_KIND_PHYTOSANITARY_CERTIFICATE }
		samples { id: "s1" about: "p1.l1" results { id: "s1.r1" value { value: "2" } } }
		findings { id: "f1" about: "p1.l1" evidence: "s1.r1" }
		decisions { id: "j1" kind: DECISION_KIND_HELD findings: "f1" }
		measures { id: "m2" about: "p1.l1" }`)
	if !proto.Equal(n, want) {
		t.Errorf("shown is\n%v\nwant\n%v", n, want)
	}
	if !proto.Equal(before, m.whole) {
		t.Error("to make a content changed the case")
	}
	if n := m.content(e, nil).GetNotification(); n != nil {
		t.Errorf("to whom nothing leads is shown %v, want nothing", n)
	}
}

// TestNews holds what an exporter is told of each change.
func TestNews(t *testing.T) {
	of := func(text string) *spsv1.NoticeContent {
		return parsed(t, &spsv1.NoticeContent{}, text)
	}
	const told = `case_status: CASE_STATUS_OPEN notification { products { id: "p1" } }`
	for _, tc := range []struct{ name, now, want string }{
		{"nothing", told, "[]"},
		{"closed", `case_status: CASE_STATUS_CLOSED notification { products { id: "p1" } }`, "[NOTICE_NEWS_CASE_CLOSED]"},
		{"withdrawn", `case_status: CASE_STATUS_WITHDRAWN notification { products { id: "p1" } }`, "[NOTICE_NEWS_CASE_WITHDRAWN]"},
		{"not concerned", `case_status: CASE_STATUS_OPEN`, "[NOTICE_NEWS_NOT_CONCERNED]"},
		{"amended", `case_status: CASE_STATUS_OPEN notification { products { id: "p1" grade: "A" } }`, "[NOTICE_NEWS_AMENDED]"},
		{"released", told[:len(told)-1] + `measures { action { codings { system: "sps-measure" code: "released" } } } }`, "[NOTICE_NEWS_GOODS_RELEASED]"},
		{"released by a balance", told[:len(told)-1] + `balances { about: "p1" items { state: BALANCE_STATE_RELEASED } } }`, "[NOTICE_NEWS_GOODS_RELEASED]"},
		{"another measure", told[:len(told)-1] + `measures { action { codings { system: "sps-measure" code: "treated" } } } }`, "[NOTICE_NEWS_MEASURE]"},
		{"suspended", told[:len(told)-1] + `measures { code_status { action: CODE_ACTION_SUSPENDED } } }`, "[NOTICE_NEWS_CODE_SUSPENDED]"},
		{"kept since, who said it", told[:len(told)-1] + `} code_changes { measure: "m1" office: "CN" half: CODE_HALF_REFUSED }`, "[]"},
		{"refused", told[:len(told)-1] + `decisions { kind: DECISION_KIND_REJECTED } }`, "[NOTICE_NEWS_MEASURE]"},
	} {
		if got := fmt.Sprint(news(of(told), of(tc.now))); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

// TestRule holds what goes to an exporter by itself.
func TestRule(t *testing.T) {
	rule := Rule{AtOnce: []spsv1.Classification{spsv1.Classification_CLASSIFICATION_ALERT}}
	exact := []*spsv1.NoticeMatch{{Basis: spsv1.MatchBasis_MATCH_BASIS_CODE}}
	for _, tc := range []struct {
		name, notification string
		handling           spsv1.Handling
		matches            []*spsv1.NoticeMatch
		want               string
	}{
		{"a code", `classification: CLASSIFICATION_ALERT`, 0, exact, "NOTICE_STATE_SENT HOLD_REASON_UNSPECIFIED"},
		{"a name", `classification: CLASSIFICATION_ALERT`, 0, []*spsv1.NoticeMatch{{Basis: spsv1.MatchBasis_MATCH_BASIS_NAME}}, "NOTICE_STATE_PROPOSED HOLD_REASON_UNSPECIFIED"},
		{"another classification", `classification: CLASSIFICATION_NEWS`, 0, exact, "NOTICE_STATE_PROPOSED HOLD_REASON_UNSPECIFIED"},
		{"suspected fraud", `classification: CLASSIFICATION_ALERT suspected_fraud {}`, 0, exact, "NOTICE_STATE_HELD HOLD_REASON_FRAUD"},
		{"an open investigation", `classification: CLASSIFICATION_ALERT suspected_fraud { open_investigation: true }`, 0, exact, "NOTICE_STATE_HELD HOLD_REASON_OPEN_INVESTIGATION"},
		{"addressees only", `classification: CLASSIFICATION_ALERT`, spsv1.Handling_HANDLING_ADDRESSEES_ONLY, exact, "NOTICE_STATE_HELD HOLD_REASON_ADDRESSEES_ONLY"},
	} {
		m := &matter{whole: parsed(t, &spsv1.Notification{}, tc.notification), state: &spsv1.CaseState{Handling: tc.handling}}
		state, hold := rule.begin(m, tc.matches)
		if got := fmt.Sprint(state, " ", hold); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

// TestEveryWordIsInEveryLanguage takes every value that a notice may say.
func TestEveryWordIsInEveryLanguage(t *testing.T) {
	for _, e := range []protoreflect.Enum{
		spsv1.Classification(0), spsv1.DecisionKind(0), spsv1.HazardQualifier(0), spsv1.CodeAction(0), spsv1.Detection(0),
		spsv1.WithdrawalReason(0), spsv1.ClosureOutcome(0), spsv1.NoticeNews(0), spsv1.MeasureState(0), spsv1.BalanceState(0),
	} {
		for i := range e.Descriptor().Values().Len() {
			v := e.Descriptor().Values().Get(i)
			if v.Number() == 0 {
				continue
			}
			english := brief.Words(e.Type().New(v.Number()))
			for _, lang := range access.Languages()[1:] {
				if text, ok := access.WordedIn(lang, sentences, english); !ok || text == english {
					t.Errorf("%s: %q is not in server/access/sentences in %s", v.Name(), english, lang)
				}
			}
		}
	}
	if got, _ := access.WordedIn("vi", sentences, "alert"); !strings.Contains(got, "cảnh báo") {
		t.Errorf("alert in Vietnamese is %q", got)
	}
}

// TestACodeThatMoved holds that who had a code when the goods were sampled is shown the
// goods, and who has it when it is suspended the suspension.
func TestACodeThatMoved(t *testing.T) {
	m := caseOf(t, `classification: CLASSIFICATION_ALERT
		products { id: "p1" origins { area { code: "VN" } } codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-001" } }
		samples { id: "s1" sampling_date { year: 2026 month: 2 day: 1 } }`,
		`measures { id: "m1" code_status { code { kind: SITE_CODE_KIND_GROWING_AREA code: "VN-BT-001" } action: CODE_ACTION_SUSPENDED
			market { code: "CN" } start_time { seconds: 1772600000 } } }`) // 4 March
	before := parsed(t, &spsv1.Exporter{}, `name: "exporters/before" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VNBT001" until_date { year: 2026 month: 2 day: 28 } }`)
	behind := parsed(t, &spsv1.Exporter{}, `name: "exporters/behind" codes { kind: SITE_CODE_KIND_GROWING_AREA code: "VNBT001" from_date { year: 2026 month: 3 day: 1 } }`)
	find, owners := registerOf(before, behind)
	found, err := m.match(viet, find, owners)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		e    *spsv1.Exporter
		want string
	}{{before, "1 products, 0 measures"}, {behind, "0 products, 1 measures"}} {
		n := m.content(tc.e, found[exporterID(tc.e.GetName())]).GetNotification()
		if got := fmt.Sprintf("%d products, %d measures", len(n.GetProducts()), len(n.GetMeasures())); got != tc.want {
			t.Errorf("%s is shown %s, want %s: %v", tc.e.GetName(), got, tc.want, n)
		}
	}
}
