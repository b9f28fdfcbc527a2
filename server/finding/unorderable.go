package finding

import (
	"context"
	"fmt"
	"strings"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// unorderable returns what an order names that is not here: a case, and a laboratory
// that nobody would read it for. Where the card of the office names no laboratories
// any id will do, since the node does not know who has a certificate; then it says so.
func (s *Service) unorderable(ctx context.Context, o *spsv1.TestOrder) ([]access.Violation, []*spsv1.Advice, error) {
	var violations []access.Violation
	var unseen []*spsv1.Advice
	known, err := s.knows(ctx, o.GetLaboratory())
	if err != nil {
		return nil, nil, err
	}
	switch units := s.laboratories(); {
	case known:
	case len(units) > 0:
		violations = append(violations, access.Violation{
			Field: "order.laboratory", Reason: "LABORATORY_UNKNOWN",
			Sentence: fmt.Sprintf("no laboratory has this id here: name one of %s, or have the administrator make a token for it", strings.Join(units, ", ")),
		})
	default:
		unseen = append(unseen, advised(ctx, "order.laboratory", "LABORATORY_UNSEEN", fmt.Sprintf(
			"look at the id %s: nobody has a token or account with it here, or has posted; only a laboratory that has a certificate of this id is shown the order", o.GetLaboratory())))
	}
	if o.GetCase() == "" {
		return violations, unseen, nil
	}
	here, err := s.o.Drafts.CaseHere(ctx, o.GetCase())
	if err == nil && !here {
		violations = append(violations, access.Violation{
			Field: "order.case", Reason: "CASE_UNKNOWN", Sentence: "give the reference of a case that is here, such as VN-2026-000042, or leave it out",
		})
	}
	return violations, unseen, err
}

// advised returns one advice, in the language of the caller of ctx.
func advised(ctx context.Context, field, reason, sentence string) *spsv1.Advice {
	return &spsv1.Advice{Field: field, Reason: reason, Sentence: access.Worded(ctx, reason, sentence)}
}

// knows reports whether the office knows a laboratory: by its card, by a token or
// account with which somebody speaks for it, or by what it posted.
func (s *Service) knows(ctx context.Context, laboratory string) (known bool, err error) {
	if s.laboratoryUnit(laboratory) != nil {
		return true, nil
	}
	holders, err := s.o.Holders(ctx, certs.RoleLab)
	if err != nil {
		return false, err
	}
	for _, h := range holders {
		if of, err := s.speaksFor(h); err == nil && of.GetId() == laboratory {
			return true, nil
		}
	}
	err = s.o.Store.View(ctx, func(r store.Reader) error {
		known, err = stands(r, tableLabs, labKey(laboratory))
		return err
	})
	return known, err
}

// laboratories are the ids of the laboratories on the card of the office.
func (s *Service) laboratories() (units []string) {
	for _, unit := range s.o.Roster.Own().Message().GetUnits() {
		if unit.GetKind() == spsv1.UnitKind_UNIT_KIND_LABORATORY {
			units = append(units, unit.GetId())
		}
	}
	return units
}
