package metrics

import "fmt"

// Upcoming is how many rules take effect within so many days, by the days: what
// was replaced or withdrawn, is proposed or an exercise is left out.
type Upcoming map[int]int

var upcoming = gauge("spsd_rule_changes_upcoming", "Rules that were announced and take effect within so many days: 1, 7 or 30. What was replaced or withdrawn, is proposed, or belongs to an exercise is left out.", "within")

// tell tells how many rules take effect within each number of days.
func (u Upcoming) tell(tell func(f Family, v float64, labels ...string)) {
	for _, days := range []int{1, 7, 30} {
		tell(upcoming, float64(u[days]), fmt.Sprintf("%dd", days))
	}
}
