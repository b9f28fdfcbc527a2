package ssd2

import (
	"sync"

	"github.com/spsalert/spsalert/client/codes"
	"github.com/spsalert/spsalert/client/plain"
)

// traded returns the unit of UN/ECE Recommendation 20 that a writing stands for;
// empty if it is none, or several.
func traded(writing string) string { return tradeUnits()[plain.Joined(writing)] }

var tradeUnits = sync.OnceValue(func() map[string]string { return named("unece-rec20") })

// areaNamed returns the code of an area by its whole name in any language; empty if
// there is none, or several.
func areaNamed(name string) string { return areas()[plain.Joined(name)] }

var areas = sync.OnceValue(func() map[string]string { return named("area") })

// named returns the codes of a list by their names and themselves. What names two is
// left out.
func named(system string) map[string]string {
	all := map[string]string{}
	list, ok := codes.Builtin().List(system)
	if !ok {
		return all
	}
	twice := map[string]bool{}
	for e := range list.All() {
		for _, name := range append(e.Other, e.Code) {
			add(all, twice, name, e.Code)
		}
		for _, n := range e.Names {
			add(all, twice, n.Text, e.Code)
		}
	}
	for name := range twice {
		delete(all, name)
	}
	return all
}

func add(all map[string]string, twice map[string]bool, name, code string) {
	key := plain.Joined(name)
	if before, ok := all[key]; ok && before != code {
		twice[key] = true
	}
	all[key] = code
}
