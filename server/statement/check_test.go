package statement_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// mango returns a valid alert about mango with two lots.
func mango() *spsv1.Statement {
	n := information(forAlert, "Bactrocera dorsalis in mango from Viet Nam", spsv1.RiskDecision_RISK_DECISION_SERIOUS)
	n.Products = []*spsv1.Product{{
		Id: "p1", Name: en("mango"), Origins: from("VN"),
		Lots: []*spsv1.Lot{{Id: "p1.l1", Number: "A"}, {Id: "p1.l2", Number: "B"}},
	}}
	n.Documents = []*spsv1.Document{{Id: "d1", Kind: spsv1.DocumentKind_DOCUMENT_KIND_PHYTOSANITARY_CERTIFICATE}}
	n.Findings = []*spsv1.Finding{{Id: "f1", About: []string{"p1.l2"}, Organism: pest("Bactrocera dorsalis", spsv1.TaxonRank_TAXON_RANK_SPECIES)}}
	s := speak("CN", "", n)
	s.Addressees = []*spsv1.Addressee{to("VN", spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN)}
	return s
}

// reply returns a valid statement of VN in the case of CN.
func reply(set func(*spsv1.Statement)) *spsv1.Statement {
	s := speak("VN", "", nil)
	s.Body = nil
	s.CaseRef = caseRef("CN")
	s.Addressees = []*spsv1.Addressee{to("CN", spsv1.AddresseeRole_ADDRESSEE_ROLE_ISSUER)}
	s.Network = false
	set(s)
	return s
}

func relate(kind spsv1.RelationKind, office string) []*spsv1.Relation {
	return []*spsv1.Relation{{Kind: kind, Entry: entry(office, 9)}}
}

