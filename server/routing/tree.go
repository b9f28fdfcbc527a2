package routing

import (
	"slices"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Tree is the units on the card of an office. Its methods are safe for
// concurrent use.
type Tree struct {
	card *spsv1.Card
	byID map[string]*spsv1.Unit
}

// NewTree returns the units on a card, which is not changed meanwhile.
func NewTree(card *spsv1.Card) Tree {
	t := Tree{card: card, byID: make(map[string]*spsv1.Unit, len(card.GetUnits()))}
	for _, u := range card.GetUnits() {
		t.byID[u.GetId()] = u
	}
	return t
}

// Unit returns a unit by its id; nil if the card has none of it.
func (t Tree) Unit(id string) *spsv1.Unit { return t.byID[id] }

// Upward returns a unit that may not be on the card any more, and those above
// it, the nearest first. A card has no units above themselves.
func (t Tree) Upward(id string) []string {
	all := []string{id}
	for u := t.byID[id]; u.GetParent() != ""; u = t.byID[u.GetParent()] {
		all = append(all, u.GetParent())
	}
	return all
}

// Within reports whether a unit is another, or below it.
func (t Tree) Within(id, other string) bool { return slices.Contains(t.Upward(id), other) }

// Below returns a unit and all units below it.
func (t Tree) Below(id string) []string {
	all := []string{id}
	for _, u := range t.card.GetUnits() {
		if u.GetId() != id && t.Within(u.GetId(), id) {
			all = append(all, u.GetId())
		}
	}
	return all
}

// Hours returns when a unit works: its own hours, or those of the nearest above
// it that has some, or those of the office, as for the id "".
func (t Tree) Hours(id string) *spsv1.OfficeHours {
	for _, id := range t.Upward(id) {
		if hours := t.byID[id].GetHours(); hours != nil {
			return hours
		}
	}
	return t.card.GetHours()
}

// Ordered returns the units, each right behind the one above it and otherwise
// in the order of the card.
func (t Tree) Ordered() []*spsv1.Unit {
	below := make(map[string][]*spsv1.Unit)
	for _, u := range t.card.GetUnits() {
		below[u.GetParent()] = append(below[u.GetParent()], u)
	}
	var all []*spsv1.Unit
	var add func(parent string)
	add = func(parent string) {
		for _, u := range below[parent] {
			all = append(all, u)
			add(u.GetId())
		}
	}
	add("")
	return all
}

// Fields returns the branches in which a unit works: its own, or those of the
// nearest above it that names some.
func (t Tree) Fields(id string) []spsv1.Field {
	for _, id := range t.Upward(id) {
		if fields := t.byID[id].GetFields(); len(fields) > 0 {
			return fields
		}
	}
	return nil
}

// overLaboratory returns the nearest unit above a laboratory that is none
// itself; "" if there is none.
func (t Tree) overLaboratory(id string) string {
	for _, id := range t.Upward(id)[1:] {
		if t.byID[id].GetKind() != spsv1.UnitKind_UNIT_KIND_LABORATORY {
			return id
		}
	}
	return ""
}
