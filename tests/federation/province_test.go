package federation

import (
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// province is the unit of Viet Nam where the packing house of the story is.
const province = "long-an"

// newWithProvince mints Thailand, and Viet Nam with a province on its card.
func newWithProvince(t *testing.T) *whole {
	t.Helper()
	minted, err := authority.NewFederation("asean-cn", time.Now,
		authority.Options{Office: "TH", Addresses: []string{"th.test:7443"}},
		authority.Options{Office: "VN", Addresses: []string{"vn.test:7443"}, Card: func(c *spsv1.Card) {
			c.Units = []*spsv1.Unit{{Id: province, Kind: spsv1.UnitKind_UNIT_KIND_PROVINCE, Name: english("Long An")}}
		}})
	if err != nil {
		t.Fatal(err)
	}
	return startWhole(t, minted)
}

// sends has the focal point set the rule that what names the packing house goes to
// the province.
func (d *desk) sends() {
	d.w.t.Helper()
	_, err := spsv1.NewUnitServiceClient(d.as(certs.RoleValidator, "minh")).UpdateRouting(d.w.t.Context(), &spsv1.UpdateRoutingRequest{Routing: &spsv1.Routing{
		Etag: "0", Rules: []*spsv1.RoutingRule{{
			Name: "packing houses", SiteCodes: []string{packingHouse().GetCode()}, Units: []string{province},
			Due: &spsv1.Allowance{Amount: 2, Unit: spsv1.AllowanceUnit_ALLOWANCE_UNIT_HOURS},
		}},
	}})
	if err != nil {
		d.w.t.Fatalf("%s sets the rule: %v", d.office.Code(), err)
	}
}

// visits has the province say, by a draft that the focal point issues, what it
// found, and that its part is done. It is shown this one case, which came to it by
// itself.
func (d *desk) visits(issuer string, alert *spsv1.IssuedStatement) *spsv1.IssuedStatement {
	d.w.t.Helper()
	t, person := d.w.t, province+".people"
	page, err := spsv1.NewCaseServiceClient(d.as(certs.RoleOfficer, person)).ListCases(t.Context(), &spsv1.ListCasesRequest{})
	if err != nil || len(page.GetCases()) != 1 || page.GetCases()[0].GetReference() != alert.GetReference() {
		t.Fatalf("the province is shown the cases %v, %v, want %s", page.GetCases(), err, alert.GetReference())
	}
	issued := d.issues(person, issuer, alert, &spsv1.Statement{
		Addressees: to("TH"), Body: &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{Text: english("the packing house was visited")}},
	})
	routing, err := spsv1.NewUnitServiceClient(d.as(certs.RoleOfficer, person)).FinishPart(t.Context(), &spsv1.FinishPartRequest{Name: alert.GetCase(), Text: "visited"})
	if err != nil {
		t.Fatal(err)
	}
	if routes := routing.GetRoutes(); len(routes) != 1 || routes[0].GetRule() != "packing houses" || routes[0].GetDueTime() == nil || routes[0].GetDoneBy().GetUnit() != province {
		t.Errorf("the case goes to %v, want to the province by the rule, its part done", routes)
	}
	return issued
}
