package ssd2

import (
	"fmt"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/sheet/form"
	"github.com/spsalert/spsalert/server/sheet/table"
)

// result returns what a row says of one analyte.
func (l *line) result() *spsv1.LabResult {
	r := &spsv1.LabResult{
		Analyte: l.analyte(), Matrix: l.concept("anMatCode", "anMatText"), Method: l.concept("anMethCode", "anMethText"),
		AnalysisStartDate: day(l.of("analysisStartDate").text),
		AnalysisEndDate:   l.date("analysisDate", "analysisY", "analysisM", "analysisD"),
		Laboratory:        l.laboratory(),
		Uncertainty:       l.quantity("resValUncert", "resUnit"), CoverageFactor: l.of("uncertFactor").text,
		DetectionLimit: l.quantity("resLOD", "resUnit"), QuantificationLimit: l.quantity("resLOQ", "resUnit"),
		Limits: l.limits(), SamplingPlan: l.plan(), Verdict: spsv1.Verdict(enum(spsv1.Verdict_value, l.of("evalCode"))),
	}
	l.value(r)
	others := []string{"CCalpha", "CCbeta"}
	if r.GetDetection() != 0 {
		r.DetectedIn = l.quantity("anPortSize", "anPortSizeUnit")
	} else {
		others = append(others, "anPortSize", "anPortSizeUnit")
	}
	if r.GetLimits() == nil {
		others = append(others, "evalLimitType", "evalLimitRef")
	}
	r.Text = append(l.kept("result", others...), l.words("resText")...)
	return r
}

// analyte returns what was looked for; nil if the row does not say it.
func (l *line) analyte() *spsv1.Concept {
	found := &spsv1.Concept{AsWritten: l.of("paramText").text}
	for _, name := range []string{"paramCode", "paramCas", "paramEppo"} {
		if c := l.coding(name); c != nil {
			found.Codings = append(found.Codings, c)
		}
	}
	if found.AsWritten == "" && found.Codings == nil {
		return nil
	}
	if found.AsWritten != "" && l.m.Language != "und" {
		found.Lang = l.m.Language
	}
	return found
}

func (l *line) laboratory() *spsv1.Laboratory {
	lab := &spsv1.Laboratory{
		Id: l.of("labId").text, Name: l.of("labName").text, Area: areaOf(l.of("labCountry")),
		AccreditationNumber: l.of("labAccredNo").text, AccreditationBody: l.of("labAccredBody").text,
		MethodAccredited: l.of("accredProc").text == "true",
	}
	if lab.Id == "" && lab.Name == "" && lab.Area == nil && lab.AccreditationNumber == "" && lab.AccreditationBody == "" && !lab.MethodAccredited {
		return nil
	}
	return lab
}

// limits returns the limit that the result is judged against, or the two of a range.
func (l *line) limits() []*spsv1.Limit {
	var all []*spsv1.Limit
	for _, name := range []string{"evalLowLimit", "evalHighLimit"} {
		if q := l.quantity(name, "resUnit"); q != nil {
			limit := &spsv1.Limit{Value: q, Kind: l.concept("evalLimitType", "")}
			if ref, area := l.of("evalLimitRef"), l.of("evalLimitCountry"); ref.said() || area.said() {
				limit.Requirement = &spsv1.Requirement{Citation: ref.text, Area: areaOf(area)}
			}
			all = append(all, limit)
		}
	}
	said := l.of("evalLimitComp")
	switch {
	case len(all) == 2 && said.said():
		l.at(said, "LIMIT_RANGE", "leave it empty where there are evalLowLimit and evalHighLimit: the result must lie between them")
	case len(all) == 2:
		all[0].Comparator = spsv1.Comparator_COMPARATOR_GREATER_OR_EQUAL
		all[1].Comparator = spsv1.Comparator_COMPARATOR_LESS_OR_EQUAL
	case len(all) == 1:
		all[0].Comparator = spsv1.Comparator(enum(spsv1.Comparator_value, said))
	}
	return all
}

// plan returns the sampling plan; nil if there is none.
func (l *line) plan() *spsv1.SamplingPlan {
	p := &spsv1.SamplingPlan{
		N: l.count("planN"), C: l.count("planC"),
		LowerLimit: l.quantity("planLowLimit", "resUnit"), UpperLimit: l.quantity("planHighLimit", "resUnit"),
	}
	units := l.of("planUnits")
	for _, n := range units.numbers {
		u := &spsv1.UnitResult{Comparator: comparators[n.Comparator], Value: measured(n.Decimal, l.of("resUnit"))}
		switch n.Word {
		case table.NotDetected:
			u.Detection = spsv1.Detection_DETECTION_NOT_DETECTED
		case table.Detected:
			u.Detection = spsv1.Detection_DETECTION_DETECTED
		case table.LOD, table.LOQ:
			l.at(units, "RESULT_UNITS", "write numbers, <numbers or ND here: the limits of the method stand for themselves in resVal only")
		}
		p.UnitResults = append(p.UnitResults, u)
	}
	if !l.of("planN").said() && !l.of("planC").said() && p.LowerLimit == nil && p.UpperLimit == nil && p.UnitResults == nil {
		return nil
	}
	return p
}

