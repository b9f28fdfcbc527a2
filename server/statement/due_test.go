package statement_test

import (
	"testing"
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// hanoi works Monday to Friday from 8 to 12 and 13 to 17, not on 30 April and 1
// May 2026, and on the morning of Saturday 9 May.
func hanoi() *spsv1.OfficeHours {
	h := &spsv1.OfficeHours{
		TimeZone: "Asia/Ho_Chi_Minh",
		Holidays: []*spsv1.Holiday{{Date: on(2026, 4, 30)}, {Date: on(2026, 5, 1)}},
		SpecialDays: []*spsv1.SpecialDay{{
			Date: on(2026, 5, 9), Periods: []*spsv1.DayPeriod{{OpenMinute: 8 * 60, CloseMinute: 12 * 60}},
		}},
	}
	for weekday := spsv1.Weekday_WEEKDAY_MONDAY; weekday <= spsv1.Weekday_WEEKDAY_FRIDAY; weekday++ {
		h.Periods = append(h.Periods,
			&spsv1.OpenPeriod{Weekday: weekday, OpenMinute: 13 * 60, CloseMinute: 17 * 60},
			&spsv1.OpenPeriod{Weekday: weekday, OpenMinute: 8 * 60, CloseMinute: 12 * 60},
			&spsv1.OpenPeriod{Weekday: weekday, OpenMinute: 9 * 60, CloseMinute: 10 * 60}) // within another
	}
	return h
}

func on(year, month, d uint32) *spsv1.Date { return &spsv1.Date{Year: year, Month: month, Day: d} }

func TestDue(t *testing.T) {
	const (
		hour     = spsv1.AllowanceUnit_ALLOWANCE_UNIT_HOURS
		workHour = spsv1.AllowanceUnit_ALLOWANCE_UNIT_WORKING_HOURS
		calendar = spsv1.AllowanceUnit_ALLOWANCE_UNIT_DAYS
		workDay  = spsv1.AllowanceUnit_ALLOWANCE_UNIT_WORKING_DAYS
	)
	berlin := &spsv1.OfficeHours{TimeZone: "Europe/Berlin", Periods: []*spsv1.OpenPeriod{
		{Weekday: spsv1.Weekday_WEEKDAY_SUNDAY, OpenMinute: 0, CloseMinute: 1440},
	}}
	closed := &spsv1.OfficeHours{TimeZone: "Asia/Bangkok", SpecialDays: []*spsv1.SpecialDay{{
		Date: on(1990, 1, 1), Periods: []*spsv1.DayPeriod{{OpenMinute: 0, CloseMinute: 60}},
	}}}
	nowhere := hanoi()
	nowhere.TimeZone = "Asia/Atlantis"
	for _, c := range []struct {
		name   string
		start  string
		amount uint32
		unit   spsv1.AllowanceUnit
		hours  *spsv1.OfficeHours
		want   string
	}{
		{"hours count at night", "2026-04-29T20:00:00+07:00", 24, hour, hanoi(), "2026-04-30T20:00:00+07:00"},
		{"hours without a card", "2026-04-29T20:00:00+07:00", 24, hour, nil, "2026-04-30T20:00:00+07:00"},
		{"days keep the wall clock over a change of clocks", "2026-03-28T12:00:00+01:00", 1, calendar, berlin, "2026-03-29T12:00:00+02:00"},
		{"working days pass a holiday and a weekend", "2026-04-29T09:00:00+07:00", 2, workDay, hanoi(), "2026-05-05T17:00:00+07:00"},
		{"the day of start does not count", "2026-04-27T00:30:00+07:00", 1, workDay, hanoi(), "2026-04-28T17:00:00+07:00"},
		{"a Saturday that makes up for a holiday", "2026-05-08T09:00:00+07:00", 1, workDay, hanoi(), "2026-05-09T12:00:00+07:00"},
		{"the day is that of the office", "2026-04-27T18:00:00Z", 1, workDay, hanoi(), "2026-04-29T17:00:00+07:00"},
		{"working days without a card", "2026-05-02T10:00:00Z", 2, workDay, nil, "2026-05-05T00:00:00Z"},
		{"working hours over lunch", "2026-04-27T11:00:00+07:00", 2, workHour, hanoi(), "2026-04-27T14:00:00+07:00"},
		{"working hours begin when the office opens", "2026-04-27T03:00:00+07:00", 1, workHour, hanoi(), "2026-04-27T09:00:00+07:00"},
		{"working hours over the holidays", "2026-04-29T16:00:00+07:00", 2, workHour, hanoi(), "2026-05-04T09:00:00+07:00"},
		{"to the minute of closing", "2026-04-27T16:00:00+07:00", 1, workHour, hanoi(), "2026-04-27T17:00:00+07:00"},
		{"a day of 23 hours has 23", "2026-03-28T23:00:00Z", 24, workHour, berlin, "2026-04-04T23:00:00Z"},
		{"an office that never works", "2026-05-02T10:00:00Z", 3, workDay, closed, "2026-05-05T10:00:00Z"},
		{"an unknown zone is round the clock in UTC", "2026-04-30T10:00:00Z", 1, workDay, nowhere, "2026-05-02T00:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			start, want := moment(t, c.start), moment(t, c.want)
			got := statement.Due(start, &spsv1.Allowance{Amount: c.amount, Unit: c.unit}, c.hours)
			if !got.Equal(want) {
				t.Errorf("due %s, want %s", got.Format(time.RFC3339), want.UTC().Format(time.RFC3339))
			}
		})
	}
}

func moment(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
