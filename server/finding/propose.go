package finding

import (
	"fmt"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// gravity is how much a result asks for, from little to much.
type gravity int

const (
	unremarkable gravity = iota
	unclear              // nobody can say without a look: not compared, undecided, or not taken so by the laboratory
	deviating            // too little of what must be there: a rule is broken, without a risk
	suspicious           // above a limit, though perhaps by its uncertainty only, or not compliant without a limit that is broken
	exceeding            // above a limit by more than its uncertainty
	grave                // a sampling plan of microbiology is not met, or what must not be in a quantity was detected there
)

// proposals say how a finding might be notified, by its gravest result. They are
// for a person to decide: the node knows no limit but those that the laboratory
// gave, and nothing of exposure.
var proposals = map[gravity]struct {
	classification spsv1.Classification
	risk           spsv1.RiskDecision
}{
	unclear:    {spsv1.Classification_CLASSIFICATION_INFORMATION_FOR_ATTENTION, spsv1.RiskDecision_RISK_DECISION_UNDECIDED},
	deviating:  {spsv1.Classification_CLASSIFICATION_NON_COMPLIANCE, spsv1.RiskDecision_RISK_DECISION_NOT_SERIOUS},
	suspicious: {spsv1.Classification_CLASSIFICATION_INFORMATION_FOR_FOLLOW_UP, spsv1.RiskDecision_RISK_DECISION_POTENTIAL_RISK},
	exceeding:  {spsv1.Classification_CLASSIFICATION_ALERT, spsv1.RiskDecision_RISK_DECISION_POTENTIALLY_SERIOUS},
	grave:      {spsv1.Classification_CLASSIFICATION_ALERT, spsv1.RiskDecision_RISK_DECISION_SERIOUS},
}

// propose returns how a finding might be notified, for a person to decide; nil if
// every result meets its limits and none is said not to comply. What cannot be said
// is proposed for a look: nothing is passed over. A finding that no longer stands
// proposes nothing.
func propose(f *spsv1.LabFinding) *spsv1.FindingProposal {
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
	worst       gravity
	reasons     []*spsv1.Advice
	over, under []*spsv1.Limit // that are broken, by too much and by too little
	failed      bool           // a sampling plan is not met
}

func (j *judge) say(g gravity, field, reason, sentence string) {
	j.worst = max(j.worst, g)
	j.reasons = append(j.reasons, &spsv1.Advice{Field: field, Reason: reason, Sentence: sentence})
}

// result judges one result, at path.
func (j *judge) result(path string, r *spsv1.LabResult) {
	one := &judge{}
	for i, l := range r.GetLimits() {
		one.limit(fmt.Sprintf("%s.limits[%d]", path, i), r, l)
	}
	one.plan(path+".sampling_plan", r.GetSamplingPlan())
	one.verdict(path, r)
	j.worst = max(j.worst, one.worst)
	j.reasons = append(j.reasons, one.reasons...)
	j.over, j.under, j.failed = append(j.over, one.over...), append(j.under, one.under...), j.failed || one.failed
}

// verdict weighs what the laboratory concludes. Where it finds compliant what is
// above a limit, as by an uncertainty that it knows, that is for a look.
func (j *judge) verdict(path string, r *spsv1.LabResult) {
	found := r.GetDetection() == spsv1.Detection_DETECTION_DETECTED && r.GetDetectedIn() != nil
	switch v := r.GetVerdict(); {
	case v == spsv1.Verdict_VERDICT_COMPLIANT:
		if j.worst > unclear {
			j.worst = unclear
			j.say(unclear, path+".verdict", "VERDICT_COMPLIANT", "the laboratory finds it compliant all the same: look at it yourself")
		}
	case v == spsv1.Verdict_VERDICT_NON_COMPLIANT && found:
		j.say(grave, path+".detection", "DETECTED", "it was detected, and does not comply, says the laboratory")
	case v == spsv1.Verdict_VERDICT_NON_COMPLIANT:
		j.say(suspicious, path+".verdict", "VERDICT_NON_COMPLIANT", "it does not comply, says the laboratory")
	case found && len(r.GetLimits()) == 0 && r.GetValue() == nil:
		j.say(unclear, path+".detection", "DETECTED_UNJUDGED", "it was detected, and neither a verdict nor a limit says whether it may be there: look at it yourself")
	}
}

// limit judges a result by a limit, at path.
func (j *judge) limit(path string, r *spsv1.LabResult, l *spsv1.Limit) {
	bound := written(l.GetValue())
	m, ok := measure(r)
	if !ok {
		if r.GetVerdict() != spsv1.Verdict_VERDICT_COMPLIANT && r.GetVerdict() != spsv1.Verdict_VERDICT_NON_COMPLIANT {
			j.say(unclear, path, "LIMIT_UNDECIDED", fmt.Sprintf("it has no number: look yourself whether it meets the limit of %s", bound))
		}
		return
	}
	a, below := m.against(l)
	found := shown(r)
	switch {
	case a == meets:
	case a == apart:
		j.say(unclear, path, "NOT_COMPARED", fmt.Sprintf("%s was not compared with %s: look at it yourself", found, bound))
	case a == unknown && found == "":
		j.say(unclear, path, "LIMIT_UNDECIDED", fmt.Sprintf("it has no number: look yourself whether it meets the limit of %s", bound))
	case a == unknown:
		j.say(unclear, path, "LIMIT_UNDECIDED", fmt.Sprintf("%s may meet the limit of %s or not: look at it yourself", found, bound))
	case below:
		j.under = append(j.under, l)
		j.below(path, a, found, bound)
	default:
		j.over = append(j.over, l)
		j.above(path, a, r, bound)
	}
}

// below tells of too little of what must be there.
func (j *judge) below(path string, a answer, found, bound string) {
	switch {
	case found == "":
		j.say(deviating, path, "BELOW_LIMIT", fmt.Sprintf("it was not detected, and %s must be there", bound))
	case a == breaks:
		j.say(deviating, path, "BELOW_LIMIT", fmt.Sprintf("%s is below %s, which must be there", found, bound))
	default:
		j.say(unclear, path, "BELOW_LIMIT_UNCERTAIN", fmt.Sprintf("%s is below %s, which must be there, by no more than its uncertainty", found, bound))
	}
}

// above tells of too much.
func (j *judge) above(path string, a answer, r *spsv1.LabResult, bound string) {
	switch {
	case r.GetValue() == nil && r.GetDetectedIn() != nil:
		j.say(grave, path, "ABOVE_LIMIT", fmt.Sprintf("it was detected, and is above the limit of %s", bound))
	case r.GetValue() == nil:
		j.say(exceeding, path, "ABOVE_LIMIT", fmt.Sprintf("it was detected, and is above the limit of %s", bound))
	case a == breaks:
		j.say(exceeding, path, "ABOVE_LIMIT", fmt.Sprintf("%s is above the limit of %s", shown(r), bound))
	default:
		j.say(suspicious, path, "ABOVE_LIMIT_UNCERTAIN", fmt.Sprintf("%s is above the limit of %s, by no more than its uncertainty", shown(r), bound))
	}
}
