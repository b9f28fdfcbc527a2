package statement

import (
	"slices"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// telling is that a recipient is told something.
type telling struct {
	whom string
	what place
}

// ToTell returns whom without a node an office addressed and has not recorded to
// have told everything, each with what is missing in the order in which it was
// said: the statement that first named them, and what goes to all who were ever
// addressed after it. A record that names no statement tells what the office had
// said in the case by then.
func ToTell(self certs.Office, original CaseEntry, others []CaseEntry, c *spsv1.CaseState) (prompts []*spsv1.TellPrompt) {
	own, knows := tellings(self, original, others)
	for _, p := range c.GetParticipants() {
		first := slices.IndexFunc(own, func(e CaseEntry) bool { return e.Name() == p.GetAddressed().GetStatement() })
		if !p.GetByHand() || first < 0 {
			continue
		}
		prompt := &spsv1.TellPrompt{Office: p.GetOffice(), Area: p.GetArea(), Body: p.GetBody()}
		for _, e := range own {
			order := compareEntries(own[first], e)
			if (order == 0 || order < 0 && forAll(e.Statement)) && !knows(who(p), e) {
				prompt.Statements = append(prompt.Statements, e.Name())
			}
		}
		if len(prompt.GetStatements()) > 0 {
			prompts = append(prompts, prompt)
		}
	}
	return prompts
}

// tellings returns the entries of an office in their order, and whether it has
// recorded to have told a recipient one of them.
func tellings(self certs.Office, original CaseEntry, others []CaseEntry) (own []CaseEntry, knows func(whom string, e CaseEntry) bool) {
	told, upTo := make(map[telling]bool), make(map[string]CaseEntry)
	for _, e := range append([]CaseEntry{original}, others...) {
		if e.Origin.Office != self || e.Statement == nil {
			continue
		}
		own = append(own, e)
		for _, h := range e.Statement.GetHandDeliveries() {
			last, ok := upTo[who(h)]
			switch ref := h.GetStatement(); {
			case ref != nil:
				told[telling{who(h), place{origin: ref.GetOrigin(), sequence: ref.GetSequence()}}] = true
			case !ok || compareEntries(last, e) < 0:
				upTo[who(h)] = e
			}
		}
	}
	slices.SortFunc(own, compareEntries)
	return own, func(whom string, e CaseEntry) bool {
		last, ok := upTo[whom]
		return told[telling{whom, e.place()}] || ok && compareEntries(e, last) <= 0
	}
}

// forAll reports whether a statement goes to everyone ever addressed.
func forAll(s *spsv1.Statement) bool {
	return s.GetAmendment() != nil || s.GetWithdrawal() != nil || s.GetClosure() != nil || s.GetReopening() != nil
}
