package finding

import (
	"context"
	"errors"
	"slices"

	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/routing"
	"github.com/spsalert/spsalert/server/store"
)

// Units is what the service has to know of the units of the office.
type Units interface {
	// Tree returns the units as they are now.
	Tree() routing.Tree
	// Rules returns the routing rules in force.
	Rules(store.Reader) (*spsv1.Routing, error)
	// Rota returns the duty rota.
	Rota(store.Reader) (*spsv1.DutyRota, error)
}

// Matter returns what routing rules look at in a finding.
func Matter(f *spsv1.LabFinding, t routing.Tree) routing.Matter {
	return routing.OfFinding(f, propose(f).GetClassification(), t)
}

// route gives a finding that is posted now to the units that deal with it: by the
// rules, those that dealt with what it supersedes, and whose test it answers. If
// it cannot wait, it notes who is on duty.
func (s *Service) route(tx store.Tx, f *spsv1.LabFinding, superseded []*spsv1.LabFinding) error {
	tree, now := s.o.Units.Tree(), f.GetPostTime().AsTime()
	rules, err := s.o.Units.Rules(tx)
	if err != nil {
		return err
	}
	f.Routes = routing.Decide(rules, tree, Matter(f, tree), now)
	for _, earlier := range superseded {
		for _, unit := range routing.Dealing(earlier.GetRoutes()) {
			f.Routes = routing.Add(f.Routes, tree, &spsv1.Route{Unit: unit, Reason: routing.ReasonSuperseded}, nil, now)
		}
	}
	if f.GetOrder() != "" {
		o, err := getOrder(tx, f.GetOrder())
		if err != nil {
			return err
		}
		f.Routes = routing.Add(f.Routes, tree, &spsv1.Route{Unit: o.GetOrderedBy().GetUnit(), Reason: routing.ReasonOrder}, nil, now)
	}
	if !cannotWait(propose(f)) {
		return nil
	}
	rota, err := s.o.Units.Rota(tx)
	if err != nil {
		return err
	}
	f.Notices = routing.Notices(rota, tree, routing.Dealing(f.GetRoutes()), now)
	return nil
}

// cannotWait reports whether whoever is on duty is told of what a finding
// proposes.
func cannotWait(p *spsv1.FindingProposal) bool {
	return p.GetClassification() == spsv1.Classification_CLASSIFICATION_ALERT ||
		p.GetRisk() == spsv1.RiskDecision_RISK_DECISION_SERIOUS || p.GetRisk() == spsv1.RiskDecision_RISK_DECISION_POTENTIALLY_SERIOUS
}

// waits reports whether a finding that proposes something waits for somebody.
func waits(f *spsv1.LabFinding, p *spsv1.FindingProposal) bool {
	return cannotWait(p) && len(f.GetUses()) == 0 && f.GetSetAside() == nil
}

// told reports whether somebody was on duty when a finding came that cannot wait.
func told(f *spsv1.LabFinding, caller access.Caller) bool {
	return caller.Role != certs.RoleLab && slices.ContainsFunc(f.GetNotices(), func(n *spsv1.DutyNotice) bool {
		return n.GetId() == caller.ID || n.GetId() != "" && n.GetId() == caller.ActingFor
	})
}

// RouteFinding implements spsv1.FindingServiceServer.
func (s *Service) RouteFinding(ctx context.Context, req *spsv1.RouteFindingRequest) (*spsv1.LabFinding, error) {
	who, err := s.viewer(ctx)
	if err != nil {
		return nil, err
	}
	if !who.caller.Focal() {
		return nil, &access.Refusal{
			Code: codes.PermissionDenied, Reason: access.ReasonDenied,
			Sentence: "the focal point says which units deal with what: ask an officer there",
		}
	}
	if err := access.CheckAll(req, routing.Unknown(req.GetTo(), "to", who.tree)); err != nil {
		return nil, err
	}
	var result *spsv1.LabFinding
	err = s.o.Store.Update(ctx, func(tx store.Tx) error {
		if result, err = who.seen(tx, req.GetName()); err != nil {
			return err
		}
		routes, problems := routing.Reroute(result.GetRoutes(), who.tree, req, who.caller.Person(), s.o.Now())
		if len(problems) > 0 {
			return access.Problems(problems)
		}
		result.Routes = routes
		return errors.Join(put(tx, result), s.used(ctx, tx, result), access.Record(ctx, tx, result.GetName()))
	})
	if err != nil {
		return nil, err
	}
	s.Wake()
	return who.show(ctx, result), nil
}

// Recent returns findings that the caller of ctx is shown: those of some names, or
// as many of the last ones.
func (s *Service) Recent(ctx context.Context, names []string, last int) ([]*spsv1.LabFinding, error) {
	if len(names) == 0 {
		page, err := s.ListFindings(ctx, &spsv1.ListFindingsRequest{PageSize: int32(last)}) //nolint:gosec // G115: the field rules have seen it
		return page.GetFindings(), err
	}
	var all []*spsv1.LabFinding
	for _, name := range names {
		f, err := s.GetFinding(ctx, &spsv1.GetFindingRequest{Name: name})
		if err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, nil
}
