package server_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestSearches keeps searches of two persons over a restart.
func TestSearches(t *testing.T) {
	w := newWorld(t, "VN")
	vn := w.start("VN")
	as := func(id string) spsv1.SearchServiceClient {
		return spsv1.NewSearchServiceClient(vn.as(certs.RoleOfficer, id))
	}
	titles := func(id string) string {
		list, err := as(id).ListSearches(t.Context(), &spsv1.ListSearchesRequest{})
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, s := range list.GetSearches() {
			all = append(all, s.GetTitle()+" of "+s.GetOwner())
		}
		return strings.Join(all, ", ")
	}
	create := func(id string, s *spsv1.Search) (*spsv1.Search, error) {
		return as(id).CreateSearch(t.Context(), &spsv1.CreateSearchRequest{Search: s})
	}
	mine, err := create("lan", &spsv1.Search{Title: "Sầu riêng", Filter: "origin = VN", OrderBy: "reference", Owner: "officer/minh"})
	if err != nil || mine.GetEtag() != "1" || mine.GetOwner() != "officer/lan" {
		t.Fatalf("create: %v, %v; want lan's", mine, err)
	}
	shared, err := create("minh", &spsv1.Search{Title: "alerts", Filter: "classification = ALERT", Shared: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := create("minh", &spsv1.Search{Title: "Sau rieng"}); err != nil {
		t.Errorf("minh does not see that lan has one of this title: %v", err)
	}
	for name, test := range map[string]struct {
		search *spsv1.Search
		want   string
	}{
		"a title twice":   {&spsv1.Search{Title: "SAU RIENG"}, "INVALID, search.title TITLE_TAKEN"},
		"a shared title":  {&spsv1.Search{Title: "Alerts"}, "INVALID, search.title TITLE_TAKEN"},
		"all wrong":       {&spsv1.Search{Title: "x", Filter: "=", OrderBy: "luck", Columns: []string{"no_such"}}, "INVALID, search.filter FILTER, search.order_by ORDER_BY, search.columns[0] COLUMN"},
		"without a title": {&spsv1.Search{}, "INVALID, search.title STRING_MIN_LEN"},
	} {
		if _, err := create("lan", test.search); told(err) != test.want {
			t.Errorf("%s: %q, want %q", name, told(err), test.want)
		}
	}
	changed := proto.CloneOf(mine)
	changed.Query = "cadmium"
	update := func(id string, s *spsv1.Search) string {
		_, err := as(id).UpdateSearch(t.Context(), &spsv1.UpdateSearchRequest{Search: s})
		return told(err)
	}
	for _, step := range []struct {
		id     string
		search *spsv1.Search
		want   string
	}{
		{"lan", changed, ""},
		{"lan", changed, "ETAG"},
		{"minh", changed, "NOT_FOUND"},
		{"lan", shared, "PERMISSION_DENIED"},
	} {
		if got := update(step.id, step.search); got != step.want {
			t.Errorf("%s changes %s: %q, want %q", step.id, step.search.GetTitle(), got, step.want)
		}
	}
	vn.stop()
	vn = w.start("VN")
	if got, want := titles("lan"), "alerts of officer/minh, Sầu riêng of officer/lan"; got != want {
		t.Errorf("lan sees %s, want %s", got, want)
	}
	got, err := as("lan").GetSearch(t.Context(), &spsv1.GetSearchRequest{Name: mine.GetName()})
	if err != nil || got.GetQuery() != "cadmium" || got.GetEtag() != "2" || got.GetFilter() != mine.GetFilter() {
		t.Errorf("get: %v, %v; want the changed one", got, err)
	}
	if _, err := as("lan").DeleteSearch(t.Context(), &spsv1.DeleteSearchRequest{Name: mine.GetName()}); err != nil {
		t.Fatal(err)
	}
	if got, want := titles("lan"), "alerts of officer/minh"; got != want {
		t.Errorf("afterwards lan sees %s, want %s", got, want)
	}
}

// TestAnOwnerKeepsSoManySearches fills what one person may keep; an administrator
// clears up.
func TestAnOwnerKeepsSoManySearches(t *testing.T) {
	w := newWorld(t, "VN")
	vn := w.start("VN")
	create := func(id, title string) (*spsv1.Search, error) {
		return spsv1.NewSearchServiceClient(vn.as(certs.RoleOfficer, id)).
			CreateSearch(t.Context(), &spsv1.CreateSearchRequest{Search: &spsv1.Search{Title: title, Filter: "urgent"}})
	}
	var last *spsv1.Search
	for i := range 100 {
		var err error
		if last, err = create("lan", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := create("lan", "one more"); told(err) != "TOO_LARGE" {
		t.Errorf("one more: %v, want TOO_LARGE", err)
	}
	if _, err := create("minh", "mine"); err != nil {
		t.Errorf("another person's first: %v", err)
	}
	admin := spsv1.NewSearchServiceClient(vn.as(certs.RoleAdmin, "root"))
	list, err := admin.ListSearches(t.Context(), &spsv1.ListSearchesRequest{})
	if err != nil || len(list.GetSearches()) != 101 {
		t.Fatalf("an administrator sees %d searches, %v; want all", len(list.GetSearches()), err)
	}
	for _, s := range list.GetSearches() {
		if s.GetFilter() != "" || s.GetOwner() == "" {
			t.Fatalf("an administrator sees %v, want whose it is, and not what it looks for", s)
		}
	}
	if _, err := admin.GetSearch(t.Context(), &spsv1.GetSearchRequest{Name: last.GetName()}); told(err) != "PERMISSION_DENIED" {
		t.Errorf("an administrator reads one: %v, want PERMISSION_DENIED", err)
	}
	if _, err := admin.DeleteSearch(t.Context(), &spsv1.DeleteSearchRequest{Name: last.GetName()}); err != nil {
		t.Fatal(err)
	}
	if _, err := create("lan", "one more"); err != nil {
		t.Errorf("after one was deleted: %v", err)
	}
}
