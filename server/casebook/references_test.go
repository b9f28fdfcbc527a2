package casebook_test

import (
	"slices"
	"testing"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
)

// TestCaseIsFoundByALaterNumber adds a number to the first of two cases.
func TestCaseIsFoundByALaterNumber(t *testing.T) {
	s := newStore(t)
	b := openBook(t, s, "CN")
	record(t, s, b, entry(t, "CN", 1, notification()), entry(t, "CN", 2, notification()))
	marks, err := b.Marked(t.Context(), 2, 10)
	if err != nil || len(marks) != 2 {
		t.Fatalf("Marked = %v, %v, want two", marks, err)
	}
	var done []casebook.Summarized
	for _, m := range marks {
		whole, err := b.MarkedOriginal(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		c := casebook.Summarized{Mark: m, Whole: whole, Summary: &spsv1.CaseSummary{NeedsMe: true}}
		if whole.Sequence == 1 {
			c.References = []*spsv1.ExternalReference{{System: "RASFF", Number: "1"}, {System: "PPD", Number: "2026/777"}}
		}
		done = append(done, c)
	}
	if err := b.Summarize(t.Context(), done); err != nil {
		t.Fatal(err)
	}
	for filter, want := range map[string][]uint64{
		`external_reference.number = "2026/777"`:              {1},
		`external_reference.number = "2026/77"`:               {},
		`external_reference.system = ppd`:                     {1},
		`external_reference = "PPD 2026/777"`:                 {1},
		`external_reference = "PPD 1"`:                        {},
		`external_reference:"2026/7"`:                         {1},
		`external_reference != "PPD 2026/777"`:                {2},
		`external_reference.number = "2026/777" AND needs_me`: {1},
	} {
		if got := sequences(t, b, filter, "record_time"); !slices.Equal(got, want) {
			t.Errorf("%s finds %d, want %d", filter, got, want)
		}
	}
	for query, want := range map[string][]uint64{"2026/777": {1}, "ppd 2026/777": {1}, "cn-2026-000002 2026/777": nil, "2026/778": nil} {
		q, problems := casebook.DefaultLimits().ParseQuery("", query, "")
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		items, _, err := b.Cases(t.Context(), q, casebook.Page{UpTo: 10, Limit: 10, Budget: 100})
		if err != nil {
			t.Fatal(err)
		}
		if got := numbers(items); !slices.Equal(got, want) {
			t.Errorf("%q finds positions %d, want %d", query, got, want)
		}
	}
}
