package realdata

import (
	"strings"
	"testing"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// synthetic is an export written by hand, with the difficulties of real ones:
// commas in names, a name without a code, glued languages, blanks and a tab, an
// origin that is unknown, one that is not stated, no hazard, two layouts of the
// date, a second version that says nothing new and one that does, and rows that
// cannot be taken.
const synthetic = "\ufeff" + `reference,category,type,subject,date,notifying_country,classification,risk_decision,distribution,forAttention,forFollowUp,operator,origin,hazards,year,week
2026.0001,fruits and vegetables,food,"Cadmium in durian from Thailand, via Germany and the Netherlands",2026-01-05 09:30:00.000000,Finland,alert notification,serious,"Finland,Sweden","INFOSAN,EFSA Member","Finland,Thailand","Finland,Thailand",Thailand,cadmium,2026,2
2026.0002,herbs and spices,food,Cadmio in peperoncino dal Vietnam//Cadmium in chilli from Vietnam ,2026-01-05 10:00:00,Italy,border rejection notification,not serious,,,,"Italy,Vietnam",Vietnam,"2,4-D  unauthorised substance,cadmium  ",2026,2
2026.0003,soups and sauces of a new kind,food,"Too high content of ` + "\t" + `3-MCPD in soy sauce",2026-01-06 08:00:00,Netherlands,information notification for attention,potential risk,"Bonaire,Sint Eustatius and Saba,Curaçao,Atlantis","China",,"Netherlands",unknown origin,"3-monochlor-1,2-propanediol (3-MCPD)",2026,2
2026.0004,poultry meat and poultry meat products,food,Absence of health certificate for duck,2026-01-07 08:00:00,European Commission,non-compliance notification,no risk,Northern Ireland,,Northern Ireland,,,,2026,2
2026.0005,live animals,animals,Animals without identification from Kosovo,2026-01-08 08:00:00,Switzerland,information notification for follow-up,potentially serious,"Switzerland,Thailand",,,,Kosovo,,2026,2
2026.0002,herbs and spices,food,Cadmio in peperoncino dal Vietnam//Cadmium in chilli from Vietnam,2026-01-05 10:00:00.000000,Italy,border rejection notification,not serious,,,,"Vietnam,Italy",Vietnam,"2,4-D  unauthorised substance,cadmium",2026,3
2026.0001,fruits and vegetables,food,"Cadmium in durian from Thailand, via Germany and the Netherlands",2026-01-09 09:30:00,Finland,alert notification,serious,"Finland,Sweden,Norway","INFOSAN,EFSA Member,China","Finland,Norway,Thailand","Finland,Thailand",Thailand,cadmium,2026,3
2026.006,fruits and vegetables,food,Broken reference,yesterday,Finland,alert notification,serious,,,,,,,2026,3
2026.0007,one value is missing
`

// TestSynthetic imports rows that are always here.
func TestSynthetic(t *testing.T) {
	o := run(t, strings.NewReader(synthetic), statement.Check)
	if o.rows != 9 || o.taken != 7 || o.issued != 6 || o.amended != 1 || o.unchanged != 1 {
		t.Errorf("rows %d, taken %d, issued %d, amended %d, unchanged %d; want 9, 7, 6, 1, 1",
			o.rows, o.taken, o.issued, o.amended, o.unchanged)
	}
	refused := strings.Join(o.refused, "\n")
	for _, want := range []string{
		"line 9, reference: restore 2026.006 as 2026.0060", "line 9, date: write it as",
		"line 10: give it one value for each of the 16 columns, it has 2",
	} {
		if !strings.Contains(refused, want) {
			t.Errorf("reasons\n%s\nlack %q", refused, want)
		}
	}
	versions := make(map[string][]*spsv1.Statement)
	for _, s := range o.statements {
		number := s.GetExternalReferences()[0].GetNumber()
		versions[number] = append(versions[number], s)
	}
	for number, want := range map[string]struct {
		onBehalfOf, offices string
		network             bool
	}{
		"2026.0002": {"IT", "VN", false},
		"2026.0003": {"NL", "CN", true},
		"2026.0004": {"EC", "", true},
		"2026.0005": {"CH", "TH", true},
	} {
		if len(versions[number]) != 1 {
			t.Fatalf("%d statements for %s, want 1", len(versions[number]), number)
		}
		s := versions[number][0]
		if s.GetOnBehalfOf() != want.onBehalfOf || s.GetNetwork() != want.network || addressees(s) != want.offices {
			t.Errorf("%s: on behalf of %s, to %q, network %v; want %s, %q, %v", number,
				s.GetOnBehalfOf(), addressees(s), s.GetNetwork(), want.onBehalfOf, want.offices, want.network)
		}
	}
	for _, s := range versions["2026.0001"] {
		want := "TH"
		if s.GetAmendment() != nil {
			want = "CN TH" // the newly concerned as well
		}
		if addressees(s) != want || s.GetNetwork() {
			t.Errorf("2026.0001 is addressed to %q, network %v; want %q", addressees(s), s.GetNetwork(), want)
		}
	}
}

func addressees(s *spsv1.Statement) string {
	var all []string
	for _, a := range s.GetAddressees() {
		all = append(all, a.GetOffice())
	}
	return strings.Join(all, " ")
}
