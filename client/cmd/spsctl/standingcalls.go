package main

import (
	"strings"

	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// addCalls adds whom to telephone about a case, at which numbers and in which
// languages, and the calls that were made.
func addCalls(f *facts, c *spsv1.Case) {
	for _, p := range c.GetToCall() {
		f.add("to call", promptWords(p))
		for _, contact := range p.GetContacts() {
			f.add("  contact", contactWords(contact))
		}
	}
	for _, call := range c.GetCalls() {
		f.add("called", callWords(call))
	}
}

func promptWords(p *spsv1.CallPrompt) string {
	text := p.GetOffice() + ": "
	if p.GetDueTime() == nil {
		text += "the alert has not arrived there"
	} else {
		text += "acknowledgement due " + instant(p.GetDueTime())
	}
	if len(p.GetContacts()) == 0 {
		text += "; its card has no duty contact"
	}
	if len(p.GetLanguages()) > 0 {
		text += "; reads " + strings.Join(p.GetLanguages(), ", ")
	}
	return text
}

func contactWords(c *spsv1.ContactPoint) string {
	var all []string
	add := func(before, text string) {
		if text != "" {
			all = append(all, before+text)
		}
	}
	add("", c.GetName())
	add("", c.GetPhone())
	add("out of hours ", c.GetOutOfHoursPhone())
	add("", c.GetAsWritten())
	add("", c.GetEmail())
	if c.GetAlwaysReachable() {
		add("", "reachable at every hour")
	}
	add("speaks ", strings.Join(c.GetLanguages(), ", "))
	return strings.Join(all, "; ")
}

func callWords(c *spsv1.Call) string {
	text := c.GetOffice() + ", " + instant(c.GetCallTime()) + " by " + c.GetCaller() + ": " + brief.Words(c.GetResult())
	for _, more := range []string{c.GetPerson(), c.GetPhone(), c.GetNote()} {
		if more != "" {
			text += "; " + more
		}
	}
	return text
}
