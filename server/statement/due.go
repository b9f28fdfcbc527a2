package statement

import (
	"slices"
	"time"
	_ "time/tzdata" // a node without a zone database counts as the others do

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Due returns when something is due for which an office has an allowance from
// start on. Every node computes the same:
//
//   - hours count at all hours of all days;
//   - days are days of the calendar in the office's zone, so that it is due on
//     the same wall clock;
//   - working hours count while the office works;
//   - working days are those on which the office works at all. The day of start
//     does not count, and it is due when the office closes on the last one.
//
// Without hours an office works round the clock in UTC, and so does one whose
// hours have no working time in the ten years after start, or name an unknown
// zone.
func Due(start time.Time, a *spsv1.Allowance, hours *spsv1.OfficeHours) time.Time {
	n := int(a.GetAmount())
	week := calendar(hours)
	switch a.GetUnit() {
	case spsv1.AllowanceUnit_ALLOWANCE_UNIT_DAYS:
		return start.In(week.zone).AddDate(0, 0, n).UTC()
	case spsv1.AllowanceUnit_ALLOWANCE_UNIT_WORKING_HOURS:
		return week.afterWork(start, time.Duration(n)*time.Hour).UTC()
	case spsv1.AllowanceUnit_ALLOWANCE_UNIT_WORKING_DAYS:
		return week.afterDays(start, n).UTC()
	}
	return start.Add(time.Duration(n) * time.Hour).UTC()
}

// horizon is how many days of a calendar are looked at beyond those asked for.
const horizon = 3653

// civil is a day of the calendar.
type civil struct {
	year  int
	month time.Month
	day   int
}

func civilOf(d *spsv1.Date) civil {
	return civil{int(d.GetYear()), time.Month(d.GetMonth()), int(d.GetDay())}
}

// stretch is a time of work on one day, in minutes from midnight.
type stretch struct{ open, close int }

// workWeek is when an office works.
type workWeek struct {
	zone    *time.Location
	always  bool // round the clock
	of      [7][]stretch
	special map[civil][]stretch // none: a holiday
}

func calendar(h *spsv1.OfficeHours) *workWeek {
	w := &workWeek{zone: time.UTC, always: len(h.GetPeriods()) == 0 && len(h.GetSpecialDays()) == 0, special: make(map[civil][]stretch)}
	zone, err := time.LoadLocation(h.GetTimeZone())
	if h == nil || err != nil {
		w.always = true
		return w
	}
	w.zone = zone
	for _, p := range h.GetPeriods() {
		day := int(p.GetWeekday()) % 7 // Monday is 1 in the contract and in time.Weekday, Sunday 7 and 0
		w.of[day] = append(w.of[day], stretch{int(p.GetOpenMinute()), int(p.GetCloseMinute())})
	}
	for _, d := range h.GetHolidays() {
		w.special[civilOf(d.GetDate())] = nil
	}
	for _, d := range h.GetSpecialDays() {
		var periods []stretch
		for _, p := range d.GetPeriods() {
			periods = append(periods, stretch{int(p.GetOpenMinute()), int(p.GetCloseMinute())})
		}
		w.special[civilOf(d.GetDate())] = merge(periods)
	}
	for day := range w.of {
		w.of[day] = merge(w.of[day])
	}
	return w
}

// merge sorts stretches and joins those that overlap, so that no minute counts
// twice.
func merge(list []stretch) []stretch {
	slices.SortFunc(list, func(a, b stretch) int { return a.open - b.open })
	var merged []stretch
	for _, s := range list {
		if n := len(merged); n > 0 && s.open <= merged[n-1].close {
			merged[n-1].close = max(merged[n-1].close, s.close)
		} else if s.close > s.open {
			merged = append(merged, s)
		}
	}
	return merged
}

// on returns when the office works on a day of its calendar.
func (w *workWeek) on(day time.Time) []stretch {
	if w.always {
		return []stretch{{0, 24 * 60}}
	}
	year, month, d := day.Date()
	if special, ok := w.special[civil{year, month, d}]; ok {
		return special
	}
	return w.of[day.Weekday()]
}

// at returns a minute of a day on the wall clock of the zone.
func (w *workWeek) at(day time.Time, minute int) time.Time {
	year, month, d := day.Date()
	return time.Date(year, month, d, 0, minute, 0, 0, w.zone)
}

// noon returns the middle of the day n days after that of start: no change of
// the clocks moves it to another day.
func (w *workWeek) noon(start time.Time, n int) time.Time {
	year, month, day := start.In(w.zone).Date()
	return time.Date(year, month, day+n, 12, 0, 0, 0, w.zone)
}

// afterDays returns the end of the nth working day after that of start.
func (w *workWeek) afterDays(start time.Time, n int) time.Time {
	left := n
	for i := 1; i <= n*7+horizon; i++ {
		day := w.noon(start, i)
		periods := w.on(day)
		if len(periods) == 0 {
			continue
		}
		if left--; left == 0 {
			return w.at(day, periods[len(periods)-1].close)
		}
	}
	return start.AddDate(0, 0, n)
}

// afterWork returns when so much working time has passed since start.
func (w *workWeek) afterWork(start time.Time, work time.Duration) time.Time {
	left := work
	for i := 0; i <= int(work/time.Hour)*7+horizon; i++ {
		day := w.noon(start, i)
		for _, p := range w.on(day) {
			open, end := w.at(day, p.open), w.at(day, p.close)
			if open.Before(start) {
				open = start
			}
			switch span := end.Sub(open); {
			case span <= 0:
			case span >= left:
				return open.Add(left)
			default:
				left -= span
			}
		}
	}
	return start.Add(work)
}
