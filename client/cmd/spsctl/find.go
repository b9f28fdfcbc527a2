package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"regexp"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// mostScanned is how many statements of an office are looked through for a
// reference: more than any office issues in a year.
const mostScanned = 50_000

// references are VN-2026-000123 and VN-EX-2026-000007: office, series and year,
// number.
var references = regexp.MustCompile(`^([A-Z]{2})-((?:EX-)?[0-9]{4})-([0-9]{6,9})$`)

// find looks for the statement with a reference; nil if the node has none. A
// node that does not know filters yet sends all that the office issued. Since
// an office gives its references in order, that ends where this one would
// stand.
func find(ctx context.Context, node *client.Client, reference string) (*spsv1.IssuedStatement, error) {
	want := references.FindStringSubmatch(reference)
	if want == nil {
		return nil, nil
	}
	scanned := 0
	opts := client.ListOptions{Office: certs.Office(want[1]), PageSize: 1000, Selection: client.Selection{Filter: referenceIs(reference)}}
	for s, err := range node.Statements(ctx, opts) {
		if err != nil {
			return nil, err
		}
		if s.GetReference() == reference {
			return s, nil
		}
		if scanned++; scanned == mostScanned {
			return nil, fmt.Errorf("%s is not among the newest %d statements of %s; if you know its name, ask for that", reference, scanned, want[1])
		}
		if got := references.FindStringSubmatch(s.GetReference()); got != nil && got[2] == want[2] && lower(got[3], want[3]) {
			break
		}
	}
	return nil, nil
}

// lower compares two numbers of a series, the longer of which is the higher.
func lower(a, b string) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}

// referenceIs is the filter for one reference.
func referenceIs(reference string) string { return fmt.Sprintf("reference = %q", reference) }

// selection are the flags that say which cases or statements are meant.
type selection struct {
	client.Selection
	order string
	limit int
	token string // of the page that the list begins with
	next  string // set by cases: token of what follows the last one; empty at the end
	total string // set by cases: how many there are in all

	unit string           // with which the cases are; "" for any
	desk map[string]*bool // lists of the desk that were asked for, by flag; nil: none can be
	list *deskList        // the one of them that says what is shown; nil: none was asked for
}

func (s *selection) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.Filter, "filter", "", `only these, such as 'classification = ALERT AND origin = VN' (AIP-160)`)
}

// cases returns the cases that are meant; a limit of 0 is none.
func (s *selection) cases(ctx context.Context, node *client.Client) iter.Seq2[*spsv1.Case, error] {
	return pages(s.limit, s.token, func(size int32, token string) ([]*spsv1.Case, string, error) {
		page, err := node.CaseService().ListCases(ctx, &spsv1.ListCasesRequest{
			PageSize: size, PageToken: token, Filter: s.Filter, Query: s.Query, OrderBy: s.order, WithTotal: s.total == "",
		})
		if s.next = page.GetNextPageToken(); err == nil && s.total == "" {
			s.total = total(page)
		}
		return page.GetCases(), s.next, err
	})
}

// one returns the case with a reference, as it is in a list, if it is among
// those that are meant; else nil.
func (s selection) one(ctx context.Context, node *client.Client, reference string) (*spsv1.Case, error) {
	if s.Filter == "" && s.Query == "" {
		found, err := node.Case(ctx, reference)
		if err == nil {
			found.Statements = nil
		}
		return found, err
	}
	s.limit, s.order, s.token = 1, "", ""
	if s.Filter != "" {
		s.Filter = "(" + s.Filter + ") AND "
	}
	s.Filter += referenceIs(reference)
	for found, err := range s.cases(ctx, node) {
		return found, err
	}
	return nil, nil
}

// answer returns what a node answered, if that is what an error is.
func answer(err error) (*client.Error, bool) { return errors.AsType[*client.Error](err) }
