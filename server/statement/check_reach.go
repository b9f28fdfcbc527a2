package statement

import (
	"fmt"
	"slices"
	"strings"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// ReachesAll reports whether a statement changes a case, and so goes to everyone
// who was ever addressed in it.
func ReachesAll(s *spsv1.Statement) bool { return s.GetCaseRef() != nil && kinds[kindOf(s)].fixed }

// checkReach: what changes a case goes to everyone who was ever addressed in it,
// and what takes back, takes the place of or answers a statement to those who
// were told or asked.
func (c *Case) checkReach(s *spsv1.Statement) Problems {
	var problems Problems
	if k := kinds[kindOf(s)]; k.fixed {
		r := k.reach(c, s)
		if r.network && !s.GetNetwork() {
			problems.add("network", "REACH_NETWORK", "send it to the network: it goes to everyone who was ever addressed in the case")
		}
		if missing := r.missing(s); len(missing) > 0 {
			problems.add("addressees", "REACH", fmt.Sprintf(
				"add %s: it goes to everyone who was ever addressed in the case", strings.Join(missing, ", ")))
		}
	}
	told := c.superseded(s)
	if told.network && !s.GetNetwork() {
		problems.add("network", "REACH_NETWORK", "send it to the network, as was what it takes the place of")
	}
	if missing := told.missing(s); len(missing) > 0 {
		problems.add("addressees", "REACH", fmt.Sprintf(
			"add %s: it goes to everyone who was told of what it takes the place of", strings.Join(missing, ", ")))
	}
	if s.GetResponse() == nil || s.GetNetwork() {
		return problems
	}
	question := c.f.find(relation(s, spsv1.RelationKind_RELATION_KIND_REPLIES)).entry
	if question == nil || question.office() == s.GetOffice() {
		return problems
	}
	if !slices.ContainsFunc(s.GetAddressees(), func(a *spsv1.Addressee) bool { return a.GetOffice() == question.office() }) {
		problems.add("addressees", "REACH_ASKER", fmt.Sprintf("add %s: an answer goes to who asked", question.office()))
	}
	return problems
}

// checkHandling: only an amendment makes the handling of a case wider, and under
// ADDRESSEES_ONLY only the issuing office brings others in.
func (c *Case) checkHandling(s *spsv1.Statement) Problems {
	var problems Problems
	if s.GetAmendment() == nil && s.GetHandling() != 0 && s.GetHandling() < c.f.state.GetHandling() {
		problems.add("handling", "HANDLING_WIDER", "give it the handling of the case or a stricter one: only an amendment makes it wider")
	}
	if c.f.state.GetHandling() != spsv1.Handling_HANDLING_ADDRESSEES_ONLY || s.GetOffice() == c.f.issuer() {
		return problems
	}
	told := c.told(s.GetOffice())
	for i, a := range s.GetAddressees() {
		known := a.GetOffice() == s.GetOffice() || told.offices[a.GetOffice()] ||
			slices.ContainsFunc(told.hand, func(b *spsv1.Addressee) bool { return who(a) == who(b) })
		if !known {
			c.beyond(&problems, fmt.Sprintf("addressees[%d]", i), named(a))
		}
	}
	return problems
}
