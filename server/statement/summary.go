package statement

import (
	"cmp"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// mostOpen is how many deadlines of this office, and how many of others, a
// summary has at most.
const mostOpen = 20

// Summarize returns what a case comes to for one office, from what [Fold] and
// [Deadlines] returned for the same entries. It depends on no clock: what is due
// is told by its due time, and running whether that has passed or not;
// [Refresh] sets what depends on the moment. Receipts are not looked at:
// undelivered is left empty. Who has not acknowledged an alert is to be
// telephoned when callAfter percent of its time are over.
func Summarize(self certs.Office, original CaseEntry, others []CaseEntry, c *spsv1.CaseState, deadlines []*spsv1.Deadline, callAfter int) *spsv1.CaseSummary {
	var toTell []string
	for _, p := range ToTell(self, original, others, c) {
		toTell = append(toTell, cmp.Or(p.GetOffice(), p.GetBody(), p.GetArea().GetCode(), p.GetArea().GetAsWritten()))
	}
	s := &spsv1.CaseSummary{
		Status: c.GetStatus(), Classification: c.GetNotification().GetClassification(),
		ByHand: int32(len(toTell)), ToTell: toTell[:min(len(toTell), mostOpen)],
	}
	for _, d := range deadlines {
		if !open(d) {
			continue
		}
		if d.GetState() == spsv1.DeadlineState_DEADLINE_STATE_OVERDUE {
			d = proto.CloneOf(d)
			d.State = spsv1.DeadlineState_DEADLINE_STATE_RUNNING
		}
		s.Deadlines = append(s.Deadlines, d)
		s.DueTime = earlier(s.DueTime, d.GetDueTime())
		switch {
		case d.GetOffice() == string(self):
			s.NextOwn = sooner(s.NextOwn, d)
		case original.Origin.Office == self || officeOf(d.GetStatement()) == string(self):
			s.NextAwaited = sooner(s.NextAwaited, d)
		}
	}
	s.Deadlines = foremost(s.Deadlines, self)
	s.CallsDue = callsDue(Unacknowledged(self, c, deadlines), callAfter)
	if c.GetStatus() == spsv1.CaseStatus_CASE_STATUS_OPEN {
		unclocked(s, self, original, c)
	}
	s.NeedsMe, s.Waiting, s.OwnDueTime = s.GetNextOwn() != nil, s.GetNextAwaited() != nil, s.GetNextOwn().GetDueTime()
	for _, p := range c.GetParticipants() {
		if p.GetOffice() == string(self) {
			s.Units = union(s.Units, p.GetUnits())
			if p.GetUnit() != "" {
				s.Units = union(s.Units, []string{p.GetUnit()})
			}
		}
	}
	return s
}

// open reports whether something is still to be done over the network.
func open(d *spsv1.Deadline) bool {
	switch d.GetState() {
	case spsv1.DeadlineState_DEADLINE_STATE_RUNNING, spsv1.DeadlineState_DEADLINE_STATE_OVERDUE, spsv1.DeadlineState_DEADLINE_STATE_UNDELIVERED:
		return true
	}
	return false
}

// dueOf returns when something is due, and for what has not started a time
// behind all others.
func dueOf(d *spsv1.Deadline) time.Time {
	if d.GetDueTime() == nil {
		return time.Unix(1<<40, 0)
	}
	return d.GetDueTime().AsTime()
}

// sooner returns which of two deadlines is due first, the first of equal ones; a
// may be nil.
func sooner(a, b *spsv1.Deadline) *spsv1.Deadline {
	if a == nil || dueOf(b).Before(dueOf(a)) {
		return b
	}
	return a
}

// foremost sorts deadlines by their due times and returns the first of an office
// and the first of others.
func foremost(all []*spsv1.Deadline, self certs.Office) []*spsv1.Deadline {
	slices.SortStableFunc(all, func(a, b *spsv1.Deadline) int { return dueOf(a).Compare(dueOf(b)) })
	own, others := 0, 0
	return slices.DeleteFunc(all, func(d *spsv1.Deadline) bool {
		n := &others
		if d.GetOffice() == string(self) {
			n = &own
		}
		*n++
		return *n > mostOpen
	})
}

// unclocked adds what is to be done though no allowance was given for it, so
// that there is no deadline.
func unclocked(s *spsv1.CaseSummary, self certs.Office, original CaseEntry, c *spsv1.CaseState) {
	expects := func(asker certs.Office, clock spsv1.Clock, office, statement string) {
		d := &spsv1.Deadline{Clock: clock, Office: office, Statement: statement}
		switch {
		case office == string(self):
			s.NextOwn = sooner(s.NextOwn, d)
		case asker == self:
			s.NextAwaited = sooner(s.NextAwaited, d)
		}
	}
	issuer := original.Origin.Office
	for _, p := range c.GetParticipants() {
		if reads(p) && !p.GetByHand() && p.GetAcknowledged() == nil {
			expects(issuer, spsv1.Clock_CLOCK_ACKNOWLEDGEMENT, p.GetOffice(), p.GetAddressed().GetStatement())
		}
	}
	for _, r := range c.GetRequests() {
		asker := certs.Office(officeOf(r.GetSaid().GetStatement())) // who heard it waits for the answer, too
		for _, a := range r.GetAnswers() {
			if a.GetResult() == spsv1.ResponseResult_RESPONSE_RESULT_UNSPECIFIED {
				expects(asker, spsv1.Clock_CLOCK_ANSWER, a.GetOffice(), r.GetSaid().GetStatement())
			}
		}
	}
	for _, d := range c.GetDisputes() {
		if d.GetAnswered() == nil && !d.GetLifted() {
			expects(certs.Office(d.GetOffice()), spsv1.Clock_CLOCK_DISPUTE, string(issuer), d.GetSaid().GetStatement())
		}
	}
}

// Refresh sets in a summary what depends on the moment: which deadlines have
// passed, and whom to telephone.
func Refresh(s *spsv1.CaseSummary, now time.Time) {
	refresh := func(d *spsv1.Deadline) {
		if d.GetDueTime() == nil {
			return
		}
		d.State = spsv1.DeadlineState_DEADLINE_STATE_RUNNING
		if now.After(d.GetDueTime().AsTime()) {
			d.State = spsv1.DeadlineState_DEADLINE_STATE_OVERDUE
		}
	}
	refresh(s.GetNextOwn())
	refresh(s.GetNextAwaited())
	for _, d := range s.GetDeadlines() {
		refresh(d)
	}
	s.ToCall = nil
	for _, call := range s.GetCallsDue() {
		if call.GetCallTime() != nil && now.After(call.GetCallTime().AsTime()) {
			s.ToCall = append(s.ToCall, call.GetOffice())
		}
	}
}

// callsDue returns when those are telephoned who have not acknowledged, the first
// one first; no time for those whose clocks have not started, who come last.
func callsDue(unacknowledged []*spsv1.Deadline, callAfter int) []*spsv1.CallDue {
	var calls, later []*spsv1.CallDue
	for _, d := range unacknowledged {
		if d.GetDueTime() == nil {
			later = append(later, &spsv1.CallDue{Office: d.GetOffice()})
			continue
		}
		calls = append(calls, &spsv1.CallDue{Office: d.GetOffice(), CallTime: timestamppb.New(CallTime(d, callAfter))})
	}
	slices.SortStableFunc(calls, func(a, b *spsv1.CallDue) int { return a.GetCallTime().AsTime().Compare(b.GetCallTime().AsTime()) })
	return append(calls, later...)
}

// Unacknowledged returns the deadlines of a case by which others are to
// acknowledge an alert of an office, and have not; those that have not started
// have no due time.
func Unacknowledged(self certs.Office, c *spsv1.CaseState, deadlines []*spsv1.Deadline) []*spsv1.Deadline {
	if c.GetNotification().GetClassification() != spsv1.Classification_CLASSIFICATION_ALERT {
		return nil
	}
	var all []*spsv1.Deadline
	for _, d := range deadlines {
		if open(d) && d.GetClock() == spsv1.Clock_CLOCK_ACKNOWLEDGEMENT &&
			d.GetOffice() != string(self) && officeOf(d.GetStatement()) == string(self) {
			all = append(all, d)
		}
	}
	return all
}

// ToAcknowledge reports whether an office has yet to acknowledge an alert.
func ToAcknowledge(s *spsv1.CaseSummary, self certs.Office) bool {
	if s.GetClassification() != spsv1.Classification_CLASSIFICATION_ALERT {
		return false
	}
	own := func(d *spsv1.Deadline) bool {
		return d.GetClock() == spsv1.Clock_CLOCK_ACKNOWLEDGEMENT && d.GetOffice() == string(self)
	}
	return own(s.GetNextOwn()) || slices.ContainsFunc(s.GetDeadlines(), own)
}

// CallTime returns when somebody is telephoned who has to do something by a due
// time: when so many percent of the time for it are over.
func CallTime(d *spsv1.Deadline, percent int) time.Time {
	start, due := d.GetStartTime().AsTime(), d.GetDueTime().AsTime()
	return start.Add(due.Sub(start) / 100 * time.Duration(percent))
}
