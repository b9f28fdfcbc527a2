package server

import (
	"fmt"
	"iter"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/intake"
	"github.com/spsalert/spsalert/server/sheet/form"
	"github.com/spsalert/spsalert/server/sheet/table"
)

// placed is what the reader of a kind of sheet knows of a record: where a field of
// what it says stands, and what is written there.
type placed interface {
	// Problem returns a violation of a field as a problem at its place, and whether
	// it only follows from a problem of the record that is told already.
	Problem(field, reason, sentence string) (p table.Problem, follows bool)
	// Written returns what is written in a cell, as a person reads it.
	Written(row int, column string) string
}

// sheetRecord is a record of a sheet, and what it says. It implements intake.Record.
type sheetRecord[T any] struct {
	placed
	says         T
	first, last  int
	wrong, notes []*spsv1.RowError
}

// newRecord returns a record of the rows from first to last.
func newRecord[T any](p placed, says T, first, last int, problems []table.Problem, notes []table.Note) *sheetRecord[T] {
	r := &sheetRecord[T]{placed: p, says: says, first: first, last: last}
	for _, p := range problems {
		r.wrong = append(r.wrong, r.at(p, ""))
	}
	for _, n := range notes {
		r.notes = append(r.notes, r.at(table.Problem(n), ""))
	}
	return r
}

// refuse adds what is wrong with what the record says, unless it is told already.
func (r *sheetRecord[T]) refuse(violations []access.Violation) {
	for _, v := range violations {
		if p, follows := r.Problem(v.Field, v.Reason, v.Sentence); !follows {
			r.wrong = append(r.wrong, r.at(p, v.Field))
		}
	}
}

func (r *sheetRecord[T]) Rows() (first, last int)     { return r.first, r.last }
func (r *sheetRecord[T]) Problems() []*spsv1.RowError { return r.wrong }
func (r *sheetRecord[T]) Notes() []*spsv1.RowError    { return r.notes }

func (r *sheetRecord[T]) Violation(v access.Violation) *spsv1.RowError {
	p, _ := r.Problem(v.Field, v.Reason, v.Sentence)
	return r.at(p, v.Field)
}

// at returns a problem with what is written at its place.
func (r *sheetRecord[T]) at(p table.Problem, field string) *spsv1.RowError {
	if p.Row == 0 {
		p.Row = r.first
	}
	return &spsv1.RowError{
		Row: int32(p.Row), Column: p.Column, Heading: p.Heading, Written: r.Written(p.Row, p.Column),
		Field: field, Reason: p.Reason, Sentence: p.Sentence,
	}
}

// records turns what a reader yields into records, to the first error.
func records[R, T any](all iter.Seq2[R, error], record func(R) (*sheetRecord[T], error)) iter.Seq2[intake.Record, error] {
	return func(yield func(intake.Record, error) bool) {
		for read, err := range all {
			var r *sheetRecord[T]
			if err == nil {
				r, err = record(read)
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

// said returns what records say.
func said[T any](records []intake.Record) ([]T, error) {
	all := make([]T, len(records))
	for i, r := range records {
		record, ok := r.(*sheetRecord[T])
		if !ok {
			return nil, fmt.Errorf("%T is a record of another kind of sheet", r)
		}
		all[i] = record.says
	}
	return all, nil
}

// outcomes returns what became of records as package intake says it.
func outcomes[T any](results []T, outcome func(T) intake.Outcome) []intake.Outcome {
	all := make([]intake.Outcome, len(results))
	for i, r := range results {
		all[i] = outcome(r)
	}
	return all
}

// templateFormat returns what package form calls a format of templates.
func templateFormat(format spsv1.TemplateFormat) string {
	if format == spsv1.TemplateFormat_TEMPLATE_FORMAT_XLSX {
		return form.XLSX
	}
	return form.CSV
}
