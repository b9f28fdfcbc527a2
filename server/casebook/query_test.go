package casebook_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

var day = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// texts are one text in languages, given as pairs of tag and text.
func texts(pairs ...string) []*spsv1.LocalizedText {
	var all []*spsv1.LocalizedText
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, &spsv1.LocalizedText{Lang: pairs[i], Text: pairs[i+1]})
	}
	return all
}

func stated(codes ...string) []*spsv1.Origin {
	var all []*spsv1.Origin
	for _, code := range codes {
		all = append(all, &spsv1.Origin{State: spsv1.OriginState_ORIGIN_STATE_STATED, Area: &spsv1.Area{Code: code}})
	}
	return all
}

func agent(code, words string) *spsv1.Finding {
	return &spsv1.Finding{Hazard: &spsv1.Hazard{Agent: &spsv1.Concept{
		Codings: []*spsv1.Coding{{System: "cas", Code: code}}, AsWritten: words,
	}}}
}

func pest(name string) *spsv1.Finding {
	return &spsv1.Finding{Organism: &spsv1.Organism{Taxon: &spsv1.Taxon{ScientificName: name}}}
}

// small is a set of statements in five scripts, at positions 1, 2, … in this
// order, a day apart.
func small(t testing.TB) []ledger.Entry {
	t.Helper()
	durian := &spsv1.Statement{
		Status: spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL, Handling: spsv1.Handling_HANDLING_NETWORK,
		Addressees:         []*spsv1.Addressee{{Office: "VN"}, {Body: "INFOSAN", ByHand: true}},
		Flags:              []*spsv1.Flag{{Office: "VN", Kind: spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP}, {Office: "TH", Kind: spsv1.FlagKind_FLAG_KIND_FOR_ATTENTION}},
		ExternalReferences: []*spsv1.ExternalReference{{System: "GACC", Number: "2026-0007"}, {System: "RASFF", Number: "2026.9650"}},
		Body: &spsv1.Statement_Notification{Notification: &spsv1.Notification{
			Classification: spsv1.Classification_CLASSIFICATION_ALERT,
			Subject:        texts("zh-Hans", "越南榴莲镉超标", "vi", "Sầu riêng Việt Nam vượt mức cadimi"),
			Products: []*spsv1.Product{{
				Name: texts("vi", "Sầu riêng", "zh-Hans", "榴莲"), Brand: "Vàng Óng",
				Category:       &spsv1.Concept{Codings: []*spsv1.Coding{{System: "rasff-product-category", Code: "fruits and vegetables"}}},
				CommodityCodes: []*spsv1.Coding{{System: "hs", Code: "0810.60"}, {System: "eppo", Code: "DURZI"}},
				Origins:        stated("VN-66"),
				Codes:          []*spsv1.SiteCode{{Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_GROWING_AREA, Code: "VN-DLOR 0123"}},
			}},
			Parties:  []*spsv1.Party{{Name: "Công ty Trái cây Đắk Lắk", ApprovalNumber: "DL 9902"}},
			Findings: []*spsv1.Finding{agent("7440-43-9", "镉 (cadmium)")},
		}},
	}
	mango := &spsv1.Statement{
		Status: spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL, Handling: spsv1.Handling_HANDLING_ADDRESSEES_ONLY,
		Addressees: []*spsv1.Addressee{{Area: &spsv1.Area{Code: "KH"}}},
		Body: &spsv1.Statement_Notification{Notification: &spsv1.Notification{
			Classification: spsv1.Classification_CLASSIFICATION_BORDER_REJECTION,
			Subject:        texts("th", "พบแมลงวันผลไม้ในมะม่วงจากกัมพูชา", "km", "រុយផ្លែឈើក្នុងស្វាយ"),
			Products: []*spsv1.Product{{
				Name: texts("km", "ស្វាយ\u200bកែវ\u200bរមៀត", "th", "มะม่วง"), CommodityCodes: []*spsv1.Coding{{System: "ahtn", Code: "08045020"}},
				Lots: []*spsv1.Lot{{Origins: stated("KH"), Codes: []*spsv1.SiteCode{{Code: "KH-KPS-7"}}}},
			}},
			Findings: []*spsv1.Finding{pest("Bactrocera dorsalis")},
		}},
	}
	exercise := &spsv1.Statement{
		Status: spsv1.StatementStatus_STATEMENT_STATUS_EXERCISE, Handling: spsv1.Handling_HANDLING_NETWORK, Network: true,
		Body: &spsv1.Statement_Notification{Notification: &spsv1.Notification{
			Classification: spsv1.Classification_CLASSIFICATION_NEWS,
			Subject:        texts("my", "သရက်သီးတွင် ပိုးမွှားတွေ့ရှိ"),
			Products:       []*spsv1.Product{{Species: []*spsv1.Taxon{{ScientificName: "Mangifera indica"}}}},
		}},
	}
	rule := &spsv1.Statement{Body: &spsv1.Statement_Announcement{Announcement: &spsv1.Announcement{
		Subject: texts("en", "New rules for frozen durian"),
		Body: &spsv1.Announcement_RuleChange{RuleChange: &spsv1.RuleChange{
			CommodityCodes: []*spsv1.Coding{{System: "hs", Code: "081190"}}, Origins: []*spsv1.Area{{AsWritten: "Malaysia"}},
		}},
	}}}
	original := entry(t, "CN", 5, durian)
	answer := followUp(original, original.Hash[:])
	answer.GetFollowUp().Facts = &spsv1.Facts{
		Findings: []*spsv1.Finding{agent("7440-43-9", "cadimi")},
		Measures: []*spsv1.Measure{{CodeStatus: &spsv1.CodeStatusChange{Code: &spsv1.SiteCode{Code: "VN-DLOR 0123"}}}},
	}
	answer.ExternalReferences = []*spsv1.ExternalReference{{System: "RASFF", Number: "2026-0007"}}
	faulty := entry(t, "MM", 3, exercise)
	faulty.Envelope = nil
	foreign := entry(t, "LA", 1, mango)
	foreign.Leaf.Audience = &spsv1.Audience{Offices: []string{"LA", "TH"}}
	entries := []ledger.Entry{
		original, entry(t, "TH", 7, mango), entry(t, "MM", 2, exercise), entry(t, "VN", 1, answer), entry(t, "CN", 6, rule), faulty, foreign,
	}
	for i := range entries {
		entries[i].Leaf.Time = timestamppb.New(day.AddDate(0, 0, i))
		entries[i].Leaf.Urgent = i == 0
	}
	entries[3].Leaf.Time = timestamppb.New(day.Add(-time.Hour)) // it came late
	return entries
}

