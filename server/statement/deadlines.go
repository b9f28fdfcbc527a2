package statement

import (
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Delivery is what a node knows beyond the entries of a case, and what it has
// in common with every other node that holds the same receipts and cards.
type Delivery interface {
	// Receipt returns the time of the earliest receipt of an office over a
	// statement, which names it; false if there is none. For the office's own
	// statements it is the time of issue.
	Receipt(office, statement string) (time.Time, bool)
	// Hours returns when an office works: by its card of that number, or, if the
	// number is 0, by the card that was in force when the statement was issued. It
	// returns nil if there is no such card.
	Hours(office string, card uint64, statement string) *spsv1.OfficeHours
}

// Deadlines returns what is to be done in a case, by whom and by when, as it
// stands at now: first the acknowledgements, then outcomes, answers, the
// confirmation of a preliminary notification, the answers to disputes. A clock
// runs from the receipt of the office that has to act; until there is one it is
// undelivered, which is not overdue.
func Deadlines(c *spsv1.CaseState, d Delivery, now time.Time) []*spsv1.Deadline {
	s := &schedule{c: c, d: d, now: now}
	for _, p := range c.GetParticipants() {
		s.acknowledgement(p)
	}
	for _, p := range c.GetParticipants() {
		s.outcome(p)
	}
	for _, r := range c.GetRequests() {
		s.answers(r)
	}
	s.confirmation()
	for _, dispute := range c.GetDisputes() {
		s.dispute(dispute)
	}
	return s.list
}

// schedule is a list of deadlines under way.
type schedule struct {
	c    *spsv1.CaseState
	d    Delivery
	now  time.Time
	list []*spsv1.Deadline
}

// task is one thing to be done.
type task struct {
	clock     spsv1.Clock
	office    string
	statement string   // from which the clock runs
	terms     demand   // under which it started
	amended   []demand // those that took their place, in order
	card      uint64
	byHand    bool // the office has no node
	done      *spsv1.Mark
	void      bool // nobody waits for it any more
}

// add works out how a task stands.
func (s *schedule) add(t task) {
	if t.terms.empty() {
		return
	}
	line := &spsv1.Deadline{Clock: t.clock, Office: t.office, Statement: t.statement, Done: t.done}
	s.list = append(s.list, line)
	start, delivered := s.d.Receipt(t.office, t.statement)
	if delivered && !t.byHand {
		due := s.due(t, start)
		if until := s.extension(t); until != nil && until.AsTime().After(due) {
			due, line.Extended = until.AsTime(), true
		}
		line.StartTime, line.DueTime = timestamppb.New(start), timestamppb.New(due)
		line.Late = t.done != nil && t.done.GetTime().AsTime().After(due)
	}
	switch {
	case t.done != nil:
		line.State = spsv1.DeadlineState_DEADLINE_STATE_MET
	case t.void || s.c.GetStatus() != spsv1.CaseStatus_CASE_STATUS_OPEN:
		line.State = spsv1.DeadlineState_DEADLINE_STATE_VOID
	case t.byHand:
		line.State = spsv1.DeadlineState_DEADLINE_STATE_BY_HAND
	case !delivered:
		line.State = spsv1.DeadlineState_DEADLINE_STATE_UNDELIVERED
	case s.now.After(line.GetDueTime().AsTime()):
		line.State = spsv1.DeadlineState_DEADLINE_STATE_OVERDUE
	default:
		line.State = spsv1.DeadlineState_DEADLINE_STATE_RUNNING
	}
}

// extension returns the latest due time that was granted for a task; nil if
// none was.
func (s *schedule) extension(t task) *timestamppb.Timestamp {
	var until *timestamppb.Timestamp
	for _, x := range s.c.GetExtensions() {
		if x.GetClock() == t.clock && x.GetOffice() == t.office && s.runsFrom(x, t) &&
			(until == nil || x.GetDueTime().AsTime().After(until.AsTime())) {
			until = x.GetDueTime()
		}
	}
	return until
}

// runsFrom reports whether an extension is of the clock of a task. One that
// names the original moves the clocks that the case itself started.
func (s *schedule) runsFrom(x *spsv1.GrantedExtension, t task) bool {
	ofCase := t.clock != spsv1.Clock_CLOCK_ANSWER && t.clock != spsv1.Clock_CLOCK_DISPUTE
	return x.GetStatement() == t.statement || ofCase && x.GetStatement() == s.c.GetVersions()[0].GetSaid().GetStatement()
}

// acknowledgement: each office addressed reads the case, but for observers.
func (s *schedule) acknowledgement(p *spsv1.Participant) {
	if !reads(p) {
		return
	}
	t := s.of(p, spsv1.Clock_CLOCK_ACKNOWLEDGEMENT, func(terms *spsv1.Terms) demand {
		return demand{allowance: terms.GetAllowances().GetAcknowledgement()}
	})
	t.done = p.GetAcknowledged()
	for _, told := range p.GetTold() {
		if t.done == nil && told.GetCounts() && told.GetAcknowledged() {
			t.done = told.GetSaid()
		}
	}
	s.add(t)
}

// reads reports whether a participant is an office that is to acknowledge.
func reads(p *spsv1.Participant) bool {
	observer := len(p.GetRoles()) == 1 && p.GetRoles()[0] == spsv1.AddresseeRole_ADDRESSEE_ROLE_OBSERVER
	return p.GetOffice() != "" && p.GetAddressed() != nil && !observer
}

// outcome: each office addressed that is flagged for follow-up tells what it
// found, or that it is not concerned.
func (s *schedule) outcome(p *spsv1.Participant) {
	if p.GetOffice() == "" || p.GetAddressed() == nil || !slices.Contains(p.GetFlags(), spsv1.FlagKind_FLAG_KIND_FOR_FOLLOW_UP) {
		return
	}
	t := s.of(p, spsv1.Clock_CLOCK_OUTCOME, func(terms *spsv1.Terms) demand { return followUpOf(terms, p) })
	if concluded(p.GetOutcome()) {
		t.done = p.GetOutcomeSaid()
	} else if notConcerned(p.GetStance()) {
		t.done = p.GetStanceSaid()
	}
	for _, told := range p.GetTold() {
		if t.done == nil && told.GetCounts() && (concluded(told.GetOutcome()) || notConcerned(told.GetStance())) {
			t.done = told.GetSaid()
		}
	}
	s.add(t)
}

func notConcerned(s *spsv1.Stance) bool {
	return s.GetPosition() == spsv1.StancePosition_STANCE_POSITION_NOT_CONCERNED
}

// concluded reports whether an investigation has come to an end.
func concluded(o *spsv1.Outcome) bool {
	return o != nil && o.GetConclusion() != spsv1.OutcomeConclusion_OUTCOME_CONCLUSION_IN_PROGRESS
}

// answers: each office asked answers. An interim answer says when the rest
// follows and moves nothing: more time is asked of who asked, and granted.
func (s *schedule) answers(r *spsv1.CaseRequest) {
	for _, a := range r.GetAnswers() {
		t := task{
			clock: spsv1.Clock_CLOCK_ANSWER, office: a.GetOffice(), statement: r.GetSaid().GetStatement(),
			terms: demand{allowance: r.GetAllowance(), wanted: r.GetDueTime()}, card: a.GetCardNumber(), byHand: a.GetByHand(),
		}
		switch a.GetResult() {
		case spsv1.ResponseResult_RESPONSE_RESULT_UNSPECIFIED, spsv1.ResponseResult_RESPONSE_RESULT_INTERIM:
		default:
			t.done = a.GetSaid()
		}
		s.add(t)
	}
}

// confirmation: the issuer of a preliminary notification confirms or withdraws
// it, from when it first said so.
func (s *schedule) confirmation() {
	var since, done *spsv1.Mark
	var allowance *spsv1.Allowance
	for _, v := range s.c.GetVersions() {
		switch {
		case v.GetTakenBack():
		case v.GetPreliminary() && (since == nil || done != nil):
			since, done, allowance = v.GetSaid(), nil, v.GetAllowances().GetConfirmation()
		case !v.GetPreliminary() && since != nil && done == nil:
			done = v.GetSaid()
		}
	}
	if since == nil {
		return
	}
	if done == nil && s.c.GetStatus() == spsv1.CaseStatus_CASE_STATUS_WITHDRAWN {
		done = s.c.GetStatusSaid()
	}
	s.add(task{
		clock: spsv1.Clock_CLOCK_CONFIRMATION, office: officeOf(since.GetStatement()), statement: since.GetStatement(),
		terms: demand{allowance: allowance}, done: done,
	})
}

// dispute: the issuer answers an objection, by the allowance in force when it was
// raised: no amendment of its own moves its own clock.
func (s *schedule) dispute(d *spsv1.Dispute) {
	s.add(task{
		clock: spsv1.Clock_CLOCK_DISPUTE, office: officeOf(s.c.GetCurrent()), statement: d.GetSaid().GetStatement(),
		terms: demand{allowance: s.disputable(d)}, card: d.GetCardNumber(), done: d.GetAnswered(), void: d.GetLifted(),
	})
}

// officeOf returns the code of the office in the name of a statement.
func officeOf(name string) string {
	const prefix = len("offices/")
	if len(name) < prefix+2 {
		return ""
	}
	return name[prefix : prefix+2]
}
