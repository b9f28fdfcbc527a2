package server_test

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func TestListsAndWatchesAreFiltered(t *testing.T) {
	w := newWorld(t, "VN", "CN", "TH")
	vn, cn := w.start("VN"), w.start("CN")
	durian := issue(t, cn, notification("Sầu riêng đông lạnh", "VN"))
	hidden := issue(t, cn, notification("Sầu riêng tươi", "TH")) // not for VN
	own := issue(t, vn, notification("榴莲"))
	last := issue(t, cn, followUp(durian, "sầu riêng was returned", "VN"))
	vn.watch("offices/-", "").statement(last.GetName())
	cases := vn.validator()

	for _, tc := range []struct {
		name string
		req  *spsv1.ListStatementsRequest
		want []string
	}{
		{"words", &spsv1.ListStatementsRequest{Parent: "offices/-", Query: "SAU RIENG"}, []string{durian.GetName()}},
		{"Chinese", &spsv1.ListStatementsRequest{Parent: "offices/-", Query: "榴莲 bactrocera"}, []string{own.GetName()}},
		{"reference of what is not for this office", &spsv1.ListStatementsRequest{Parent: "offices/-", Query: hidden.GetReference()}, nil},
		{"filter", &spsv1.ListStatementsRequest{Parent: "offices/-", Filter: `kind = follow_up`}, []string{last.GetName()}},
		{"case", &spsv1.ListStatementsRequest{Parent: "offices/CN", Filter: `case = "` + durian.GetCase() + `"`, OrderBy: "reference"}, []string{durian.GetName(), last.GetName()}},
		{"office and filter", &spsv1.ListStatementsRequest{Parent: "offices/VN", Filter: `hs:"0804" AND hazard:"bactrocera"`}, []string{own.GetName()}},
		{"none", &spsv1.ListStatementsRequest{Parent: "offices/-", Filter: `origin = TH`}, nil},
	} {
		page, err := cases.ListStatements(t.Context(), tc.req)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		var got []string
		for _, s := range page.GetStatements() {
			got = append(got, s.GetName())
		}
		if !slices.Equal(got, tc.want) || page.GetNextPageToken() != "" {
			t.Errorf("%s = %q, token %q, want %q in one page", tc.name, got, page.GetNextPageToken(), tc.want)
		}
	}

	watch := func(filter, query string) *watching {
		stream, err := cases.WatchStatements(t.Context(), &spsv1.WatchStatementsRequest{Parent: "offices/-", Filter: filter, Query: query})
		if err != nil {
			t.Fatal(err)
		}
		return &watching{t: t, stream: stream}
	}
	if got := watch("kind = follow_up", "").next().GetStatement().GetName(); got != last.GetName() {
		t.Errorf("first of a watch for follow-ups = %q, want %q", got, last.GetName())
	}
	if got := watch("", "榴莲").next().GetStatement().GetName(); got != own.GetName() {
		t.Errorf("first of a watch for words = %q, want %q", got, own.GetName())
	}
	polled, err := cases.PollStatements(t.Context(), &spsv1.PollStatementsRequest{Parent: "offices/-", Filter: `office = CN AND kind = notification`})
	if err != nil || len(polled.GetEvents()) != 1 || polled.GetEvents()[0].GetStatement().GetName() != durian.GetName() {
		t.Errorf("poll = %v, %v, want %s alone", polled, err, durian.GetName())
	}
}

func TestQueriesAreRefusedInWords(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn := w.start("VN")
	for range 3 {
		issue(t, vn, notification("one of three"))
	}
	cases := vn.validator()
	first, err := cases.ListCases(t.Context(), &spsv1.ListCasesRequest{PageSize: 1, Filter: "kind = notification", Query: "three"})
	if err != nil || first.GetNextPageToken() == "" {
		t.Fatalf("first page = %v, %v, want a token", first, err)
	}
	token := first.GetNextPageToken()
	for _, tc := range []struct {
		name     string
		req      *spsv1.ListCasesRequest
		fields   []string
		sentence string
	}{
		{"wrong throughout", &spsv1.ListCasesRequest{Filter: "colour = red", Query: strings.Repeat("a ", 17), OrderBy: "size"}, []string{"filter", "query", "order_by"}, "colour"},
		{"a slip", &spsv1.ListCasesRequest{Filter: "klassification = ALERT"}, []string{"filter"}, "did you mean classification"},
		{"another filter", &spsv1.ListCasesRequest{PageToken: token, Query: "three"}, []string{"page_token"}, "repeat parent, filter, query and orderBy"},
		{"another query", &spsv1.ListCasesRequest{PageToken: token, Filter: "kind = notification", Query: "two"}, []string{"page_token"}, "repeat"},
		{"another order", &spsv1.ListCasesRequest{PageToken: token, Filter: "kind = notification", Query: "three", OrderBy: "reference"}, []string{"page_token"}, "repeat"},
	} {
		_, err := cases.ListCases(t.Context(), tc.req)
		if status.Code(err) != codes.InvalidArgument || reason(err) != "INVALID" || !slices.Equal(fields(err), tc.fields) ||
			!strings.Contains(err.Error(), tc.sentence) {
			t.Errorf("%s: %v about %q, want %q about %q", tc.name, err, fields(err), tc.sentence, tc.fields)
		}
	}
	rest, err := cases.ListCases(t.Context(), &spsv1.ListCasesRequest{PageSize: 5, PageToken: token, Filter: "kind = notification", Query: "three"})
	if err != nil || len(rest.GetCases()) != 2 || rest.GetNextPageToken() != "" {
		t.Errorf("the rest = %v, %v, want two cases", rest, err)
	}
	stream, err := cases.WatchStatements(t.Context(), &spsv1.WatchStatementsRequest{Parent: "offices/-", Filter: "colour = red"})
	if err == nil {
		_, err = stream.Recv()
	}
	if got := fields(err); !slices.Equal(got, []string{"filter"}) {
		t.Errorf("a watch with a wrong filter: %v about %q, want the filter", err, got)
	}
}
