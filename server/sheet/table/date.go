package table

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Order is the order of day and month where both are numbers.
type Order int

// The orders. Unless it is said, a date tells it itself where only one can be
// meant, as in 25/12/2026; that 01/02/2026 has both meanings is a problem.
const (
	OrderUnsaid Order = iota
	DayFirst
	MonthFirst
)

// Era is what years are counted from.
type Era int

// The eras.
const (
	// EraEvident takes the years from 2400 to 2700 as those of the Buddhist era, which
	// are 543 more than the common ones, and says so in a note.
	EraEvident Era = iota
	// EraCommon refuses those years.
	EraCommon
	// EraBuddhist takes written years as those of the Buddhist era, and refuses others.
	// A workbook's own dates have no era, unless a person typed it into them.
	EraBuddhist
)

// Dates say how the dates of a column are written.
type Dates struct {
	Order Order
	Era   Era
	Zone  *time.Location // of a time of day without one; nil: UTC
	// Partial takes dates that lack their day, or their month and day.
	Partial bool
}

// Date is a day, and perhaps a time of day; or, if Partial dates are taken, a month
// or a year.
type Date struct {
	Time    time.Time // the beginning of the day, the month or the year, if Clock is not set
	Clock   bool      // a time of day is written
	NoDay   bool      // no day is written
	NoMonth bool      // nor a month
}

const (
	buddhist = 543 // years that the era is ahead
	// firstBuddhist to lastBuddhist are the years that are taken for those of the era.
	firstBuddhist, lastBuddhist = 2400, 2700
	// firstYear to lastYear are the years that are taken.
	firstYear, lastYear = 1900, 2199
)

// written is a date as it is written.
type written struct {
	year, month, day int
	era              Era  // that it names itself; EraEvident: none
	numbers          bool // day and month are numbers, read with the day first
	partial          bool // it lacks its day, or its month and day
}

// AsDate returns the value as a date. That of an empty cell is the zero Date.
// Digits may be Thai, months may have their English, Thai, Chinese or Vietnamese
// names. Years have four digits.
func (c Cell) AsDate(o Dates) (Date, *Note, error) {
	if err := c.usable(); err != nil {
		return Date{}, nil, err
	}
	if c.Kind == KindEmpty {
		return Date{}, nil, nil
	}
	text, clock, zone, ok := cutClock(strings.ToLower(ascii(c.Text)))
	var w written
	if ok {
		w, ok = c.written(text, o.Partial && clock == nil)
	}
	if !ok {
		if shortYear.MatchString(text) {
			return Date{}, nil, c.problem("DATE_YEAR", fmt.Sprintf("write the year with four digits: %q has two", shown(c.Text)))
		}
		return Date{}, nil, c.noDate()
	}
	if w.numbers {
		if err := c.order(&w, o.Order); err != nil {
			return Date{}, nil, err
		}
	}
	note, err := c.era(&w, o.Era)
	if err != nil {
		return Date{}, nil, err
	}
	if zone == nil {
		if zone = o.Zone; zone == nil {
			zone = time.UTC
		}
	}
	found := Date{Clock: clock != nil, NoDay: w.partial, NoMonth: w.partial && w.month == 0}
	if found.NoMonth {
		w.month = 1
	}
	if found.NoDay {
		w.day = 1
	}
	day := time.Date(w.year, time.Month(w.month), w.day, 0, 0, 0, 0, time.UTC)
	if day.Day() != w.day || int(day.Month()) != w.month || day.Year() != w.year {
		return Date{}, nil, c.noDate()
	}
	if w.year < firstYear || w.year > lastYear {
		return Date{}, nil, c.problem("DATE_RANGE", fmt.Sprintf("check the year: %d is not from %d to %d", w.year, firstYear, lastYear))
	}
	found.Time = time.Date(w.year, time.Month(w.month), w.day, 0, 0, 0, 0, zone)
	if clock != nil {
		found.Time = time.Date(w.year, time.Month(w.month), w.day, clock[0], clock[1], clock[2], 0, zone)
	}
	return found, note, nil
}

