package server

import (
	"cmp"
	"context"
	"io"
	"iter"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/intake"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/trader"
	"github.com/spsalert/spsalert/server/trader/codesheet"
)

// codeSheets is the kind of import of the office: sheets of its code register, kept
// as if each owner had been registered with its codes. It implements intake.Kind.
type codeSheets struct {
	traders *trader.Service
	rows    int // most that a sheet has
}

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
	return &codeSheet{Reader: reader, bulk: bulk, most: k.rows}, nil
}

// codeSheet is a sheet of the code register being read. It implements intake.Sheet and
// intake.Counted.
type codeSheet struct {
	*codesheet.Reader
	bulk       *trader.Bulk
	most, rows int // rows that it may have, and that it has
}

// RowsTotal implements intake.Counted.
func (s *codeSheet) RowsTotal() int { return s.rows }

// Records reads the sheet twice: what is said of an owner or code in one row is compared
// with all the others.
func (s *codeSheet) Records() iter.Seq2[intake.Record, error] {
	return func(yield func(intake.Record, error) bool) {
		if err := s.survey(); err != nil {
			yield(nil, err)
			return
		}
		records(s.Entries(), s.record)(yield)
	}
}

// survey counts the rows and notes what they say, but for those of a sheet that has too
// many, which is refused.
func (s *codeSheet) survey() error {
	first := 0
	for e, err := range s.Entries() {
		if err != nil {
			return err
		}
		first = cmp.Or(first, e.Row)
		if s.rows = e.Row - first + 1; s.rows > s.most {
			break
		}
		if e.Exporter != nil {
			s.bulk.Note(e.Row, registration(e))
		}
	}
	return s.Again()
}

func registration(e codesheet.Entry) trader.Registration {
	return trader.Registration{Exporter: e.Exporter, Ended: e.Ended}
}

// record returns a row of the sheet with all that is wrong with it in itself and
// beside the others, each thing once.
func (s *codeSheet) record(e codesheet.Entry) (*sheetRecord[trader.Registration], error) {
	r := newRecord(e, registration(e), e.Row, e.Row, e.Problems, e.Notes)
	if e.Exporter == nil {
		return r, nil
	}
	violations, err := s.bulk.Look(r.says)
	r.refuse(violations)
	return r, err
}

func (s *codeSheet) Check(ctx context.Context, records []intake.Record) ([]intake.Outcome, error) {
	all, err := said[trader.Registration](records)
	if err != nil {
		return nil, err
	}
	results, err := s.bulk.Check(ctx, all)
	if err != nil {
		return nil, err
	}
	return outcomes(results, outcomeOfCode), nil
}

func (s *codeSheet) Commit(ctx context.Context, records []intake.Record, also func(store.Tx, []intake.Outcome) error) error {
	all, err := said[trader.Registration](records)
	if err != nil {
		return err
	}
	return s.bulk.Commit(ctx, all, func(tx store.Tx, results []trader.Registered) error {
		return also(tx, outcomes(results, outcomeOfCode))
	})
}

func outcomeOfCode(r trader.Registered) intake.Outcome { return intake.Outcome(r) }
