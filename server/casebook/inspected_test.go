package casebook_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/casebook"
)

func TestMonday(t *testing.T) {
	for _, test := range []struct {
		week, want string
	}{
		{"2026-W01", "2025-12-29"},
		{"2026-W10", "2026-03-02"},
		{"2026-W53", "2026-12-28"},
		{"2025-W53", ""},
		{"2026-W00", ""},
		{"2026-W54", ""},
		{"2026-10", ""},
		{"", ""},
	} {
		got, ok := casebook.Monday(test.week, hanoi)
		if ok != (test.want != "") || ok && got.Format("2006-01-02 15:04 Mon") != test.want+" 00:00 Mon" {
			t.Errorf("Monday(%q) = %v, %t; want %q", test.week, got, ok, test.want)
		}
	}
}

func TestInspectedIsSetAgainstRejected(t *testing.T) {
	at := time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC)
	rejection := casebook.Facts{Office: "VN", Classification: spsv1.Classification_CLASSIFICATION_BORDER_REJECTION, Issued: at}
	rejection.Values[spsv1.Dimension_DIMENSION_ORIGIN] = []casebook.Term{{Value: "TH", Label: "TH"}}
	rejection.Values[spsv1.Dimension_DIMENSION_PRODUCT_CATEGORY] = []casebook.Term{{Value: "rasff-product-category:fruits", Label: "Fruits"}}
	inspected := []*spsv1.Inspection{
		{Week: "2026-W10", Origin: "TH", ProductCategory: "FRUITS", Consignments: 40},
		{Week: "2026-W10", Origin: "LA", ProductCategory: "rasff-product-category:fruits", Consignments: 2},
		{Week: "2026-W11", Origin: "TH", HsChapter: "08", Consignments: 100},
	}
	for _, test := range []struct {
		by   []spsv1.Dimension
		want []string
	}{
		{nil, nil},
		{[]spsv1.Dimension{spsv1.Dimension_DIMENSION_WEEK}, []string{"2026-W10 1 of 42", "2026-W11 0 of 100"}},
		{[]spsv1.Dimension{spsv1.Dimension_DIMENSION_ORIGIN}, []string{"LA 0 of 2", "TH 1 of 140"}},
		{[]spsv1.Dimension{spsv1.Dimension_DIMENSION_PRODUCT_CATEGORY}, []string{"rasff-product-category:fruits 1 of 42"}},
		{[]spsv1.Dimension{spsv1.Dimension_DIMENSION_HS_CHAPTER}, []string{" 1 of nothing", "08 0 of 100"}},
		{[]spsv1.Dimension{spsv1.Dimension_DIMENSION_HAZARD}, []string{" 1 of nothing"}},
	} {
		tally := newTally(test.by...)
		if err := tally.Add(rejection); err != nil {
			t.Fatal(err)
		}
		for _, i := range inspected {
			if err := tally.Inspected(i); err != nil {
				t.Fatal(err)
			}
		}
		s := tally.Statistics()
		if s.GetTotal().GetInspected() != 142 || s.GetTotal().GetRejected() != 1 {
			t.Errorf("%v: %d rejected of %d in all, want 1 of 142", test.by, s.GetTotal().GetRejected(), s.GetTotal().GetInspected())
		}
		var got []string
		for _, g := range s.GetGroups() {
			of := "nothing"
			if g.Inspected != nil {
				of = fmt.Sprint(g.GetInspected())
			}
			got = append(got, fmt.Sprintf("%s %d of %s", g.GetValues()[0].GetValue(), g.GetRejected(), of))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("by %v (-want +got):\n%s", test.by, diff)
		}
	}
}
