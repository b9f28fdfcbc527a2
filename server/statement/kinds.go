package statement

import (
	"fmt"
	"strings"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// checkCase checks the case that a statement belongs to and its relations, as far
// as it says them itself.
func checkCase(s *spsv1.Statement) Problems {
	var problems Problems
	original := s.GetNotification() != nil || s.GetAnnouncement() != nil
	switch {
	case original && s.GetCaseRef() != nil:
		problems.add("case_ref", "CASE_NOT_ALLOWED", "leave out the case, a notification begins one and an announcement has none")
	case !original && s.GetBody() != nil && s.GetCaseRef() == nil:
		problems.add("case_ref", "CASE_REQUIRED", "name the case by its original")
	}
	if ref := s.GetCaseRef().GetReference(); ref != "" && exercise(s) != exerciseReference(ref) {
		problems.add("status", "STATUS_MIXED", "give it the status of its case: an exercise stays one, what is real stays real")
	}
	for i, r := range s.GetRelatesTo() {
		path := fmt.Sprintf("relates_to[%d]", i)
		if ref := r.GetReference(); ref != "" && exerciseReference(ref) != exercise(s) {
			problems.add(path+".reference", "STATUS_MIXED", "leave it out, what is real and what is an exercise do not relate to each other")
		}
		if ownOnly(r.GetKind()) && r.GetEntry() != nil && issuer(r.GetEntry()) != s.GetOffice() {
			problems.add(path+".entry", "RELATION_FOREIGN",
				"name an entry of the own office, what others said is theirs to change; ask them by a request")
		}
	}
	return problems
}

// ownOnly reports whether an office may relate so to its own entries only. That
// it is its own is not enough: the case says which it may amend, withdraw or take
// the place of, see [Case.Check].
func ownOnly(k spsv1.RelationKind) bool {
	switch k {
	case spsv1.RelationKind_RELATION_KIND_AMENDS,
		spsv1.RelationKind_RELATION_KIND_WITHDRAWS,
		spsv1.RelationKind_RELATION_KIND_SUPERSEDES:
		return true
	default:
		return false
	}
}

// issuer returns the code of the office in whose log an entry stands.
func issuer(e *spsv1.EntryRef) string {
	parts := strings.Split(e.GetOrigin(), "/")
	if len(parts) != 3 {
		return ""
	}
	return parts[1]
}

// checkBody applies the law of each kind of statement.
func checkBody(s *spsv1.Statement) Problems {
	var problems Problems
	switch b := s.GetBody().(type) {
	case *spsv1.Statement_Notification:
		checkNotification(&problems, b.Notification, "notification")
	case *spsv1.Statement_Amendment:
		checkNotification(&problems, b.Amendment.GetNotification(), "amendment.notification")
		checkAmendment(&problems, s, b.Amendment)
	case *spsv1.Statement_FollowUp:
		checkFollowUp(&problems, s, b.FollowUp)
	case *spsv1.Statement_Withdrawal:
		// One that names what it takes back may stand in another office's case.
		if !hasRelation(s, spsv1.RelationKind_RELATION_KIND_WITHDRAWS) {
			ownCase(&problems, s, "withdraws")
		} else if countEntries(s, spsv1.RelationKind_RELATION_KIND_WITHDRAWS) != 1 {
			problems.add("relates_to", "RELATION_REQUIRED", "name what it takes back by exactly one relation of kind WITHDRAWS with its entry")
		}
	case *spsv1.Statement_Closure:
		ownCase(&problems, s, "closes")
		if b.Closure.GetOutcome() == spsv1.ClosureOutcome_CLOSURE_OUTCOME_DUPLICATE &&
			!hasRelation(s, spsv1.RelationKind_RELATION_KIND_SAME_EVENT) {
			problems.add("relates_to", "RELATION_REQUIRED", "name the other case by a relation of kind SAME_EVENT")
		}
	case *spsv1.Statement_Reopening:
		ownCase(&problems, s, "reopens")
	case *spsv1.Statement_Request:
		checkRequest(&problems, s, b.Request)
	case *spsv1.Statement_Response:
		checkResponse(&problems, s, b.Response)
	case *spsv1.Statement_Announcement:
		checkAnnouncement(&problems, s, b.Announcement)
	}
	return problems
}

// ownCase checks that the case is the issuing office's own.
func ownCase(problems *Problems, s *spsv1.Statement, does string) {
	if s.GetCaseRef().GetOriginal() == nil || issuer(s.GetCaseRef().GetOriginal()) == s.GetOffice() {
		return
	}
	problems.add("case_ref.original", "CASE_FOREIGN",
		fmt.Sprintf("ask the office that issued the notification by a request, only it %s the case", does))
}

// hasRelation reports whether s relates so to an earlier statement.
func hasRelation(s *spsv1.Statement, kind spsv1.RelationKind) bool {
	for _, r := range s.GetRelatesTo() {
		if r.GetKind() == kind {
			return true
		}
	}
	return false
}

// countEntries returns how many entries s relates to in one way.
func countEntries(s *spsv1.Statement, kind spsv1.RelationKind) int {
	n := 0
	for _, r := range s.GetRelatesTo() {
		if r.GetKind() == kind && r.GetEntry() != nil {
			n++
		}
	}
	return n
}

func checkNotification(problems *Problems, n *spsv1.Notification, path string) {
	if n.GetClassification() == spsv1.Classification_CLASSIFICATION_ALERT && n.GetRisk() == nil {
		problems.add(path+".risk", "RISK_REQUIRED", "decide the risk, UNDECIDED if it is not known yet; an alert needs it")
	}
	if r := n.GetRisk(); r != nil && r.PersonsAffected != nil {
		if r.GetPersonsHospitalised() > r.GetPersonsAffected() {
			problems.add(path+".risk.persons_hospitalised", "PERSONS_EXCEED", "correct the numbers, these persons are among those affected")
		}
		if r.GetPersonsDead() > r.GetPersonsAffected() {
			problems.add(path+".risk.persons_dead", "PERSONS_EXCEED", "correct the numbers, these persons are among those affected")
		}
	}
}

func checkAmendment(problems *Problems, s *spsv1.Statement, a *spsv1.Amendment) {
	ownCase(problems, s, "amends")
	if countEntries(s, spsv1.RelationKind_RELATION_KIND_AMENDS) != 1 {
		problems.add("relates_to", "RELATION_REQUIRED", "name the version that it replaces by exactly one relation of kind AMENDS with its entry")
	}
	for i, c := range a.GetChanges() {
		if c.GetKind() == spsv1.ChangeKind_CHANGE_KIND_CONFIRMATION && a.GetNotification().GetPreliminary() {
			problems.add(fmt.Sprintf("amendment.changes[%d].kind", i), "STILL_PRELIMINARY",
				"set preliminary to false in what is confirmed")
		}
	}
}

// checkFollowUp checks that a follow-up says something, itself or by what the
// statement carries beside it.
func checkFollowUp(problems *Problems, s *spsv1.Statement, f *spsv1.FollowUp) {
	itself := len(f.GetText()) > 0 || f.GetStance() != nil || f.GetOutcome() != nil || f.GetFacts() != nil ||
		f.GetPart() != spsv1.Part_PART_UNSPECIFIED
	beside := len(s.GetAttachments()) > 0 || len(s.GetExternalReferences()) > 0 || len(s.GetHandDeliveries()) > 0 ||
		hasRelation(s, spsv1.RelationKind_RELATION_KIND_SAME_EVENT) ||
		hasRelation(s, spsv1.RelationKind_RELATION_KIND_RECURRENCE) ||
		hasRelation(s, spsv1.RelationKind_RELATION_KIND_TRANSCRIBES)
	if !itself && !beside {
		problems.add("follow_up", "FOLLOW_UP_EMPTY",
			"say something: a text, a stance, an outcome, facts, that your part is done, an attachment or an external reference")
	}
}

func checkRequest(problems *Problems, s *spsv1.Statement, r *spsv1.Request) {
	addressed := make(map[string]bool)
	for _, a := range s.GetAddressees() {
		addressed[a.GetOffice()] = true
	}
	for i, office := range r.GetOffices() {
		if office == s.GetOffice() && s.GetSource() != nil {
			continue // others ask it by letter or telephone
		}
		if office == s.GetOffice() {
			problems.add(fmt.Sprintf("request.offices[%d]", i), "REQUEST_SELF", "ask another office than the own")
		} else if !addressed[office] {
			problems.add(fmt.Sprintf("request.offices[%d]", i), "REQUEST_NOT_ADDRESSED", fmt.Sprintf("add %s to the addressees", office))
		}
	}
	switch r.GetKind() {
	case spsv1.RequestKind_REQUEST_KIND_READDRESS:
		if len(r.GetFurtherOffices()) == 0 {
			problems.add("request.further_offices", "REQUEST_INCOMPLETE", "name the offices to be addressed")
		}
	case spsv1.RequestKind_REQUEST_KIND_CODE_REINSTATEMENT:
		if len(r.GetCodes()) == 0 {
			problems.add("request.codes", "REQUEST_INCOMPLETE", "name the codes to be reinstated")
		}
	default:
	}
}

func checkResponse(problems *Problems, s *spsv1.Statement, r *spsv1.Response) {
	if countEntries(s, spsv1.RelationKind_RELATION_KIND_REPLIES) != 1 {
		problems.add("relates_to", "RELATION_REQUIRED", "name what it answers by exactly one relation of kind REPLIES with its entry")
	}
	if r.GetDisputeResult() != spsv1.DisputeResult_DISPUTE_RESULT_UNSPECIFIED {
		ownCase(problems, s, "answers disputes of")
	}
	if r.GetResult() == spsv1.ResponseResult_RESPONSE_RESULT_INTERIM && r.GetDueTime() == nil {
		problems.add("response.due_time", "RESPONSE_INCOMPLETE", "say by when the rest follows")
	}
}

func checkAnnouncement(problems *Problems, s *spsv1.Statement, a *spsv1.Announcement) {
	switch a.GetAction() {
	case spsv1.AnnouncementAction_ANNOUNCEMENT_ACTION_REPLACE:
		if countEntries(s, spsv1.RelationKind_RELATION_KIND_SUPERSEDES) == 0 {
			problems.add("relates_to", "RELATION_REQUIRED", "name the announcement that it replaces by a relation of kind SUPERSEDES with its entry")
		}
	case spsv1.AnnouncementAction_ANNOUNCEMENT_ACTION_WITHDRAW:
		if countEntries(s, spsv1.RelationKind_RELATION_KIND_WITHDRAWS) == 0 {
			problems.add("relates_to", "RELATION_REQUIRED", "name the announcement that it takes back by a relation of kind WITHDRAWS with its entry")
		}
	default:
	}
}
