package finding

import (
	"context"
	"fmt"

	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/routing"
	"github.com/spsalert/spsalert/server/store"
)

// viewer is who reads findings.
type viewer struct {
	caller access.Caller
	// laboratory is the one whose findings alone are shown; "" for the office.
	laboratory string
	tree       routing.Tree // of the units by which the office sees
}

// viewer returns who calls.
func (s *Service) viewer(ctx context.Context) (viewer, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return viewer{}, err
	}
	v := viewer{caller: caller, tree: s.o.Units.Tree()}
	if caller.Role == certs.RoleLab {
		of, err := s.speaksFor(caller)
		if err != nil {
			return viewer{}, err
		}
		v.laboratory = of.GetId()
	}
	return v, nil
}

// LaboratoryOf returns the id of the laboratory for which somebody of the role lab
// speaks. It refuses whoever speaks for none.
func (s *Service) LaboratoryOf(c access.Caller) (string, error) {
	of, err := s.speaksFor(c)
	return of.GetId(), err
}

// speaksFor returns for which laboratory somebody of the role lab speaks: its
// unit, if the card of the office says that this is a laboratory, or else itself.
// It refuses who has the id of a laboratory on the card without belonging to it,
// since it would be taken for that.
func (s *Service) speaksFor(c access.Caller) (*spsv1.Laboratory, error) {
	if unit := s.laboratoryUnit(c.Unit); unit != nil {
		return &spsv1.Laboratory{Id: c.Unit, Name: unit.GetName()[0].GetText()}, nil
	}
	if s.laboratoryUnit(c.ID) != nil {
		return nil, &access.Refusal{
			Code: codes.PermissionDenied, Reason: access.ReasonDenied,
			Sentence: fmt.Sprintf("the laboratory %s is a unit to which you do not belong: have the administrator make a token of that unit, or one with another id", c.ID),
		}
	}
	return &spsv1.Laboratory{Id: c.ID}, nil
}

// laboratoryUnit returns the unit of an id, if the card of the office says that it
// is a laboratory; nil if not.
func (s *Service) laboratoryUnit(id string) *spsv1.Unit {
	for _, unit := range s.o.Roster.Own().Message().GetUnits() {
		if unit.GetId() == id && unit.GetKind() == spsv1.UnitKind_UNIT_KIND_LABORATORY {
			return unit
		}
	}
	return nil
}

// sees reports whether the viewer is shown a finding.
func (v viewer) sees(f *spsv1.LabFinding) bool {
	switch v.caller.Role {
	case certs.RoleLab:
		return v.laboratory != "" && f.GetLaboratory().GetId() == v.laboratory
	case certs.RoleOfficer, certs.RoleValidator, certs.RoleAuditor:
		return v.caller.Focal() || routing.Deals(v.caller.Unit, f.GetRoutes(), v.tree) || told(f, v.caller)
	}
	return false
}

// seen returns a finding by its name. It refuses one that is not here, or not shown to
// the viewer.
func (v viewer) seen(r store.Reader, name string) (*spsv1.LabFinding, error) {
	f, err := named(r, name)
	if err != nil {
		return nil, err
	}
	if f == nil || !v.sees(f) {
		return nil, access.NotFound("there is no %s here, or it is not shown to you", name)
	}
	return f, nil
}

// show completes a finding for the viewer.
func (v viewer) show(ctx context.Context, f *spsv1.LabFinding) *spsv1.LabFinding {
	if v.caller.Role == certs.RoleLab {
		return ofLaboratory(f)
	}
	f.Proposal = propose(f)
	for _, a := range f.GetProposal().GetReasons() {
		a.Sentence = access.Worded(ctx, a.GetReason(), a.GetSentence())
	}
	return f
}

// ofLaboratory takes out of a finding, which may be nil, what a laboratory is not
// shown: who deals with it in the office, or set it aside.
func ofLaboratory(f *spsv1.LabFinding) *spsv1.LabFinding {
	if f != nil {
		f.Routes, f.Notices = nil, nil
		if f.GetSetAside() != nil {
			f.SetAside.SetAsideBy = nil
		}
	}
	return f
}
