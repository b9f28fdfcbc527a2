package main

import (
	"fmt"
	"strings"

	"github.com/spsalert/spsalert/client/brief"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// signs are how comparators are written.
var signs = map[spsv1.Comparator]string{
	spsv1.Comparator_COMPARATOR_LESS: "<", spsv1.Comparator_COMPARATOR_LESS_OR_EQUAL: "≤",
	spsv1.Comparator_COMPARATOR_GREATER: ">", spsv1.Comparator_COMPARATOR_GREATER_OR_EQUAL: "≥",
}

// printResults writes a row for each result of a finding, for people.
func (a *app) printResults(f *spsv1.LabFinding) error {
	if len(f.GetSample().GetResults()) == 0 {
		return nil
	}
	fmt.Fprintln(a.out)
	list := newList(a.out, tableFormat, "looked for", "found", "unit", "limit", "verdict", "method")
	for _, r := range f.GetSample().GetResults() {
		if err := list.add(r, conceptName(r.GetAnalyte()), resultWords(r), r.GetValue().GetUcum(), limitWords(r),
			brief.Words(r.GetVerdict()), conceptName(r.GetMethod())); err != nil {
			return err
		}
	}
	return list.close()
}

// conceptName is a concept as it was written, or else as a code list names it.
func conceptName(c *spsv1.Concept) string {
	name := c.GetAsWritten()
	for _, coding := range c.GetCodings() {
		name = first(name, coding.GetDisplay(), coding.GetCode())
	}
	return name
}

// resultWords says what was found: the number with its uncertainty, or whether it
// was detected.
func resultWords(r *spsv1.LabResult) string {
	if r.GetValue() == nil {
		return brief.Words(r.GetDetection())
	}
	text := signs[r.GetComparator()] + r.GetValue().GetValue()
	if u := r.GetUncertainty(); u != nil {
		text += " ± " + u.GetValue()
	}
	return text
}

// limitWords lists the limits of a result, each with its unit.
func limitWords(r *spsv1.LabResult) string {
	var all []string
	for _, l := range r.GetLimits() {
		all = append(all, strings.TrimSpace(signs[l.GetComparator()]+l.GetValue().GetValue()+" "+l.GetValue().GetUcum()))
	}
	return strings.Join(all, ", ")
}
