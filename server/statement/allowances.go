package statement

import spsv1 "github.com/spsalert/spsalert/gen/sps/v1"

// Allowances returns how long whoever receives s has by default. No norm fixes
// these hours; offices may agree on others, and what is signed holds.
//
//	acknowledgement  24 hours for what is urgent, else 2 working days
//	answer           10 working days, for a request
//	outcome          10 working days for what is urgent, else 30 days, if s
//	                 flags somebody for follow-up
//	confirmation     10 working days, if s is preliminary
//	dispute          5 working days, for content that can be disputed
//
// It returns nil for a statement that asks nothing of anybody.
func Allowances(s *spsv1.Statement) *spsv1.Allowances {
	if request := s.GetRequest(); request != nil {
		return &spsv1.Allowances{Answer: workingDays(10)}
	}
	content := Content(s)
	if content == nil {
		return nil
	}
	a := &spsv1.Allowances{Acknowledgement: workingDays(2), Dispute: workingDays(5)}
	if Urgent(s) {
		a.Acknowledgement = allow(24, spsv1.AllowanceUnit_ALLOWANCE_UNIT_HOURS)
	}
	for _, f := range s.GetFlags() {
		if f.GetKind() != spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP {
			continue
		}
		a.Outcome = allow(30, spsv1.AllowanceUnit_ALLOWANCE_UNIT_DAYS)
		if Urgent(s) {
			a.Outcome = workingDays(10)
		}
	}
	if content.GetPreliminary() {
		a.Confirmation = workingDays(10)
	}
	return a
}

func workingDays(n uint32) *spsv1.Allowance {
	return allow(n, spsv1.AllowanceUnit_ALLOWANCE_UNIT_WORKING_DAYS)
}

func allow(n uint32, unit spsv1.AllowanceUnit) *spsv1.Allowance {
	return &spsv1.Allowance{Amount: n, Unit: unit}
}
