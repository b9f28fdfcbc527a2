package statement

import (
	"github.com/spsalert/spsalert/client/plain"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// checkPeople applies the rule of four eyes: who drafted a statement does not
// issue it, unless a waiver says why.
func checkPeople(s *spsv1.Statement) Problems {
	var problems Problems
	drafted, approved, issued := s.GetDraftedBy(), s.GetApprovedBy(), s.GetIssuedBy()
	if s.GetIssuingSystem() != "" {
		if drafted == nil {
			problems.add("drafted_by", "PERSON_REQUIRED", "name the person who drafted it, a system does not speak for itself")
		}
		if approved == nil {
			problems.add("approved_by", "PERSON_REQUIRED", "name the person who approved it, a system does not speak for itself")
		}
		if samePerson(drafted, approved) && s.GetWaiver() == nil {
			problems.add("approved_by", "FOUR_EYES", "have another person approve it, or give a waiver")
		}
		return problems
	}
	if issued == nil {
		problems.add("issued_by", "PERSON_REQUIRED", "name the person who issues it")
	}
	if samePerson(drafted, issued) && s.GetWaiver() == nil {
		problems.add("issued_by", "FOUR_EYES", "have another person than its drafter issue it, or give a waiver")
	}
	return problems
}

// samePerson reports whether nothing shows that a and b are two persons: they
// have one id, or, unless both have ids, the same name and function.
func samePerson(a, b *spsv1.Person) bool {
	if a == nil || b == nil {
		return false
	}
	if a.GetId() != "" && b.GetId() != "" {
		return a.GetId() == b.GetId()
	}
	return plain.Text(a.GetName()) == plain.Text(b.GetName()) && plain.Text(a.GetFunction()) == plain.Text(b.GetFunction())
}
