package server

import (
	"context"
	"fmt"
	"io"
	"iter"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/intake"
	"github.com/spsalert/spsalert/server/sheet/table"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/trader"
	"github.com/spsalert/spsalert/server/trader/codesheet"
)

// codeSheets is the kind of import of the office: sheets of its code register, kept
// as if each owner had been registered with its codes. It implements intake.Kind.
type codeSheets struct{ traders *trader.Service }

func (codeSheets) Name() string { return "codes" }

func (k codeSheets) Owner(ctx context.Context) (string, error) { return k.traders.Registrar(ctx) }

func (codeSheets) CheckMapping(mapping string) error {
	_, err := codesheet.ParseMapping([]byte(mapping))
	return err
}

func (codeSheets) Template(w io.Writer, format spsv1.TemplateFormat, languages []string) error {
	return codesheet.Template(w, templateFormat(format), languages...)
}

func (k codeSheets) Open(ctx context.Context, r io.ReaderAt, size int64, mapping string) (intake.Sheet, error) {
	m, err := codesheet.ParseMapping([]byte(mapping))
	if err != nil {
		return nil, err
	}
	reader, err := codesheet.Open(r, size, m)
	if err != nil {
		return nil, err
	}
	bulk, err := k.traders.Bulk(ctx)
	if err != nil {
		return nil, err
	}
	return &codeSheet{reader: reader, bulk: bulk}, nil
}

// codeSheet is a sheet of the code register being read. It implements intake.Sheet.
type codeSheet struct {
	reader *codesheet.Reader
	bulk   *trader.Bulk
}

func (s *codeSheet) Notes() []table.Note { return s.reader.Notes() }

func (s *codeSheet) Records() iter.Seq2[intake.Record, error] {
	return func(yield func(intake.Record, error) bool) {
		for e, err := range s.reader.Entries() {
			var r *codeRecord
			if err == nil {
				r, err = s.record(e)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// record returns a row of the sheet with all that is wrong with it in itself and
// beside the rows before it, each thing once.
func (s *codeSheet) record(e codesheet.Entry) (*codeRecord, error) {
	r := &codeRecord{Entry: e}
	for _, p := range e.Problems {
		r.wrong = append(r.wrong, r.at(p, ""))
	}
	if e.Exporter == nil {
		return r, nil
	}
	violations, err := s.bulk.Look(e.Row, r.registration())
	for _, v := range violations {
		if p, follows := e.Problem(v.Field, v.Reason, v.Sentence); !follows {
			r.wrong = append(r.wrong, r.at(p, v.Field))
		}
	}
	return r, err
}

// registrations returns what records say.
func registrations(records []intake.Record) ([]trader.Registration, error) {
	all := make([]trader.Registration, len(records))
	for i, r := range records {
		code, ok := r.(*codeRecord)
		if !ok {
			return nil, fmt.Errorf("%T is no record of a sheet of codes", r)
		}
		all[i] = code.registration()
	}
	return all, nil
}

func (s *codeSheet) Check(ctx context.Context, records []intake.Record) ([]intake.Outcome, error) {
	all, err := registrations(records)
	if err != nil {
		return nil, err
	}
	results, err := s.bulk.Check(ctx, all)
	if err != nil {
		return nil, err
	}
	return outcomesOfCodes(results), nil
}

func (s *codeSheet) Commit(ctx context.Context, records []intake.Record, also func(store.Tx, []intake.Outcome) error) error {
	all, err := registrations(records)
	if err != nil {
		return err
	}
	return s.bulk.Commit(ctx, all, func(tx store.Tx, results []trader.Registered) error { return also(tx, outcomesOfCodes(results)) })
}

func outcomesOfCodes(results []trader.Registered) []intake.Outcome {
	all := make([]intake.Outcome, len(results))
	for i, r := range results {
		all[i] = intake.Outcome(r)
	}
	return all
}

// codeRecord is a row of a sheet of codes. It implements intake.Record.
type codeRecord struct {
	codesheet.Entry
	wrong []*spsv1.RowError
}

func (r *codeRecord) registration() trader.Registration {
	return trader.Registration{Exporter: r.Exporter, Ended: r.Ended}
}

func (r *codeRecord) Rows() (first, last int)     { return r.Row, r.Row }
func (r *codeRecord) Problems() []*spsv1.RowError { return r.wrong }

func (r *codeRecord) Notes() []*spsv1.RowError {
	all := make([]*spsv1.RowError, len(r.Entry.Notes))
	for i, n := range r.Entry.Notes {
		all[i] = r.at(table.Problem(n), "")
	}
	return all
}

func (r *codeRecord) Violation(v access.Violation) *spsv1.RowError {
	p, _ := r.Problem(v.Field, v.Reason, v.Sentence)
	return r.at(p, v.Field)
}

// at returns a problem with what is written at its place.
func (r *codeRecord) at(p table.Problem, field string) *spsv1.RowError {
	return &spsv1.RowError{
		Row: int32(r.Row), Column: p.Column, Heading: p.Heading, Written: r.Written(p.Column),
		Field: field, Reason: p.Reason, Sentence: p.Sentence,
	}
}
