package server_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server"
	"github.com/spsalert/spsalert/server/ledger"
)

func TestIssueGetListWatch(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn := w.start("VN")
	cases := vn.validator()

	issued := issue(t, vn, notification("fruit fly in mango", "CN"))
	if want := "offices/VN/statements/1-1"; issued.GetName() != want { // 1-0 is the card
		t.Errorf("name = %s, want %s", issued.GetName(), want)
	}
	if got := issued.GetReference(); !strings.HasPrefix(got, "VN-2") || !strings.HasSuffix(got, "-000001") {
		t.Errorf("reference = %s, want the first of VN", got)
	}
	if want := "cases/" + issued.GetReference(); issued.GetCase() != want {
		t.Errorf("case = %s, want %s", issued.GetCase(), want)
	}
	st := issued.GetStatement()
	if len(st.GetSalt()) != 32 || st.GetFederation() != "asean-cn" || st.GetOffice() != "VN" || st.GetIssuedBy().GetId() != "lan.nguyen" {
		t.Errorf("the node set salt of %d bytes, %s, %s, %v", len(st.GetSalt()), st.GetFederation(), st.GetOffice(), st.GetIssuedBy())
	}
	if got := st.GetAddressees()[0].GetCardNumber(); got != 1 {
		t.Errorf("card number of the addressee = %d, want 1", got)
	}
	if len(issued.GetEnvelope()) == 0 || issued.GetSeal() == nil {
		t.Errorf("envelope of %d bytes and seal %v, want both", len(issued.GetEnvelope()), issued.GetSeal())
	}

	got, err := cases.GetStatement(t.Context(), &spsv1.GetStatementRequest{Name: issued.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(issued, got, protocmp.Transform()); diff != "" {
		t.Errorf("get (-issued +got):\n%s", diff)
	}

	basic := proto.CloneOf(issued)
	basic.Envelope, basic.Seal = nil, nil
	list, err := cases.ListStatements(t.Context(), &spsv1.ListStatementsRequest{Parent: "offices/VN"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]*spsv1.IssuedStatement{basic}, list.GetStatements(), protocmp.Transform()); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	event := vn.watch("offices/-", "").next()
	if diff := cmp.Diff(basic, event.GetStatement(), protocmp.Transform()); diff != "" {
		t.Errorf("watch (-want +got):\n%s", diff)
	}
	if event.GetCursor() != list.GetCursor() {
		t.Errorf("cursor of the only record = %s, of the list = %s, want the same", event.GetCursor(), list.GetCursor())
	}
}

func TestCaseJoinsWhatRefersToIt(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn := w.start("VN")
	original := issue(t, vn, notification("fruit fly in mango"))
	second := issue(t, vn, followUp(original, "the lot was destroyed"))
	other := issue(t, vn, notification("another"))

	c, err := vn.validator().GetCase(t.Context(), &spsv1.GetCaseRequest{Name: original.GetCase()})
	if err != nil {
		t.Fatal(err)
	}
	if c.GetOriginal().GetName() != original.GetName() || len(c.GetStatements()) != 1 || c.GetStatements()[0].GetName() != second.GetName() {
		t.Errorf("case = %v, want %s with %s", c, original.GetName(), second.GetName())
	}
	if second.GetCase() != original.GetCase() {
		t.Errorf("case of the follow-up = %q, want %q", second.GetCase(), original.GetCase())
	}
	list, err := vn.validator().ListCases(t.Context(), &spsv1.ListCasesRequest{PageSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.GetCases()) != 1 || list.GetCases()[0].GetName() != other.GetCase() || list.GetNextPageToken() == "" {
		t.Errorf("first page of cases = %v, want %s and a token", list, other.GetCase())
	}
	list, err = vn.validator().ListCases(t.Context(), &spsv1.ListCasesRequest{PageSize: 1, PageToken: list.GetNextPageToken()})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.GetCases()) != 1 || list.GetCases()[0].GetName() != original.GetCase() || list.GetNextPageToken() != "" {
		t.Errorf("last page of cases = %v, want %s and no token", list, original.GetCase())
	}
	for _, name := range []string{second.GetReference(), "VN-2020-000001"} {
		_, err := vn.validator().GetCase(t.Context(), &spsv1.GetCaseRequest{Name: "cases/" + name})
		if status.Code(err) != codes.NotFound || reason(err) != "NOT_FOUND" {
			t.Errorf("case %s: %v, want NOT_FOUND", name, err)
		}
	}
}

func TestEverythingWrongAtOnce(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn := w.start("VN")
	bad := notification("", "CN")
	bad.Salt, bad.Office = []byte("mine"), "CN"
	bad.Body.(*spsv1.Statement_Notification).Notification.Type = 99
	bad.CaseRef = &spsv1.CaseRef{
		Original:  &spsv1.EntryRef{Origin: "asean-cn/CN/1", Sequence: 7, RecordHash: make([]byte, 32)},
		Reference: "CN-2026-000001",
	}
	_, err := vn.validator().IssueStatement(t.Context(), &spsv1.IssueStatementRequest{Parent: "offices/CN", Statement: bad, RequestId: "1"})
	if status.Code(err) != codes.InvalidArgument || reason(err) != "INVALID" {
		t.Fatalf("issue = %v, want INVALID", err)
	}
	got := fields(err)
	for _, want := range []string{
		"parent", "request_id", "statement.salt", "statement.office", "statement.notification.type",
		"statement.notification.subject[0].text", "statement.case_ref.original",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no violation of %s among %q", want, got)
		}
	}
	_, err = vn.validator().IssueStatement(t.Context(), &spsv1.IssueStatementRequest{})
	if got, want := fields(err), []string{"parent", "statement", "request_id"}; !slices.Equal(got, want) {
		t.Errorf("violations of an empty request = %q, want %q", got, want)
	}
	if list, err := vn.validator().ListStatements(t.Context(), &spsv1.ListStatementsRequest{Parent: "offices/-"}); err != nil || len(list.GetStatements()) != 0 {
		t.Errorf("list = %v, %v, want nothing issued", list, err)
	}
}

func TestIssueHappensOnce(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn := w.start("VN")
	req := request(vn, notification("once"))
	check := proto.CloneOf(req)
	check.ValidateOnly = true
	only, err := vn.validator().IssueStatement(t.Context(), check)
	if err != nil || only.GetName() != "" || only.GetReference() != "" || only.GetStatement() == nil {
		t.Errorf("check = %v, %v, want a statement without a name", only, err)
	}
	first, err := vn.validator().IssueStatement(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	again, err := vn.validator().IssueStatement(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, again, protocmp.Transform()); diff != "" {
		t.Errorf("again (-first +again):\n%s", diff)
	}
	req.Statement = notification("something else")
	if _, err := vn.validator().IssueStatement(t.Context(), req); status.Code(err) != codes.AlreadyExists || reason(err) != "ID_CONFLICT" {
		t.Errorf("another statement with that request_id: %v, want ID_CONFLICT", err)
	}
}

func TestSystemSpeaksForNamedPeople(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn := w.start("VN")
	system := spsv1.NewCaseServiceClient(vn.as(certs.RoleSystem, "plant-portal"))
	st := notification("by a system")
	_, err := system.IssueStatement(t.Context(), request(vn, st))
	if got := fields(err); !slices.Contains(got, "statement.drafted_by") || !slices.Contains(got, "statement.approved_by") {
		t.Errorf("violations = %q, want drafted_by and approved_by", got)
	}
	st.DraftedBy, st.ApprovedBy = &spsv1.Person{Id: "an"}, &spsv1.Person{Id: "binh"}
	issued, err := system.IssueStatement(t.Context(), request(vn, st))
	if err != nil {
		t.Fatal(err)
	}
	if got := issued.GetStatement(); got.GetIssuingSystem() != "plant-portal" || got.GetIssuedBy() != nil {
		t.Errorf("issued by system %q and person %v, want plant-portal and nobody", got.GetIssuingSystem(), got.GetIssuedBy())
	}
}

func TestPageTokensAreOfOneList(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn, cn := w.start("VN"), w.start("CN")
	var want []string
	for range 5 {
		want = append([]string{issue(t, vn, notification("one of five")).GetName()}, want...)
	}
	cases := vn.validator()
	req := &spsv1.ListStatementsRequest{Parent: "offices/VN", PageSize: 2}
	var got, tokens []string
	for {
		page, err := cases.ListStatements(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range page.GetStatements() {
			got = append(got, s.GetName())
		}
		if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
		tokens = append(tokens, req.GetPageToken())
		issue(t, vn, notification("while the list is read")) // is in none of its pages
	}
	if !slices.Equal(got, want) || len(tokens) != 2 {
		t.Errorf("pages = %q with %d tokens, want %q with 2", got, len(tokens), want)
	}
	for _, tc := range []struct {
		name, parent, token string
		at                  *node
		code                codes.Code
		reason              string
	}{
		{"another parent", "offices/-", tokens[0], vn, codes.InvalidArgument, "INVALID"},
		{"made up", "offices/VN", "b2ZmaWNlcw", vn, codes.InvalidArgument, "INVALID"},
		{"not base64", "offices/VN", "!", vn, codes.InvalidArgument, "INVALID"},
		{"another store", "offices/VN", tokens[0], cn, codes.OutOfRange, "CURSOR_AHEAD"},
	} {
		_, err := tc.at.validator().ListStatements(t.Context(), &spsv1.ListStatementsRequest{Parent: tc.parent, PageToken: tc.token})
		if status.Code(err) != tc.code || reason(err) != tc.reason {
			t.Errorf("%s: %v, want %s, %s", tc.name, err, tc.code, tc.reason)
		}
	}
}

func TestWatchKnowsItsStore(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn := w.start("VN")
	issue(t, vn, notification("any"))
	cursor := vn.watch("offices/-", "").next().GetCursor()
	for _, tc := range []struct {
		name, cursor string
		code         codes.Code
		reason       string
	}{
		{"malformed", "here", codes.InvalidArgument, "INVALID"},
		{"of another store", "00" + strings.Repeat("1", 30) + "-1", codes.OutOfRange, "CURSOR_AHEAD"},
		{"beyond the end", strings.TrimRight(cursor, "0123456789") + "999", codes.OutOfRange, "CURSOR_AHEAD"},
	} {
		_, err := vn.watch("offices/-", tc.cursor).stream.Recv()
		if status.Code(err) != tc.code || reason(err) != tc.reason {
			t.Errorf("%s: %v, want %s, %s", tc.name, err, tc.code, tc.reason)
		}
	}
}

func TestRestartResumesExactly(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn := w.start("VN")
	var want []string
	for range 3 {
		want = append(want, issue(t, vn, notification("before")).GetName())
	}
	watch := vn.watch("offices/-", "")
	got := []string{watch.next().GetStatement().GetName()}
	event := watch.next()
	got = append(got, event.GetStatement().GetName())
	watch.next() // seen, and not dealt with

	vn.stop()
	if _, err := watch.stream.Recv(); status.Code(err) != codes.Unavailable || reason(err) != "DRAINING" {
		t.Errorf("watch of a node that stops: %v, want DRAINING", err)
	}
	vn = w.start("VN")
	watch = vn.watch("offices/-", event.GetCursor())
	got = append(got, watch.next().GetStatement().GetName())
	want = append(want, issue(t, vn, notification("after")).GetName())
	got = append(got, watch.next().GetStatement().GetName())
	if !slices.Equal(got, want) {
		t.Errorf("watched %q, want %q", got, want)
	}
}

func TestOversizedStatementIsRefused(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn := w.start("VN")
	for _, tc := range []struct {
		name   string
		texts  int
		code   codes.Code
		reason string
	}{
		{"envelope above 256 KiB", 15, codes.InvalidArgument, "TOO_LARGE"},
		{"request above limits.request", 80, codes.ResourceExhausted, ""}, // refused by gRPC, unread
	} {
		st := notification("much to say")
		for i := range tc.texts {
			n, lang := st.GetNotification(), fmt.Sprintf("q%c%c", 'a'+i/26, 'a'+i%26)
			n.Description = append(n.Description, &spsv1.LocalizedText{Lang: lang, Text: strings.Repeat("x", 20000)})
		}
		_, err := vn.validator().IssueStatement(t.Context(), request(vn, st))
		if status.Code(err) != tc.code || reason(err) != tc.reason {
			t.Errorf("%s: %v, want %s, %s", tc.name, err, tc.code, tc.reason)
		}
	}
	issue(t, vn, notification("the node goes on"))
}

func TestWatchSaysThatItIsAlive(t *testing.T) {
	w := newWorld(t, "VN", "CN", "TH")
	cn, th := w.start("CN"), w.start("TH")
	watch := th.watch("offices/-", "")
	hidden := issue(t, cn, notification("not for Thailand", "VN"))
	cn.watch("offices/CN", "").receipt("TH", hidden.GetEntry().GetSequence())
	for {
		event, err := watch.stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if event.GetStatement() != nil {
			t.Errorf("Thailand was shown %v", event.GetStatement())
		}
		// The cards of both and the hidden entry have positions; the cursor has
		// moved over them.
		if event.GetEvent() == nil && strings.HasSuffix(event.GetCursor(), "-4") {
			return
		}
	}
}

func TestReadOnlyRefusesWithReason(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn := w.start("VN")
	before := request(vn, notification("before"))
	issued, err := vn.validator().IssueStatement(t.Context(), before)
	if err != nil {
		t.Fatal(err)
	}
	issue(t, vn, notification("so that the store says that the first was released"))
	vn.stop()
	anchor, err := os.ReadFile(w.config("VN").Anchor)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(w.config("VN").Anchor); err != nil {
		t.Fatal(err)
	}
	vn = w.start("VN")
	t.Cleanup(func() { // before the node is stopped and its store verified, which looks at the anchor
		if err := os.WriteFile(w.config("VN").Anchor, anchor, 0o600); err != nil {
			t.Error(err)
		}
	})
	if again, err := vn.validator().IssueStatement(t.Context(), before); err != nil || again.GetName() != issued.GetName() {
		t.Errorf("what was issued before, again: %v, %v, want %s", again, err, issued.GetName())
	}
	_, err = vn.validator().IssueStatement(t.Context(), request(vn, notification("after")))
	if status.Code(err) != codes.FailedPrecondition || reason(err) != "READ_ONLY" || !strings.Contains(err.Error(), "anchor") {
		t.Errorf("issue without an anchor: %v, want READ_ONLY that names the anchor", err)
	}
	if _, err := vn.validator().GetStatement(t.Context(), &spsv1.GetStatementRequest{Name: issued.GetName()}); err != nil {
		t.Errorf("get at a read-only node: %v, want the statement", err)
	}
	admin := spsv1.NewNodeServiceClient(vn.as(certs.RoleAdmin, "minh"))
	if got, err := admin.GetNode(t.Context(), &spsv1.GetNodeRequest{}); err != nil || !got.GetReadOnly() || got.GetReadOnlyReason() == "" {
		t.Errorf("node = %v, %v, want read-only with a reason", got, err)
	}
	if got := get(t, vn, "/readyz"); !strings.HasPrefix(got, "200 ready, read-only: ") {
		t.Errorf("readyz = %q, want ready, read-only", got)
	}
}

func TestHealth(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn := w.start("VN")
	health := grpc_health_v1.NewHealthClient(vn.as(certs.RoleAdmin, "minh"))
	for _, service := range []string{"", "sps.v1.CaseService", "sps.v1.ExchangeService"} {
		got, err := health.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: service})
		if err != nil || got.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
			t.Errorf("health of %q = %v, %v, want serving", service, got, err)
		}
	}
	for path, want := range map[string]string{"/healthz": "200 ok\n", "/readyz": "200 ready\n"} {
		if got := get(t, vn, path); got != want {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
	}
	if got := get(t, vn, "/debug/pprof/"); !strings.HasPrefix(got, "200 ") {
		t.Errorf("pprof on loopback = %q, want it", got)
	}
}

func get(t *testing.T, n *node, path string) string {
	t.Helper()
	resp, err := http.Get("http://" + n.Addrs().Ops.String() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.Status[:4] + string(body)
}

func TestInitHappensOnce(t *testing.T) {
	w := newWorld(t, "VN")
	if _, err := server.Init(t.Context(), w.config("VN"), time.Now); !errors.Is(err, ledger.ErrInitialised) {
		t.Errorf("a second Init = %v, want ErrInitialised", err)
	}
}
