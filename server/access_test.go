package server_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server"
	"github.com/spsalert/spsalert/server/office"
)

// audited returns the audit log of a node in short, the oldest first.
func audited(t *testing.T, n *node) []string {
	t.Helper()
	resp, err := spsv1.NewNodeServiceClient(n.as(certs.RoleAuditor, "an")).
		ListAuditRecords(t.Context(), &spsv1.ListAuditRecordsRequest{OldestFirst: true})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for i, r := range resp.GetAuditRecords() {
		if r.GetPosition() != int64(i+1) {
			t.Errorf("record %d has position %d, want no gap", i+1, r.GetPosition())
		}
		who := r.GetCaller()[strings.LastIndexByte(r.GetCaller(), '/')+1:]
		lines = append(lines, strings.TrimSpace(fmt.Sprint(who, " ", r.GetMethod()[strings.LastIndexByte(r.GetMethod(), '/')+1:], " ", r.GetResources(), " ", r.GetReason())))
	}
	return lines
}

// TestAuditSurvives tells a day of a node that is stopped in between: what was
// issued, again, read and refused is in the audit log, in order.
func TestAuditSurvives(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn := w.start("VN")
	req := request(vn, notification("mango", "CN"))
	issued, err := vn.validator().IssueStatement(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vn.validator().IssueStatement(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if _, err := vn.validator().GetStatement(t.Context(), &spsv1.GetStatementRequest{Name: issued.GetName()}); err != nil {
		t.Fatal(err)
	}
	lab := spsv1.NewCaseServiceClient(vn.as(certs.RoleLab, "lab7"))
	if _, err := lab.GetStatement(t.Context(), &spsv1.GetStatementRequest{Name: issued.GetName()}); reason(err) != "PERMISSION_DENIED" {
		t.Errorf("lab reads: %v, want PERMISSION_DENIED", err)
	}
	vn.stop()
	vn = w.start("VN")
	want := []string{
		"lan.nguyen IssueStatement [" + issued.GetName() + "]",
		"lan.nguyen IssueStatement [" + issued.GetName() + "]",
		"lan.nguyen GetStatement [" + issued.GetName() + "]",
		"lab7 GetStatement [] PERMISSION_DENIED",
	}
	if diff := cmp.Diff(want, audited(t, vn)); diff != "" {
		t.Errorf("audit log (-want +got):\n%s", diff)
	}
}

// TestEveryWayToReadIsAudited reads one restricted statement and one for the
// network in every way there is. A page is one record, which names the first
// alone.
func TestEveryWayToReadIsAudited(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn := w.start("VN")
	restricted := issue(t, vn, notification("mango", "CN"))
	issue(t, vn, notification("announced to all"))
	officer := spsv1.NewCaseServiceClient(vn.as(certs.RoleOfficer, "an"))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for name, read := range map[string]func() error{
		"GetStatement": func() error {
			_, err := officer.GetStatement(ctx, &spsv1.GetStatementRequest{Name: restricted.GetName()})
			return err
		},
		"ListStatements": func() error {
			_, err := officer.ListStatements(ctx, &spsv1.ListStatementsRequest{Parent: "offices/-", Filter: "kind = notification", View: spsv1.StatementView_STATEMENT_VIEW_FULL})
			return err
		},
		"PollStatements": func() error {
			_, err := officer.PollStatements(ctx, &spsv1.PollStatementsRequest{Parent: "offices/-"})
			return err
		},
		"WatchStatements": func() error {
			stream, err := officer.WatchStatements(ctx, &spsv1.WatchStatementsRequest{Parent: "offices/-"})
			for seen := 0; err == nil && seen < 2; {
				var event *spsv1.WatchStatementsResponse
				if event, err = stream.Recv(); event.GetStatement() != nil {
					seen++
				}
			}
			return err
		},
		"GetCase": func() error {
			_, err := officer.GetCase(ctx, &spsv1.GetCaseRequest{Name: restricted.GetCase()})
			return err
		},
		"ListCases": func() error {
			_, err := officer.ListCases(ctx, &spsv1.ListCasesRequest{})
			return err
		},
	} {
		if err := read(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	cancel()
	vn.stop() // writes what waits, and the record of the watch
	got := slices.Sorted(slices.Values(audited(t, w.start("VN"))))
	var want []string
	for _, method := range []string{"GetCase", "GetStatement", "ListCases", "ListStatements", "PollStatements", "WatchStatements"} {
		want = append(want, "an "+method+" ["+restricted.GetName()+"]")
	}
	got = slices.DeleteFunc(got, func(line string) bool { return strings.Contains(line, " IssueStatement ") })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("audit log (-want +got):\n%s", diff)
	}
}

var commits = regexp.MustCompile(`(?m)^spsd_store_commits_total (\d+)$`)

// TestAuditCostsNoCommit counts: an issue and its audit record are one commit.
func TestAuditCostsNoCommit(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	vn := w.start("VN")
	count := func() int {
		m := commits.FindStringSubmatch(get(t, vn, "/metrics"))
		if m == nil {
			t.Fatal("no spsd_store_commits_total at /metrics")
		}
		n, err := strconv.Atoi(m[1])
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before, begun := count(), time.Now()
	const issues = 20
	for i := range issues {
		issue(t, vn, notification(fmt.Sprint("durian ", i), "CN"))
	}
	// The lists of the desk follow on their own, at most so often.
	desk := int(time.Since(begun)/office.DeskPause) + 2
	if got := count() - before; got < issues || got > issues+desk {
		t.Errorf("%d issues one after the other made %d commits, want as many, and at most %d of the desk", issues, got, desk)
	}
	if got := len(audited(t, vn)); got != issues {
		t.Errorf("the audit log has %d records, want %d", got, issues)
	}
}

// TestTokenOverREST lets the administrator make a token, and a system that has
// nothing else call with it, until it is revoked.
func TestTokenOverREST(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	c := w.config("VN")
	c.Listen.Web = "127.0.0.1:0"
	vn := &node{w: w, office: w.fed.Office("VN"), people: bufconn.Listen(1 << 20)}
	var err error
	vn.Server, err = server.New(t.Context(), server.Options{
		Config: c, Version: "test", Listeners: server.Listeners{Office: vn.people, Ops: bufconn.Listen(1 << 10)},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(vn.stop)
	if err := vn.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	admin := spsv1.NewNodeServiceClient(vn.as(certs.RoleAdmin, "minh"))
	made, err := admin.CreateToken(t.Context(), &spsv1.CreateTokenRequest{Token: &spsv1.Token{DisplayName: "single window", Role: "officer", Id: "nsw"}})
	if err != nil {
		t.Fatal(err)
	}
	nobody, err := vn.office.Person(certs.RoleOfficer, "nsw")
	if err != nil {
		t.Fatal(err)
	}
	tls := certs.ClientTLS(nobody, vn.office.Card, nil)
	tls.GetClientCertificate, tls.Certificates = nil, nil
	transport := &http.Transport{TLSClientConfig: tls}
	defer transport.CloseIdleConnections()
	ask := func(path string, header ...string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+vn.Addrs().Web.String()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		resp, err := (&http.Client{Transport: transport, Timeout: 20 * time.Second}).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	bearer := "Bearer " + made.GetSecret()
	code, body := ask("/v1/caller", "Authorization", bearer)
	var caller spsv1.Caller
	if err := protojson.Unmarshal([]byte(body), &caller); err != nil || code != http.StatusOK || caller.GetIdentity() != "sps://asean-cn/VN/officer/nsw" {
		t.Errorf("caller = %d %s (%v), want the token's", code, body, err)
	}
	for name, tc := range map[string]struct {
		path   string
		header []string
		want   int
	}{
		"nothing":           {"/v1/caller", nil, http.StatusUnauthorized},
		"no token":          {"/v1/caller", []string{"Authorization", "Bearer spst_x"}, http.StatusUnauthorized},
		"what officers may": {"/v1/cases", []string{"Authorization", bearer}, http.StatusOK},
		"what they may not": {"/v1/tokens", []string{"Authorization", bearer}, http.StatusForbidden},
		"forged":            {"/v1/caller", []string{"Authorization", bearer, "X-Forwarded-User", "minh"}, http.StatusForbidden},
		"forged metadata":   {"/v1/caller", []string{"Authorization", bearer, "Grpc-Metadata-Role", "admin"}, http.StatusForbidden},
	} {
		if got, body := ask(tc.path, tc.header...); got != tc.want {
			t.Errorf("%s: %d %s, want %d", name, got, body, tc.want)
		}
	}
	if _, err := admin.RevokeToken(t.Context(), &spsv1.RevokeTokenRequest{Name: made.GetToken().GetName()}); err != nil {
		t.Fatal(err)
	}
	if code, body := ask("/v1/caller", "Authorization", bearer); code != http.StatusUnauthorized || !strings.Contains(body, "REVOKED") {
		t.Errorf("after it was revoked: %d %s, want 401 with REVOKED", code, body)
	}
}
