package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// printStanding writes for people how a case stands: how far it is, who takes
// part and how each takes it, what is asked and disputed, what is due, and whom
// to telephone about it.
func (a *app) printStanding(c *spsv1.Case) error {
	s := c.GetState()
	if s == nil {
		return nil
	}
	f := newFacts(a.out)
	f.add("case", life(c))
	f.add("version", versionWords(s))
	addVersions(f, c, a.languages())
	f.add("etag", c.GetEtag())
	for _, r := range s.GetExternalReferences() {
		f.add(r.GetSystem(), r.GetNumber())
	}
	if len(c.GetIncomplete()) > 0 {
		f.add("may be incomplete", "nothing was handed on by "+strings.Join(c.GetIncomplete(), ", "))
	}
	for _, p := range s.GetParticipants() {
		f.add(participantName(p), first(participantWords(p), "outside the network"))
		for _, t := range p.GetTold() {
			f.add("  heard", heardWords(t))
		}
		for _, h := range p.GetHandDeliveries() {
			f.add("  told by hand", handWords(h))
		}
		f.add("  to be told", strings.Join(toTell(c, p), ", "))
	}
	for _, l := range s.GetLinks() {
		f.add("other case", linkWords(l))
	}
	for _, r := range s.GetRequests() {
		f.add("asked", requestWords(c, r))
	}
	for _, d := range s.GetDisputes() {
		f.add("disputed", disputeWords(c, d))
	}
	for _, d := range c.GetDeadlines() {
		f.add("due", deadlineWords(d))
	}
	addCalls(f, c)
	routeFacts(f, c.GetRouting().GetRoutes(), c.GetRouting().GetNotices())
	for _, look := range c.GetAdvice() {
		f.add("worth a look", look.GetSentence())
	}
	for _, n := range c.GetConsignmentNotices() {
		f.add("exporter", noticeWords(n))
	}
	for _, e := range s.GetEntries() {
		if e.GetStanding() != spsv1.EntryStanding_ENTRY_STANDING_EFFECTIVE {
			f.add("not effective", entryWords(c, e))
		}
	}
	if _, err := fmt.Fprintln(a.out); err != nil {
		return err
	}
	return f.close()
}

// life says how far a case is.
func life(c *spsv1.Case) string {
	s := c.GetState()
	text := brief.Words(s.GetStatus())
	if s.GetOutcome() != 0 {
		text += ", " + brief.Words(s.GetOutcome())
	}
	if s.GetWithdrawalReason() != 0 {
		text += ", " + brief.Words(s.GetWithdrawalReason())
	}
	if s.GetStatusSaid() != nil {
		text += " by " + saidAt(c, s.GetStatusSaid())
	}
	return text
}

// saidAt says where and when something was said, by its reference if it is in the
// page.
func saidAt(c *spsv1.Case, m *spsv1.Mark) string {
	return reference(c, m.GetStatement()) + ", " + instant(m.GetTime())
}

// reference returns the reference of a statement of a case, else its name.
func reference(c *spsv1.Case, name string) string {
	if c.GetOriginal().GetName() == name {
		return c.GetReference()
	}
	return first(statementNamed(c, name).GetReference(), name)
}

// recipient is whom a case names.
type recipient interface {
	GetOffice() string
	GetArea() *spsv1.Area
	GetBody() string
}

func participantName(r recipient) string {
	return first(r.GetOffice(), r.GetBody(), r.GetArea().GetCode(), r.GetArea().GetAsWritten())
}

