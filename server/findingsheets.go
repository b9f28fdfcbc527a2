package server

import (
	"context"
	"io"
	"iter"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/finding"
	"github.com/spsalert/spsalert/server/finding/ssd2"
	"github.com/spsalert/spsalert/server/intake"
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

func (k findingSheets) Open(ctx context.Context, r io.ReaderAt, size int64, mapping string) (intake.Sheet, error) {
	bulk, err := k.findings.Bulk(ctx)
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
	return &findingSheet{Reader: reader, bulk: bulk}, nil
}

// findingSheet is a sheet of findings being read. It implements intake.Sheet and
// intake.Counted.
type findingSheet struct {
	*ssd2.Reader
	bulk *finding.Bulk
}

func (s *findingSheet) Records() iter.Seq2[intake.Record, error] {
	return records(s.Findings(), s.record)
}

// record returns a finding of the sheet with all that is wrong with it in itself,
// each thing once.
func (s *findingSheet) record(f ssd2.Sheeted) (*sheetRecord[*spsv1.LabFinding], error) {
	r := newRecord(f, f.Finding, f.First, f.Last, f.Problems, f.Notes)
	if f.Finding != nil {
		r.refuse(s.bulk.Look(f.Finding))
	}
	return r, nil
}

func (s *findingSheet) Check(ctx context.Context, records []intake.Record) ([]intake.Outcome, error) {
	findings, err := said[*spsv1.LabFinding](records)
	if err != nil {
		return nil, err
	}
	posted, err := s.bulk.Check(ctx, findings)
	if err != nil {
		return nil, err
	}
	return outcomes(posted, outcomeOfFinding), nil
}

func (s *findingSheet) Commit(ctx context.Context, records []intake.Record, also func(store.Tx, []intake.Outcome) error) error {
	findings, err := said[*spsv1.LabFinding](records)
	if err != nil {
		return err
	}
	return s.bulk.Commit(ctx, findings, func(tx store.Tx, posted []finding.Posted) error { return also(tx, outcomes(posted, outcomeOfFinding)) })
}

func outcomeOfFinding(p finding.Posted) intake.Outcome {
	o := intake.Outcome{Unchanged: p.Unchanged}
	if p.Refusal != nil {
		o.Violations = p.Refusal.Violations
	}
	return o
}