// all asks for the whole list, in one page.
func all(t testing.TB, b *casebook.Book, office certs.Office, filter, query, order string) []uint64 {
	t.Helper()
	q, problems := casebook.DefaultLimits().ParseQuery(filter, query, order)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	items, next, err := b.Statements(t.Context(), office, q, casebook.Page{UpTo: 1 << 40, Limit: 1 << 20, Budget: 1 << 30})
	if err != nil || next != nil {
		t.Fatalf("list = %v, next page %x, want one page", err, next)
	}
	return numbers(items)
}

func numbers(items []casebook.Item) []uint64 {
	var got []uint64
	for _, i := range items {
		got = append(got, i.N)
	}
	return got
}

func TestFilters(t *testing.T) {
	s := newStore(t)
	b := openBook(t, s, "VN")
	record(t, s, b, small(t)...)
	const durian, mango, exercise, answer, rule, faulty = 1, 2, 3, 4, 5, 6 // what has another number is not for this office
	for _, tc := range []struct {
		filter string
		want   []uint64
	}{
		{``, []uint64{faulty, rule, answer, exercise, mango, durian}},
		{`office = "CN"`, []uint64{rule, durian}},
		{`office = (CN OR th)`, []uint64{rule, mango, durian}},
		{`office = LA`, nil},
		{`kind = notification`, []uint64{exercise, mango, durian}},
		{`kind = "FOLLOW_UP"`, []uint64{answer}},
		{`kind != notification`, []uint64{faulty, rule, answer}},
		{`classification = ALERT`, []uint64{durian}},
		{`classification = "CLASSIFICATION_BORDER_REJECTION"`, []uint64{mango}},
		{`classification = (ALERT OR NEWS)`, []uint64{exercise, durian}},
		{`NOT classification = ALERT AND kind = notification`, []uint64{exercise, mango}},
		{`status = EXERCISE`, []uint64{exercise}},
		{`handling = ADDRESSEES_ONLY`, []uint64{mango}},
		{`urgent`, []uint64{durian}},
		{`-urgent office:c`, []uint64{rule}},
		{`urgent = false`, []uint64{faulty, rule, answer, exercise, mango}},
		{`urgent != false`, []uint64{durian}},
		{`reference = "CN-2026-000005"`, []uint64{durian}},
		{`reference:"00000"`, []uint64{faulty, rule, answer, exercise, mango, durian}},
		{`reference = "TH-*"`, []uint64{mango}},
		{`case = "CN-2026-000005"`, []uint64{answer, durian}},
		{`case = "cases/CN-2026-000005" AND office != CN`, []uint64{answer}},
		{`case = "MM-2026-000003"`, nil},
		{`issue_time >= "2026-03-03"`, []uint64{faulty, rule, exercise}},
		{`issue_time < "2026-03-01T08:00:00Z"`, []uint64{answer}},
		{`issue_time = "2026-03-01"`, []uint64{answer, durian}},
		{`issue_time != "2026-03-01" AND issue_time <= timestamp("2026-03-02T08:00:00Z")`, []uint64{mango}},
		{`issue_time > "2026-03-02T15:00:00+07:00" AND issue_time < "2026-03-04"`, []uint64{exercise}},
		{`record_time > "2000-01-01" AND urgent`, []uint64{durian}},
		{`record_time < "2000-01-01"`, nil},
		{`origin = VN`, []uint64{durian}},
		{`origin = "VN-66"`, []uint64{durian}},
		{`origin = "V"`, nil},
		{`origin:malay`, []uint64{rule}},
		{`origin = (KH OR "Malaysia")`, []uint64{rule, mango}},
		{`product = "sau rieng"`, []uint64{durian}},
		{`product:"sầu"`, []uint64{durian}},
		{`product:ស្វាយកែវ`, []uint64{mango}},
		{`product:"Mangifera"`, []uint64{exercise}},
		{`product_category = "Fruits and vegetables"`, []uint64{durian}},
		{`product_category:"*"`, []uint64{durian}},
		{`hs:"0804"`, []uint64{mango}},
		{`hs:"08"`, []uint64{rule, mango, durian}},
		{`hs = "081060"`, []uint64{durian}},
		{`hs = "0810*"`, []uint64{durian}},
		{`hs = "0810"`, nil},
		{`hs:"50"`, nil},
		{`hazard = "7440-43-9"`, []uint64{answer, durian}},
		{`hazard:镉`, []uint64{durian}},
		{`hazard:"bactrocera"`, []uint64{mango}},
		{`hazard = "Bactrocera"`, nil},
		{`hazard:*`, []uint64{answer, mango, durian}},
		{`NOT hazard:* AND kind = notification`, []uint64{exercise}},
		{`party:"dak lak"`, []uint64{durian}},
		{`code = "VN-DLOR0123"`, []uint64{answer, durian}},
		{`code = "dl9902"`, []uint64{durian}},
		{`code = "KH-*"`, []uint64{mango}},
		{`addressee = VN`, []uint64{durian}},
		{`addressee:infosan OR addressee = KH`, []uint64{mango, durian}},
		{`flagged = (VN AND TH)`, []uint64{durian}},
		{`flagged_for_follow_up = VN`, []uint64{durian}},
		{`flagged_for_follow_up = TH`, nil},
		{`flagged_for_attention = TH`, []uint64{durian}},
		{`external_reference = "RASFF 2026.9650"`, []uint64{durian}},
		{`external_reference = "RASFF 2026-0007"`, []uint64{answer}},
		{`external_reference:"2026"`, []uint64{answer, durian}},
		{`external_reference.system = rasff AND external_reference.number = "2026-0007"`, []uint64{answer, durian}},
		{`external_reference.number = "*9650"`, []uint64{durian}},
	} {
		if diff := cmp.Diff(tc.want, all(t, b, "", tc.filter, "", "")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.filter, diff)
		}
		q, _ := casebook.DefaultLimits().ParseQuery(tc.filter, "", "")
		for n := range uint64(9) {
			got, err := b.Matches(t.Context(), n, q)
			if want := slices.Contains(tc.want, n); err != nil || got != want {
				t.Errorf("%s: position %d matches = %t, %v, want %t", tc.filter, n, got, err, want)
			}
		}
	}
}

