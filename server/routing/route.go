package routing

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// Reasons of routes that no rule made.
const (
	ReasonOtherwise  = "OTHERWISE"  // no rule matched
	ReasonLaboratory = "LABORATORY" // no rule matched, and the unit is that above the laboratory
	ReasonOrder      = "ORDER"      // somebody of the unit ordered the test
	ReasonSuperseded = "SUPERSEDED" // it replaces a finding with which the unit dealt
)

// Decide returns to which units rules send a matter at a moment, each unit once.
// Units that are not on the card any more are left out.
func Decide(rules *spsv1.Routing, t Tree, m Matter, now time.Time) []*spsv1.Route {
	var routes []*spsv1.Route
	for _, r := range rules.GetRules() {
		if !m.matches(r) {
			continue
		}
		for _, unit := range r.GetUnits() {
			routes = Add(routes, t, &spsv1.Route{Unit: unit, Rule: r.GetName()}, r.GetDue(), now)
		}
		if rules.GetFirstOnly() {
			break
		}
	}
	if len(routes) > 0 {
		return routes
	}
	for _, unit := range rules.GetOtherwise() {
		routes = Add(routes, t, &spsv1.Route{Unit: unit, Reason: ReasonOtherwise}, rules.GetOtherwiseDue(), now)
	}
	if above := t.overLaboratory(m.laboratory); len(routes) == 0 && above != "" {
		routes = Add(routes, t, &spsv1.Route{Unit: above, Reason: ReasonLaboratory}, nil, now)
	}
	return routes
}

// Again returns routes with those that rules send a matter to now that more is
// known of it. A unit that had it before, or from which it was taken, does not get
// it again.
func Again(before []*spsv1.Route, rules *spsv1.Routing, t Tree, m Matter, now time.Time) []*spsv1.Route {
	routes := slices.Clone(before)
	for _, r := range Decide(rules, t, m, now) {
		had := slices.ContainsFunc(before, func(b *spsv1.Route) bool { return b.GetUnit() == r.GetUnit() })
		if r.GetRule() != "" && !had {
			routes = append(routes, r)
		}
	}
	return routes
}

// Add adds a route that begins at a moment and is due after an allowance, which
// may be nil; unless the unit is not on the card, or deals with it already.
func Add(routes []*spsv1.Route, t Tree, r *spsv1.Route, due *spsv1.Allowance, now time.Time) []*spsv1.Route {
	if t.Unit(r.GetUnit()) == nil || slices.Contains(Dealing(routes), r.GetUnit()) {
		return routes
	}
	r.StartTime = timestamppb.New(now.UTC())
	if due != nil {
		r.DueTime = timestamppb.New(statement.Due(now, due, t.Hours(r.GetUnit())))
	}
	return append(routes, r)
}

// A Ruling is what a person says of the units that deal with something.
type Ruling interface {
	GetTo() []string   // to which it goes besides those that have it
	GetFrom() []string // from which it is taken
	GetReason() string
	GetDue() *spsv1.Allowance // of the further units; nil: none
}

// Reroute changes routes as a person says at a moment. It changes nothing, and
// returns what is wrong, if something is to be taken from a unit that never had it;
// from one that had it once it may be taken again.
func Reroute(routes []*spsv1.Route, t Tree, said Ruling, by *spsv1.Person, now time.Time) ([]*spsv1.Route, statement.Problems) {
	var problems statement.Problems
	for i, unit := range said.GetFrom() {
		if !slices.ContainsFunc(routes, func(r *spsv1.Route) bool { return r.GetUnit() == unit }) {
			problems = append(problems, statement.Problem{
				Field: fmt.Sprintf("from[%d]", i), Reason: "UNIT_NOT_ROUTED", Sentence: "name a unit that deals with it: this one never did",
			})
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	for _, r := range routes {
		if r.GetEndTime() == nil && slices.Contains(said.GetFrom(), r.GetUnit()) {
			r.EndTime, r.EndedBy, r.EndReason = timestamppb.New(now.UTC()), by, said.GetReason()
		}
	}
	for _, unit := range said.GetTo() {
		routes = Add(routes, t, &spsv1.Route{Unit: unit, Reason: said.GetReason(), RoutedBy: by}, said.GetDue(), now)
	}
	return routes, nil
}

// Dealing returns the units that deal with something now, by its routes.
func Dealing(routes []*spsv1.Route) []string {
	var units []string
	for _, r := range routes {
		if r.GetEndTime() == nil {
			units = append(units, r.GetUnit())
		}
	}
	return units
}

// Deals reports whether a unit deals with something: whether it goes to that
// unit, or to one below it.
func Deals(unit string, routes []*spsv1.Route, t Tree) bool {
	return slices.ContainsFunc(Dealing(routes), func(id string) bool { return t.Within(id, unit) })
}
