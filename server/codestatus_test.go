package server_test

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// codes is who asks how codes stand.
func (n *node) codes() spsv1.CodeStatusServiceClient {
	return spsv1.NewCodeStatusServiceClient(n.as(certs.RoleOfficer, "lan"))
}

// good waits until a code is answered for somehow, and returns the answer.
func (n *node) good(req *spsv1.GetCodeStatusRequest, want spsv1.CodeAnswer) *spsv1.GetCodeStatusResponse {
	n.w.t.Helper()
	var got *spsv1.GetCodeStatusResponse
	for range 3000 {
		var err error
		if got, err = n.codes().GetCodeStatus(n.w.t.Context(), req); err != nil {
			n.w.t.Fatal(err)
		}
		if got.GetAnswer() == want && got.GetPendingCases() == 0 {
			return got
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-n.w.t.Context().Done():
		}
	}
	n.w.t.Fatalf("%v at %s: %v, want %v", req, n.office.Code(), got, want)
	return nil
}

// change is a measure about a packing house of Vietnam.
func change(action spsv1.CodeAction, market, goods string, until *timestamppb.Timestamp) *spsv1.Measure {
	c := &spsv1.CodeStatusChange{
		Code:   &spsv1.SiteCode{Kind: spsv1.SiteCodeKind_SITE_CODE_KIND_PACKING_HOUSE, Code: "VN-DL 0123", Area: &spsv1.Area{Code: "VN"}},
		Action: action, Market: &spsv1.Area{Code: market}, EndTime: until,
	}
	if goods != "" {
		c.Products = []*spsv1.Concept{statement.GoodsOf(goods)}
	}
	return &spsv1.Measure{Id: "m1", State: spsv1.MeasureState_MEASURE_STATE_ORDERED, CodeStatus: c}
}

func (n *node) changes(s *spsv1.IssuedStatement, m *spsv1.Measure) *spsv1.IssuedStatement {
	n.w.t.Helper()
	return done(n.w.t)(n.validator().FollowUpCase(n.w.t.Context(), &spsv1.FollowUpCaseRequest{
		Name: s.GetCase(), RequestId: newID(), FollowUp: &spsv1.FollowUp{Facts: &spsv1.Facts{Measures: []*spsv1.Measure{m}}},
	}))
}

// advisesOf checks a measure, and wants the reasons of what is advised of its code.
func (n *node) advisesOf(s *spsv1.IssuedStatement, m *spsv1.Measure, want string) {
	n.w.t.Helper()
	would := done(n.w.t)(n.validator().FollowUpCase(n.w.t.Context(), &spsv1.FollowUpCaseRequest{
		Name: s.GetCase(), RequestId: newID(), FollowUp: &spsv1.FollowUp{Facts: &spsv1.Facts{Measures: []*spsv1.Measure{m}}}, ValidateOnly: true,
	}))
	var got []string
	for _, look := range would.GetAdvice() {
		if strings.Contains(look.GetField(), ".code_status.") {
			got = append(got, look.GetReason())
		}
	}
	if got := strings.Join(got, " "); got != want {
		n.w.t.Errorf("%s is advised %q of %v, want %q", n.office.Code(), got, m, want)
	}
}