func TestFreeText(t *testing.T) {
	s := newStore(t)
	b := openBook(t, s, "VN")
	record(t, s, b, small(t)...)
	for _, tc := range []struct {
		query string
		want  []uint64
	}{
		{"sau rieng", []uint64{1}},
		{"SẦU cadimi", []uint64{1}},
		{"榴莲", []uint64{1}},
		{"榴莲 镉", []uint64{1}},
		{"มะม่วง", []uint64{2}},
		{"แมลงวัน bactrocera", []uint64{2}},
		{"ស្វាយ", []uint64{2}},
		{"သရက်သီး", []uint64{3}},
		{"ＲＡＳＦＦ 2026", []uint64{4, 1}},
		{"cadimi", []uint64{4, 1}},
		{"durian", []uint64{5}},
		{"vn-dlor0123", []uint64{4, 1}},
		{"dak lak vang", []uint64{1}},
		{"CN-2026-000005", []uint64{1}},
		{"rieng榴莲", nil}, // words of two texts do not run into each other
		{"bactrocera 榴莲", nil},
		{"infosan", nil}, // an addressee is asked for by a filter
	} {
		if diff := cmp.Diff(tc.want, all(t, b, "", "", tc.query, "")); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tc.query, diff)
		}
	}
}

func TestOrders(t *testing.T) {
	s := newStore(t)
	b := openBook(t, s, "VN")
	record(t, s, b, small(t)...)
	for _, tc := range []struct {
		order string
		want  []uint64
	}{
		{"", []uint64{6, 5, 4, 3, 2, 1}},
		{"record_time desc", []uint64{6, 5, 4, 3, 2, 1}},
		{"record_time", []uint64{1, 2, 3, 4, 5, 6}},
		{"issue_time", []uint64{4, 1, 2, 3, 5, 6}},
		{"issue_time desc", []uint64{6, 5, 3, 2, 1, 4}},
		{"reference asc", []uint64{1, 5, 3, 6, 2, 4}},
		{" reference  desc ", []uint64{4, 2, 6, 3, 5, 1}},
	} {
		if diff := cmp.Diff(tc.want, all(t, b, "", "", "", tc.order)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tc.order, diff)
		}
		ofCN := slices.DeleteFunc(slices.Clone(tc.want), func(n uint64) bool { return n != 1 && n != 5 })
		if diff := cmp.Diff(ofCN, all(t, b, "CN", "", "", tc.order)); diff != "" {
			t.Errorf("%q of CN (-want +got):\n%s", tc.order, diff)
		}
		ofCases := slices.DeleteFunc(slices.Clone(tc.want), func(n uint64) bool { return n > 3 })
		q, _ := casebook.DefaultLimits().ParseQuery("", "", tc.order)
		items, _, err := b.Cases(t.Context(), q, casebook.Page{UpTo: 7, Limit: 10, Budget: 100})
		if diff := cmp.Diff(ofCases, numbers(items)); err != nil || diff != "" {
			t.Errorf("%q of cases: %v (-want +got):\n%s", tc.order, err, diff)
		}
	}
}

