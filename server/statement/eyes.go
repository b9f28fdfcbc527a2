package statement

import (
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TwoPersons reports whether a statement needs two persons, one who drafts it
// and one who issues it: what begins, changes or ends a case, the answer to a
// dispute, and announcements. What an addressee says in a case of others, and
// requests, need one.
func TwoPersons(s *spsv1.Statement) bool {
	switch b := s.GetBody().(type) {
	case *spsv1.Statement_Notification, *spsv1.Statement_Amendment, *spsv1.Statement_Withdrawal,
		*spsv1.Statement_Closure, *spsv1.Statement_Reopening, *spsv1.Statement_Announcement:
		return true
	case *spsv1.Statement_Response:
		return b.Response.GetDisputeResult() != spsv1.DisputeResult_DISPUTE_RESULT_UNSPECIFIED
	}
	return false
}

// Working reports whether an office works at that moment, by the same rules as
// [Due].
func Working(at time.Time, hours *spsv1.OfficeHours) bool {
	week := calendar(hours)
	day := week.noon(at, 0)
	for _, p := range week.on(day) {
		if !at.Before(week.at(day, p.open)) && at.Before(week.at(day, p.close)) {
			return true
		}
	}
	return false
}