// TestCodeStatus has TH refuse a packing house of VN, VN withhold it, and both
// lift what is theirs, with a restart in between; both see the same.
func TestCodeStatus(t *testing.T) {
	const (
		good     = spsv1.CodeAnswer_CODE_ANSWER_GOOD
		refused  = spsv1.CodeAnswer_CODE_ANSWER_REFUSED
		withheld = spsv1.CodeAnswer_CODE_ANSWER_WITHHELD
		both     = spsv1.CodeAnswer_CODE_ANSWER_REFUSED_AND_WITHHELD
		unknown  = spsv1.CodeAnswer_CODE_ANSWER_UNKNOWN
		suspend  = spsv1.CodeAction_CODE_ACTION_SUSPENDED
		lift     = spsv1.CodeAction_CODE_ACTION_REINSTATED
	)
	w := newWorld(t, "TH", "VN")
	th, vn := w.start("TH"), w.start("VN")
	ask := &spsv1.GetCodeStatusRequest{Code: "dl.0123", Market: "TH", Product: "080450"}
	vn.good(ask, unknown)
	watch, err := vn.codes().WatchCodeStatus(t.Context(), &spsv1.WatchCodeStatusRequest{Filter: "market = TH"})
	if err != nil {
		t.Fatal(err)
	}

	n := notification("fruit flies", "VN")
	n.GetNotification().Measures = []*spsv1.Measure{change(suspend, "TH", "0804", nil)}
	original := issue(t, th, n)
	arrived(original, th, vn)
	th.good(ask, refused)
	got := vn.good(ask, refused)
	if want := "TH refuses goods under code dl.0123, see " + original.GetReference(); got.GetSentence() != want {
		t.Errorf("sentence %q, want %q", got.GetSentence(), want)
	}
	whole := vn.good(&spsv1.GetCodeStatusRequest{Code: "VN-DL-0123", Market: "TH"}, refused)
	if !whole.GetPartly() || len(whole.GetStatuses()) != 2 {
		t.Errorf("asked for all goods: %v, want partly refused", whole)
	}
	vn.good(&spsv1.GetCodeStatusRequest{Code: "VN-DL-0123", Market: "CN"}, unknown)
	vn.good(&spsv1.GetCodeStatusRequest{Code: "VN-DL-0123", Market: "TH", Product: "0810"}, unknown)
	vn.advisesOf(original, change(lift, "TH", "", nil), "CODE_NOT_SUSPENDED") // what TH refuses is not VN's to lift
	until := time.Now().AddDate(0, 1, 0).Truncate(time.Second)
	mine := vn.changes(original, change(suspend, "TH", "", timestamppb.New(until)))
	arrived(mine, vn, th)
	for _, node := range []*node{vn, th} {
		node.good(ask, both)
		node.advisesOf(original, change(lift, "TH", "", nil), "")
		node.good(&spsv1.GetCodeStatusRequest{Code: "DL0123", Market: "TH", Product: "0804", Day: until.UTC().AddDate(0, 0, 1).Format(time.DateOnly)}, refused)
		node.good(&spsv1.GetCodeStatusRequest{Code: "DL0123", Market: "TH", Product: "0804", Day: "2020-01-01"}, unknown)
	}
	says := func(e *spsv1.WatchCodeStatusResponse) bool { return len(e.GetCodeStatuses()) > 0 }
	event := next(t, watch, says)
	vn.stop()
	vn = w.start("VN")
	th.changes(original, change(lift, "TH", "", nil))
	vn.good(ask, withheld)
	if watch, err = vn.codes().WatchCodeStatus(t.Context(), &spsv1.WatchCodeStatusRequest{Cursor: event.GetCursor()}); err != nil {
		t.Fatal(err)
	}
	for answer := both; answer != withheld; {
		for _, s := range next(t, watch, says).GetCodeStatuses() {
			answer = s.GetAnswer()
		}
	}
	// What VN says of TH's half, and an exercise, change nothing.
	vn.changes(original, change(lift, "TH", "", nil))
	vn.good(ask, good)
	t.Run("found", func(t *testing.T) { codesAreFound(t, vn, original, mine, until) })
	t.Run("refused", func(t *testing.T) { codesAreRefused(t, vn) })
}