func TestParseQuerySaysWhatToDo(t *testing.T) {
	for _, tc := range []struct{ filter, query, order, field, want string }{
		{filter: `klassification = ALERT`, field: "filter", want: `there is no field "klassification", did you mean classification`},
		{filter: `colour = red`, field: "filter", want: `there is no field "colour", only office, kind, `},
		{filter: `external_reference.nunber = "1"`, field: "filter", want: `did you mean external_reference.number`},
		{filter: `classification = ALRT`, field: "filter", want: `classification: there is no value "ALRT", did you mean ALERT`},
		{filter: `kind = letter`, field: "filter", want: `kind: there is no value "letter", only notification, `},
		{filter: `classification > ALERT`, field: "filter", want: `classification is not compared by >, only by = !=`},
		{filter: `urgent = perhaps`, field: "filter", want: `urgent: give true or false`},
		{filter: `issue_time > "yesterday"`, field: "filter", want: `issue_time: give a time such as "2026-03-31T08:00:00Z"`},
		{filter: `issue_time:"2026"`, field: "filter", want: `issue_time is not compared by :`},
		{filter: `hs = 801`, field: "filter", want: `hs: put the value in quotes`},
		{filter: `hs = "fruit"`, field: "filter", want: `hs: give a value to compare with`},
		{filter: `hazard = ""`, field: "filter", want: `hazard: give a value to compare with, or * for any`},
		{filter: `case = ""`, field: "filter", want: `case: give the reference of a case`},
		{filter: `hazard`, field: "filter", want: `compare hazard with a value, or write hazard:"*" for any`},
		{filter: `mango durian`, field: "filter", want: `words to search for go into query`},
		{filter: `"mango"`, field: "filter", want: `compare a field with a value; words to search for go into query`},
		{filter: `"CN" = office`, field: "filter", want: `write the field on the left`},
		{filter: `reference = CN-2026-000005`, field: "filter", want: `unexpected trailing token - (1:15); put values that are not a single word in quotes`},
		{filter: `hazard = "mercury`, field: "filter", want: `1:10: unterminated string; put`},
		{filter: `office = CN AND`, field: "filter", want: `unexpected trailing token`},
		{filter: `office =`, field: "filter", want: `it ends too early`},
		{filter: strings.Repeat("urgent ", 65), field: "filter", want: `compare at most 64 times; each value of a field counts`},
		{filter: "office = (CN" + strings.Repeat(" OR CN", 64) + ")", field: "filter", want: `compare at most 64 times`},
		{filter: "urgent" + strings.Repeat(" ", 4091), field: "filter", want: `write it in at most 4096 bytes`},
		{filter: strings.Repeat("(", 4096), field: "filter", want: `it ends too early`},
		{filter: `mango(durian)`, field: "filter", want: `compare a field with a value`},
		{query: strings.Repeat("a ", 17), field: "query", want: "search for at most 16 words"},
		{query: strings.Repeat("a", 4097), field: "query", want: "write it in at most 4096 bytes"},
		{order: "age", field: "order_by", want: "write one of record_time, issue_time, reference, or of cases one of due_time, own_due_time, awaited_due_time, with desc behind it for downwards"},
		{order: "record_time down", field: "order_by", want: "write one of"},
		{order: "record_time, reference", field: "order_by", want: "write one of"},
	} {
		_, problems := casebook.DefaultLimits().ParseQuery(tc.filter, tc.query, tc.order)
		if len(problems) != 1 || problems[0].Field != tc.field || !strings.Contains(problems[0].Sentence, tc.want) {
			t.Errorf("ParseQuery(%q, %q, %q) = %v, want %s: %s", tc.filter, tc.query, tc.order, problems, tc.field, tc.want)
		}
	}
	if _, problems := casebook.DefaultLimits().ParseQuery("x", strings.Repeat("a ", 17), "x"); len(problems) != 3 {
		t.Errorf("three faults = %v, want all at once", problems)
	}
}

