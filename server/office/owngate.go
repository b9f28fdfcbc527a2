package office

import (
	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/statement"
)

// ownGate refuses to a border post what is not the status of its own gate: the
// place of its unit on the card of the office. at is the path of the
// announcement in the request. Others announce whatever the law allows.
func (s *Service) ownGate(caller access.Caller, a *spsv1.Announcement, at string) error {
	if caller.Role != certs.RolePost || a == nil {
		return nil
	}
	gate := statement.GateName(a.GetBorderGateStatus().GetGate(), string(s.self()))
	for _, unit := range s.o.Roster.Own().Message().GetUnits() {
		if caller.Unit != "" && unit.GetId() == caller.Unit && gate != "" && statement.GateName(unit.GetPlace(), string(s.self())) == gate {
			return nil
		}
	}
	return access.Invalid(access.Violation{
		Field: at + ".border_gate_status.gate", Reason: "GATE_FOREIGN",
		Sentence: "name your own gate, the place of your unit on the card of the office: the focal point announces all else",
	})
}
