package admin

import (
	"slices"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// belongs refuses a unit, in the field at path, that is not on the own card:
// whoever belonged to it would see nothing, and nobody would know why.
func (s *Service) belongs(path, unit string) error {
	if unit == "" || slices.ContainsFunc(s.o.Roster.Own().Message().GetUnits(), func(u *spsv1.Unit) bool { return u.GetId() == unit }) {
		return nil
	}
	return access.Invalid(access.Violation{
		Field: path, Reason: "UNIT_UNKNOWN", Sentence: "give the id of a unit that is on the card of this office",
	})
}