func FuzzParseQuery(f *testing.F) {
	for _, filter := range []string{
		`office = (CN OR TH) AND NOT urgent`, `hazard:*`, `-(hs:"08")`, `issue_time >= timestamp("2026-01-01T00:00:00Z")`,
		`external_reference.number = '1'`, `a(b(c(`, `"\u0041"`, "\xff", `case != "X" kind = request`, `-1 = 2`, `0x`,
	} {
		f.Add(filter, "sầu riêng", "issue_time desc")
	}
	s := newStore(f)
	b := openBook(f, s, "VN")
	record(f, s, b, small(f)...)
	f.Fuzz(func(t *testing.T, filter, query, order string) {
		q, problems := casebook.DefaultLimits().ParseQuery(filter, query, order)
		for _, p := range problems {
			if p.Field == "" || p.Reason == "" || p.Sentence == "" || strings.Contains(p.Sentence, "\n") {
				t.Errorf("ParseQuery(%q) says %q of %q", filter, p.Sentence, p.Field)
			}
		}
		if len(problems) > 0 {
			return
		}
		if _, _, err := b.Statements(t.Context(), "", q, casebook.Page{UpTo: 10, Limit: 10, Budget: 100}); err != nil {
			t.Errorf("list %q: %v", filter, err)
		}
	})
}

