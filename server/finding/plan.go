package finding

import (
	"fmt"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// tally counts the units of a sampling plan by what they were found to be.
type tally struct {
	over, between           int // above M; above m
	maybeOver, maybeBetween int // may be, or not
}

// plan judges the units of a sampling plan, at path: none may be above M, and c of
// them above m. In a plan without either, what counts is whether it was detected.
func (j *judge) plan(path string, p *spsv1.SamplingPlan) {
	var t tally
	for i, u := range p.GetUnitResults() {
		if limit := t.unit(p, u); limit != nil {
			j.say(unclear, fmt.Sprintf("%s.unit_results[%d]", path, i), "NOT_COMPARED",
				fmt.Sprintf("%s was not compared with %s: look at it yourself", shown(of(u)), written(limit)))
		}
	}
	c := int(p.GetC())
	switch {
	case t.over > 0 || t.between > c:
		j.failed = true
		j.say(grave, path, "PLAN_FAILED", "the units of the sample do not meet the sampling plan")
	case t.maybeOver > 0 || t.between+t.maybeBetween > c:
		j.say(unclear, path, "PLAN_UNDECIDED", "the units of the sample may meet the sampling plan or not: look at them yourself")
	}
}

// unit counts one unit. It returns the limit of the plan with which that cannot be
// compared; nil if there is none.
func (t *tally) unit(p *spsv1.SamplingPlan, u *spsv1.UnitResult) *spsv1.Quantity {
	m, ok := measure(of(u))
	if !ok { // words in place of a number
		t.maybeBetween++
		return nil
	}
	if p.GetLowerLimit() == nil && p.GetUpperLimit() == nil {
		switch {
		case u.GetValue() != nil && !m.absent:
			t.maybeBetween++
		case !m.absent:
			t.between++
		}
		return nil
	}
	for _, limit := range []struct {
		q            *spsv1.Quantity
		sure, unsure *int
	}{{p.GetUpperLimit(), &t.over, &t.maybeOver}, {p.GetLowerLimit(), &t.between, &t.maybeBetween}} {
		if limit.q == nil {
			continue
		}
		switch a, _ := m.against(&spsv1.Limit{Value: limit.q}); a {
		case breaks:
			*limit.sure++
		case unknown, perhaps:
			*limit.unsure++
		case apart:
			return limit.q
		case meets:
		}
	}
	return nil
}

// of returns a unit of a sampling plan as a result.
func of(u *spsv1.UnitResult) *spsv1.LabResult {
	return &spsv1.LabResult{Comparator: u.GetComparator(), Value: u.GetValue(), Detection: u.GetDetection()}
}

// signs are written before a number.
var signs = map[spsv1.Comparator]string{
	spsv1.Comparator_COMPARATOR_LESS: "<", spsv1.Comparator_COMPARATOR_LESS_OR_EQUAL: "≤",
	spsv1.Comparator_COMPARATOR_GREATER: ">", spsv1.Comparator_COMPARATOR_GREATER_OR_EQUAL: "≥",
}

// shown writes the number of a result as people do, or the limit of the method that
// it is below; empty if it has none.
func shown(r *spsv1.LabResult) string {
	below := signs[spsv1.Comparator_COMPARATOR_LESS]
	switch {
	case r.GetValue() != nil:
		return signs[r.GetComparator()] + written(r.GetValue())
	case r.GetDetection() == spsv1.Detection_DETECTION_NOT_DETECTED && r.GetDetectionLimit() != nil:
		return below + written(r.GetDetectionLimit())
	case r.GetDetection() == spsv1.Detection_DETECTION_TRACES && r.GetQuantificationLimit() != nil:
		return below + written(r.GetQuantificationLimit())
	}
	return ""
}

// written writes a quantity as people do.
func written(q *spsv1.Quantity) string { return q.GetValue() + " " + q.GetUcum() }
