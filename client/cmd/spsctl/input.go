package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/batch"
	"github.com/spsalert/spsalert/client/rasff"
	"github.com/spsalert/spsalert/client/sample"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// demoSource returns what a demo issues.
func demoSource(o demoOptions, offices []certs.Office) (batch.Source, error) {
	if o.input != "" {
		return readRASFF(o.input, offices, o.limit)
	}
	return sampleOf(offices, o.limit)
}

// sampleOf returns the built-in sample, as far as its issuers and addressees
// are among the offices.
func sampleOf(offices []certs.Office, limit int) (batch.Source, error) {
	var items []batch.Item
	for _, s := range sample.Statements() {
		if limit > 0 && len(items) == limit {
			break
		}
		if !within(s, offices) {
			continue
		}
		items = append(items, batch.Item{Label: s.Name, Office: s.Office, Statement: s.Statement, RequestID: s.RequestID})
	}
	if len(items) == 0 {
		return nil, usageError{fmt.Errorf("the built-in sample has nothing between %s, add offices", officeList(offices))}
	}
	return batch.Items(items...), nil
}

func within(s sample.Item, offices []certs.Office) bool {
	for _, addressee := range s.Statement.GetAddressees() {
		office := certs.Office(addressee.GetOffice())
		if office != "" && !addressee.GetByHand() && !slices.Contains(offices, office) {
			return false
		}
	}
	return slices.Contains(offices, s.Office)
}

// rasffRows are the rows of a RASFF Window export as something to issue.
type rasffRows struct {
	importer *rasff.Importer
	left     int // how many more may be given out
	rows     int
}

// readRASFF reads a RASFF Window export for a federation; a limit of 0 is none.
// What was issued before, oldest first, makes a newer version of it an amendment.
func readRASFF(path string, offices []certs.Office, limit int, before ...*spsv1.IssuedStatement) (batch.Source, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	importer := rasff.NewImporter(rasff.Options{Members: offices})
	for _, issued := range before {
		importer.Remember(issued)
	}
	if err := importer.Read(file); err != nil {
		return nil, invalidError{fmt.Errorf("%s: %w", path, err)}
	}
	r := &rasffRows{importer: importer, rows: importer.Rows()}
	if limit > 0 {
		r.rows = min(r.rows, limit)
	}
	r.left = r.rows
	return r, nil
}

// numbersOf returns the RASFF references of an export.
func numbersOf(path string) (map[string]bool, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	numbers := map[string]bool{}
	for row, err := range rasff.Read(file) {
		if _, aboutRow := errors.AsType[rasff.Problems](err); err != nil && !aboutRow {
			return nil, invalidError{fmt.Errorf("%s: %w", path, err)}
		}
		numbers[row.Reference] = true
	}
	return numbers, nil
}

// issuedBefore returns what the office has issued under any of the RASFF
// references, oldest first.
func issuedBefore(ctx context.Context, node *client.Client, numbers map[string]bool) (all []*spsv1.IssuedStatement, err error) {
	opts := client.ListOptions{Office: node.Office(), PageSize: 1000, Selection: client.Selection{Filter: "external_reference.system = " + rasff.System}}
	for s, err := range node.Statements(ctx, opts) {
		if err != nil {
			return nil, err
		}
		for _, x := range s.GetStatement().GetExternalReferences() {
			if x.GetSystem() == rasff.System && numbers[x.GetNumber()] {
				all = append(all, s)
				break
			}
		}
	}
	slices.Reverse(all)
	return all, nil
}

// Rows implements batch.Source.
func (r *rasffRows) Rows() int { return r.rows }

// Round implements batch.Source. A row that says nothing new is no item.
func (r *rasffRows) Round() []batch.Item {
	for r.left > 0 {
		steps := r.importer.Round()
		if len(steps) == 0 {
			return nil
		}
		steps = steps[:min(r.left, len(steps))]
		r.left -= len(steps)
		var items []batch.Item
		for _, s := range steps {
			if s.Statement != nil || s.Err != nil {
				items = append(items, batch.Item{
					Label: fmt.Sprintf("line %d, %s", s.Line, s.Reference), Office: rasff.Office,
					Statement: s.Statement, RequestID: s.RequestID, Err: s.Err,
				})
			}
		}
		if len(items) > 0 {
			return items
		}
	}
	return nil
}

// Done implements batch.Source.
func (r *rasffRows) Done(result batch.Result) {
	if result.RequestID != "" {
		r.importer.Done(result.RequestID, result.Issued)
	}
}
