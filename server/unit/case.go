package unit

import (
	"context"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/routing"
	"github.com/spsalert/spsalert/server/store"
)

// Route implements casebook.Router.
func (s *Service) Route(r store.Reader, known func() routing.Matter, cannotWait bool) (*spsv1.CaseRouting, error) {
	rules, err := s.Rules(r)
	if err != nil {
		return nil, err
	}
	tree, now := s.Tree(), s.o.Now()
	var routed *spsv1.CaseRouting
	if len(rules.GetRules()) > 0 || len(rules.GetOtherwise()) > 0 {
		routed = &spsv1.CaseRouting{Routes: routing.Decide(rules, tree, known(), now)}
	}
	if !cannotWait {
		return routed, nil
	}
	rota, err := s.Rota(r)
	if err != nil || len(rota.GetShifts()) == 0 {
		return routed, err
	}
	if routed == nil {
		routed = &spsv1.CaseRouting{}
	}
	routed.Notices = routing.Notices(rota, tree, routing.Dealing(routed.GetRoutes()), now)
	return routed, nil
}

// Again implements casebook.Router.
func (s *Service) Again(r store.Reader, before *spsv1.CaseRouting, m routing.Matter) (*spsv1.CaseRouting, error) {
	rules, err := s.Rules(r)
	if err != nil {
		return nil, err
	}
	next := proto.CloneOf(before)
	next.Routes = routing.Again(next.GetRoutes(), rules, s.Tree(), m, s.o.Now())
	return next, nil
}

// RouteCase implements spsv1.UnitServiceServer.
func (s *Service) RouteCase(ctx context.Context, req *spsv1.RouteCaseRequest) (*spsv1.CaseRouting, error) {
	caller, err := keeper(ctx)
	if err != nil {
		return nil, err
	}
	tree, now := s.Tree(), s.o.Now()
	if err := access.CheckAll(req, routing.Unknown(req.GetTo(), "to", tree)); err != nil {
		return nil, err
	}
	return s.reroute(ctx, req.GetName(), func(c *spsv1.CaseRouting) error {
		routes, problems := routing.Reroute(c.GetRoutes(), tree, req, caller.Person(), now)
		if len(problems) > 0 {
			return access.Problems(problems)
		}
		c.Routes = routes
		return nil
	})
}

// FinishPart implements spsv1.UnitServiceServer.
func (s *Service) FinishPart(ctx context.Context, req *spsv1.FinishPartRequest) (*spsv1.CaseRouting, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return nil, err
	}
	tree, unit := s.Tree(), req.GetUnit()
	if unit == "" {
		unit = caller.Unit
	}
	return s.reroute(ctx, req.GetName(), func(c *spsv1.CaseRouting) error {
		at := slices.IndexFunc(c.GetRoutes(), func(r *spsv1.Route) bool { return r.GetUnit() == unit && r.GetEndTime() == nil })
		if at < 0 || !caller.Focal() && !tree.Within(unit, caller.Unit) {
			return access.Invalid(access.Violation{
				Field: "unit", Reason: "UNIT_NOT_ROUTED", Sentence: "name a unit of yours with which the case is",
			})
		}
		if r := c.GetRoutes()[at]; r.GetDoneTime() == nil { // else as it was said before
			r.DoneTime, r.DoneText = timestamppb.New(s.o.Now().UTC()), req.GetText()
			r.DoneBy = caller.Person()
		}
		return nil
	})
}

// reroute changes the routing of a case that the caller of ctx sees.
func (s *Service) reroute(ctx context.Context, name string, change func(*spsv1.CaseRouting) error) (*spsv1.CaseRouting, error) {
	whole, err := s.o.Case(ctx, name)
	if err != nil {
		return nil, err
	}
	return s.o.Book().Reroute(ctx, whole, func(tx store.Tx, c *spsv1.CaseRouting) error {
		if err := change(c); err != nil {
			return err
		}
		return access.Record(ctx, tx, name)
	})
}

var _ casebook.Router = (*Service)(nil)
