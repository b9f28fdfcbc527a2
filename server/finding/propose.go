package finding

import (
	"fmt"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// gravity is how much a result asks for, from little to much.
type gravity int

const (
	unremarkable gravity = iota
	deviating            // too little of what must be there: a rule is broken, without a risk
	suspicious           // above a limit, though perhaps by its uncertainty only, or not compliant without a number
	exceeding            // above a limit by more than its uncertainty
	grave                // a sampling plan of microbiology is not met, or what must not be there was detected
)

// proposals say how a finding might be notified, by its gravest result. They are
// for a person to decide: the node knows no limit but those that the laboratory
// gave, and nothing of exposure.
var proposals = map[gravity]struct {
	classification spsv1.Classification
	risk           spsv1.RiskDecision
}{
	deviating:  {spsv1.Classification_CLASSIFICATION_NON_COMPLIANCE, spsv1.RiskDecision_RISK_DECISION_NOT_SERIOUS},
	suspicious: {spsv1.Classification_CLASSIFICATION_INFORMATION_FOR_FOLLOW_UP, spsv1.RiskDecision_RISK_DECISION_POTENTIAL_RISK},
	exceeding:  {spsv1.Classification_CLASSIFICATION_ALERT, spsv1.RiskDecision_RISK_DECISION_POTENTIALLY_SERIOUS},
	grave:      {spsv1.Classification_CLASSIFICATION_ALERT, spsv1.RiskDecision_RISK_DECISION_SERIOUS},
}

// Propose returns how a finding might be notified, for a person to decide; nil if
// nothing in it is above a limit or does not comply. A finding that no longer
// stands proposes nothing.
func Propose(f *spsv1.LabFinding) *spsv1.FindingProposal {
	if f.GetState() == spsv1.FindingState_FINDING_STATE_SUPERSEDED || f.GetState() == spsv1.FindingState_FINDING_STATE_WITHDRAWN {
		return nil
	}
	j := &judge{}
	for i, r := range f.GetSample().GetResults() {
		j.result(fmt.Sprintf("sample.results[%d]", i), r)
	}
	proposed, ok := proposals[j.worst]
	if !ok {
		return nil
	}
	p := &spsv1.FindingProposal{Classification: proposed.classification, Risk: proposed.risk, Reasons: j.reasons}
	if atBorder(f.GetSample()) && j.worst > deviating {
		p.Classification = spsv1.Classification_CLASSIFICATION_BORDER_REJECTION
	}
	return p
}

// atBorder reports whether an authority took a sample at a gate or port.
func atBorder(s *spsv1.Sample) bool {
	return s.GetRole() == spsv1.SampleRole_SAMPLE_ROLE_OFFICIAL && (s.GetPlace().GetLocode() != "" || s.GetPlace().GetCustomsCode() != "")
}

// judge collects what speaks for a notification.
type judge struct {
	worst   gravity
	reasons []*spsv1.Advice
}

func (j *judge) say(g gravity, field, reason, sentence string) {
	j.worst = max(j.worst, g)
	j.reasons = append(j.reasons, &spsv1.Advice{Field: field, Reason: reason, Sentence: sentence})
}

// result judges one result, at path.
func (j *judge) result(path string, r *spsv1.LabResult) {
	for i, l := range r.GetLimits() {
		j.limit(fmt.Sprintf("%s.limits[%d]", path, i), r, l)
	}
	if failed(r.GetSamplingPlan()) {
		j.say(grave, path+".sampling_plan", "PLAN_FAILED", "the units of the sample do not meet the sampling plan")
	}
	if r.GetVerdict() != spsv1.Verdict_VERDICT_NON_COMPLIANT {
		return
	}
	if r.GetDetection() == spsv1.Detection_DETECTION_DETECTED && r.GetDetectedIn() != nil {
		j.say(grave, path+".detection", "DETECTED", "it was detected, and does not comply, says the laboratory")
		return
	}
	j.say(suspicious, path+".verdict", "VERDICT_NON_COMPLIANT", "it does not comply, says the laboratory")
}

// limit judges a result by a limit, at path.
func (j *judge) limit(path string, r *spsv1.LabResult, l *spsv1.Limit) {
	v, limit := r.GetValue(), l.GetValue()
	if v == nil {
		return
	}
	order, ok := compare(v, limit)
	upper := r.GetComparator() == spsv1.Comparator_COMPARATOR_LESS || r.GetComparator() == spsv1.Comparator_COMPARATOR_LESS_OR_EQUAL
	if !ok || upper && order > 0 && !atLeast(l) {
		j.say(unremarkable, path, "NOT_COMPARED", fmt.Sprintf("%s was not compared with %s: look at it yourself", written(v), written(limit)))
		return
	}
	switch {
	case atLeast(l):
		if order < 0 || order == 0 && l.GetComparator() == spsv1.Comparator_COMPARATOR_GREATER {
			j.say(deviating, path, "BELOW_LIMIT", fmt.Sprintf("%s is below %s, which must be there", written(v), written(limit)))
		}
	case order < 0 || order == 0 && l.GetComparator() != spsv1.Comparator_COMPARATOR_LESS || upper:
	case certain(r, limit):
		j.say(exceeding, path, "ABOVE_LIMIT", fmt.Sprintf("%s is above the limit of %s", written(v), written(limit)))
	default:
		j.say(suspicious, path, "ABOVE_LIMIT_UNCERTAIN", fmt.Sprintf("%s is above the limit of %s, by no more than its uncertainty", written(v), written(limit)))
	}
}

// atLeast reports whether a limit says how much must be there.
func atLeast(l *spsv1.Limit) bool {
	return l.GetComparator() == spsv1.Comparator_COMPARATOR_GREATER || l.GetComparator() == spsv1.Comparator_COMPARATOR_GREATER_OR_EQUAL
}

// certain reports whether a result is above a limit also less its uncertainty;
// one without an uncertainty is.
func certain(r *spsv1.LabResult, limit *spsv1.Quantity) bool {
	u, uncertain := statement.Number(r.GetUncertainty())
	v, ok := statement.Number(r.GetValue())
	if !uncertain || !ok {
		return true
	}
	order, _ := compareNumber(v.Sub(v, u), r.GetValue().GetUcum(), limit)
	return order > 0
}

// failed reports whether the units of a sampling plan do not meet it.
func failed(p *spsv1.SamplingPlan) bool {
	between := 0
	for _, u := range p.GetUnitResults() {
		if above(u.GetValue(), p.GetUpperLimit()) {
			return true
		}
		if above(u.GetValue(), p.GetLowerLimit()) || u.GetDetection() == spsv1.Detection_DETECTION_DETECTED && u.GetValue() == nil {
			between++
		}
	}
	return between > int(p.GetC())
}

// written writes a quantity as people do.
func written(q *spsv1.Quantity) string { return q.GetValue() + " " + q.GetUcum() }