func (c Cell) noDate() Problem {
	return c.problem("DATE", fmt.Sprintf("write a date such as 2026-01-31: %q is none", shown(c.Text)))
}

// written reads the text of a date, without its time of day.
func (c Cell) written(text string, partial bool) (written, bool) {
	switch c.Kind {
	case KindBool:
		return written{}, false
	case KindNumber:
		return written{year: number(text), partial: true}, partial && len(text) == 4
	}
	if w, ok := parseDay(text); ok || !partial {
		return w, ok
	}
	return parsePartial(text)
}

// order puts day and month, as they were read with the day first, into the order of
// the column.
func (c Cell) order(w *written, order Order) error {
	first, second := w.day, w.month
	switch {
	case order == DayFirst, order == OrderUnsaid && (second <= 12 && first > 12 || first == second):
		return nil
	case order == MonthFirst, order == OrderUnsaid && first <= 12 && second > 12:
		w.day, w.month = second, first
		return nil
	case first > 12 && second > 12:
		return nil // it is no date, in whatever order
	}
	return c.problem("DATE_AMBIGUOUS", fmt.Sprintf("say whether the day or the month comes first in the table: %q can be two dates", shown(c.Text)))
}

// era makes the year a common one.
func (c Cell) era(w *written, era Era) (*Note, error) {
	if w.era != EraEvident {
		era = w.era
	}
	within := w.year >= firstBuddhist && w.year <= lastBuddhist
	switch {
	case within && era == EraCommon:
		return nil, c.problem("DATE_ERA", fmt.Sprintf("write the year of the common era, or say that the table has Buddhist years: %d is one", w.year))
	case !within && era == EraBuddhist && c.Kind == KindText:
		return nil, c.problem("DATE_ERA", fmt.Sprintf("write the year of the Buddhist era, or say that the table has common years: %d is one", w.year))
	case !within:
		return nil, nil
	}
	said := w.year
	w.year -= buddhist
	return c.note("DATE_BUDDHIST", fmt.Sprintf("the year %d is taken as one of the Buddhist era: %d", said, w.year)), nil
}

var (
	clockForm = regexp.MustCompile(`^(.*?[^0-9:])\s*([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?\s*(am|pm|น\.|z|[+-][0-9]{2}:?[0-9]{2})?$`)
	yearFirst = regexp.MustCompile(`^([0-9]{4})([-/.])([0-9]{1,2})([-/.])([0-9]{1,2})$`)
	yearLast  = regexp.MustCompile(`^([0-9]{1,2})([-/.])([0-9]{1,2})([-/.])([0-9]{4})$`)
	compact   = regexp.MustCompile(`^([0-9]{4})([0-9]{2})([0-9]{2})$`)
	hanzi     = regexp.MustCompile(`^([0-9]{4})\s*年\s*([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*日?$`)
	inWords   = regexp.MustCompile(`^(?:ngày|วันที่)?\s*([0-9]{1,2})(?:st|nd|rd|th)?[-\s./,]*([^0-9]+?)[-\s./,]*([0-9]{4})$`)
	nameFirst = regexp.MustCompile(`^([a-z]+)\.?\s+([0-9]{1,2})(?:st|nd|rd|th)?,?\s+([0-9]{4})$`)
	viet      = regexp.MustCompile(`^(?:ngày\s+)?([0-9]{1,2})\s+tháng\s+([0-9]{1,2})\s*(?:năm|,)?\s*([0-9]{4})$`)
	shortYear = regexp.MustCompile(`^[0-9]{1,2}[-/.\s]+([0-9]{1,2}|[^0-9]+)[-/.\s]+'?[0-9]{2}$`)
)

