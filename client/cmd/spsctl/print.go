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
	if err := a.statementFacts(s).write(as, s); err != nil || as != tableFormat {
		return err
	}
	return printInFull(a.out, "in full", s.GetStatement(), a.languages(), "salt", "federation", "office", "requestId")
}

func (a *app) statementFacts(s *spsv1.IssuedStatement) *facts {
	b := brief.Of(s.GetStatement(), a.languages()...)
	f := newFacts(a.out)
	f.add("reference", s.GetReference())
	f.add("name", s.GetName())
	f.add("issued", when(s.GetIssueTime()))
	f.add("recorded here", when(s.GetRecordTime()))
	f.add("kind", b.Kind)
	f.add("classification", b.Classification)
	f.add("status", brief.Words(s.GetStatement().GetStatus()))
	f.add("handling", brief.Words(s.GetStatement().GetHandling()))
	f.add("subject", b.Subject)
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

// printCase writes a case: for people its original, how it stands, then what
// refers to it; in
// CSV a row for each statement, the original first. full shows everything that
// each of them says, not only the original.
func (a *app) printCase(as format, c *spsv1.Case, full bool) error {
	switch as {
	case tableFormat:
		if err := a.printStatement(as, c.GetOriginal()); err != nil {
			return err
		}
		if err := a.printStanding(c); err != nil || len(c.GetStatements()) == 0 {
			return err
		}
		if _, err := fmt.Fprintln(a.out); err != nil {
			return err
		}
		if !full {
			return a.listStatements(as, c.GetStatements())
		}
		for i, s := range c.GetStatements() {
			if i > 0 {
				fmt.Fprintln(a.out)
			}
			if err := a.printStatement(as, s); err != nil {
				return err
			}
		}
		return nil
	case csvFormat:
		return a.listStatements(as, append([]*spsv1.IssuedStatement{c.GetOriginal()}, c.GetStatements()...))
	default:
		return write(a.out, as, c)
	}
}

func (a *app) listStatements(as format, all []*spsv1.IssuedStatement) error {
	list := newList(a.out, as, "reference", "office", "issued", "kind", "what it says")
	for _, s := range all {
		b := brief.Of(s.GetStatement(), a.languages()...)
		if err := list.add(s, s.GetReference(), s.GetStatement().GetOffice(), when(s.GetIssueTime()), b.Kind, short(b.Subject, 60)); err != nil {
			return err
		}
	}
	return list.close()
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
