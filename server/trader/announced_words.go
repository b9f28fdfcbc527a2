package trader

import (
	"fmt"

	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// announcement writes what an announcement says.
func (w *writer) announcement(a *spsv1.OwnAnnouncement) {
	said := a.GetAnnouncement()
	w.add("Reference", a.GetReference())
	w.add("From", w.area(&spsv1.Area{Code: a.GetOffice()}))
	if said.GetRuleChange() != nil {
		w.add("Kind", w.say("a rule changes"))
	} else {
		w.add("Kind", w.say("a border gate"))
	}
	w.add("How it stands", w.value(a.GetState()))
	w.texts("Subject", said.GetSubject())
	w.rule(said.GetRuleChange())
	w.gate(said.GetBorderGateStatus())
	w.add("Your code", a.GetCodes()...)
}

// rule writes what a rule says that changes.
func (w *writer) rule(r *spsv1.RuleChange) {
	w.add("Holds from", day(r.GetEffectiveDate()))
	w.add("Market", w.area(r.GetMarket()))
	w.texts("What changes", r.GetText())
	w.goodsOf(r.GetCommodityCodes(), r.GetProducts())
	w.add("The old rule until", day(r.GetTransitionEndDate()))
	w.texts("Until then", r.GetTransition())
	for _, q := range r.GetRequirements() {
		w.add("Requirement", q.GetCitation(), q.GetWtoSymbol())
	}
	w.add("Comments until", day(r.GetCommentDate()))
}

// gate writes how a border gate stands.
func (w *writer) gate(g *spsv1.BorderGateStatus) {
	w.add("Gate", w.place(g.GetGate()))
	w.add("On the other side", w.place(g.GetOppositeGate()))
	w.add("Goods", w.value(g.GetStatus()))
	w.add("Holds from", w.time(g.GetStartTime()))
	w.add("Until", w.time(g.GetEndTime()))
	w.texts("Why", g.GetReason())
	w.texts("Limits", g.GetLimits())
	w.goodsOf(g.GetCommodityCodes(), nil)
	if g != nil && g.WaitingTrucks != nil {
		w.add("Trucks that wait", fmt.Sprint(g.GetWaitingTrucks()))
	}
	if g != nil && g.TrucksPerDay != nil {
		w.add("Trucks a day", fmt.Sprint(g.GetTrucksPerDay()))
	}
}

// goodsOf writes which goods are concerned.
func (w *writer) goodsOf(codes []*spsv1.Coding, products []*spsv1.Concept) {
	for _, c := range codes {
		w.add("Product", joined(" ", c.GetSystem(), c.GetCode(), c.GetDisplay()))
	}
	for _, p := range products {
		w.add("Product", brief.Concept(p, w.langs...))
	}
}
