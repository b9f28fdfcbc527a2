package finding

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/statement"
)

// maxSize is how large a finding may be, in bytes, its files not counted.
const maxSize = 256 << 10

// Check returns everything that is wrong with a finding by itself: the field
// rules of the contract first, then the law across fields; nil if there is
// nothing. Paths begin within the finding. No date may be after today, which is a
// day on the calendar of the office. It expects what [Complete] returns, does not
// change it, and is safe for concurrent use.
func Check(f *spsv1.LabFinding, today time.Time) []access.Violation {
	c := &checker{today: &spsv1.Date{Year: uint32(today.Year()), Month: uint32(today.Month()), Day: uint32(today.Day())}}
	c.report(f)
	c.product(f.GetProduct())
	c.sample(f)
	for i, r := range f.GetSample().GetResults() {
		c.result(fmt.Sprintf("sample.results[%d]", i), r)
	}
	// What to write instead of a unit is told in place of which letters it may have.
	rules := slices.DeleteFunc(statement.CheckPart(f), func(rule statement.Problem) bool {
		return slices.ContainsFunc(c.found, func(p statement.Problem) bool { return p.Reason == "UNIT_UCUM" && p.Field == rule.Field })
	})
	var all []access.Violation
	for _, p := range rules.Join(c.found) {
		all = append(all, access.Violation{Field: p.Field, Reason: p.Reason, Sentence: p.Sentence})
	}
	return all
}

// checker collects what breaks the law of findings.
type checker struct {
	today *spsv1.Date
	found statement.Problems
}

func (c *checker) add(field, reason, sentence string) {
	c.found = append(c.found, statement.Problem{Field: field, Reason: reason, Sentence: sentence})
}

// report checks what a finding says of itself.
func (c *checker) report(f *spsv1.LabFinding) {
	switch f.GetStage() {
	case spsv1.ResultStage_RESULT_STAGE_PRELIMINARY, spsv1.ResultStage_RESULT_STAGE_FINAL:
	default:
		c.add("stage", "FINDING_STAGE", "say whether the report is preliminary or final")
	}
	if slices.Contains(f.GetSupersedesReports(), f.GetReportNumber()) && f.GetReportNumber() != "" {
		c.add("supersedes_reports", "SUPERSEDES_SELF", "leave out the report's own number")
	}
	if size := proto.Size(f); size > maxSize {
		c.add("", "FINDING_SIZE", fmt.Sprintf("it has %d bytes, and may have %d: move content into attachments", size, maxSize))
	}
	c.past("report_date", f.GetReportDate())
}

// product checks what the sample was taken from.
func (c *checker) product(p *spsv1.Product) {
	if p == nil {
		c.add("product", "PRODUCT_REQUIRED", "say what the sample was taken from: a name, a category or a code")
	}
}

// sample checks the sample, and that its days follow each other.
func (c *checker) sample(f *spsv1.LabFinding) {
	s := f.GetSample()
	if s == nil {
		return // the field rule says so
	}
	if s.GetNumber() == "" {
		c.add("sample.number", "SAMPLE_NUMBER", "give the number of the sample")
	}
	if len(s.GetResults()) == 0 {
		c.add("sample.results", "RESULTS_REQUIRED", "give at least one result")
	}
	c.past("sample.sampling_date", s.GetSamplingDate())
	c.past("sample.arrival_date", s.GetArrivalDate())
	c.follows("sample.arrival_date", s.GetSamplingDate(), s.GetArrivalDate())
	c.follows("report_date", s.GetSamplingDate(), f.GetReportDate())
	for i, r := range s.GetResults() {
		path := fmt.Sprintf("sample.results[%d]", i)
		c.past(path+".analysis_start_date", r.GetAnalysisStartDate())
		c.past(path+".analysis_end_date", r.GetAnalysisEndDate())
		c.follows(path+".analysis_start_date", s.GetSamplingDate(), r.GetAnalysisStartDate())
		c.follows(path+".analysis_end_date", r.GetAnalysisStartDate(), r.GetAnalysisEndDate())
		c.follows("report_date", r.GetAnalysisEndDate(), f.GetReportDate())
	}
}

// lastYear is the last of the field rule, which says itself that a year is beyond.
const lastYear = 2200

// past checks that a day has come.
func (c *checker) past(path string, d *spsv1.Date) {
	if d.GetYear() <= lastYear && (statement.Before(c.today, d) || d.GetYear() > c.today.GetYear()) {
		c.add(path, "DATE_FUTURE", "correct the date, it has not come yet; years are those of the common era")
	}
}

// follows checks that a day is not before the one that it follows.
func (c *checker) follows(path string, earlier, later *spsv1.Date) {
	twice := slices.ContainsFunc(c.found, func(p statement.Problem) bool { return p.Field == path })
	if statement.Before(later, earlier) && !twice {
		c.add(path, "DATE_ORDER", "correct the dates, this one is before the one that it follows")
	}
}
