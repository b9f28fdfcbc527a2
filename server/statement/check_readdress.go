package statement

import (
	"fmt"
	"slices"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// CheckReaddress returns which of some offices an office must not hand its
// statements in the case on to. The office that issued the case may bring in
// whom it likes. Any other, if the case or one of its statements there is for
// addressees only, hands on only to whom the case was told before.
func (c *Case) CheckReaddress(by string, to []string) Problems {
	if by == c.f.issuer() || !c.addresseesOnly(by) {
		return nil
	}
	var problems Problems
	told := c.told(by)
	for i, office := range to {
		if !told.has(office) {
			c.beyond(&problems, fmt.Sprintf("offices[%d]", i), office)
		}
	}
	return problems
}

// addresseesOnly reports whether the case, or anything that an office said in
// it, is for addressees only. The handling of each statement stays as it was
// signed, also when an amendment makes that of the case wider.
func (c *Case) addresseesOnly(by string) bool {
	const only = spsv1.Handling_HANDLING_ADDRESSEES_ONLY
	return c.f.state.GetHandling() == only || slices.ContainsFunc(c.f.entries, func(e folded) bool {
		return e.office() == by && e.Statement.GetHandling() == only
	})
}

// beyond adds that somebody was not told of the case, and who alone may.
func (c *Case) beyond(problems *Problems, field, whom string) {
	problems.add(field, "AUDIENCE_BEYOND", fmt.Sprintf(
		"leave out %s: the case is for its addressees only; ask %s by a request of kind READDRESS", whom, c.f.issuer()))
}

// Withheld returns the offices but by which said something in the case that one
// of some others has not got, as far as is known here.
func (c *Case) Withheld(by string, from []string) (offices []string) {
	withheld := func(e *CaseEntry) {
		if e.Statement == nil || e.office() == by || slices.Contains(offices, e.office()) {
			return
		}
		told := c.toldOf(e)
		if slices.ContainsFunc(from, func(office string) bool { return office != e.office() && !told.has(office) }) {
			offices = append(offices, e.office())
		}
	}
	withheld(&c.f.original)
	for i := range c.f.entries {
		withheld(&c.f.entries[i].CaseEntry)
	}
	return offices
}
