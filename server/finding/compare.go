package finding

import (
	"math/big"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/finding/ucum"
	"github.com/spsalert/spsalert/server/statement"
)

// answer is how a result lies to a limit.
type answer int

const (
	meets   answer = iota
	unknown        // the limit lies within what the result leaves open, as for <0.05 and 0.01
	perhaps        // its number breaks the limit, though by no more than its uncertainty
	breaks
	apart // they cannot be compared
)

// span is the numbers that a result can be, all in one unit or in a scale of
// [ucum.Unit.Of].
type span struct {
	low, high         *big.Rat // nil: without end
	lowOpen, highOpen bool     // the end itself is not of them
}

// spanOf returns the numbers that a number with a comparator stands for.
func spanOf(c spsv1.Comparator, n *big.Rat) span {
	switch c {
	case spsv1.Comparator_COMPARATOR_LESS:
		return span{high: n, highOpen: true}
	case spsv1.Comparator_COMPARATOR_LESS_OR_EQUAL:
		return span{high: n}
	case spsv1.Comparator_COMPARATOR_GREATER:
		return span{low: n, lowOpen: true}
	case spsv1.Comparator_COMPARATOR_GREATER_OR_EQUAL:
		return span{low: n}
	}
	return span{low: n, high: n}
}

// wider returns a span with an uncertainty, plus or minus.
func (s span) wider(u *big.Rat) span {
	if s.low != nil {
		s.low = new(big.Rat).Sub(s.low, u)
	}
	if s.high != nil {
		s.high = new(big.Rat).Add(s.high, u)
	}
	return s
}

// mirrored returns a span with every number less what it was more than nothing.
func (s span) mirrored() span {
	m := span{lowOpen: s.highOpen, highOpen: s.lowOpen}
	if s.high != nil {
		m.low = new(big.Rat).Neg(s.high)
	}
	if s.low != nil {
		m.high = new(big.Rat).Neg(s.low)
	}
	return m
}

// above reports whether all of a span is above a limit, and whether any of it is. A
// number at the limit is above it if the limit does not let itself.
func (s span) above(limit *big.Rat, itself bool) (all, some bool) {
	beyond := func(end *big.Rat, atLimit bool) bool {
		order := end.Cmp(limit)
		return order > 0 || order == 0 && atLimit
	}
	all = s.low != nil && beyond(s.low, s.lowOpen || !itself)
	some = s.high == nil || beyond(s.high, !s.highOpen && !itself)
	return all, some
}

// measured is what a result says of a quantity: the numbers that it can be, and, with
// its uncertainty, the wider ones.
type measured struct {
	span, wide span
	unit       string // empty: it says only whether there is any, in whichever unit
	rough      bool   // the number is known roughly, by an uncertainty that nobody gave
	absent     bool   // it was not detected
}

// measure returns what a result says; false if it says nothing that has to do with a
// number. What was not detected is below the limit of detection, traces are more than
// nothing and below the limit of quantification, and what was detected is more than
// nothing.
func measure(r *spsv1.LabResult) (measured, bool) {
	absent := r.GetDetection() == spsv1.Detection_DETECTION_NOT_DETECTED
	if n, ok := statement.Number(r.GetValue()); ok {
		m := measured{absent: absent, span: spanOf(r.GetComparator(), n), unit: r.GetValue().GetUcum(), rough: r.GetValue().GetApproximate()}
		m.wide = m.span
		if u, ok := statement.Number(r.GetUncertainty()); ok {
			m.wide = m.span.wider(u)
		}
		return m, true
	}
	nothing := new(big.Rat)
	m := measured{absent: absent, span: span{low: nothing, lowOpen: true}}
	bound := r.GetQuantificationLimit()
	switch r.GetDetection() {
	case spsv1.Detection_DETECTION_DETECTED:
		bound = nil
	case spsv1.Detection_DETECTION_NOT_DETECTED:
		bound = r.GetDetectionLimit()
		m.span = span{low: nothing, high: nothing}
	case spsv1.Detection_DETECTION_TRACES:
	default:
		return measured{}, false
	}
	if n, ok := statement.Number(bound); ok {
		m.span.high, m.span.highOpen, m.unit = n, n.Sign() > 0, bound.GetUcum()
	}
	m.wide = m.span
	return m, true
}

// scaled returns what was measured in the scale of the unit of a limit, and the limit
// in that scale; false if they cannot be compared.
func (m measured) scaled(limit *spsv1.Quantity) (measured, *big.Rat, bool) {
	n, ok := statement.Number(limit)
	if !ok {
		return m, nil, false
	}
	if m.unit == "" || m.unit == limit.GetUcum() {
		return m, n, true
	}
	from, _ := ucum.Parse(m.unit)
	to, _ := ucum.Parse(limit.GetUcum())
	if !from.Comparable(to) {
		return m, nil, false
	}
	in := func(s span) span {
		if s.low != nil {
			s.low = from.Of(s.low)
		}
		if s.high != nil {
			s.high = from.Of(s.high)
		}
		return s
	}
	m.span, m.wide = in(m.span), in(m.wide)
	return m, to.Of(n), true
}

// against compares what was measured with a limit, and says whether it breaks it by
// too little, and not by too much. A number that meets the limit meets it, whatever
// its uncertainty; and where the limit is nothing at all, what was not detected is
// nothing, whatever the limit of detection.
func (m measured) against(l *spsv1.Limit) (a answer, below bool) {
	m, n, ok := m.scaled(l.GetValue())
	if !ok {
		return apart, false
	}
	if m.absent && n.Sign() == 0 {
		m.span = span{low: n, high: n}
		m.wide = m.span
	}
	switch l.GetComparator() {
	case spsv1.Comparator_COMPARATOR_LESS:
		return m.over(n, false), false
	case spsv1.Comparator_COMPARATOR_GREATER_OR_EQUAL:
		return m.mirrored().over(new(big.Rat).Neg(n), true), true
	case spsv1.Comparator_COMPARATOR_GREATER:
		return m.mirrored().over(new(big.Rat).Neg(n), false), true
	case spsv1.Comparator_COMPARATOR_EQUAL:
		more, less := m.over(n, true), m.mirrored().over(new(big.Rat).Neg(n), true)
		if less > more {
			return less, true
		}
		return more, false
	}
	return m.over(n, true), false
}

func (m measured) mirrored() measured {
	m.span, m.wide = m.span.mirrored(), m.wide.mirrored()
	return m
}

// over says whether what was measured is above a limit, which lets itself or not.
func (m measured) over(limit *big.Rat, itself bool) answer {
	all, some := m.span.above(limit, itself)
	certain, _ := m.wide.above(limit, itself)
	switch {
	case !some:
		return meets
	case certain && !m.rough:
		return breaks
	case all:
		return perhaps
	}
	return unknown
}

// above reports whether a quantity is certainly above another one.
func above(a, b *spsv1.Quantity) bool {
	m, ok := measure(&spsv1.LabResult{Value: a})
	if !ok || b == nil {
		return false
	}
	answer, _ := m.against(&spsv1.Limit{Value: b})
	return answer == breaks
}
