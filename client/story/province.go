package story

import (
	"context"
	"fmt"
	"slices"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Province is the id of the officer of the story who belongs to a province of
// [Origin], and of the unit which that province is on its card.
const (
	Province     = "huong"
	ProvinceUnit = "long-an"
)

// provinceRule is what the office calls the rule by which the province is given
// cases.
const provinceRule = "packing houses of Long An"

// Units returns who of the story belongs to which unit, by office and id.
func Units() map[certs.Office]map[string]string {
	return map[certs.Office]map[string]string{origin: {Province: ProvinceUnit}}
}

// Card adds to the card of [Origin] the unit of the story.
func Card(c *spsv1.Card) {
	if c.GetOffice() != string(origin) {
		return
	}
	c.Units = append(c.Units, &spsv1.Unit{
		Id: ProvinceUnit, Kind: spsv1.UnitKind_UNIT_KIND_PROVINCE, Area: &spsv1.Area{Code: "VN-41"},
		Name: []*spsv1.LocalizedText{{Lang: "vi", Text: "Chi cục Trồng trọt và Bảo vệ thực vật Long An"}, {Lang: "en", Text: "Long An plant protection"}},
	})
}

// routing: the focal point of the origin says what goes to the province.
func (p *player) routing(ctx context.Context) {
	p.step(ctx, origin, certs.RoleValidator, "sets the rule: what names a packing house of Long An goes to that province, which has five working days", func(*Step) (*spsv1.IssuedStatement, error) {
		units := p.desks[origin].Validator.UnitService()
		rules, err := units.GetRouting(ctx, &spsv1.GetRoutingRequest{})
		if err != nil {
			return nil, err
		}
		rules.Rules = append(rules.Rules, &spsv1.RoutingRule{
			Name: provinceRule, SiteCodes: []string{"VN-LAPH"}, Units: []string{ProvinceUnit},
			Due: &spsv1.Allowance{Amount: 5, Unit: spsv1.AllowanceUnit_ALLOWANCE_UNIT_WORKING_DAYS},
		})
		_, err = units.UpdateRouting(ctx, &spsv1.UpdateRoutingRequest{Routing: rules})
		return nil, err
	})
}

// routed: the case is with the province, which nobody had to tell, and which is
// shown no other case.
func (p *player) routed(ctx context.Context) {
	p.inProvince(ctx, "is given the case by itself, by the rule for "+provinceRule+",", func(at *client.Client, s *Step) error {
		read, err := at.CaseService().GetCase(ctx, &spsv1.GetCaseRequest{Name: p.name()})
		if err != nil {
			return err
		}
		route := routeOf(read)
		if route.GetRule() != provinceRule || route.GetDueTime() == nil {
			return fmt.Errorf("the case goes to %v, not to %s by its rule", read.GetRouting(), ProvinceUnit)
		}
		s.Did += " and has until " + route.GetDueTime().AsTime().Format("2 January 15:04 MST")
		page, err := at.CaseService().ListCases(ctx, &spsv1.ListCasesRequest{PageSize: 100})
		if err != nil {
			return err
		}
		for _, c := range page.GetCases() {
			if routeOf(c) == nil {
				return fmt.Errorf("the province is shown %s, which does not go to it", c.GetName())
			}
		}
		return nil
	})
}

// visits: the province says what it found, by a draft that the focal point issues,
// and that its part is done.
func (p *player) visits(ctx context.Context) {
	p.inProvince(ctx, "drafts and submits what it found at the packing house", func(at *client.Client, _ *Step) error {
		would, err := at.CaseService().FollowUpCase(ctx, &spsv1.FollowUpCaseRequest{
			Name: p.name(), RequestId: client.NewRequestID(), Draft: true,
			FollowUp: &spsv1.FollowUp{Text: english("the packing house was visited: its records of spraying are not complete")},
		})
		if err != nil {
			return err
		}
		return p.submits(ctx, at, would.GetDraft())
	})
	p.issues(ctx, origin, "issues what the province found")
	p.inProvince(ctx, "has done its part", func(at *client.Client, _ *Step) error {
		done, err := at.UnitService().FinishPart(ctx, &spsv1.FinishPartRequest{Name: p.name(), Text: "visited, records taken"})
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(done.GetRoutes(), func(r *spsv1.Route) bool { return r.GetUnit() == ProvinceUnit && r.GetDoneTime() != nil }) {
			return fmt.Errorf("the case goes to %v, want the part of %s done", done.GetRoutes(), ProvinceUnit)
		}
		return nil
	})
}

// inProvince has the officer of the province do something.
func (p *player) inProvince(ctx context.Context, did string, do func(at *client.Client, s *Step) error) {
	p.step(ctx, origin, certs.RoleOfficer, did, func(s *Step) (*spsv1.IssuedStatement, error) {
		s.Unit = ProvinceUnit
		return nil, do(p.desks[origin].Province, s)
	})
}

// routeOf returns how the case goes to the province; nil if it does not.
func routeOf(c *spsv1.Case) *spsv1.Route {
	for _, r := range c.GetRouting().GetRoutes() {
		if r.GetUnit() == ProvinceUnit && r.GetEndTime() == nil {
			return r
		}
	}
	return nil
}
