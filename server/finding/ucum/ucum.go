// Package ucum reads the units of UCUM that laboratories use, and says which of them can be compared.
//
// Two units can be compared if they count the same, above the line and below it:
// ug/L with mg/L, [CFU]/(10.g) with [CFU]/g. UCUM itself goes further, since a gram
// by the gram is a plain number to it as a litre by the litre is. Here nothing is
// cancelled, and %, [ppm] and other parts of which is not said what they are parts
// of are compared with themselves only, and so are units with another {annotation}:
// what is by dry weight is no number by fresh weight.
package ucum

import (
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Unit is a unit of UCUM. The zero value is none.
type Unit struct {
	// scale is how much of what kind says one of it is.
	scale  *big.Rat
	kind   string
	amount bool
}

// mostLetters is how long a unit may be, by the contract.
const mostLetters = 60

// Parse reads a unit as UCUM writes it, capitals and small letters told apart. It
// returns false if it is none, or one that no laboratory uses: a megagram is more
// likely a milligram.
func Parse(text string) (Unit, bool) {
	if len(text) > mostLetters {
		return Unit{}, false
	}
	p := &parser{rest: text, scale: big.NewRat(1, 1), above: map[string]int{}, below: map[string]int{}}
	sign := 1
	if p.take("/") {
		sign = -1
	}
	if !p.term(sign, 0) || p.rest != "" || !p.units && text != "1" {
		return Unit{}, false
	}
	return Unit{scale: p.scale, kind: kind(p.above) + "/" + kind(p.below), amount: p.amount}, true
}

// Comparable reports whether numbers in two units can be compared.
func (u Unit) Comparable(v Unit) bool { return u.scale != nil && v.scale != nil && u.kind == v.kind }

// Of returns a number in this unit as one that is compared with any other that was
// returned for a unit that is [Unit.Comparable]. The number is not changed.
func (u Unit) Of(n *big.Rat) *big.Rat { return new(big.Rat).Mul(n, u.scale) }

// Amount reports whether a unit says how much there is of something, so that less
// than nothing of it means nothing. A temperature is no amount.
func (u Unit) Amount() bool { return u.amount }

// kind writes what a unit counts, always in one way.
func kind(of map[string]int) string {
	var s strings.Builder
	for _, base := range slices.Sorted(maps.Keys(of)) {
		s.WriteString(base + strconv.Itoa(of[base]) + ".")
	}
	return s.String()
}

// parser reads a unit by the grammar of UCUM, from the left.
type parser struct {
	rest         string
	scale        *big.Rat
	above, below map[string]int // what is counted, with its exponent
	units        bool           // there is one, and not numbers only
	amount       bool
}

func (p *parser) take(sign string) (ok bool) {
	p.rest, ok = strings.CutPrefix(p.rest, sign)
	return ok
}

// term reads components with points and strokes between them. A stroke divides by
// the component behind it only.
func (p *parser) term(sign, depth int) bool {
	for next := sign; ; {
		if !p.component(next, depth) {
			return false
		}
		switch {
		case p.take("."):
			next = sign
		case p.take("/"):
			next = -sign
		default:
			return true
		}
	}
}

var (
	number     = regexp.MustCompile(`^[1-9][0-9]{0,8}`)
	annotation = regexp.MustCompile(`^\{[!-z|~]+\}`)
	symbol     = regexp.MustCompile(`^(?:10[*^]|[A-Za-z]*\[[A-Za-z']+\]|[A-Za-z%]+)`)
	exponent   = regexp.MustCompile(`^[+-]?[1-9]`)
)

// component reads one unit, number or parenthesis.
func (p *parser) component(sign, depth int) bool {
	if p.take("(") {
		return depth == 0 && p.term(sign, depth+1) && p.take(")")
	}
	if p.annotated(sign) {
		p.units = true
		return true
	}
	if name := symbol.FindString(p.rest); name != "" {
		p.rest = p.rest[len(name):]
		power := 1
		if e := exponent.FindString(p.rest); e != "" {
			power, _ = strconv.Atoi(e)
			p.rest = p.rest[len(e):]
		}
		if !p.atom(name, sign*power) {
			return false
		}
		p.annotated(sign)
		return true
	}
	n := number.FindString(p.rest)
	if n == "" {
		return false
	}
	p.rest = p.rest[len(n):]
	factor, _ := new(big.Rat).SetString(n)
	p.times(factor, sign)
	return true
}

// annotated reads an annotation, if there is one: it is counted like a unit.
func (p *parser) annotated(sign int) bool {
	a := annotation.FindString(p.rest)
	if a == "" {
		return false
	}
	p.rest = p.rest[len(a):]
	p.count(a, sign)
	return true
}

// atom takes a unit that may have a prefix, to a power.
func (p *parser) atom(name string, power int) bool {
	a, prefix, ok := atomOf(name)
	if !ok {
		return false
	}
	p.units, p.amount = true, p.amount || a.amount
	p.times(new(big.Rat).Mul(a.scale, prefix), power)
	if a.counts != "" {
		p.count(a.counts, power*a.power)
	}
	return true
}

func (p *parser) times(factor *big.Rat, power int) {
	if power < 0 {
		factor, power = new(big.Rat).Inv(factor), -power
	}
	for range power {
		p.scale.Mul(p.scale, factor)
	}
}

func (p *parser) count(what string, power int) {
	if power > 0 {
		p.above[what] += power
	} else {
		p.below[what] -= power
	}
}