func TestPageIsBounded(t *testing.T) {
	s := newStore(t)
	b := openBook(t, s, "VN")
	for n := uint64(1); n <= 20; n++ {
		e := entry(t, "CN", n, notification())
		e.Position.N = n
		if err := s.Update(t.Context(), func(tx store.Tx) error { return b.Entry(tx, e) }); err != nil {
			t.Fatal(err)
		}
	}
	rare, _ := casebook.DefaultLimits().ParseQuery(`reference = "CN-2026-000003"`, "", "")
	items, next, err := b.Statements(t.Context(), "", rare, casebook.Page{UpTo: 20, Limit: 5, Budget: 10})
	if err != nil || len(items) != 0 || next == nil {
		t.Fatalf("a page of ten rows without a match = %v, %x, %v, want an empty page and a mark", items, next, err)
	}
	items, next, err = b.Statements(t.Context(), "", rare, casebook.Page{UpTo: 20, From: next, Limit: 5, Budget: 10})
	if got := numbers(items); err != nil || !slices.Equal(got, []uint64{3}) || next != nil {
		t.Errorf("the next ten rows = %v, %x, %v, want position 3 and the end", got, next, err)
	}
	for _, q := range []string{"", "issue_time", "reference"} {
		q, _ := casebook.DefaultLimits().ParseQuery("", "", q)
		for _, mark := range [][]byte{{}, {1}, make([]byte, 17), make([]byte, 200)} {
			_, _, err := b.Statements(t.Context(), "CN", q, casebook.Page{UpTo: 20, From: mark, Limit: 5, Budget: 10})
			if err == nil {
				t.Errorf("a mark of %d bytes is taken, want ErrMark", len(mark))
			}
		}
	}
}

func TestListsGoOnAcrossViews(t *testing.T) {
	const cases = 5000
	s := newStore(t)
	b := openBook(t, s, "VN")
	many(t, s, b, cases)
	for _, order := range append(casebook.Orders(), "record_time desc", "issue_time desc", "reference desc") {
		if got := all(t, b, "", `external_reference.system = RASFF`, "", order); len(got) != cases || len(slices.Compact(slices.Sorted(slices.Values(got)))) != cases {
			t.Errorf("%s: %d found, want each of %d once", order, len(got), cases)
		}
		if got := all(t, b, "", "", "2026.00042", order); !slices.Equal(got, []uint64{43}) {
			t.Errorf("%s: one number is found at %d, want 43", order, got)
		}
	}
}

func TestFieldsCompareWithEveryOperator(t *testing.T) {
	for _, f := range casebook.Fields() {
		for _, operator := range f.Operators {
			value := map[string]string{
				"yes or no": "true", "time": "2026-01-01", "value": "ALERT", "digits": "08",
			}[f.Type]
			switch f.Name {
			case "kind":
				value = "request"
			case "status":
				value = "TEST"
			case "handling":
				value = "NETWORK"
			case "case_status":
				value = "OPEN"
			}
			if value == "" {
				value = "VN"
			}
			filter := fmt.Sprintf("%s %s %q", f.Name, operator, value)
			if _, problems := casebook.DefaultLimits().ParseQuery(filter, "", ""); len(problems) > 0 {
				t.Errorf("%s: %v", filter, problems)
			}
		}
	}
}