// cutClock parts a date from the time of day behind it; clock is nil if there is
// none, zone if it names none. It is not ok if there is no such time of day.
func cutClock(text string) (day string, clock []int, zone *time.Location, ok bool) {
	m := clockForm.FindStringSubmatch(text)
	if m == nil {
		return text, nil, nil, true
	}
	hour, minute, second := number(m[2]), number(m[3]), number(m[4])
	switch suffix := m[5]; {
	case suffix == "am" || suffix == "pm":
		if hour < 1 || hour > 12 {
			return text, nil, nil, false
		}
		if hour %= 12; suffix == "pm" {
			hour += 12
		}
	case suffix == "z":
		zone = time.UTC
	case strings.HasPrefix(suffix, "+") || strings.HasPrefix(suffix, "-"):
		at, err := time.Parse("-0700", strings.ReplaceAll(suffix, ":", ""))
		if err != nil {
			return text, nil, nil, false
		}
		zone = at.Location()
	}
	day = strings.TrimRight(strings.TrimSuffix(m[1], "t"), " ,")
	return day, []int{hour, minute, second}, zone, hour < 24 && minute < 60 && second < 60
}

// number returns a short row of digits; 0 if there are none.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// parseDay reads a day in any of the forms; whether it is in the calendar is not
// looked at.
func parseDay(text string) (written, bool) {
	text, era := cutEra(text)
	if m := yearFirst.FindStringSubmatch(text); m != nil && m[2] == m[4] {
		return written{year: number(m[1]), month: number(m[3]), day: number(m[5]), era: era}, true
	}
	if m := yearLast.FindStringSubmatch(text); m != nil && m[2] == m[4] {
		return written{year: number(m[5]), month: number(m[3]), day: number(m[1]), era: era, numbers: true}, true
	}
	for _, form := range []*regexp.Regexp{compact, hanzi} {
		if m := form.FindStringSubmatch(text); m != nil {
			return written{year: number(m[1]), month: number(m[2]), day: number(m[3]), era: era}, true
		}
	}
	if m := viet.FindStringSubmatch(text); m != nil {
		return written{year: number(m[3]), month: number(m[2]), day: number(m[1]), era: era}, true
	}
	if m := inWords.FindStringSubmatch(text); m != nil {
		month, ok := months[strings.Trim(m[2], " .")]
		return written{year: number(m[3]), month: month, day: number(m[1]), era: era}, ok
	}
	if m := nameFirst.FindStringSubmatch(text); m != nil {
		month, ok := months[m[1]]
		return written{year: number(m[3]), month: month, day: number(m[2]), era: era}, ok
	}
	return written{}, false
}

// cutEra takes the name of an era out of a date.
func cutEra(text string) (string, Era) {
	for _, e := range []struct {
		name string
		era  Era
	}{{"พ.ศ.", EraBuddhist}, {"พุทธศักราช", EraBuddhist}, {"ค.ศ.", EraCommon}} {
		if before, after, ok := strings.Cut(text, e.name); ok {
			return strings.TrimSpace(before) + " " + strings.TrimSpace(after), e.era
		}
	}
	return text, EraEvident
}

// months are the names of months, in small letters, without a point at the end.
var months = map[string]int{
	"january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6,
	"july": 7, "august": 8, "september": 9, "october": 10, "november": 11, "december": 12,
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9, "oct": 10, "nov": 11, "dec": 12,
	"มกราคม": 1, "กุมภาพันธ์": 2, "มีนาคม": 3, "เมษายน": 4, "พฤษภาคม": 5, "มิถุนายน": 6,
	"กรกฎาคม": 7, "สิงหาคม": 8, "กันยายน": 9, "ตุลาคม": 10, "พฤศจิกายน": 11, "ธันวาคม": 12,
	"ม.ค": 1, "ก.พ": 2, "มี.ค": 3, "เม.ย": 4, "พ.ค": 5, "มิ.ย": 6, "ก.ค": 7, "ส.ค": 8, "ก.ย": 9, "ต.ค": 10, "พ.ย": 11, "ธ.ค": 12,
}
