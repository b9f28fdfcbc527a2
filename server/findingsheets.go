package server

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/finding"
	"github.com/spsalert/spsalert/server/finding/ssd2"
	"github.com/spsalert/spsalert/server/intake"
	"github.com/spsalert/spsalert/server/sheet/form"
	"github.com/spsalert/spsalert/server/sheet/table"
	"github.com/spsalert/spsalert/server/store"
)

// findingSheets is the kind of import of laboratories: sheets of findings, kept
// as if they had been posted. It implements intake.Kind.
type findingSheets struct{ findings *finding.Service }

func (findingSheets) Name() string { return "findings" }

func (k findingSheets) Owner(ctx context.Context) (string, error) { return k.findings.Laboratory(ctx) }

func (findingSheets) CheckMapping(mapping string) error {
	_, err := ssd2.ParseMapping([]byte(mapping))
	return err
}

func (findingSheets) Template(w io.Writer, format spsv1.TemplateFormat, languages []string) error {
	return ssd2.Template(w, templateFormat(format), languages...)
}

// templateFormat returns what package form calls a format of templates.
func templateFormat(format spsv1.TemplateFormat) string {
	if format == spsv1.TemplateFormat_TEMPLATE_FORMAT_XLSX {
		return form.XLSX
	}
	return form.CSV
}

func (k findingSheets) Open(ctx context.Context, r io.ReaderAt, size int64, mapping string) (intake.Sheet, error) {
	laboratory, err := k.findings.Laboratory(ctx)
	if err != nil {
		return nil, err
	}
	m, err := ssd2.ParseMapping([]byte(mapping))
	if err != nil {
		return nil, err
	}
	reader, err := ssd2.Open(r, size, m)
	if err != nil {
		return nil, err
	}
	return &findingSheet{reader: reader, findings: k.findings, laboratory: laboratory, numbers: map[string]bool{}, replaced: map[string]bool{}}, nil
}

// findingSheet is a sheet of findings being read. It implements intake.Sheet.
type findingSheet struct {
	reader     *ssd2.Reader
	findings   *finding.Service
	laboratory string

	// What the checked batches before this one would have kept: report numbers, and
	// those that they replace.
	numbers, replaced map[string]bool
}

func (s *findingSheet) Notes() []table.Note { return s.reader.Notes() }

// RowsTotal implements intake.Counted.
func (s *findingSheet) RowsTotal() int { return s.reader.RowsTotal() }

func (s *findingSheet) Records() iter.Seq2[intake.Record, error] {
	return func(yield func(intake.Record, error) bool) {
		for f, err := range s.reader.Findings() {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(s.record(f), nil) {
				return
			}
		}
	}
}

// record returns a finding of the sheet with all that is wrong with it in itself,
// each thing once.
func (s *findingSheet) record(f ssd2.Sheeted) *findingRecord {
	r := &findingRecord{Sheeted: f}
	for _, p := range f.Problems {
		r.wrong = append(r.wrong, r.at(p, ""))
	}
	if f.Finding == nil {
		return r
	}
	for _, v := range s.findings.Wrong(f.Finding, s.laboratory) {
		if p, follows := f.Problem(v.Field, v.Reason, v.Sentence); !follows {
			r.wrong = append(r.wrong, r.at(p, v.Field))
		}
	}
	return r
}

// of returns the findings of records.
func of(records []intake.Record) ([]*spsv1.LabFinding, error) {
	all := make([]*spsv1.LabFinding, len(records))
	for i, r := range records {
		f, ok := r.(*findingRecord)
		if !ok {
			return nil, fmt.Errorf("%T is no record of a sheet of findings", r)
		}
		all[i] = f.Finding
	}
	return all, nil
}

func (s *findingSheet) Check(ctx context.Context, records []intake.Record) ([]intake.Outcome, error) {
	findings, err := of(records)
	if err != nil {
		return nil, err
	}
	posted, err := s.findings.Post(ctx, findings, true)
	if err != nil {
		return nil, err
	}
	outcomes := outcomesOf(posted)
	for i, f := range findings {
		s.recall(f, &outcomes[i])
	}
	return outcomes, nil
}

// recall corrects what is said of a finding by what the batches before would have
// kept, and remembers whether it would be.
func (s *findingSheet) recall(f *spsv1.LabFinding, o *intake.Outcome) {
	if o.Unchanged {
		return
	}
	o.Violations = slices.DeleteFunc(o.Violations, func(v access.Violation) bool {
		var at int
		n, _ := fmt.Sscanf(v.Field, "supersedes_reports[%d]", &at)
		return n == 1 && v.Reason == "REPORT_UNKNOWN" && at < len(f.GetSupersedesReports()) && s.numbers[f.GetSupersedesReports()[at]]
	})
	for i, number := range f.GetSupersedesReports() {
		field := fmt.Sprintf("supersedes_reports[%d]", i)
		told := slices.ContainsFunc(o.Violations, func(v access.Violation) bool { return v.Field == field })
		if s.replaced[number] && !told {
			o.Violations = append(o.Violations, access.Violation{
				Field: field, Reason: "REPORT_SUPERSEDED", Sentence: "name the report that superseded it, it does not stand any more",
			})
		}
	}
	if len(o.Violations) > 0 {
		return
	}
	s.numbers[f.GetReportNumber()] = true
	for _, number := range f.GetSupersedesReports() {
		s.replaced[number] = true
	}
}

func (s *findingSheet) Commit(ctx context.Context, records []intake.Record, also func(store.Tx, []intake.Outcome) error) error {
	findings, err := of(records)
	if err != nil {
		return err
	}
	_, err = s.findings.PostWith(ctx, findings, func(tx store.Tx, posted []finding.Posted) error { return also(tx, outcomesOf(posted)) })
	return err
}

func outcomesOf(posted []finding.Posted) []intake.Outcome {
	all := make([]intake.Outcome, len(posted))
	for i, p := range posted {
		all[i].Unchanged = p.Unchanged
		if p.Refusal != nil {
			all[i].Violations = p.Refusal.Violations
		}
	}
	return all
}

// findingRecord is a finding of a sheet. It implements intake.Record.
type findingRecord struct {
	ssd2.Sheeted
	wrong []*spsv1.RowError
}

func (r *findingRecord) Rows() (first, last int)     { return r.First, r.Last }
func (r *findingRecord) Problems() []*spsv1.RowError { return r.wrong }

func (r *findingRecord) Notes() []*spsv1.RowError {
	all := make([]*spsv1.RowError, len(r.Sheeted.Notes))
	for i, n := range r.Sheeted.Notes {
		all[i] = r.at(table.Problem(n), "")
	}
	return all
}

func (r *findingRecord) Violation(v access.Violation) *spsv1.RowError {
	p, _ := r.Problem(v.Field, v.Reason, v.Sentence)
	return r.at(p, v.Field)
}

// at returns a problem with what is written at its place.
func (r *findingRecord) at(p table.Problem, field string) *spsv1.RowError {
	if p.Row == 0 {
		p.Row = r.First
	}
	return &spsv1.RowError{
		Row: int32(p.Row), Column: p.Column, Heading: p.Heading, Written: r.Written(p.Row, p.Column),
		Field: field, Reason: p.Reason, Sentence: p.Sentence,
	}
}
