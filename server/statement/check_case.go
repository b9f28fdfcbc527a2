package statement

import (
	"fmt"
	"math"
	"slices"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Check returns what is wrong with a statement as the next one of its office in
// the case: what would have no effect, who would not get what everyone who was
// ever addressed must get, what would overrule a version that nobody looked at.
// It takes the statement for valid by itself, which the function [Check] says.
func (c *Case) Check(s *spsv1.Statement) Problems {
	if problems := c.checkEffect(s); len(problems) > 0 {
		return problems // what has no effect need not reach anybody
	}
	problems := append(c.checkReach(s), c.checkHandling(s)...)
	problems = append(problems, c.checkReferences(s)...)
	problems = append(problems, c.checkTranscript(s)...)
	problems = append(problems, c.checkSupersedes(s)...)
	switch b := s.GetBody().(type) {
	case *spsv1.Statement_Amendment:
		problems = append(problems, c.checkAmendment(s, b.Amendment)...)
	case *spsv1.Statement_Withdrawal:
		problems = append(problems, c.checkWithdrawal(s, b.Withdrawal)...)
	case *spsv1.Statement_Closure:
		switch c.f.state.GetStatus() {
		case spsv1.CaseStatus_CASE_STATUS_CLOSED:
			problems.add("closure", "CASE_CLOSED", "leave it, the case is closed already; reopen it first to close it anew")
		case spsv1.CaseStatus_CASE_STATUS_WITHDRAWN:
			problems.add("closure", "CASE_WITHDRAWN", "reopen the case first, its notification was withdrawn")
		}
	case *spsv1.Statement_Reopening:
		if c.f.state.GetStatus() == spsv1.CaseStatus_CASE_STATUS_OPEN {
			problems.add("reopening", "CASE_OPEN", "leave it, the case is open")
		}
	case *spsv1.Statement_FollowUp:
		problems = append(problems, c.checkFollowUp(s, b.FollowUp)...)
	case *spsv1.Statement_Request:
		problems = append(problems, c.checkRequest(s, b.Request)...)
	case *spsv1.Statement_Response:
		problems = append(problems, c.checkResponse(s)...)
	}
	return problems
}

// effects are the problems of a statement that would have no effect, by the
// reason.
var effects = map[spsv1.NoEffectReason]Problem{
	spsv1.NoEffectReason_NO_EFFECT_REASON_OUTSIDE_AUDIENCE: {
		"case_ref.original", "OUTSIDE_AUDIENCE", "ask the office that issued the notification to readdress the case: it was not told to this office",
	},
	spsv1.NoEffectReason_NO_EFFECT_REASON_NOT_ITS_REGISTER: {
		"case_ref.original", "NOT_ITS_REGISTER", "leave this to the office whose register it is, or ask that office by a request",
	},
	spsv1.NoEffectReason_NO_EFFECT_REASON_NOT_A_VERSION: {
		"relates_to", "NOT_A_VERSION", "name the notification or an amendment of it as what is amended",
	},
	spsv1.NoEffectReason_NO_EFFECT_REASON_NOTHING_TO_ANSWER: {
		"relates_to", "NOTHING_TO_ANSWER", "name a request of this case that is answered, or a statement that disputes the notification",
	},
	spsv1.NoEffectReason_NO_EFFECT_REASON_NOT_ASKED: {
		"relates_to", "NOT_ASKED", "leave the answer to the offices that the request asks, this is none of them",
	},
	spsv1.NoEffectReason_NO_EFFECT_REASON_HEARSAY: {
		"source.teller.office", "HEARSAY", "leave the answer to the office itself if it has a node; of one without, only who asked enters what it answered",
	},
	spsv1.NoEffectReason_NO_EFFECT_REASON_CASE_WITHDRAWN: {
		"case_ref.original", "CASE_WITHDRAWN", "reopen the case first, its notification was withdrawn",
	},
	spsv1.NoEffectReason_NO_EFFECT_REASON_OTHER_ENTRY: {
		"relates_to", "OTHER_ENTRY", "name an entry of this case with its own digest",
	},
}

// newest returns a statement as the newest entry of its office.
func newest(s *spsv1.Statement) CaseEntry {
	return CaseEntry{
		Origin:    certs.Origin{Federation: s.GetFederation(), Office: certs.Office(s.GetOffice()), Epoch: math.MaxInt64},
		Sequence:  math.MaxInt64,
		Audience:  Audience(s),
		Statement: s,
	}
}

// checkEffect folds the case with the statement as its newest entry, and says
// why that would change nothing.
func (c *Case) checkEffect(s *spsv1.Statement) Problems {
	next := newest(s)
	entries := make([]CaseEntry, 0, len(c.f.entries)+1)
	for i := range c.f.entries {
		entries = append(entries, c.f.entries[i].CaseEntry)
	}
	f := newFolder(c.f.original, append(entries, next))
	f.stand()
	var problems Problems
	at, counts := f.at[next.place()]
	if !counts {
		problems.add("case_ref.original", "TOO_MUCH", "begin another case, and say how it belongs to this one: this office has said as much here as counts")
		return problems
	}
	switch e := f.entries[at]; e.standing {
	case spsv1.EntryStanding_ENTRY_STANDING_WAITING:
		problems.add("relates_to", "RELATION_UNKNOWN", "name a statement of this case that is held here")
	case spsv1.EntryStanding_ENTRY_STANDING_WITHOUT_EFFECT:
		if p, ok := effects[e.reason]; ok {
			problems = append(problems, p)
		}
	}
	return problems
}

// checkTranscript: only a case that was entered by hand has a real one, and only
// who entered it says which.
func (c *Case) checkTranscript(s *spsv1.Statement) Problems {
	var problems Problems
	for i, r := range s.GetRelatesTo() {
		if r.GetKind() != spsv1.RelationKind_RELATION_KIND_TRANSCRIBES {
			continue
		}
		if c.f.original.Statement.GetSource() == nil || s.GetOffice() != c.f.issuer() {
			problems.add(fmt.Sprintf("relates_to[%d].kind", i), "TRANSCRIPT",
				"choose another kind: only the office that entered a case by hand says which is the real one")
		}
	}
	return problems
}

// checkSupersedes: a statement takes the place of one that it may take back so.
func (c *Case) checkSupersedes(s *spsv1.Statement) Problems {
	var problems Problems
	for i, r := range s.GetRelatesTo() {
		if r.GetKind() != spsv1.RelationKind_RELATION_KIND_SUPERSEDES || r.GetEntry() == nil {
			continue
		}
		if at := c.f.find(r.GetEntry()).entry; at == nil || !takes(newest(s), r, at) {
			problems.add(fmt.Sprintf("relates_to[%d].entry", i), "RELATION_VOID",
				"name an earlier statement of the same kind that one person may issue; what takes two is undone by an act that takes two, such as a reopening")
		}
	}
	return problems
}

// checkAmendment: an amendment replaces the version that stands, and says when it
// reclassifies or confirms.
func (c *Case) checkAmendment(s *spsv1.Statement, a *spsv1.Amendment) Problems {
	var problems Problems
	current := c.f.current()
	if ref := relation(s, spsv1.RelationKind_RELATION_KIND_AMENDS); ref != nil {
		at := place{origin: ref.GetOrigin(), sequence: ref.GetSequence()}
		if at != current.place() {
			problems.add("relates_to", "VERSION_OLD", fmt.Sprintf("look at the version that stands, %s, and amend that one", current.Reference))
		}
	}
	before, after := Content(current.Statement), a.GetNotification()
	named := func(kind spsv1.ChangeKind) int {
		return slices.IndexFunc(a.GetChanges(), func(change *spsv1.Change) bool { return change.GetKind() == kind })
	}
	switch at := named(spsv1.ChangeKind_CHANGE_KIND_RECLASSIFICATION); {
	case at < 0 && reclassified(before, after):
		problems.add("amendment.changes", "CHANGE_UNNAMED", "add a change of kind RECLASSIFICATION, the classification is another")
	case at >= 0 && !reclassified(before, after):
		problems.add(fmt.Sprintf("amendment.changes[%d].kind", at), "CHANGE_UNTRUE", "leave it out, the classification is the same")
	}
	switch at := named(spsv1.ChangeKind_CHANGE_KIND_CONFIRMATION); {
	case at < 0 && confirmed(before, after):
		problems.add("amendment.changes", "CHANGE_UNNAMED", "add a change of kind CONFIRMATION, the notification is preliminary no more")
	case at >= 0 && !before.GetPreliminary():
		problems.add(fmt.Sprintf("amendment.changes[%d].kind", at), "CHANGE_UNTRUE", "leave it out, the notification was not preliminary")
	}
	if after.GetPreliminary() && !before.GetPreliminary() {
		problems.add("amendment.notification.preliminary", "PRELIMINARY_AGAIN", "leave it out, what was confirmed does not become preliminary again; withdraw it instead")
	}
	return problems
}

// checkWithdrawal: a notification is withdrawn once, and as not confirmed only
// while it is preliminary.
func (c *Case) checkWithdrawal(s *spsv1.Statement, w *spsv1.Withdrawal) Problems {
	var problems Problems
	ref := relation(s, spsv1.RelationKind_RELATION_KIND_WITHDRAWS)
	if ref != nil && !c.f.find(ref).original {
		return nil
	}
	if c.f.state.GetStatus() == spsv1.CaseStatus_CASE_STATUS_WITHDRAWN {
		problems.add("withdrawal", "CASE_WITHDRAWN", "leave it, the notification is withdrawn already")
	}
	if w.GetReason() == spsv1.WithdrawalReason_WITHDRAWAL_REASON_NOT_CONFIRMED && !c.f.state.GetNotification().GetPreliminary() {
		problems.add("withdrawal.reason", "NOT_PRELIMINARY", "give another reason, the notification is not preliminary")
	}
	return problems
}

// checkFollowUp: stance, outcome and part are registers of addressees.
func (c *Case) checkFollowUp(s *spsv1.Statement, f *spsv1.FollowUp) Problems {
	var problems Problems
	if s.GetOffice() != c.f.issuer() || s.GetSource() != nil {
		return nil
	}
	for _, register := range []struct {
		field string
		set   bool
	}{
		{"stance", f.GetStance() != nil},
		{"outcome", f.GetOutcome() != nil},
		{"part", f.GetPart() != spsv1.Part_PART_UNSPECIFIED},
	} {
		if register.set {
			problems.add("follow_up."+register.field, "REGISTER_OF_ADDRESSEE", "leave it out, addressees say that; amend, withdraw or close the own case")
		}
	}
	return problems
}

// checkRequest: who is asked holds the case, and an extension is asked of who may
// grant it.
func (c *Case) checkRequest(s *spsv1.Statement, r *spsv1.Request) Problems {
	var problems Problems
	told := c.told(s.GetOffice())
	hand := make(map[string]bool)
	for _, a := range s.GetAddressees() {
		hand[a.GetOffice()] = a.GetByHand()
	}
	for i, office := range r.GetOffices() {
		if office != s.GetOffice() && !hand[office] && !told.has(office) {
			problems.add(fmt.Sprintf("request.offices[%d]", i), "REQUEST_OUTSIDE", fmt.Sprintf(
				"have the case readdressed to %s first, it does not know of it", office))
		}
	}
	x := r.GetExtension()
	if x == nil {
		return problems
	}
	switch from, grantor := c.f.extended(x); {
	case from == "":
		problems.add("request.extension.statement", "RELATION_UNKNOWN", "name a statement of this case that is held here")
	case grantor != "" && !slices.Contains(r.GetOffices(), grantor):
		problems.add("request.offices", "EXTENSION_GRANTOR", fmt.Sprintf("ask %s, which alone may grant it", grantor))
	}
	return problems
}

// checkResponse: an answer to a dispute that was lifted says nothing.
func (c *Case) checkResponse(s *spsv1.Statement) Problems {
	var problems Problems
	ref := relation(s, spsv1.RelationKind_RELATION_KIND_REPLIES)
	at := c.f.find(ref).entry
	if at == nil || s.GetResponse().GetDisputeResult() == spsv1.DisputeResult_DISPUTE_RESULT_UNSPECIFIED {
		return nil
	}
	for _, d := range c.f.state.GetDisputes() {
		if d.GetSaid().GetStatement() == at.Name() && d.GetLifted() {
			problems.add("relates_to", "DISPUTE_LIFTED", fmt.Sprintf("leave it, %s disputes no more", d.GetOffice()))
		}
	}
	return problems
}
