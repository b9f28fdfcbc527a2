package main

import (
	"fmt"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// printStatement writes one statement: for people a summary, then everything
// that it says.
func (a *app) printStatement(as format, s *spsv1.IssuedStatement) error {
	if err := a.statementFacts(s, s).write(as, s); err != nil || as != tableFormat {
		return err
	}
	return a.printSaid("in full", s)
}

// printSaid writes everything that a statement says, for people.
func (a *app) printSaid(title string, s *spsv1.IssuedStatement) error {
	return printInFull(a.out, title, s.GetStatement(), a.languages(), "salt", "federation", "office", "requestId")
}

// statementFacts returns what a person looks for in a statement. What it is about
// is taken from the statement that holds now: itself, unless it was amended.
func (a *app) statementFacts(s, holds *spsv1.IssuedStatement) *facts {
	b := brief.Of(holds.GetStatement(), a.languages()...)
	f := newFacts(a.out)
	f.add("reference", s.GetReference())
	f.add("name", s.GetName())
	f.add("issued", when(s.GetIssueTime()))
	f.add("recorded here", when(s.GetRecordTime()))
	f.add("kind", brief.Of(s.GetStatement()).Kind)
	if holds != s {
		f.add("amended", "by "+holds.GetReference()+", "+instant(holds.GetIssueTime())+"; as it was issued: spsctl case get "+s.GetName())
	}
	f.add("classification", b.Classification)
	f.add("status", brief.Words(s.GetStatement().GetStatus()))
	f.add("handling", brief.Words(holds.GetStatement().GetHandling()))
	if brief.Content(holds.GetStatement()) != nil {
		f.add("subject", b.Subject)
	}
	if s.GetStatement().GetNotification() == nil {
		f.add("says", brief.Says(s.GetStatement(), a.languages()...))
	}
	f.add("issued by", issuerWords(s.GetStatement()))
	f.add("entered by", enteredWords(s.GetStatement(), instant))
	f.add("products", b.Product)
	f.add("findings", b.Hazard)
	f.add("origin", b.Origin)
	f.add("for", audience(s.GetAudience()))
	for _, r := range s.GetStatement().GetExternalReferences() {
		f.add(r.GetSystem(), r.GetNumber())
	}
	for i, at := range s.GetStatement().GetAttachments() {
		if i < len(s.GetAttachments()) {
			f.add("file "+at.GetId(), attachmentWords(at, s.GetAttachments()[i]))
		}
	}
	f.add("case", s.GetCase())
	if e := s.GetEntry(); e != nil {
		f.add("entry", fmt.Sprintf("%s %d, leaf %x", e.GetOrigin(), e.GetSequence(), e.GetRecordHash()))
	}
	f.add("fault", s.GetFault())
	if n := s.GetGapBefore(); n > 0 {
		f.add("arrived ahead", fmt.Sprintf("urgent; %d earlier entries of its office have not arrived here yet", n))
	}
	for _, d := range s.GetDeliveries() {
		f.add(d.GetOffice(), deliveryWords(d))
	}
	return f
}

// printCase writes a case: for people what holds now, how it stands, then what
// refers to its original; in CSV a row for each statement, the original first.
// full shows everything that each of them says, not only what holds.
func (a *app) printCase(as format, c *spsv1.Case, full bool) error {
	switch as {
	case tableFormat:
		holds := holding(c)
		if err := a.statementFacts(c.GetOriginal(), holds).close(); err != nil {
			return err
		}
		title := "in full"
		if holds != c.GetOriginal() {
			title = "what holds now, in full, as " + holds.GetReference() + " says it"
		}
		if err := a.printSaid(title, holds); err != nil {
			return err
		}
		return a.printRest(c, full)
	case csvFormat:
		return a.listStatements(as, append([]*spsv1.IssuedStatement{c.GetOriginal()}, c.GetStatements()...))
	default:
		return write(a.out, as, c)
	}
}

// printRest writes for people how a case stands, and what refers to its original.
func (a *app) printRest(c *spsv1.Case, full bool) error {
	if err := a.printStanding(c); err != nil || len(c.GetStatements()) == 0 {
		return err
	}
	if _, err := fmt.Fprintln(a.out); err != nil {
		return err
	}
	if !full {
		return a.listStatements(tableFormat, c.GetStatements())
	}
	for i, s := range c.GetStatements() {
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		if err := a.printStatement(tableFormat, s); err != nil {
			return err
		}
	}
	return nil
}

// holding returns the statement that gives the content of a case now: its
// original, unless an amendment holds.
func holding(c *spsv1.Case) *spsv1.IssuedStatement {
	return first(statementNamed(c, c.GetState().GetCurrent()), c.GetOriginal())
}

// statementNamed returns the statement of a case with a name; nil if it is not in
// the page.
func statementNamed(c *spsv1.Case, name string) *spsv1.IssuedStatement {
	if c.GetOriginal().GetName() == name {
		return c.GetOriginal()
	}
	for _, s := range c.GetStatements() {
		if s.GetName() == name {
			return s
		}
	}
	return nil
}

func (a *app) listStatements(as format, all []*spsv1.IssuedStatement) error {
	list := newList(a.out, as, "reference", "office", "issued", "kind", "what it says")
	for _, s := range all {
		b := brief.Of(s.GetStatement(), a.languages()...)
		if err := list.add(s, s.GetReference(), s.GetStatement().GetOffice(), when(s.GetIssueTime()), b.Kind, short(a.saying(s.GetStatement()), 90)); err != nil {
			return err
		}
	}
	return list.close()
}

// issuerWords says who stands behind a statement, and why one person was enough
// if one was.
func issuerWords(s *spsv1.Statement) string {
	text := first(personWords(s.GetIssuedBy()), s.GetIssuingSystem())
	if drafted := personWords(s.GetDraftedBy()); drafted != personWords(s.GetIssuedBy()) {
		text += prefixed(", drafted by ", drafted)
	}
	text += prefixed(", approved by ", personWords(s.GetApprovedBy()))
	if s.GetWaiver() != nil {
		text += ", alone: waiver of the second person because of " + brief.Words(s.GetWaiver().GetReason())
	}
	return text
}

// saying returns in a line what a statement says, and from whom that was heard.
func (a *app) saying(s *spsv1.Statement) string {
	said, heard := brief.Says(s, a.languages()...), brief.Heard(s.GetSource())
	if said == "" || heard == "" {
		return first(said, heard)
	}
	return heard + ": " + said
}

func audience(a *spsv1.Audience) string {
	if a.GetNetwork() {
		return "all offices"
	}
	return strings.Join(a.GetOffices(), ", ")
}

func deliveryWords(d *spsv1.Delivery) string {
	switch d.GetState() {
	case spsv1.DeliveryState_DELIVERY_STATE_DELIVERED:
		return "delivered, receipt of " + instant(d.GetReceiptTime())
	case spsv1.DeliveryState_DELIVERY_STATE_BODY_MISSING:
		return "knows of it, has not got the text yet"
	case spsv1.DeliveryState_DELIVERY_STATE_BY_HAND:
		return "has no node, to be told by hand"
	default:
		return "not delivered yet"
	}
}

// delivered counts the addressees that hold a statement; empty away from its
// issuer, who alone knows.
func delivered(s *spsv1.IssuedStatement) string {
	all := s.GetDeliveries()
	if len(all) == 0 {
		return ""
	}
	n := 0
	for _, d := range all {
		if d.GetState() == spsv1.DeliveryState_DELIVERY_STATE_DELIVERED {
			n++
		}
	}
	return fmt.Sprintf("%d of %d", n, len(all))
}

// shorten cuts a text to so many columns of a terminal.
func shorten(s string, columns int) string {
	return runewidth.Truncate(printable(s), columns, "…")
}
