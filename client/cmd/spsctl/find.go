package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"regexp"

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

// find looks for the statement with a reference; nil if the node has none. An
// office gives its references in order, so the scan, from the newest back, ends
// where the reference would stand.
func find(ctx context.Context, node *client.Client, reference string) (*spsv1.IssuedStatement, error) {
	want := references.FindStringSubmatch(reference)
	if want == nil {
		return nil, nil
	}
	scanned := 0
	for s, err := range node.Statements(ctx, client.ListOptions{Office: certs.Office(want[1]), PageSize: 1000}) {
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

// cases returns the newest cases of a node; a limit of 0 is none.
func cases(ctx context.Context, node *client.Client, limit int) iter.Seq2[*spsv1.Case, error] {
	return func(yield func(*spsv1.Case, error) bool) {
		shown := 0
		for found, err := range node.Cases(ctx, client.ListOptions{PageSize: int32(min(max(limit, 0), 1000))}) {
			if !yield(found, err) {
				return
			}
			if shown++; shown == limit {
				return
			}
		}
	}
}

// answer returns what a node answered, if that is what an error is.
func answer(err error) (*client.Error, bool) { return errors.AsType[*client.Error](err) }
