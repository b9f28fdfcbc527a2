package statement_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
	"google.golang.org/protobuf/testing/protocmp"
)

// row is a real notification of another system, written as a statement from its
// facts. The facts that are hard to say are read back from the bytes.
type row struct {
	name      string
	statement *spsv1.Statement
	facts     map[string]string
}

// TestRows writes the rows that are hard to express as statements and reads them
// back. Facts: European Commission, RASFF and EUROPHYT.
func TestRows(t *testing.T) {
	var rows []row
	rows = append(rows, documentRows()...)
	rows = append(rows, goodsRows()...)
	rows = append(rows, hazardRows()...)
	rows = append(rows, portalRows()...)
	rows = append(rows, plantRows()...)
	rows = append(rows, notice())
	if got, want := len(rows), 20+1+4+6+1; got != want {
		t.Errorf("%d rows, want %d", got, want)
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			if problems := statement.Check(r.statement); len(problems) > 0 {
				t.Fatalf("Check:\n%v", problems)
			}
			envelope, err := statement.Encode(r.statement)
			if err != nil {
				t.Fatalf("Encode: %v", err)
			}
			got, err := statement.Decode(envelope, federation, certs.Office(r.statement.GetOffice()))
			if err != nil {
				t.Fatalf("Decode: %v", err)
			}
			if diff := cmp.Diff(r.statement, got, protocmp.Transform()); diff != "" {
				t.Errorf("after a round trip (-want +got):\n%s", diff)
			}
			if len(r.facts) == 0 {
				t.Error("no facts to read back")
			}
			for path, want := range r.facts {
				if got := at(t, got, path); got != want {
					t.Errorf("%s = %q, want %q", path, got, want)
				}
			}
		})
	}
}
