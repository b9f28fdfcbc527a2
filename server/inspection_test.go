package server_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestInspections enters numbers, replaces one, and finds them after a restart
// and in the statistics.
func TestInspections(t *testing.T) {
	w := newWorld(t, "VN")
	vn := w.start("VN")
	enter := func(all ...*spsv1.Inspection) (string, error) {
		got, err := spsv1.NewInspectionServiceClient(vn.as(certs.RoleOfficer, "lan")).
			EnterInspections(t.Context(), &spsv1.EnterInspectionsRequest{Inspections: all})
		return fmt.Sprint(got.GetEntered(), got.GetReplaced(), got.GetUnchanged()), err
	}
	fruit := func(week string, n uint32) *spsv1.Inspection {
		return &spsv1.Inspection{Week: week, HsChapter: "08", Origin: "TH", Consignments: n}
	}
	for _, step := range []struct {
		all        []*spsv1.Inspection
		want, told string
	}{
		{[]*spsv1.Inspection{fruit("2026-W10", 7), fruit("2026-W11", 9)}, "2 0 0", ""},
		{[]*spsv1.Inspection{fruit("2026-W10", 8), fruit("2026-W11", 9), fruit("2026-W12", 0)}, "1 1 1", ""},
		{[]*spsv1.Inspection{fruit("2026-W10", 1), fruit("2025-W53", 1)}, "0 0 0", "INVALID, inspections[1].week WEEK"},
		{[]*spsv1.Inspection{{Week: "2026-W10", Origin: "TH"}, {Week: "10", HsChapter: "8", ProductCategory: "x", Origin: "Thai"}}, "0 0 0", "INVALID, " +
			"inspections[0] INSPECTION_GOODS, inspections[1] INSPECTION_GOODS, inspections[1].week STRING_PATTERN, " +
			"inspections[1].hs_chapter STRING_PATTERN, inspections[1].origin STRING_PATTERN"},
	} {
		if got, err := enter(step.all...); got != step.want || told(err) != step.told {
			t.Errorf("enter: %s, %q; want %s, %q", got, told(err), step.want, step.told)
		}
	}
	category := func(text string) *spsv1.Inspection {
		return &spsv1.Inspection{Week: "2026-W20", ProductCategory: text, Origin: "TH", Consignments: 3}
	}
	if _, err := enter(category("rasff-product-category:whine")); told(err) != "INVALID, inspections[0].product_category CATEGORY" {
		t.Errorf("a category that the list has not: %v", err)
	}
	if _, err := enter(category("Wine"), category("葡萄酒")); told(err) != "INVALID, inspections[1] TWICE" {
		t.Errorf("one category in two languages: %v", err)
	}
	for _, tc := range []struct{ text, want, unlisted string }{
		{"WINE ", "1 0 0", "[]"}, {"rượu vang", "0 0 1", "[]"}, {"rasff-product-category:wine", "0 0 1", "[]"}, {"must", "1 0 0", "[must]"}, {"our:wine", "1 0 0", "[our:wine]"},
	} {
		resp, err := spsv1.NewInspectionServiceClient(vn.as(certs.RoleOfficer, "lan")).
			EnterInspections(t.Context(), &spsv1.EnterInspectionsRequest{Inspections: []*spsv1.Inspection{category(tc.text)}})
		got := fmt.Sprint(resp.GetEntered(), resp.GetReplaced(), resp.GetUnchanged())
		if unlisted := fmt.Sprint(resp.GetUnlisted()); err != nil || got != tc.want || unlisted != tc.unlisted {
			t.Errorf("%s: %s, unlisted %s, %v; want %s, %s", tc.text, got, unlisted, err, tc.want, tc.unlisted)
		}
	}
	vn.stop()
	vn = w.start("VN")
	auditor := spsv1.NewInspectionServiceClient(vn.as(certs.RoleAuditor, "an"))
	var got []string
	for token := ""; ; {
		page, err := auditor.ListInspections(t.Context(), &spsv1.ListInspectionsRequest{
			PageSize: 1, PageToken: token, History: true, LastWeek: "2026-W12",
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range page.GetInspections() {
			got = append(got, fmt.Sprint(i.GetWeek(), " ", i.GetConsignments(), " ", i.GetReplaced(), " ", i.GetEnteredBy().GetId()))
		}
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{"2026-W12 0 false lan", "2026-W11 9 false lan", "2026-W10 8 false lan", "2026-W10 7 true lan"}, got); diff != "" {
		t.Errorf("the list (-want +got):\n%s", diff)
	}
	if got := vn.statistics(&spsv1.GetStatisticsRequest{GroupBy: []spsv1.Dimension{spsv1.Dimension_DIMENSION_HS_CHAPTER}}); got.GetTotal().GetInspected() != 26 ||
		len(got.GetGroups()) != 1 || got.GetGroups()[0].GetInspected() != 17 {
		t.Errorf("statistics: %v, want 26 inspected, 17 of the chapter", got)
	}
	for _, tc := range []struct {
		from, to string
		want     uint64
	}{
		{"2026-03-03T00:00:00Z", "2026-03-09T00:00:00Z", 0}, // begins behind the Monday of W10, ends before that of W11
		{"2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z", 8},
		{"2026-03-09T00:00:00Z", "2026-03-09T00:00:01Z", 9},
		{"2026-03-02T00:00:00Z", "2026-05-11T00:00:01Z", 26},
	} {
		req := &spsv1.GetStatisticsRequest{StartTime: moment(t, tc.from), EndTime: moment(t, tc.to)}
		if got := vn.statistics(req).GetTotal().GetInspected(); got != tc.want {
			t.Errorf("from %s to %s %d were inspected, want %d", tc.from, tc.to, got, tc.want)
		}
	}
	if got := vn.statistics(&spsv1.GetStatisticsRequest{Query: "durian"}); got.GetTotal().Inspected != nil {
		t.Errorf("of durian %d were inspected, want no number: nobody entered one", got.GetTotal().GetInspected())
	}
	if _, err := auditor.EnterInspections(t.Context(), &spsv1.EnterInspectionsRequest{Inspections: []*spsv1.Inspection{fruit("2026-W10", 1)}}); told(err) != "PERMISSION_DENIED" {
		t.Errorf("an auditor enters: %v", err)
	}
}

// moment reads a time.
func moment(t *testing.T, text string) *timestamppb.Timestamp {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return timestamppb.New(at)
}
