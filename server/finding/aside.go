package finding

import (
	"context"
	"errors"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/routing"
	"github.com/spsalert/spsalert/server/store"
)

// SetAsideFinding implements spsv1.FindingServiceServer. In the same words again it
// changes nothing.
func (s *Service) SetAsideFinding(ctx context.Context, req *spsv1.SetAsideFindingRequest) (*spsv1.LabFinding, error) {
	who, err := s.viewer(ctx)
	if err != nil {
		return nil, err
	}
	aside := &spsv1.FindingSetAside{
		Reason: req.GetReason(), SetAsideTime: timestamppb.New(s.o.Now().UTC()), SetAsideBy: who.caller.Person(),
	}
	var result *spsv1.LabFinding
	err = s.o.Store.Update(ctx, func(tx store.Tx) error {
		if result, err = who.seen(tx, req.GetName()); err != nil {
			return err
		}
		if err := who.maySetAside(result); err != nil {
			return err
		}
		if slices.EqualFunc(result.GetSetAside().GetReason(), aside.GetReason(), equalTexts) {
			return errors.Join(s.used(ctx, tx, result), access.Record(ctx, tx)) // as it was asked for
		}
		result.SetAside = aside
		return errors.Join(put(tx, result), s.used(ctx, tx, result), access.Record(ctx, tx, result.GetName()))
	})
	if err != nil {
		return nil, err
	}
	s.Wake()
	return who.show(ctx, result), nil
}

// maySetAside refuses to set a finding aside that does not stand, from which a
// draft was begun, or with which others than the unit of the viewer deal.
func (v viewer) maySetAside(f *spsv1.LabFinding) error {
	if !v.caller.Focal() {
		dealing := routing.Dealing(f.GetRoutes())
		others := slices.ContainsFunc(dealing, func(unit string) bool { return !v.tree.Within(unit, v.caller.Unit) })
		if len(dealing) == 0 || others {
			return &access.Refusal{
				Code: codes.PermissionDenied, Reason: access.ReasonDenied,
				Sentence: "it is not with your unit alone: ask an officer of the focal point to set it aside",
			}
		}
	}
	switch {
	case f.GetState() != spsv1.FindingState_FINDING_STATE_CURRENT:
		return access.Invalid(access.Violation{
			Field: "name", Reason: "FINDING_ENDED", Sentence: "it does not stand any more: look at the report that replaced it, if one did",
		})
	case len(f.GetUses()) > 0:
		return access.Invalid(access.Violation{
			Field: "name", Reason: "FINDING_DRAFTED", Sentence: "a draft was begun from it: go on there, or delete the draft before you set the finding aside",
		})
	}
	return nil
}

func equalTexts(a, b *spsv1.LocalizedText) bool { return proto.Equal(a, b) }
