package realdata

import (
	"bytes"
	"encoding/csv"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
	"github.com/spsalert/spsalert/server/statement"
)

// lawful takes everything: the law is another test's.
func lawful(*spsv1.Statement) statement.Problems { return nil }

// groups counts the cases of an import by a dimension.
func groups(t *testing.T, o outcome, by spsv1.Dimension) map[string]uint64 {
	t.Helper()
	amendments := make(map[uint64][]statement.CaseEntry)
	for _, e := range o.log {
		if e.Statement.GetAmendment() != nil {
			original := e.Statement.GetCaseRef().GetOriginal().GetSequence()
			amendments[original] = append(amendments[original], e)
		}
	}
	tally := casebook.NewTally(casebook.TallyOptions{GroupBy: []spsv1.Dimension{by}, Office: "EU", Zone: time.UTC, Now: time.Unix(1<<31, 0)})
	for _, e := range o.log {
		if e.Statement.GetNotification() == nil {
			continue
		}
		others := amendments[e.Sequence]
		if err := tally.Add(casebook.FactsOf(e, others, statement.Fold(e, others), nil)); err != nil {
			t.Fatal(err)
		}
	}
	got := make(map[string]uint64)
	for _, g := range tally.Statistics().GetGroups() {
		got[g.GetValues()[0].GetLabel()] = g.GetCases()
	}
	return got
}

// counted counts the rows of an export by a column, of each number the last,
// and none that the import refused.
func counted(t *testing.T, export []byte, o outcome, column string, label func(string) string) map[string]uint64 {
	t.Helper()
	taken := make(map[string]bool)
	for _, e := range o.log {
		taken[e.Statement.GetExternalReferences()[0].GetNumber()] = true
	}
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(export, []byte("\ufeff"))))
	in.FieldsPerRecord, in.LazyQuotes = -1, true
	rows, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := make(map[string]int)
	for i, name := range rows[0] {
		at[name] = i
	}
	last := make(map[string]string)
	for _, row := range rows[1:] {
		if len(row) == len(rows[0]) && taken[row[at["reference"]]] {
			last[row[at["reference"]]] = label(row[at[column]])
		}
	}
	count := make(map[string]uint64)
	for value := range maps.Values(last) {
		count[value]++
	}
	return count
}

// TestStatisticsOfAnExport counts an import, and the file by itself.
func TestStatisticsOfAnExport(t *testing.T) {
	exports := map[string][]byte{"synthetic": []byte(synthetic)}
	if real, found := realExport(t); found {
		exports["real"] = real
	}
	classification := func(text string) string {
		text = strings.ToLower(strings.TrimSpace(text))
		text = strings.ReplaceAll(strings.ReplaceAll(text, " notification", ""), "-", " ")
		return text
	}
	for name, export := range exports {
		t.Run(name, func(t *testing.T) {
			o := run(t, bytes.NewReader(export), lawful)
			for _, test := range []struct {
				by     spsv1.Dimension
				column string
				label  func(string) string
			}{
				{spsv1.Dimension_DIMENSION_CLASSIFICATION, "classification", classification},
				{spsv1.Dimension_DIMENSION_PRODUCT_CATEGORY, "category", func(s string) string { return strings.Join(strings.Fields(s), " ") }},
			} {
				want := counted(t, export, o, test.column, test.label)
				if diff := cmp.Diff(want, groups(t, o, test.by)); diff != "" {
					t.Errorf("by %v (-rows of the file +statistics):\n%s", test.by, diff)
				}
			}
		})
	}
}
