package rasff

import (
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// options are those of the federation in these tests.
var options = Options{Members: []certs.Office{"EU", "CN", "TH", "VN"}}

// check applies the field rules, with what the node fills in.
func check(s *spsv1.Statement) error {
	s = proto.CloneOf(s)
	s.Salt, s.Federation, s.Office = make([]byte, 32), "asean-cn", string(Office)
	s.RequestId = "5b0c4a7e-2d0b-5c3f-9a51-6f6d3f1f7c11"
	return protovalidate.Validate(s)
}

// ordinary returns a row without anything special, changed by change.
func ordinary(change func(*Row)) Row {
	r := Row{
		Line: 2, Reference: "2026.0101", Category: "fruits and vegetables", Type: "food",
		Subject: "cadmium in durian from Thailand", Date: "2026-01-05 09:30:00", NotifyingCountry: "Finland",
		Classification: "border rejection notification", RiskDecision: "serious", Origin: "Thailand", Hazards: "cadmium",
	}
	if change != nil {
		change(&r)
	}
	return r
}

// state returns the statement of a row that must be taken.
func state(t *testing.T, r Row) *spsv1.Statement {
	t.Helper()
	s, problems := r.Statement(options)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if err := check(s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStatement(t *testing.T) {
	got := state(t, ordinary(func(r *Row) {
		r.Distribution, r.Operator = "Finland", "Thailand"
		r.ForFollowUp, r.ForAttention = "Thailand", "Sweden,INFOSAN,India"
	}))
	thailand := &spsv1.Area{Code: "TH", AsWritten: "Thailand"}
	want := &spsv1.Statement{
		Status: spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL, Handling: spsv1.Handling_HANDLING_PUBLIC_SUMMARY,
		OnBehalfOf: "FI",
		Addressees: []*spsv1.Addressee{{Office: "TH", Roles: []spsv1.AddresseeRole{
			spsv1.AddresseeRole_ADDRESSEE_ROLE_ORIGIN, spsv1.AddresseeRole_ADDRESSEE_ROLE_OPERATOR,
		}}},
		Flags: []*spsv1.Flag{
			{Office: "TH", Kind: spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP},
			{Office: "EU", Unit: "SE", Kind: spsv1.FlagKind_FLAG_KIND_FOR_ATTENTION},
			{Body: "INFOSAN", Kind: spsv1.FlagKind_FLAG_KIND_FOR_ATTENTION},
			{Area: &spsv1.Area{Code: "IN", AsWritten: "India"}, Kind: spsv1.FlagKind_FLAG_KIND_FOR_ATTENTION},
		},
		ExternalReferences: []*spsv1.ExternalReference{
			{System: "RASFF", Number: "2026.0101", Date: &spsv1.Date{Year: 2026, Month: 1, Day: 5}},
		},
		Body: &spsv1.Statement_Notification{Notification: &spsv1.Notification{
			Classification: spsv1.Classification_CLASSIFICATION_BORDER_REJECTION,
			Type:           spsv1.NotificationType_NOTIFICATION_TYPE_FOOD,
			Subject:        []*spsv1.LocalizedText{{Lang: "en", Text: "cadmium in durian from Thailand"}},
			Risk:           &spsv1.Risk{Decision: spsv1.RiskDecision_RISK_DECISION_SERIOUS},
			Field:          spsv1.Field_FIELD_FOOD,
			Products: []*spsv1.Product{{
				Id: "p1", ArticleKind: spsv1.ArticleKind_ARTICLE_KIND_COMMODITY,
				Category: &spsv1.Concept{
					Codings:   []*spsv1.Coding{{System: "rasff-product-category", Code: "fruits and vegetables"}},
					AsWritten: "fruits and vegetables", Lang: "en",
				},
				Origins: []*spsv1.Origin{{State: spsv1.OriginState_ORIGIN_STATE_STATED, Area: thailand}},
			}},
			Parties: []*spsv1.Party{{Id: "o1", Roles: []spsv1.PartyRole{spsv1.PartyRole_PARTY_ROLE_OPERATOR}, Area: thailand}},
			Findings: []*spsv1.Finding{{Id: "f1", Hazard: &spsv1.Hazard{
				Agent: &spsv1.Concept{
					Codings: []*spsv1.Coding{{System: "rasff-hazard", Code: "cadmium"}}, AsWritten: "cadmium", Lang: "en",
				},
				Category: &spsv1.Concept{Codings: []*spsv1.Coding{{System: "rasff-hazard-category", Code: "heavy metals"}}},
				Nature:   spsv1.HazardNature_HAZARD_NATURE_CHEMICAL,
			}}},
			Distribution: []*spsv1.Distribution{{Area: &spsv1.Area{Code: "FI", AsWritten: "Finland"}}},
		}},
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("statement (-want +got):\n%s", diff)
	}
}

func TestAudience(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(*Row)
		want    []string
		network bool
	}{
		{"origin of a member", func(r *Row) { r.Origin = "China,India" }, []string{"CN"}, false},
		{"origins of two members", func(r *Row) { r.Origin = "Vietnam,China" }, []string{"CN", "VN"}, false},
		{"origin of nobody", func(r *Row) { r.Origin = "India" }, nil, true},
		{"no origin", func(r *Row) { r.Origin = "" }, nil, true},
		{"unknown origin", func(r *Row) { r.Origin = "unknown origin" }, nil, true},
		{"distributed to a member", func(r *Row) { r.Origin, r.Distribution = "France", "Italy,Thailand" }, []string{"TH"}, true},
		{"another member flagged", func(r *Row) { r.ForAttention = "China" }, []string{"CN", "TH"}, false},
		{"origin in the office's own areas", func(r *Row) { r.Origin = "Germany" }, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := state(t, ordinary(c.change))
			var got []string
			for _, a := range s.GetAddressees() {
				got = append(got, a.GetOffice())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("addressees (-want +got):\n%s", diff)
			}
			if s.GetNetwork() != c.network {
				t.Errorf("network = %v, want %v", s.GetNetwork(), c.network)
			}
		})
	}
}

func TestAreas(t *testing.T) {
	for _, c := range []struct{ column, want string }{
		{"Bonaire,Sint Eustatius and Saba", "BQ"},
		{"Curaçao,Bonaire, Sint Eustatius and Saba,Aruba", "CW BQ AW"},
		{"Swaziland,Türkiye,Turkey", "SZ TR TR"},
		{"Czech Republic,Northern Ireland,United Kingdom (Northern Ireland)", "CZ XI XI"},
		{"Kosovo,Côte d’Ivoire, Congo (Brazzaville) ,Faeroe Islands", "XK CI CG FO"},
		{"Atlantis,Viet Nam", "Atlantis VN"},
		{" , ,China,China", "CN"},
	} {
		var got []string
		for _, name := range splitAreas(c.column) {
			got = append(got, areaName(toArea(name)))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("areas of %q = %v, want %s", c.column, got, c.want)
		}
	}
}

func TestSplitHazards(t *testing.T) {
	for _, c := range []struct {
		column string
		want   []string
	}{
		{"", nil},
		{"2,4-D,cadmium  ", []string{"2,4-D", "cadmium"}},
		{"1,3-dichloropropanol (1,3-DCP)  migration,lead", []string{"1,3-dichloropropanol (1,3-DCP) migration", "lead"}},
		{"diphenyl(2,4,6-trimethylbenzoyl)phosphine oxide  migration", []string{"diphenyl(2,4,6-trimethylbenzoyl)phosphine oxide migration"}},
		{"3-monochlor-1,2-propanediol (3-MCPD),glycidyl esters", []string{"3-monochlor-1,2-propanediol (3-MCPD)", "glycidyl esters"}},
		{"Aflatoxin B1,2-chloroethanol", []string{"Aflatoxin B1", "2-chloroethanol"}},
		{"o,p'-DDT,N,N-dimethylaniline,4,4'-MDA", []string{"o,p'-DDT", "N,N-dimethylaniline", "4,4'-MDA"}},
		{"Salmonella  ,Salmonella,salmonella", []string{"Salmonella"}},
		{"broken (bracket,lead", []string{"broken (bracket", "lead"}},
	} {
		if diff := cmp.Diff(c.want, splitHazards(c.column)); diff != "" {
			t.Errorf("hazards of %q (-want +got):\n%s", c.column, diff)
		}
	}
}

func TestQualifiers(t *testing.T) {
	const (
		unauthorised = spsv1.HazardQualifier_HAZARD_QUALIFIER_UNAUTHORISED
		migration    = spsv1.HazardQualifier_HAZARD_QUALIFIER_MIGRATION
		tooHigh      = spsv1.HazardQualifier_HAZARD_QUALIFIER_TOO_HIGH
		undeclared   = spsv1.HazardQualifier_HAZARD_QUALIFIER_UNDECLARED
		prohibited   = spsv1.HazardQualifier_HAZARD_QUALIFIER_PROHIBITED
	)
	for _, c := range []struct {
		text, code, category string
		want                 []spsv1.HazardQualifier
	}{
		{"chlorpyrifos unauthorised substance", "chlorpyrifos", "pesticide residues", qualifier(unauthorised)},
		{
			"nitrofuran (metabolite) furazolidone (AOZ) prohibited substance", "nitrofuran (metabolite) furazolidone (AOZ)",
			"residues of veterinary medicinal products", qualifier(prohibited),
		},
		{
			"colour E 110 - Sunset Yellow FCF unauthorised use", "colour E 110 - Sunset Yellow FCF",
			"food additives and flavourings", qualifier(unauthorised),
		},
		{"lead migration", "lead", "migration", qualifier(migration)},
		{"migration overall too high level", "migration overall too high level", "migration", qualifier(migration, tooHigh)},
		{"ragweed (Ambrosia spp.) seeds - too high content of", "ragweed (Ambrosia spp.) seeds", "", qualifier(tooHigh)},
		{"egg undeclared", "egg", "allergens", qualifier(undeclared)},
		{"Salmonella Newport", "Salmonella Newport", "pathogenic micro-organisms", nil},
		{"something new", "something new", "", nil},
	} {
		t.Run(c.text, func(t *testing.T) {
			h := toHazard(c.text)
			if got := h.GetAgent().GetAsWritten(); got != c.text {
				t.Errorf("as written %q, want %q", got, c.text)
			}
			if got := h.GetAgent().GetCodings()[0].GetCode(); got != c.code {
				t.Errorf("code %q, want %q", got, c.code)
			}
			category := ""
			for _, coding := range h.GetCategory().GetCodings() {
				category = coding.GetCode()
			}
			if category != c.category {
				t.Errorf("category %q, want %q", category, c.category)
			}
			if diff := cmp.Diff(c.want, h.GetQualifiers()); diff != "" {
				t.Errorf("qualifiers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLanguage(t *testing.T) {
	for _, c := range []struct{ subject, want string }{
		{"chlorpyrifos in chilli from Vietnam", "en"},
		{"PCDD/F in sunflower cake from Ukraine", "en"},
		{"ethylene oxide (0,16 +/- 0,04 mg/kg) in xanthan gum from China", "en"},
		{"tea of the brand https://tea.example/ with unauthorised ingredients", "en"},
		{"Plastic trays of “Petits pois à la française” become brittle", "en"},
		{"Cadmio en chocolate de Colombia // Cadmium in chocolate from Colombia", "mul"},
		{"Vetro nel miele dalla Cina/Glass in honey from China", "mul"},
		{"Ruptura de la cadena de frío en pulpo de Marruecos. Breach of the cold chain in octopus from Morocco.", "mul"},
		{"Aflatoksyny w pistacjach z Iranu ///", "und"},
		{"Segnalazione corpo estraneo in verdure", "und"},
	} {
		if got := languageOf(c.subject); got != c.want {
			t.Errorf("language of %q = %s, want %s", c.subject, got, c.want)
		}
	}
}

func TestRoute(t *testing.T) {
	const (
		raw        = spsv1.RouteRole_ROUTE_ROLE_RAW_MATERIAL
		processed  = spsv1.RouteRole_ROUTE_ROLE_PROCESSED
		packed     = spsv1.RouteRole_ROUTE_ROLE_PACKED
		dispatched = spsv1.RouteRole_ROUTE_ROLE_DISPATCHED
		transit    = spsv1.RouteRole_ROUTE_ROLE_TRANSIT
	)
	point := func(role spsv1.RouteRole, code, name string) *spsv1.RoutePoint {
		return &spsv1.RoutePoint{Role: role, Area: &spsv1.Area{Code: code, AsWritten: name}}
	}
	for _, c := range []struct {
		subject string
		want    []*spsv1.RoutePoint
	}{
		{"norovirus in oysters from Ireland", nil},
		{"lead via an unknown way", nil},
		{"rice from China, dispatched from the Netherlands", []*spsv1.RoutePoint{point(dispatched, "NL", "Netherlands")}},
		{"oysters from Ireland, purified in France, via Latvia and via Estonia", []*spsv1.RoutePoint{
			point(processed, "FR", "France"), point(transit, "LV", "Latvia"), point(transit, "EE", "Estonia"),
		}},
		{"flour VIA United Kingdom, the Czech Republic and Sweden", []*spsv1.RoutePoint{
			point(transit, "GB", "United Kingdom"), point(transit, "CZ", "Czech Republic"), point(transit, "SE", "Sweden"),
		}},
		{"spice packed in Malta with raw material from India.", []*spsv1.RoutePoint{
			point(raw, "IN", "India"), point(packed, "MT", "Malta"),
		}},
	} {
		t.Run(c.subject, func(t *testing.T) {
			if diff := cmp.Diff(c.want, route(c.subject), protocmp.Transform()); diff != "" {
				t.Errorf("route (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOrigins(t *testing.T) {
	for _, c := range []struct {
		column string
		want   []spsv1.OriginState
	}{
		{"", []spsv1.OriginState{spsv1.OriginState_ORIGIN_STATE_NOT_STATED}},
		{"unknown origin", []spsv1.OriginState{spsv1.OriginState_ORIGIN_STATE_UNKNOWN}},
		{"China,unknown origin", []spsv1.OriginState{spsv1.OriginState_ORIGIN_STATE_STATED, spsv1.OriginState_ORIGIN_STATE_UNKNOWN}},
	} {
		s := state(t, ordinary(func(r *Row) { r.Origin = c.column }))
		var got []spsv1.OriginState
		for _, o := range s.GetNotification().GetProducts()[0].GetOrigins() {
			got = append(got, o.GetState())
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("origins of %q (-want +got):\n%s", c.column, diff)
		}
	}
}

func TestEveryProblemAtOnce(t *testing.T) {
	r := Row{
		Line: 17, Reference: "2024.965", Category: " ", Type: "toys", Date: "yesterday", NotifyingCountry: "Atlantis",
		Classification: "rumour", RiskDecision: "enormous", Origin: "Chi\x00na", Hazards: "le\xffad",
		Subject: strings.Repeat("x", 1001), Operator: strings.Repeat("y", 201),
	}
	s, problems := r.Statement(options)
	if s != nil {
		t.Errorf("statement = %v, want none", s)
	}
	got := make(map[string]string)
	for _, p := range problems {
		if p.Line != 17 {
			t.Errorf("%v: line %d, want 17", p, p.Line)
		}
		got[p.Column] = p.Sentence
	}
	for column, want := range map[string]string{
		"reference": "restore 2024.965 as 2024.9650", "category": "give the category", "type": "give one of", "date": "write it as",
		"notifying_country": "name a member", "classification": "give one of", "risk_decision": "give one of",
		"origin": "control character U+0000", "hazards": "UTF-8", "subject": "shorten it to 1000", "operator": "shorten",
	} {
		if !strings.Contains(got[column], want) {
			t.Errorf("problem of %s = %q, want one about %q", column, got[column], want)
		}
		delete(got, column)
	}
	if len(got) > 0 {
		t.Errorf("more problems: %v", got)
	}
}

func TestAlertWithoutRiskDecision(t *testing.T) {
	s := state(t, ordinary(func(r *Row) { r.Classification, r.RiskDecision = "alert notification", "" }))
	if got := s.GetNotification().GetRisk().GetDecision(); got != spsv1.RiskDecision_RISK_DECISION_UNDECIDED {
		t.Errorf("risk decision = %v, want undecided", got)
	}
}