func participantWords(p *spsv1.Participant) string {
	var all []string
	for _, kind := range p.GetFlags() {
		all = append(all, "asked "+strings.ToLower(brief.Words(kind)))
	}
	switch {
	case p.GetByHand() && len(p.GetHandDeliveries()) == 0:
		all = append(all, "has no node, to be told by hand")
	case p.GetByHand():
		all = append(all, "has no node")
	case p.GetAcknowledged() != nil:
		all = append(all, "acknowledged "+instant(p.GetAcknowledged().GetTime()))
	case p.GetOffice() != "":
		all = append(all, "not acknowledged")
	}
	if p.GetReaddressed() {
		all = append(all, "brought in later")
	}
	if p.GetUnit() != "" {
		all = append(all, "dealt with by "+p.GetUnit())
	}
	if p.GetStance() != nil {
		all = append(all, brief.Words(p.GetStance().GetPosition()))
	}
	if p.GetOutcome() != nil {
		all = append(all, "outcome "+brief.Words(p.GetOutcome().GetConclusion()))
	}
	if p.GetPart() == spsv1.Part_PART_DONE {
		all = append(all, "its part is done")
	}
	return strings.Join(all, "; ")
}

// toTell says which statements of this office somebody without a node was not told.
func toTell(c *spsv1.Case, p *spsv1.Participant) (said []string) {
	for _, prompt := range c.GetToTell() {
		if participantName(prompt) != participantName(p) {
			continue
		}
		for _, name := range prompt.GetStatements() {
			said = append(said, brief.Kind(statementNamed(c, name).GetStatement())+" "+reference(c, name))
		}
	}
	return said
}

func handWords(h *spsv1.HandDelivery) string {
	text := brief.Words(h.GetMeans()) + ", " + instant(h.GetTellTime()) + " by " + personWords(h.GetToldBy())
	if h.GetToldTo() != nil {
		text += " to " + personWords(h.GetToldTo())
	}
	if len(h.GetProof()) > 0 {
		text += ", proof " + strings.Join(h.GetProof(), ", ")
	}
	return text
}

func personWords(p *spsv1.Person) string {
	return first(p.GetName(), p.GetId(), p.GetFunction())
}

func linkWords(l *spsv1.CaseLink) string {
	r := l.GetRelation()
	other := first(r.GetReference(), strings.TrimSpace(r.GetExternalReference().GetSystem()+" "+r.GetExternalReference().GetNumber()))
	if l.GetKind() == spsv1.RelationKind_RELATION_KIND_TRANSCRIBES {
		return other + " is the real one; this one was entered by hand"
	}
	return brief.Words(l.GetKind()) + " " + other
}

func requestWords(c *spsv1.Case, r *spsv1.CaseRequest) string {
	var answers []string
	for _, a := range r.GetAnswers() {
		word := "no answer"
		if a.GetResult() != 0 {
			word = brief.Words(a.GetResult())
		}
		answers = append(answers, a.GetOffice()+" "+word)
	}
	return fmt.Sprintf("%s by %s (%s): %s", brief.Words(r.GetKind()), cmp.Or(r.GetOffice(), "somebody outside the network"), saidAt(c, r.GetSaid()), strings.Join(answers, ", "))
}

func disputeWords(c *spsv1.Case, d *spsv1.Dispute) string {
	word := "not answered"
	switch {
	case d.GetResult() != 0:
		word = "answered: " + brief.Words(d.GetResult())
	case d.GetLifted():
		word = "lifted"
	}
	return fmt.Sprintf("by %s (%s): %s", d.GetOffice(), saidAt(c, d.GetSaid()), word)
}

func deadlineWords(d *spsv1.Deadline) string {
	text := d.GetOffice() + ": " + brief.Words(d.GetClock())
	if d.GetDueTime() != nil {
		text += " by " + instant(d.GetDueTime())
	}
	text += ", " + brief.Words(d.GetState())
	if d.GetLate() {
		text += " late"
	}
	if d.GetExtended() {
		text += ", extended"
	}
	return text
}

func entryWords(c *spsv1.Case, e *spsv1.CaseEntry) string {
	text := reference(c, e.GetStatement()) + ": " + brief.Words(e.GetStanding())
	if e.GetReason() != 0 {
		text += ", " + brief.Words(e.GetReason())
	}
	if e.GetBy() != "" {
		text += " by " + reference(c, e.GetBy())
	}
	return text
}