// TestCheck spoils one thing of a valid statement and wants exactly the problems
// that follow.
func TestCheck(t *testing.T) {
	type want struct{ field, reason string }
	cases := []struct {
		name  string
		spoil func(*spsv1.Statement, *spsv1.Notification)
		want  []want
	}{
		{"nothing spoilt", func(*spsv1.Statement, *spsv1.Notification) {}, nil},
		{"no body", func(s *spsv1.Statement, _ *spsv1.Notification) { s.Body = nil }, []want{{"body", "REQUIRED"}}},
		{"salt of 31 bytes", func(s *spsv1.Statement, _ *spsv1.Notification) { s.Salt = s.Salt[:31] }, []want{{"salt", "BYTES_LEN"}}},
		{"two at once", func(s *spsv1.Statement, n *spsv1.Notification) {
			s.RequestId = "1"
			n.Subject = nil
		}, []want{{"request_id", "STRING_UUID"}, {"notification.subject", "REPEATED_MIN_ITEMS"}}},
		{"unknown enum", func(_ *spsv1.Statement, n *spsv1.Notification) { n.Type = 99 }, []want{{"notification.type", "ENUM_DEFINED_ONLY"}}},
		{
			"subject too long", func(_ *spsv1.Statement, n *spsv1.Notification) { n.Subject = en(strings.Repeat("x", 1001)) },
			[]want{{"notification.subject", "NOTIFICATION_SUBJECT_LENGTH"}},
		},
		{
			"same id twice", func(_ *spsv1.Statement, n *spsv1.Notification) { n.Products[0].Lots[1].Id = "p1.l1" },
			[]want{{"notification.products[0].lots[1].id", "ID_TWICE"}, {"notification.findings[0].about[0]", "REFERENCE_UNKNOWN"}},
		},
		{
			"lot of another product", func(_ *spsv1.Statement, n *spsv1.Notification) { n.Products[0].Lots[0].Id = "p2.l1" },
			[]want{{"notification.products[0].lots[0].id", "ID_PARENT"}},
		},
		{
			"malformed id", func(_ *spsv1.Statement, n *spsv1.Notification) { n.Products[0].Lots[0].Id = "l1" },
			[]want{{"notification.products[0].lots[0].id", "STRING_PATTERN"}},
		},
		{
			"reference to nothing", func(_ *spsv1.Statement, n *spsv1.Notification) { n.Findings[0].About = []string{"p7"} },
			[]want{{"notification.findings[0].about[0]", "REFERENCE_UNKNOWN"}},
		},
		{
			"reference to a finding", func(_ *spsv1.Statement, n *spsv1.Notification) { n.Findings[0].About = []string{"f1"} },
			[]want{{"notification.findings[0].about[0]", "STRING_PATTERN"}},
		},
		{
			"reference outside", func(_ *spsv1.Statement, n *spsv1.Notification) { n.Findings[0].About = []string{"n:p1"} },
			[]want{{"notification.findings[0].about[0]", "REFERENCE_OUTSIDE"}},
		},
		{"document fault without a document", func(_ *spsv1.Statement, n *spsv1.Notification) {
			n.Findings[0].DocumentFault = fault(spsv1.DocumentFaultKind_DOCUMENT_FAULT_KIND_ABSENT)
		}, []want{{"notification.findings[0].about", "DOCUMENT_REQUIRED"}}},
		{
			"decomposed text", func(_ *spsv1.Statement, n *spsv1.Notification) { n.Products[0].Brand = "Ca\u0300 Mau" },
			[]want{{"notification.products[0].brand", "TEXT_NOT_NFC"}},
		},
		{
			"control character", func(_ *spsv1.Statement, n *spsv1.Notification) { n.Products[0].Grade = "I\x00" },
			[]want{{"notification.products[0].grade", "TEXT_CONTROL"}},
		},
		{
			"blank text", func(_ *spsv1.Statement, n *spsv1.Notification) { n.Subject = en(" \u3000") },
			[]want{{"notification.subject[0].text", "TEXT_BLANK"}},
		},
		{
			"malformed language", func(_ *spsv1.Statement, n *spsv1.Notification) { n.Subject[0].Lang = "english language" },
			[]want{{"notification.subject[0].lang", "STRING_PATTERN"}},
		},
		{
			"ill-formed language", func(_ *spsv1.Statement, n *spsv1.Notification) { n.Subject[0].Lang = "en-a" },
			[]want{{"notification.subject[0].lang", "LANG_MALFORMED"}},
		},
		{"unknown language is kept", func(_ *spsv1.Statement, n *spsv1.Notification) { n.Subject[0].Lang = "qqz" }, nil},
		{
			"one language twice", func(_ *spsv1.Statement, n *spsv1.Notification) { n.Subject = append(en("a"), en("b")...) },
			[]want{{"notification.subject[1].lang", "LANG_TWICE"}},
		},
		{"a translation into a language that is there", func(_ *spsv1.Statement, n *spsv1.Notification) {
			n.Subject = append(en("a"), &spsv1.LocalizedText{Lang: "en", Text: "b", TranslatedBy: "Lan"})
		}, nil},
		{"30 February", func(_ *spsv1.Statement, n *spsv1.Notification) {
			n.Products[0].Lots[0].HarvestDate = &spsv1.Date{Year: 2026, Month: 2, Day: 30}
		}, []want{{"notification.products[0].lots[0].harvest_date.day", "DATE_IMPOSSIBLE"}}},
		{"29 February", func(_ *spsv1.Statement, n *spsv1.Notification) {
			n.Products[0].Lots[0].HarvestDate = &spsv1.Date{Year: 2028, Month: 2, Day: 29}
		}, nil},
		{"day without month", func(_ *spsv1.Statement, n *spsv1.Notification) {
			n.Products[0].Lots[0].HarvestDate = &spsv1.Date{Year: 2026, Day: 3}
		}, []want{{"notification.products[0].lots[0].harvest_date", "DATE_DAY_WITHOUT_MONTH"}}},
		{"best before its production", func(_ *spsv1.Statement, n *spsv1.Notification) {
			n.Products[0].Lots[0].ProductionDate = &spsv1.Date{Year: 2026, Month: 5}
			n.Products[0].Lots[0].BestBeforeDate = &spsv1.Date{Year: 2026, Month: 4, Day: 1}
		}, []want{{"notification.products[0].lots[0].best_before_date", "DATE_ORDER"}}},
		{"best before in the same year", func(_ *spsv1.Statement, n *spsv1.Notification) {
			n.Products[0].Lots[0].ProductionDate = &spsv1.Date{Year: 2026, Month: 5}
			n.Products[0].Lots[0].BestBeforeDate = &spsv1.Date{Year: 2026}
		}, nil},
		{
			"decimal comma", func(_ *spsv1.Statement, n *spsv1.Notification) { n.Products[0].Quantity = mgkg("0,05") },
			[]want{{"notification.products[0].quantity.value", "STRING_PATTERN"}},
		},
		{
			"wrong container", func(_ *spsv1.Statement, n *spsv1.Notification) { container(n, "CSQU3054384") },
			nil, // which AdviseCodes sees to
		},
		{"right container", func(_ *spsv1.Statement, n *spsv1.Notification) { container(n, "CSQU3054383") }, nil},
		{
			"wrong GTIN", func(_ *spsv1.Statement, n *spsv1.Notification) { n.Products[0].Gtins = []string{"4006381333932"} },
			nil, // as it is printed
		},
		{"right GTINs", func(_ *spsv1.Statement, n *spsv1.Notification) {
			n.Products[0].Gtins = []string{"4006381333931", "73513537"}
		}, nil},
		{
			"parts above the whole", func(_ *spsv1.Statement, n *spsv1.Notification) { balances(n, "10", "6", "4.5") },
			[]want{{"notification.balances[0].items", "BALANCE_EXCEEDS"}},
		},
		{"parts and the whole", func(_ *spsv1.Statement, n *spsv1.Notification) { balances(n, "1.05E1", "6", "4.50") }, nil},
		{
			"negative part", func(_ *spsv1.Statement, n *spsv1.Notification) { balances(n, "10", "6", "-1") },
			[]want{{"notification.balances[0].items[1].quantity.value", "BALANCE_NEGATIVE"}},
		},
		{
			"huge exponent", func(_ *spsv1.Statement, n *spsv1.Notification) { balances(n, "10", "1e999999999", "1") },
			[]want{{"notification.balances[0].items[0].quantity.value", "STRING_PATTERN"}},
		},
		{
			"alert without a risk", func(_ *spsv1.Statement, n *spsv1.Notification) { n.Risk = nil },
			[]want{{"notification.risk", "RISK_REQUIRED"}},
		},
		{"more dead than affected", func(_ *spsv1.Statement, n *spsv1.Notification) {
			n.Risk.PersonsAffected, n.Risk.PersonsDead = proto.Uint32(2), proto.Uint32(3)
		}, []want{{"notification.risk.persons_dead", "PERSONS_EXCEED"}}},
		{
			"case of a notification", func(s *spsv1.Statement, _ *spsv1.Notification) { s.CaseRef = caseRef("CN") },
			[]want{{"case_ref", "CASE_NOT_ALLOWED"}},
		},
		{
			"nobody", func(s *spsv1.Statement, _ *spsv1.Notification) { s.Network, s.Addressees = false, nil },
			[]want{{"addressees", "AUDIENCE_EMPTY"}},
		},
		{"network under addressees only", func(s *spsv1.Statement, _ *spsv1.Notification) {
			s.Handling = spsv1.Handling_HANDLING_ADDRESSEES_ONLY
		}, []want{{"network", "AUDIENCE_CONFLICT"}}},
		{
			"addressee twice", func(s *spsv1.Statement, _ *spsv1.Notification) { s.Addressees = append(s.Addressees, to("VN")) },
			[]want{{"addressees[1]", "ADDRESSEE_TWICE"}},
		},
		{"two units of one office", func(s *spsv1.Statement, _ *spsv1.Notification) {
			a := to("VN")
			a.Unit = "lang-son"
			s.Addressees = append(s.Addressees, a)
		}, nil},
		{
			"addressee is the issuer", func(s *spsv1.Statement, _ *spsv1.Notification) { s.Addressees = append(s.Addressees, to("CN")) },
			[]want{{"addressees[1].office", "ADDRESSEE_SELF"}},
		},
		{
			"addressee without a card", func(s *spsv1.Statement, _ *spsv1.Notification) { s.Addressees[0].CardNumber = 0 },
			[]want{{"addressees[0].card_number", "CARD_REQUIRED"}},
		},
		{
			"addressee by hand with a card", func(s *spsv1.Statement, _ *spsv1.Notification) { s.Addressees[0].ByHand = true },
			[]want{{"addressees[0]", "ADDRESSEE_CARD_NUMBER"}},
		},
		{
			"addressee of two sorts", func(s *spsv1.Statement, _ *spsv1.Notification) { s.Addressees[0].Body = "INFOSAN" },
			[]want{{"addressees[0]", "MESSAGE_ONEOF"}},
		},
		{
			"flag twice", func(s *spsv1.Statement, _ *spsv1.Notification) { s.Flags = attention(office("VN"), office("VN")) },
			[]want{{"flags[1]", "FLAG_TWICE"}},
		},
		{
			"no issuer", func(s *spsv1.Statement, _ *spsv1.Notification) { s.IssuedBy = nil },
			[]want{{"issued_by", "PERSON_REQUIRED"}},
		},
		{
			"two eyes", func(s *spsv1.Statement, _ *spsv1.Notification) { s.DraftedBy = s.IssuedBy },
			[]want{{"issued_by", "FOUR_EYES"}},
		},
		{"two eyes, waived", func(s *spsv1.Statement, _ *spsv1.Notification) {
			s.DraftedBy = s.IssuedBy
			s.Waiver = &spsv1.Waiver{Reason: spsv1.WaiverReason_WAIVER_REASON_OUT_OF_HOURS}
		}, nil},
		{
			"a system alone", func(s *spsv1.Statement, _ *spsv1.Notification) { s.IssuingSystem = "lims" },
			[]want{{"drafted_by", "PERSON_REQUIRED"}, {"approved_by", "PERSON_REQUIRED"}},
		},
		{"a system for one person", func(s *spsv1.Statement, _ *spsv1.Notification) {
			s.IssuingSystem, s.DraftedBy, s.ApprovedBy = "lims", s.IssuedBy, s.IssuedBy
		}, []want{{"approved_by", "FOUR_EYES"}}},
		{"a system for one person by name", func(s *spsv1.Statement, _ *spsv1.Notification) {
			s.IssuingSystem, s.DraftedBy, s.ApprovedBy = "lims", &spsv1.Person{Name: "Li Wei"}, &spsv1.Person{Name: " li wei"}
		}, []want{{"approved_by", "FOUR_EYES"}}},
		{"a system for one function", func(s *spsv1.Statement, _ *spsv1.Notification) {
			s.IssuingSystem, s.DraftedBy, s.ApprovedBy = "lims", &spsv1.Person{Function: "duty"}, &spsv1.Person{Function: "duty"}
		}, []want{{"approved_by", "FOUR_EYES"}}},
		{"real, related to an exercise", func(s *spsv1.Statement, _ *spsv1.Notification) {
			s.RelatesTo = []*spsv1.Relation{{Kind: spsv1.RelationKind_RELATION_KIND_SAME_EVENT, Reference: "CN-EX-2026-000007"}}
		}, []want{{"relates_to[0].reference", "STATUS_MIXED"}}},
		{"an exercise, related to what is real", func(s *spsv1.Statement, _ *spsv1.Notification) {
			s.Status = spsv1.StatementStatus_STATEMENT_STATUS_EXERCISE
			s.RelatesTo = []*spsv1.Relation{{Kind: spsv1.RelationKind_RELATION_KIND_SAME_EVENT, Reference: "CN-2026-000007"}}
		}, []want{{"relates_to[0].reference", "STATUS_MIXED"}}},
		{"supersedes another's", func(s *spsv1.Statement, _ *spsv1.Notification) {
			s.RelatesTo = relate(spsv1.RelationKind_RELATION_KIND_SUPERSEDES, "VN")
		}, []want{{"relates_to[0].entry", "RELATION_FOREIGN"}}},
		{"letter without a scan", func(s *spsv1.Statement, _ *spsv1.Notification) {
			s.Source = source(spsv1.Means_MEANS_LETTER)
		}, []want{{"source.scans", "SOURCE_INCOMPLETE"}}},
		{"call to nobody", func(s *spsv1.Statement, _ *spsv1.Notification) {
			s.Source = source(spsv1.Means_MEANS_TELEPHONE)
		}, []want{{"source.received_by", "SOURCE_INCOMPLETE"}}},
		{"system without a name", func(s *spsv1.Statement, _ *spsv1.Notification) {
			s.Source = source(spsv1.Means_MEANS_OTHER_SYSTEM)
		}, []want{{"source.system", "SOURCE_INCOMPLETE"}, {"source.reference", "SOURCE_INCOMPLETE"}}},
		{"source is the issuer", func(s *spsv1.Statement, _ *spsv1.Notification) {
			s.Source = source(spsv1.Means_MEANS_LETTER)
			s.Source.Reference = "12/CV"
			s.Source.Teller = &spsv1.Authority{Office: "CN"}
		}, []want{{"source.teller.office", "SOURCE_SELF"}}},
		{"scan that is not attached", func(s *spsv1.Statement, _ *spsv1.Notification) {
			s.Source = source(spsv1.Means_MEANS_LETTER)
			s.Source.Scans = []string{"a1"}
		}, []want{{"source.scans[0]", "REFERENCE_UNKNOWN"}}},
		{"told by hand, without to whom", func(s *spsv1.Statement, _ *spsv1.Notification) {
			s.HandDeliveries = []*spsv1.HandDelivery{{
				Office: "LA", Means: spsv1.Means_MEANS_TELEPHONE, TellTime: timestamppb.New(day), ToldBy: s.IssuedBy,
			}}
		}, []want{{"hand_deliveries[0].told_to", "HAND_DELIVERY_INCOMPLETE"}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := mango()
			c.spoil(s, s.GetNotification())
			var got []want
			for _, p := range statement.Check(s) {
				got = append(got, want{p.Field, p.Reason})
				if p.Sentence == "" || strings.HasPrefix(p.Sentence, "write it to fit") {
					t.Errorf("%s %s: sentence %q", p.Field, p.Reason, p.Sentence)
				}
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(want{})); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func container(n *spsv1.Notification, number string) {
	n.Consignment = &spsv1.Consignment{Transports: []*spsv1.Transport{{Id: "t1", Containers: []*spsv1.Container{{Number: number}}}}}
}

func balances(n *spsv1.Notification, total, held, released string) {
	n.Balances = []*spsv1.LotBalance{{About: "p1.l1", Total: mgkg(total), Items: []*spsv1.BalanceItem{
		{State: spsv1.BalanceState_BALANCE_STATE_HELD, Quantity: mgkg(held)},
		{State: spsv1.BalanceState_BALANCE_STATE_RELEASED, Quantity: mgkg(released)},
	}}}
}

func source(m spsv1.Means) *spsv1.Source {
	return &spsv1.Source{Teller: &spsv1.Authority{Name: "a ministry"}, Means: m, ReceiveTime: timestamppb.New(day)}
}

func TestCheckNil(t *testing.T) {
	problems := statement.Check(nil)
	if problems.Err() == nil {
		t.Error("Check(nil).Err() = nil, want an error")
	}
	if err := statement.Check(mango()).Err(); err != nil {
		t.Errorf("Err of a valid statement = %v, want nil", err)
	}
}

// TestProblemsError reads what a person would.
func TestProblemsError(t *testing.T) {
	p := statement.Problems{{Field: "salt", Reason: "BYTES_LEN", Sentence: "give exactly 32 bytes"}, {Sentence: "give a statement"}}
	if got, want := p.Error(), "salt: give exactly 32 bytes\ngive a statement"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}
