package metrics

import (
	"strings"
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Late is what somebody has not done. Exercises are left out.
type Late struct {
	Overdue map[spsv1.Clock]int // how many things are overdue of each clock
	// Alert is when the oldest alert was issued that is not acknowledged; the zero
	// time if there is none.
	Alert time.Time
}

var (
	overdue        = gauge("spsd_overdue", "What is not done in a case though its due time has passed, by what is to be done, and by whom: own is this office. Exercises are left out; of one case 20 things of each count, and of very many cases the 20,000 that were due first.", "clock", "by")
	unitCases      = gauge("spsd_unit_cases", "Cases in which a unit of this office has not done its part: overdue though its due time has passed, and open where it has not or there is none. Exercises are left out; of very many cases of each list 20,000 are counted.", "state")
	unacknowledged = gauge("spsd_unacknowledged_alert_age_seconds", "Seconds since the issue of the oldest alert that is not acknowledged: own by this office, others an alert of this office by an addressee; 0 if there is none. Exercises are left out.", "by")
)

// tell tells what somebody is late with; of every clock, so that a number that
// falls to 0 does not vanish.
func (l Late) tell(tell func(f Family, v float64, labels ...string), now time.Time, by string) {
	for number, name := range spsv1.Clock_name {
		if number != 0 {
			tell(overdue, float64(l.Overdue[spsv1.Clock(number)]), strings.ToLower(strings.TrimPrefix(name, "CLOCK_")), by)
		}
	}
	age := time.Duration(0)
	if !l.Alert.IsZero() {
		age = now.Sub(l.Alert)
	}
	tell(unacknowledged, age.Seconds(), by)
}
