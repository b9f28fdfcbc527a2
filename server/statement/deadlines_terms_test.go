package statement_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// wait lets hours pass in which somebody else says something.
func (d *dossier) wait(until int) {
	for len(d.entries) < until {
		d.say("CN", follow(&spsv1.FollowUp{Text: en("more")}))
	}
}

// amendTerms amends the notification: what it allows, and whom it flags for
// follow-up by when.
func (d *dossier) amendTerms(a *spsv1.Allowances, flags ...*spsv1.Flag) {
	s := amend(d.original, content(spsv1.Classification_CLASSIFICATION_ALERT, false))
	s.Allowances, s.Flags = a, followUp(flags...)
	d.say("TH", s)
}

// TestDeadlinesOfAmendedTerms amends what was allowed. The original came to VN at
// once.
func TestDeadlinesOfAmendedTerms(t *testing.T) {
	const hour = time.Hour
	acknowledged := func(n uint32) *spsv1.Allowances { return &spsv1.Allowances{Acknowledgement: hours(n)} }
	flagged := func(after time.Duration) *spsv1.Flag {
		return &spsv1.Flag{Office: "VN", DueTime: timestamppb.New(start.Add(after))}
	}
	for _, c := range []struct {
		name  string
		first *spsv1.Allowances
		flags []*spsv1.Flag
		tell  func(d *dossier)
		got   time.Duration // when VN got the amendment; 0: it has not
		now   time.Duration
		want  []string // of VN
	}{
		{
			"what was in time stays in time", acknowledged(48), nil,
			func(d *dossier) {
				d.wait(29)
				d.say("VN", acknowledge(0))
				d.wait(32)
				d.amendTerms(acknowledged(24))
			},
			33 * hour, 34 * hour,
			[]string{"VN acknowledgement TH/0 met 48h0m0s"},
		},
		{
			"what was late stays late", acknowledged(24), nil,
			func(d *dossier) {
				d.wait(29)
				d.say("VN", acknowledge(0))
				d.wait(32)
				d.amendTerms(acknowledged(48))
			},
			33 * hour, 34 * hour,
			[]string{"VN acknowledgement TH/0 met 24h0m0s late"},
		},
		{
			"a stricter one counts from its own receipt", acknowledged(48), nil,
			func(d *dossier) { d.wait(10); d.amendTerms(acknowledged(24)) },
			12 * hour, 30 * hour,
			[]string{"VN acknowledgement TH/0 running 36h0m0s"},
		},
		{
			"and gives no more time than there was", acknowledged(48), nil,
			func(d *dossier) { d.wait(32); d.amendTerms(acknowledged(24)) },
			33 * hour, 34 * hour,
			[]string{"VN acknowledgement TH/0 running 48h0m0s"},
		},
		{
			"nobody is bound by what did not come", acknowledged(48), nil,
			func(d *dossier) { d.wait(10); d.amendTerms(acknowledged(24)) },
			0, 47 * hour,
			[]string{"VN acknowledgement TH/0 running 48h0m0s"},
		},
		{
			"a more generous one counts from the start", acknowledged(24), nil,
			func(d *dossier) { d.wait(10); d.amendTerms(acknowledged(48)) },
			11 * hour, 30 * hour,
			[]string{"VN acknowledgement TH/0 running 48h0m0s"},
		},
		{
			"one that is taken back held until then", acknowledged(24), nil,
			func(d *dossier) {
				d.amendTerms(acknowledged(48))
				amended := d.entries[0]
				d.wait(40)
				d.say("VN", acknowledge(0))
				d.wait(44)
				d.say("TH", withdraw(relates(withdraws, amended)...))
			},
			1 * hour, 50 * hour,
			[]string{"VN acknowledgement TH/0 met 48h0m0s"},
		},
		{
			"what is asked only later runs from there", acknowledged(24), nil,
			func(d *dossier) {
				d.wait(200)
				d.amendTerms(&spsv1.Allowances{Acknowledgement: hours(24), Outcome: hours(100)}, office("VN"))
			},
			201 * hour, 210 * hour,
			[]string{"VN acknowledgement TH/0 overdue 24h0m0s", "VN outcome TH/1 running 301h0m0s"},
		},
		{
			"and has not begun before it came", acknowledged(24), nil,
			func(d *dossier) {
				d.wait(200)
				d.amendTerms(&spsv1.Allowances{Acknowledgement: hours(24), Outcome: hours(100)}, office("VN"))
			},
			0, 210 * hour,
			[]string{"VN acknowledgement TH/0 overdue 24h0m0s", "VN outcome TH/1 undelivered"},
		},
		{
			"a flag with an earlier time", &spsv1.Allowances{Outcome: hours(100)},
			[]*spsv1.Flag{office("VN")},
			func(d *dossier) { d.wait(10); d.amendTerms(&spsv1.Allowances{Outcome: hours(100)}, flagged(11*hour)) },
			20 * hour, 15 * hour,
			[]string{"VN outcome TH/0 running 20h0m0s"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDossier()
			d.original.Statement.GetNotification().Preliminary = false
			d.original.Statement.Allowances, d.original.Statement.Flags = c.first, followUp(c.flags...)
			c.tell(d)
			r := received{"VN TH/0": 0}
			if c.got > 0 {
				r["VN TH/1"], r["VN TH/2"] = c.got, 45*hour
			}
			var got []string
			for _, line := range clocks(d, r, c.now) {
				if line[:2] == "VN" {
					got = append(got, line)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("deadlines (-want +got):\n%s", diff)
			}
		})
	}
}

// TestIssuerDoesNotMoveItsOwnClock disputes, and lets the issuer amend what it
// allowed itself for the answer, before it and after it.
func TestIssuerDoesNotMoveItsOwnClock(t *testing.T) {
	const hour = time.Hour
	own := func(n uint32) *spsv1.Allowances {
		return &spsv1.Allowances{Acknowledgement: hours(24), Dispute: hours(n)}
	}
	for _, c := range []struct {
		name string
		tell func(d *dossier)
		want string
	}{
		{"longer afterwards", func(d *dossier) {
			d.say("VN", acknowledge(disputed))
			d.wait(79)
			d.amendTerms(own(9000))
		}, "TH dispute VN/0 overdue 72h0m0s"},
		{"none afterwards", func(d *dossier) {
			d.say("VN", acknowledge(disputed))
			d.wait(79)
			d.amendTerms(&spsv1.Allowances{Acknowledgement: hours(24)})
		}, "TH dispute VN/0 overdue 72h0m0s"},
		{"longer before", func(d *dossier) {
			d.amendTerms(own(100))
			d.wait(2)
			d.say("VN", acknowledge(disputed))
		}, "TH dispute VN/0 running 100h0m0s"},
		{"shorter before, and taken back afterwards", func(d *dossier) {
			d.amendTerms(own(10))
			amended := d.entries[0]
			d.wait(2)
			d.say("VN", acknowledge(disputed))
			d.wait(9)
			d.say("TH", withdraw(relates(withdraws, amended)...))
		}, "TH dispute VN/0 overdue 10h0m0s"},
		{"longer, by a clock that runs behind, when it had the dispute", func(d *dossier) {
			d.wait(2)
			d.amendTerms(own(100))
			d.wait(5)
			d.say("VN", acknowledge(disputed)) // received at 0
		}, "TH dispute VN/0 overdue 72h0m0s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDossier()
			d.original.Statement.GetNotification().Preliminary = false
			c.tell(d)
			r := received{"VN TH/0": 0, "TH VN/0": 0}
			var got string
			for _, line := range clocks(d, r, 80*hour) {
				if line[:2] == "TH" {
					got = line
				}
			}
			if got != c.want {
				t.Errorf("the answer to the dispute: %q, want %q", got, c.want)
			}
		})
	}
}
