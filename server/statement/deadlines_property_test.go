package statement_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// arriving is a delivery like anywhen, in which the issuer and the addressees get
// the last statement at a time of its own.
type arriving struct {
	last string
	at   time.Time
}

func (a arriving) Receipt(office, name string) (time.Time, bool) {
	if name == a.last {
		return a.at, true
	}
	return anywhen{}.Receipt(office, name)
}

func (arriving) Hours(office string, card uint64, name string) *spsv1.OfficeHours {
	return anywhen{}.Hours(office, card, name)
}

// TestAmendmentsDoNotJudgeThePast lets anybody say anything, then amends the
// notification or takes an amendment back. What was done before that came stays
// as it was, no clock of the issuer moves, and nobody is late by it at once.
func TestAmendmentsDoNotJudgeThePast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDossier()
		d.original.Statement.Allowances = anyAllowances(t)
		for range rapid.IntRange(0, 20).Draw(t, "statements") {
			sayAnything(t, d)
		}
		before := d.fold()
		s := withdraw()
		if amended := before.GetCurrent(); rapid.Bool().Draw(t, "take back") && amended != d.original.Name() {
			for _, e := range d.entries {
				if e.Name() == amended {
					s = withdraw(relates(withdraws, e)...)
				}
			}
		} else {
			s = amend(d.original, content(info, before.GetNotification().GetPreliminary()))
			s.Allowances, s.Flags = anyAllowances(t), d.flags(before)
		}
		e := d.say("TH", s)
		after := d.fold()
		come := arriving{e.Name(), e.Time.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "minutes")) * time.Minute)}
		was := make(map[string]*spsv1.Deadline)
		for _, x := range statement.Deadlines(before, come, come.at) {
			was[x.GetOffice()+x.GetClock().String()+x.GetStatement()] = x
		}
		for _, x := range statement.Deadlines(after, come, come.at) {
			old := was[x.GetOffice()+x.GetClock().String()+x.GetStatement()]
			if old == nil || old.GetDueTime() == nil {
				continue
			}
			due, oldDue := x.GetDueTime().AsTime(), old.GetDueTime().AsTime()
			own := x.GetClock() == spsv1.Clock_CLOCK_DISPUTE || x.GetClock() == spsv1.Clock_CLOCK_ANSWER
			switch past := x.GetDone() != nil && x.GetDone().GetTime().AsTime().Before(come.at) || own; {
			case past && (!due.Equal(oldDue) || x.GetLate() != old.GetLate()):
				t.Fatalf("what was done before, or is the issuer's: %v, want as before: %v", x, old)
			case due.Before(oldDue) && due.Before(come.at):
				t.Fatalf("due before the amendment came at %s: %v, was %v", come.at, x, old)
			}
		}
	})
}

// flags returns the flags of the current version of a case.
func (d *dossier) flags(c *spsv1.CaseState) []*spsv1.Flag {
	terms := c.GetTerms()
	return terms[len(terms)-1].GetFlags()
}