// codesAreFound looks for the code in lists, its history, its case and a file.
func codesAreFound(t *testing.T, vn *node, original, mine *spsv1.IssuedStatement, until time.Time) {
	for filter, want := range map[string]int{
		`code:"dl"`: 2, `code = "VN-DL-0123" AND market = TH`: 2, `hs:"08"`: 1, `covers = "08045020"`: 2, `covers = "0810"`: 1,
		"suspended": 0, "refused OR withheld": 0, "kind = PACKING_HOUSE": 2, "kind = FARM": 0, `origin = VN AND office = TH`: 2,
		`case = "` + original.GetReference() + `"`: 2,
	} {
		page, err := vn.codes().ListCodeStatus(t.Context(), &spsv1.ListCodeStatusRequest{Filter: filter})
		if err != nil || len(page.GetCodeStatuses()) != want {
			t.Errorf("%s: %v, %v, want %d", filter, page.GetCodeStatuses(), err, want)
		}
	}
	before := &spsv1.ListCodeStatusRequest{Day: mine.GetIssueTime().AsTime().Format(time.RFC3339Nano), PageSize: 1, Filter: "withheld AND until <= \"" + until.UTC().Format(time.RFC3339) + "\""}
	var listed int
	for more := true; more; more = before.GetPageToken() != "" {
		page, err := vn.codes().ListCodeStatus(t.Context(), before)
		if err != nil {
			t.Fatal(err)
		}
		listed += len(page.GetCodeStatuses())
		before.PageToken = page.GetNextPageToken()
	}
	if listed != 2 {
		t.Errorf("withheld when VN said so: %d, want 2", listed)
	}
	history, err := vn.codes().ListCodeHistory(t.Context(), &spsv1.ListCodeHistoryRequest{Code: "vn dl 0123", PageSize: 3})
	if err != nil {
		t.Fatal(err)
	}
	rest, err := vn.codes().ListCodeHistory(t.Context(), &spsv1.ListCodeHistoryRequest{Code: "vn dl 0123", PageSize: 3, PageToken: history.GetNextPageToken()})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, s := range append(history.GetCodeStatements(), rest.GetCodeStatements()...) {
		said = append(said, s.GetOffice()+" "+s.GetHalf().String()+" "+s.GetAction().String())
	}
	want := []string{
		"VN CODE_HALF_WITHHELD CODE_ACTION_REINSTATED", "TH CODE_HALF_REFUSED CODE_ACTION_REINSTATED",
		"VN CODE_HALF_WITHHELD CODE_ACTION_SUSPENDED", "TH CODE_HALF_REFUSED CODE_ACTION_SUSPENDED",
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	if got := len(vn.caseOf(original).GetState().GetCodeStatements()); got != 4 {
		t.Errorf("the case has %d statements of codes, want 4", got)
	}
	file := vn.export(func(c spsv1.ExportServiceClient) (grpc.ServerStreamingClient[httpbody.HttpBody], error) {
		return c.ExportCodeStatus(t.Context(), &spsv1.ExportCodeStatusRequest{Format: csvFile})
	})
	rows, err := csv.NewReader(strings.NewReader(string(file.content))).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][0] != "VN-DL 0123" || rows[1][5] != "GOOD" {
		t.Errorf("file %q, %v, want two rows", rows, err)
	}
}

func codesAreRefused(t *testing.T, vn *node) {
	for want, req := range map[string]*spsv1.ListCodeStatusRequest{
		"INVALID, filter FILTER":         {Filter: "colour = red"},
		"INVALID, day DAY":               {Day: "yesterday"},
		"INVALID, page_token PAGE_TOKEN": {PageToken: "x"},
	} {
		if _, err := vn.codes().ListCodeStatus(t.Context(), req); told(err) != want {
			t.Errorf("%v: told %q, want %q", req, told(err), want)
		}
	}
	page, err := vn.codes().ListCodeStatus(t.Context(), &spsv1.ListCodeStatusRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for cursor, want := range map[string]string{"x": "INVALID, cursor CURSOR", strings.Replace(page.GetCursor(), "@", "0@", 1): "CURSOR_AHEAD"} {
		stream, err := vn.codes().WatchCodeStatus(t.Context(), &spsv1.WatchCodeStatusRequest{Cursor: cursor})
		if err == nil {
			_, err = stream.Recv()
		}
		if told(err) != want {
			t.Errorf("cursor %q: told %q, want %q", cursor, told(err), want)
		}
	}
}
