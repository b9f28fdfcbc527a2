package ssd2

import (
	"regexp"
	"strings"
	"sync"

	"github.com/spsalert/spsalert/client/codes"
	"github.com/spsalert/spsalert/client/plain"
)

// doubted is what units.yaml has for a writing that stands for two units.
const doubted = "~"

// ucum returns the unit that a writing stands for: itself if it is a unit of UCUM as
// laboratories use them, or the one that units.yaml has for it. It is [doubted] if
// it can be two, empty if it is none.
func ucum(writing string) string {
	plainer := strings.NewReplacer("μ", "µ", "²", "2").Replace(strings.Join(strings.Fields(writing), ""))
	if lettersOfUCUM(plainer) {
		return plainer
	}
	lower := strings.ToLower(plainer)
	if known, ok := vocabulary().units[lower]; ok && !megagram.MatchString(plainer) {
		return known
	}
	if plainer == strings.ToUpper(plainer) && lettersOfUCUM(lower) {
		return lower // all in capitals: MG/KG
	}
	if megagram.MatchString(plainer) {
		return doubted
	}
	return ""
}

// megagram finds what would be a million grams where a thousandth of one is meant.
var megagram = regexp.MustCompile(`(^|/)M(g|l|L)\b`)

var (
	// unitFactor is a number in a unit, as the 25 of /(25.g).
	unitFactor = regexp.MustCompile(`^[1-9][0-9]*$`)
	// unitAtom is a unit that laboratories use, with a prefix if it has one, an
	// exponent and an annotation; or an annotation alone.
	unitAtom = regexp.MustCompile(`^(?:(?:[kdcmunpf]?(?:g|L|m|mol|eq)|[kMGmu]?Bq|k?Pa|k?J|k?cal|K|s|min|h|d|wk|mo|a|Cel|%|\[CFU\]|\[PFU\]|\[pH\]|\[ppm\]|\[ppb\]|\[ppth\]|\[pptr\]|\[[iI]U\])-?[1-9]?(?:\{[!-z|~]*\})?|\{[!-z|~]+\})$`)
)

// lettersOfUCUM reports whether a text is a unit of UCUM, made of those that
// laboratories use. UCUM has more; whoever needs one says so in a mapping.
func lettersOfUCUM(unit string) bool {
	if len(unit) > 60 || strings.Count(unit, "(") > 1 || strings.Count(unit, "(") != strings.Count(unit, ")") {
		return false
	}
	if unit = strings.TrimPrefix(unit, "/"); unit == "" {
		return false
	}
	for _, part := range strings.Split(unit, "/") {
		if inner, ok := strings.CutPrefix(part, "("); ok {
			if part, ok = strings.CutSuffix(inner, ")"); !ok {
				return false
			}
		}
		factors, units := strings.Split(part, "."), 0
		for _, f := range factors {
			switch {
			case unitAtom.MatchString(f):
				units++
			case !unitFactor.MatchString(f):
				return false
			}
		}
		if units == 0 {
			return false
		}
	}
	return true
}

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
