package finding

import (
	"fmt"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// result checks one result, at path.
func (c *checker) result(path string, r *spsv1.LabResult) {
	c.saidOnce(path, r)
	c.number(path, r)
	c.units(path, r)
	if above(r.GetDetectionLimit(), r.GetQuantificationLimit()) {
		c.add(path+".detection_limit", "LIMITS_OF_METHOD", "correct them, the limit of detection is above the limit of quantification")
	}
	for i, l := range r.GetLimits() {
		if q := l.GetRequirement(); q.GetCitation() == "" && q.GetWtoSymbol() == "" && len(q.GetText()) == 0 {
			c.add(fmt.Sprintf("%s.limits[%d].requirement", path, i), "LIMIT_CITATION",
				"say where the limit is written, such as GB 2763-2021 or Regulation (EC) No 396/2005")
		}
	}
	c.plan(path+".sampling_plan", r.GetSamplingPlan())
}

// saidOnce checks that a result does not say what the finding says for all.
func (c *checker) saidOnce(path string, r *spsv1.LabResult) {
	for _, own := range []struct {
		field string
		said  bool
	}{
		{"stage", r.GetStage() != 0},
		{"report_number", r.GetReportNumber() != ""},
		{"report_date", r.GetReportDate() != nil},
		{"supersedes_reports", len(r.GetSupersedesReports()) > 0},
		{"superseded_by_report", r.GetSupersededByReport() != ""},
	} {
		if own.said {
			c.add(path+"."+own.field, "SAID_ONCE", "leave it out, the finding says it for all its results")
		}
	}
}

// number checks that the parts of a result fit each other.
func (c *checker) number(path string, r *spsv1.LabResult) {
	absent := r.GetDetection() == spsv1.Detection_DETECTION_NOT_DETECTED
	if absent && r.GetValue() != nil && r.GetComparator() != spsv1.Comparator_COMPARATOR_LESS &&
		r.GetComparator() != spsv1.Comparator_COMPARATOR_LESS_OR_EQUAL {
		c.add(path+".value", "DETECTION_VALUE", "leave out the number of what was not detected, or give it with the comparator LESS")
	}
	if r.GetDetectedIn() != nil && r.GetDetection() == 0 {
		c.add(path+".detection", "DETECTION_REQUIRED", "say whether it was detected in that quantity")
	}
	if r.GetUncertainty() != nil && r.GetValue() == nil {
		c.add(path+".uncertainty", "UNCERTAINTY_ALONE", "give the number that is uncertain, or leave the uncertainty out")
	}
	if r.GetCoverageFactor() != "" && r.GetUncertainty() == nil {
		c.add(path+".coverage_factor", "COVERAGE_FACTOR_ALONE", "give the uncertainty to which the factor belongs, or leave it out")
	}
}

// plan checks a sampling plan, at path.
func (c *checker) plan(path string, p *spsv1.SamplingPlan) {
	if p == nil {
		return
	}
	c.unit(path+".lower_limit", p.GetLowerLimit())
	c.unit(path+".upper_limit", p.GetUpperLimit())
	if above(p.GetLowerLimit(), p.GetUpperLimit()) {
		c.add(path+".lower_limit", "PLAN_ORDER", "correct them, m is above M")
	}
	if len(p.GetUnitResults()) > int(p.GetN()) {
		c.add(path+".unit_results", "PLAN_UNITS", fmt.Sprintf("give at most %d, the n of the plan", p.GetN()))
	}
	for i, u := range p.GetUnitResults() {
		c.unit(fmt.Sprintf("%s.unit_results[%d].value", path, i), u.GetValue())
	}
}