// comparators are the signs before a number.
var comparators = map[string]spsv1.Comparator{
	"<": spsv1.Comparator_COMPARATOR_LESS, "≤": spsv1.Comparator_COMPARATOR_LESS_OR_EQUAL,
	">": spsv1.Comparator_COMPARATOR_GREATER, "≥": spsv1.Comparator_COMPARATOR_GREATER_OR_EQUAL,
}

// value fills in what was found: the number with its comparator, or what stands in its
// place. Three columns say it, resVal, resQualValue and resType, and must agree.
func (l *line) value(r *spsv1.LabResult) {
	l.number(r)
	l.qualitative(r)
	l.typed(r)
}

// number takes resVal and resComp.
func (l *line) number(r *spsv1.LabResult) {
	v, comp := l.of("resVal"), l.of("resComp")
	var n table.Number
	if len(v.numbers) > 0 {
		n = v.numbers[0]
	}
	r.Comparator = comparators[n.Comparator]
	switch n.Word {
	case table.NotDetected:
		r.Detection = spsv1.Detection_DETECTION_NOT_DETECTED
	case table.Detected:
		r.Detection = spsv1.Detection_DETECTION_DETECTED
	case table.LOD:
		l.below(r, v, "resLOD")
	case table.LOQ:
		l.below(r, v, "resLOQ")
	default:
		r.Value = measured(n.Decimal, l.of("resUnit"))
	}
	if comp.said() {
		said := spsv1.Comparator(enum(spsv1.Comparator_value, comp))
		if v.said() && r.GetValue() == nil || r.GetComparator() != 0 && r.GetComparator() != said {
			l.disagree(comp, "resVal")
			return
		}
		r.Comparator = said
	}
}

// below takes a number from a limit of the method, for <LOQ and the like.
func (l *line) below(r *spsv1.LabResult, at value, limit string) {
	if r.GetComparator() == 0 {
		l.at(at, "RESULT_WORD", fmt.Sprintf("write < before it, or the number that was found: %q alone is no result", form.Shown(at.text)))
		return
	}
	r.Value = l.quantity(limit, "resUnit")
	if r.Value == nil {
		r.Comparator = 0
		l.at(at, "RESULT_LIMIT", fmt.Sprintf("give the number in %s too, or instead of %q", limit, form.Shown(at.text)))
		return
	}
	if limit == "resLOD" && less(r) {
		r.Detection = spsv1.Detection_DETECTION_NOT_DETECTED
	}
}

// less reports whether a result is below its number.
func less(r *spsv1.LabResult) bool {
	return r.GetComparator() == spsv1.Comparator_COMPARATOR_LESS || r.GetComparator() == spsv1.Comparator_COMPARATOR_LESS_OR_EQUAL
}

// qualitative takes resQualValue.
func (l *line) qualitative(r *spsv1.LabResult) {
	v := l.of("resQualValue")
	said := spsv1.Detection(enum(spsv1.Detection_value, v))
	switch {
	case said == 0:
	case r.GetDetection() == 0:
		r.Detection = said
	case r.GetDetection() != said:
		l.disagree(v, "resVal")
	}
}

// ofType are the limits of the method that a type of result stands for.
var ofType = map[string]string{"LOD": "resLOD", "LOQ": "resLOQ", "CCA": "CCalpha", "CCB": "CCbeta"}

// typed takes resType.
func (l *line) typed(r *spsv1.LabResult) {
	v := l.of("resType")
	switch limit := ofType[v.text]; {
	case !v.said():
	case limit != "":
		l.belowType(r, v, limit)
	case v.text == "BIN":
		if r.GetDetection() == 0 || r.GetValue() != nil {
			l.disagree(v, "resQualValue")
		}
	default: // VAL and AWR have a number
		if r.GetValue() == nil || r.GetDetection() == spsv1.Detection_DETECTION_NOT_DETECTED {
			l.disagree(v, "resVal")
			return
		}
		r.Value.Approximate = v.text == "AWR"
	}
}

// belowType takes the number of a result that is below a limit of the method by its
// type.
func (l *line) belowType(r *spsv1.LabResult, v value, limit string) {
	absent := limit == "resLOD" || limit == "CCbeta"
	switch {
	case r.GetValue() != nil && !less(r), absent && r.GetDetection() == spsv1.Detection_DETECTION_DETECTED:
		l.disagree(v, "resVal")
		return
	case r.GetValue() == nil:
		r.Value, r.Comparator = l.quantity(limit, "resUnit"), spsv1.Comparator_COMPARATOR_LESS
	}
	if r.GetValue() == nil {
		r.Comparator = 0
		l.at(v, "RESULT_LIMIT", fmt.Sprintf("give the number in %s too, or instead of %q", limit, form.Shown(v.text)))
	}
	if absent {
		r.Detection = spsv1.Detection_DETECTION_NOT_DETECTED
	}
}

// disagree tells that a value and another column do not say the same. Where the other
// one is not understood, that is told already.
func (l *line) disagree(v value, other string) {
	letter := l.of(other).letter
	for _, p := range l.problems {
		if letter != "" && p.Column == letter {
			return
		}
	}
	l.at(v, "RESULT_DIFFERS", fmt.Sprintf("correct it or %s: they do not agree", other))
}
