package main

import (
	"fmt"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// printStatement writes one statement for people.
func (a *app) printStatement(s *spsv1.IssuedStatement) error {
	b := brief.Of(s.GetStatement())
	f := newFacts(a.out)
	f.add("reference", s.GetReference())
	f.add("name", s.GetName())
	f.add("issued", instant(s.GetIssueTime()))
	f.add("recorded here", instant(s.GetRecordTime()))
	f.add("kind", b.Kind)
	f.add("classification", b.Classification)
	f.add("subject", b.Subject)
	f.add("products", b.Product)
	f.add("findings", b.Hazard)
	f.add("origin", b.Origin)
	f.add("for", audience(s.GetAudience()))
	for _, r := range s.GetStatement().GetExternalReferences() {
		f.add(r.GetSystem(), r.GetNumber())
	}
	f.add("case", s.GetCase())
	f.add("fault", s.GetFault())
	for _, d := range s.GetDeliveries() {
		f.add(d.GetOffice(), deliveryWords(d))
	}
	return f.close()
}

// printCase writes a case for people: its original, then what refers to it.
func (a *app) printCase(c *spsv1.Case) error {
	if err := a.printStatement(c.GetOriginal()); err != nil {
		return err
	}
	if len(c.GetStatements()) == 0 {
		return nil
	}
	list := newList(a.out, tableFormat, "reference", "office", "issued", "kind", "what it says")
	for _, s := range c.GetStatements() {
		b := brief.Of(s.GetStatement())
		if err := list.add(s, s.GetReference(), s.GetStatement().GetOffice(), instant(s.GetIssueTime()), b.Kind, shorten(b.Subject, 60)); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintln(a.out); err != nil {
		return err
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
