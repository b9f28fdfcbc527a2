package office_test

import (
	"fmt"
	"testing"

	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/casebook"
)

// TestLimitsOfLists holds lists and polls to the limits that the service has.
func TestLimitsOfLists(t *testing.T) {
	limits := casebook.Limits{Rows: 4, Size: 100, Words: 2, Terms: 1}
	vn := newDesk(t, authority.ForTest(t, "VN", "CN").Office("VN"), limits)
	for i := range 10 {
		vn.issue(t, fmt.Sprintf("r%d", i), new(spsv1.Statement))
	}
	service, an := vn.cases(t.Context())
	req := &spsv1.ListStatementsRequest{Parent: "offices/-", Query: "000001"}
	pages, found := 0, 0
	for {
		pages++
		list, err := service.ListStatements(an, req)
		if err != nil {
			t.Fatal(err)
		}
		found += len(list.GetStatements())
		if req.PageToken = list.GetNextPageToken(); req.PageToken == "" {
			break
		}
	}
	if pages != 3 || found != 1 {
		t.Errorf("%d found on %d pages of four rows, want one of ten on 3", found, pages)
	}
	for _, tc := range []struct{ name, filter, query string }{
		{"words", "", "a b c"},
		{"terms", "urgent OR urgent", ""},
		{"size", fmt.Sprintf("%101s", "urgent"), ""},
	} {
		_, err := service.ListStatements(an, &spsv1.ListStatementsRequest{Parent: "offices/-", Filter: tc.filter, Query: tc.query})
		if reasonOf(err) != string(access.ReasonInvalid) {
			t.Errorf("%s: list: %v, want %v", tc.name, err, access.ReasonInvalid)
		}
		_, err = service.PollStatements(an, &spsv1.PollStatementsRequest{Parent: "offices/-", Filter: tc.filter, Query: tc.query})
		if reasonOf(err) != string(access.ReasonInvalid) {
			t.Errorf("%s: poll: %v, want %v", tc.name, err, access.ReasonInvalid)
		}
	}
}
