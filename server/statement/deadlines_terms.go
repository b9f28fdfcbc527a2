package statement

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// demand is how long an office has for something, as somebody signed it.
type demand struct {
	said      string // the statement that brought it, if the case did
	allowance *spsv1.Allowance
	wanted    *timestamppb.Timestamp // a due time that was named; nil if none
}

// empty reports whether no clock runs by it.
func (d demand) empty() bool { return d.allowance == nil && d.wanted == nil }

// same reports whether another demand gives as long.
func (d demand) same(other demand) bool {
	return proto.Equal(d.allowance, other.allowance) && proto.Equal(d.wanted, other.wanted)
}

// latest returns the demand that took the place of all others.
func (t task) latest() demand {
	if n := len(t.amended); n > 0 {
		return t.amended[n-1]
	}
	return t.terms
}

// due returns when a task is due. What the issuer amends does not judge the
// past: a more generous allowance counts from the start as if it had been there,
// a stricter one from the receipt of the statement that brought it, and neither
// for what was done before that receipt.
func (s *schedule) due(t task, start time.Time) time.Time {
	due := s.dueBy(t, t.terms, start)
	for _, amended := range t.amended {
		received, ok := s.d.Receipt(t.office, amended.said)
		if !ok || t.done != nil && t.done.GetTime().AsTime().Before(received) {
			continue
		}
		next := s.dueBy(t, amended, start)
		if next.Before(due) {
			if next = s.dueBy(t, amended, received); next.After(due) {
				next = due
			}
		}
		due = next
	}
	return due
}

// dueBy returns when a task that started is due by one demand: by the allowance,
// or earlier if somebody named an earlier time. One that was named before it
// started is due as it starts.
func (s *schedule) dueBy(t task, d demand, start time.Time) time.Time {
	var due time.Time
	if d.allowance != nil {
		due = Due(start, d.allowance, s.d.Hours(t.office, t.card, t.statement))
	}
	if d.wanted == nil {
		return due
	}
	wanted := d.wanted.AsTime()
	if wanted.Before(start) {
		wanted = start
	}
	if due.IsZero() || wanted.Before(due) {
		return wanted
	}
	return due
}

// of returns the task that the terms of the case set a participant. The clock
// runs from where it was addressed; if it was asked only later, or again, from
// the statement that asked.
func (s *schedule) of(p *spsv1.Participant, clock spsv1.Clock, asks func(*spsv1.Terms) demand) task {
	t := task{
		clock: clock, office: p.GetOffice(), statement: p.GetAddressed().GetStatement(), card: p.GetCardNumber(), byHand: p.GetByHand(),
	}
	addressed := t.statement
	for _, terms := range s.c.GetTerms() {
		d := asks(terms)
		d.said = terms.GetSaid().GetStatement()
		before := !saidAfter(d.said, addressed)
		switch {
		case before || d.empty():
			t.statement, t.terms, t.amended = addressed, d, nil
		case t.terms.empty():
			t.statement, t.terms = d.said, d
		case !d.same(t.latest()):
			t.amended = append(t.amended, d)
		}
	}
	return t
}

// followUpOf returns what terms ask of a participant that they flag for
// follow-up; nothing if they do not.
func followUpOf(terms *spsv1.Terms, p *spsv1.Participant) demand {
	d, flagged := demand{allowance: terms.GetAllowances().GetOutcome()}, false
	for _, flag := range terms.GetFlags() {
		if who(flag) == who(p) {
			flagged = flagged || flag.GetKind() == spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP
			d.wanted = earlier(d.wanted, flag.GetDueTime())
		}
	}
	if !flagged {
		return demand{}
	}
	return d
}

// disputable returns the allowance that was in force when a dispute was raised.
// What the issuer said when it already had the dispute came later, whatever the
// clocks of the two say.
func (s *schedule) disputable(d *spsv1.Dispute) *spsv1.Allowance {
	until := d.GetSaid().GetTime().AsTime()
	if received, ok := s.d.Receipt(officeOf(s.c.GetCurrent()), d.GetSaid().GetStatement()); ok && received.Before(until) {
		until = received
	}
	all := s.c.GetTerms()
	i := slices.IndexFunc(all, func(terms *spsv1.Terms) bool { return terms.GetSaid().GetTime().AsTime().After(until) })
	if i < 0 {
		i = len(all)
	}
	return all[max(i-1, 0)].GetAllowances().GetDispute()
}

// saidAfter reports whether an office said one statement after another, by their
// names.
func saidAfter(name, other string) bool {
	epoch, sequence := numbers(name)
	otherEpoch, otherSequence := numbers(other)
	return epoch > otherEpoch || epoch == otherEpoch && sequence > otherSequence
}

// numbers returns the epoch and the sequence in the name of a statement.
func numbers(name string) (epoch, sequence uint64) {
	e, n, _ := strings.Cut(name[strings.LastIndexByte(name, '/')+1:], "-")
	epoch, _ = strconv.ParseUint(e, 10, 64)
	sequence, _ = strconv.ParseUint(n, 10, 64)
	return epoch, sequence
}
