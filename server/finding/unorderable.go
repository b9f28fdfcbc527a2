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
// any id will do, since the node does not know who has a certificate.
func (s *Service) unorderable(ctx context.Context, o *spsv1.TestOrder) ([]access.Violation, error) {
	var violations []access.Violation
	if units := s.laboratories(); len(units) > 0 {
		known, err := s.knows(ctx, o.GetLaboratory())
		if err != nil {
			return nil, err
		}
		if !known {
			violations = append(violations, access.Violation{
				Field: "order.laboratory", Reason: "LABORATORY_UNKNOWN",
				Sentence: fmt.Sprintf("no laboratory has this id here: name one of %s, or have the administrator make a token for it", strings.Join(units, ", ")),
			})
		}
	}
	if o.GetCase() == "" {
		return violations, nil
	}
	here, err := s.o.Drafts.CaseHere(ctx, o.GetCase())
	if err == nil && !here {
		violations = append(violations, access.Violation{
			Field: "order.case", Reason: "CASE_UNKNOWN", Sentence: "give the reference of a case that is here, such as VN-2026-000042, or leave it out",
		})
	}
	return violations, err
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
		prefix := labKey(laboratory)
		for _, err := range r.Scan(tableLabs, prefix, store.PrefixEnd(prefix), false) {
			known = err == nil
			return err
		}
		return nil
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
