package rasff

import (
	"fmt"
	"strings"
)

// Row is one row of an export. Its values are as in the file, without the
// blanks around them, and in Unicode normal form C.
type Row struct {
	Line int // in the file, from 1, the header's included

	Reference        string
	Category         string
	Type             string
	Subject          string
	Date             string
	NotifyingCountry string
	Classification   string
	RiskDecision     string
	Distribution     string
	ForAttention     string
	ForFollowUp      string
	Operator         string
	Origin           string
	Hazards          string
}

// field is a column and where its value stands in a row.
type field struct {
	column string
	value  func(*Row) *string
}

// fields are the columns that an export must have.
var fields = []field{
	{"reference", func(r *Row) *string { return &r.Reference }},
	{"category", func(r *Row) *string { return &r.Category }},
	{"type", func(r *Row) *string { return &r.Type }},
	{"subject", func(r *Row) *string { return &r.Subject }},
	{"date", func(r *Row) *string { return &r.Date }},
	{"notifying_country", func(r *Row) *string { return &r.NotifyingCountry }},
	{"classification", func(r *Row) *string { return &r.Classification }},
	{"risk_decision", func(r *Row) *string { return &r.RiskDecision }},
	{"distribution", func(r *Row) *string { return &r.Distribution }},
	{"forAttention", func(r *Row) *string { return &r.ForAttention }},
	{"forFollowUp", func(r *Row) *string { return &r.ForFollowUp }},
	{"operator", func(r *Row) *string { return &r.Operator }},
	{"origin", func(r *Row) *string { return &r.Origin }},
	{"hazards", func(r *Row) *string { return &r.Hazards }},
}

// ignored are columns that an export may have, and that say nothing about the
// notification.
var ignored = []string{"year", "week"}

// Problem is one reason why a row cannot be taken.
type Problem struct {
	Line     int    // of the file, from 1
	Column   string // its name in the header; empty if it is the whole line
	Sentence string // what is wrong and what to do: lower case, no full stop
}

// String returns the line, the column and the sentence.
func (p Problem) String() string {
	if p.Column == "" {
		return fmt.Sprintf("line %d: %s", p.Line, p.Sentence)
	}
	return fmt.Sprintf("line %d, %s: %s", p.Line, p.Column, p.Sentence)
}

// Problems are all the reasons why one row cannot be taken. The rows after it
// can be.
type Problems []Problem

// Error returns all problems, separated by semicolons.
func (p Problems) Error() string {
	all := make([]string, len(p))
	for i, problem := range p {
		all[i] = problem.String()
	}
	return strings.Join(all, "; ")
}

// Err returns p as an error, or nil if there is no problem.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}
