package faults

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/drill"
	"github.com/spsalert/spsalert/client/drill/drilltest"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func TestMain(m *testing.M) { os.Exit(drilltest.Main(m)) }

// TestFault31_InTheNameOfAnother shows a real node people who say that they are
// somebody else: with the certificate of another office, in the name of another
// office, by headers over gRPC and over HTTPS. All are refused, and the refusals
// are in the audit log.
func TestFault31_InTheNameOfAnother(t *testing.T) {
	t.Parallel()
	fed := drilltest.Start(t, drill.Options{Offices: []certs.Office{"CN", "VN"}})
	ctx, vn := t.Context(), fed.Node("VN")
	request := func(parent string) *spsv1.IssueStatementRequest {
		return &spsv1.IssueStatementRequest{Parent: parent, RequestId: client.NewRequestID(), Statement: drilltest.Notification("in whose name")}
	}
	validator := drilltest.Client(t, vn, certs.RoleValidator)

	t.Run("the certificate of another office", func(t *testing.T) {
		theirs, err := fed.Node("CN").Context(certs.RoleValidator)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := vn.Context(certs.RoleValidator)
		if err != nil {
			t.Fatal(err)
		}
		ours.Certificate, ours.Key = theirs.Certificate, theirs.Key
		opts, err := ours.Options()
		var c *client.Client
		if err == nil {
			c, err = client.Dial(ctx, opts)
		}
		if err == nil {
			_, err = c.CaseService().IssueStatement(ctx, request("offices/VN"))
			_ = c.Close()
		}
		if err == nil {
			t.Error("the validator of CN issued a statement of VN")
		}
	})
	t.Run("the name of another office", func(t *testing.T) {
		_, err := validator.CaseService().IssueStatement(ctx, request("offices/CN"))
		if err == nil {
			t.Error("the validator of VN issued a statement of CN")
		}
	})
	// Who may issue is refused too: believing that a header counts is a mistake.
	const somebody = "sps://drill/VN/validator/other"
	t.Run("metadata", func(t *testing.T) {
		for _, name := range []string{"x-forwarded-client-cert", "x-forwarded-user", "x-role"} {
			ctx := metadata.AppendToOutgoingContext(ctx, name, somebody)
			_, err := validator.CaseService().IssueStatement(ctx, request("offices/VN"))
			if got := status.Code(err); got != codes.PermissionDenied {
				t.Errorf("a validator with %s: %v, want PermissionDenied", name, err)
			}
		}
	})
	t.Run("headers at the gateway", func(t *testing.T) {
		https := webClient(t, vn, certs.RoleValidator)
		for _, name := range []string{"X-Forwarded-Client-Cert", "Grpc-Metadata-X-Role", "X-Remote-User"} {
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+vn.Addresses().Web+"/v1/offices/VN/statements:issue", strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set(name, somebody)
			resp, err := https.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if err != nil || resp.StatusCode != http.StatusForbidden || !strings.Contains(string(body), "PERMISSION_DENIED") {
				t.Errorf("a validator with %s: %s %s (%v), want 403 PERMISSION_DENIED", name, resp.Status, body, err)
			}
		}
	})
	for s, err := range validator.Statements(ctx, client.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		t.Errorf("%s was issued", s.GetName())
	}
	wantRefusals(ctx, t, drilltest.Client(t, vn, certs.RoleAuditor), 6)
}

// wantRefusals waits until so many refused issues are in the audit log, which
// is written a little after the answer.
func wantRefusals(ctx context.Context, t *testing.T, auditor *client.Client, want int) {
	t.Helper()
	deadline, tick := time.After(10*time.Second), time.NewTicker(100*time.Millisecond)
	defer tick.Stop()
	for {
		page, err := auditor.NodeService().ListAuditRecords(ctx, &spsv1.ListAuditRecordsRequest{PageSize: 1000})
		if err != nil {
			t.Fatal(err)
		}
		refused := slices.DeleteFunc(page.GetAuditRecords(), func(r *spsv1.AuditRecord) bool {
			return r.GetReason() != "PERMISSION_DENIED" || !strings.HasSuffix(r.GetMethod(), "IssueStatement")
		})
		if len(refused) >= want {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%d refusals are in the audit log, want at least %d: %v", len(refused), want, refused)
		}
	}
}

// webClient speaks HTTPS to a node with the certificate of a person.
func webClient(t *testing.T, n *drill.Node, role certs.Role) *http.Client {
	t.Helper()
	stem := filepath.Join(n.Dir(), "people", string(role))
	pair, err := tls.LoadX509KeyPair(stem+".pem", stem+".key")
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.ReadFile(n.Root())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(root)
	transport := &http.Transport{TLSClientConfig: &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: pool}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}
