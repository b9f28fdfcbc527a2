package federation

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// opens has an office work from eight to five, from Monday to Friday by the
// clocks of its zone, but for one holiday.
func opens(zone string, holiday *spsv1.Date) func(*spsv1.Card) {
	hours := &spsv1.OfficeHours{TimeZone: zone, Holidays: []*spsv1.Holiday{{Date: holiday}}}
	for day := spsv1.Weekday_WEEKDAY_MONDAY; day <= spsv1.Weekday_WEEKDAY_FRIDAY; day++ {
		hours.Periods = append(hours.Periods, &spsv1.OpenPeriod{Weekday: day, OpenMinute: 8 * 60, CloseMinute: 17 * 60})
	}
	return func(c *spsv1.Card) { c.Hours = hours }
}

// clock returns how a clock of an office stands, as the desk is shown it.
func (d *desk) clock(original *spsv1.IssuedStatement, office certs.Office, clock spsv1.Clock) *spsv1.Deadline {
	d.w.t.Helper()
	all := d.sees(original).GetDeadlines()
	i := slices.IndexFunc(all, func(dl *spsv1.Deadline) bool { return dl.GetOffice() == string(office) && dl.GetClock() == clock })
	if i < 0 {
		d.w.t.Fatalf("the case at %s has no %s of %s: %v", d.office.Code(), clock, office, all)
	}
	return all[i]
}

// wantClock holds that both sides are shown the same of a clock.
func (w *whole) wantClock(original *spsv1.IssuedStatement, office certs.Office, clock spsv1.Clock, due time.Time, state spsv1.DeadlineState) {
	w.t.Helper()
	for code, d := range w.desks {
		got := d.clock(original, office, clock)
		if !got.GetDueTime().AsTime().Equal(due) || got.GetState() != state {
			w.t.Errorf("%s of %s at %s is due at %s, %s, want %s, %s", clock, office, code, got.GetDueTime().AsTime(), got.GetState(), due, state)
		}
	}
}

// TestDueAcrossZones lets the days of two offices pass that work in different
// zones and keep different holidays: both compute the same instants, whichever is
// restarted, list the same cases as overdue, and move what is extended.
func TestDueAcrossZones(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const (
			read, report     = spsv1.Clock_CLOCK_ACKNOWLEDGEMENT, spsv1.Clock_CLOCK_OUTCOME
			running, overdue = spsv1.DeadlineState_DEADLINE_STATE_RUNNING, spsv1.DeadlineState_DEADLINE_STATE_OVERDUE
		)
		minted, err := authority.NewFederation("asean-cn", time.Now,
			authority.Options{Office: "DE", Addresses: []string{"de.test:7443"}, Card: opens("Europe/Berlin", &spsv1.Date{Year: 2000, Month: 1, Day: 6})},
			authority.Options{Office: "VN", Addresses: []string{"vn.test:7443"}, Card: opens("Asia/Ho_Chi_Minh", &spsv1.Date{Year: 2000, Month: 1, Day: 3})},
		)
		if err != nil {
			t.Fatal(err)
		}
		w := startWhole(t, minted)
		de, vn := w.desks["DE"], w.desks["VN"]

		// It is Saturday, 1 January. An alert is to be read within 24 hours, whether
		// or not anybody works; the outcome is wanted after ten working days of Viet
		// Nam, of which its holiday on Monday is none and the German one is.
		alert := de.issues("anna", "karl", nil, &spsv1.Statement{
			Addressees: to("VN"),
			Flags:      []*spsv1.Flag{{Office: "VN", Kind: spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP}},
			Body:       &spsv1.Statement_Notification{Notification: pepper("salmonella in black pepper", "L-17")},
		})
		w.settle()
		day := de.clock(alert, "VN", read).GetStartTime().AsTime().Add(24 * time.Hour)
		closing := time.Date(2000, 1, 17, 10, 0, 0, 0, time.UTC) // five in the afternoon in Viet Nam
		w.wantClock(alert, "VN", read, day, running)
		w.wantClock(alert, "VN", report, closing, running)
		w.wantOverdue(alert)

		w.closed(time.Until(day) + time.Second)
		w.wantClock(alert, "VN", read, day, overdue)
		w.wantOverdue(alert, "DE", "VN")
		vn.restart()
		w.settle()
		w.wantOverdue(alert, "DE", "VN")
		vn.says("lan", alert, &spsv1.Statement{Addressees: to("DE"), Body: &spsv1.Statement_Acknowledgement{Acknowledgement: &spsv1.Acknowledgement{}}})
		w.settle()
		for office, d := range w.desks {
			if got := d.clock(alert, "VN", read); !got.GetLate() || got.GetState() != spsv1.DeadlineState_DEADLINE_STATE_MET {
				t.Errorf("the acknowledgement at %s is %v, want met, and late", office, got)
			}
		}
		w.wantOverdue(alert)

		// Viet Nam asks for two days more, and gets them.
		until := closing.Add(48 * time.Hour)
		asked := vn.says("lan", alert, &spsv1.Statement{Addressees: to("DE"), Body: &spsv1.Statement_Request{Request: &spsv1.Request{
			Kind: spsv1.RequestKind_REQUEST_KIND_EXTENSION, Offices: []string{"DE"},
			Extension: &spsv1.Extension{Clock: report, DueTime: timestamppb.New(until)},
		}}})
		w.settle()
		w.wantClock(alert, "VN", report, closing, running)
		de.says("karl", alert, &spsv1.Statement{Addressees: to("VN"), RelatesTo: replies(asked), Body: &spsv1.Statement_Response{Response: &spsv1.Response{
			Result: spsv1.ResponseResult_RESPONSE_RESULT_GRANTED, Text: english("two days more"),
		}}})
		w.settle()
		w.wantClock(alert, "VN", report, until, running)

		w.closed(time.Until(closing) + time.Hour)
		w.wantClock(alert, "VN", report, until, running)
		w.wantOverdue(alert)
		w.closed(time.Until(until) + time.Second)
		w.wantClock(alert, "VN", report, until, overdue)
		w.wantOverdue(alert, "DE", "VN")
		w.wantSame(alert, "DE", "VN")
	})
}
