package main

import (
	"strings"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestADueDayLastsToItsEnd reads days and instants in zones with and without
// summer time.
func TestADueDayLastsToItsEnd(t *testing.T) {
	for _, tc := range []struct{ name, given, zone, want string }{
		{"a day", "2026-12-01", "Asia/Bangkok", "2026-12-01T16:59:59Z"},
		{"the day of 23 hours", "2026-03-29", "Europe/Brussels", "2026-03-29T21:59:59Z"},
		{"the day of 25 hours", "2026-10-25", "Europe/Brussels", "2026-10-25T22:59:59Z"},
		{"an instant", "2026-12-01T09:00:00+07:00", "Europe/Brussels", "2026-12-01T02:00:00Z"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			zone, err := time.LoadLocation(tc.zone)
			if err != nil {
				t.Fatal(err)
			}
			d := &dueFlag{timeFlag: timeFlag{ahead: true}}
			if err := d.Set(tc.given); err != nil {
				t.Fatal(err)
			}
			if got := d.in(zone).AsTime().Format(time.RFC3339); got != tc.want {
				t.Errorf("%s in %s is %s, want %s", tc.given, tc.zone, got, tc.want)
			}
		})
	}
	d := &dueFlag{timeFlag: timeFlag{ahead: true}}
	if got := d.in(time.UTC); got != nil {
		t.Errorf("nothing given is %s, want no time", got)
	}
	if err := d.Set("2026-12-01"); err != nil {
		t.Fatal(err)
	}
	if err := d.Set("48h"); err != nil {
		t.Fatal(err)
	}
	if left := time.Until(d.in(time.UTC).AsTime()); left < 47*time.Hour || left > 48*time.Hour {
		t.Errorf("48h after a day was given is in %s, want in 48h", left)
	}
}

// TestFlagsOfDueTimesTakeWholeDays finds the flags by which something is due or ends.
func TestFlagsOfDueTimesTakeWholeDays(t *testing.T) {
	for command, flag := range map[string]string{
		"announce": "until", "code suspend": "until", "code reinstate": "until", "lending create": "until",
		"case ask": "by", "case answer": "until", "notice release": "due",
	} {
		cmd, _, err := (&app{}).root().Find(strings.Fields(command))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := cmd.Flags().Lookup(flag).Value.(*dueFlag); !ok {
			t.Errorf("a day in --%s of spsctl %s does not last to its end", flag, command)
		}
	}
}

func TestZoneOfACard(t *testing.T) {
	vn := authority.ForTest(t, "VN").Offices()[0]
	if got := zoneOf(vn.Card); got != time.Local {
		t.Errorf("without hours the zone is %s, want that of this machine", got)
	}
	signed, err := vn.NextCard(func(c *spsv1.Card) {
		c.Hours = &spsv1.OfficeHours{TimeZone: "Asia/Ho_Chi_Minh", Periods: []*spsv1.OpenPeriod{
			{Weekday: spsv1.Weekday_WEEKDAY_MONDAY, OpenMinute: 8 * 60, CloseMinute: 17 * 60},
		}}
	})
	if err != nil {
		t.Fatal(err)
	}
	card, err := certs.ParseCard(signed)
	if err != nil {
		t.Fatal(err)
	}
	if got := zoneOf(card).String(); got != "Asia/Ho_Chi_Minh" {
		t.Errorf("the zone is %s, want that of the hours", got)
	}
}
