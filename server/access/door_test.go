package access_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

func TestLimitsOverTheWire(t *testing.T) {
	w := startWard(t, func(o *access.RegisterOptions) {
		o.Limits.Read, o.Limits.Watches = access.Rate{Count: 3, Per: time.Minute}, 1
	})
	w.service.watch = func(stream grpc.ServerStreamingServer[spsv1.WatchStatementsResponse]) error {
		if err := stream.Send(&spsv1.WatchStatementsResponse{}); err != nil {
			return err
		}
		<-stream.Context().Done()
		return context.Cause(stream.Context())
	}
	conn := w.dialPerson(t, certs.RoleOfficer)
	watch := func() error {
		stream, err := spsv1.NewCaseServiceClient(conn).WatchStatements(t.Context(), &spsv1.WatchStatementsRequest{Parent: "offices/-"})
		if err == nil {
			_, err = stream.Recv()
		}
		return err
	}
	if err := watch(); err != nil {
		t.Fatal(err)
	}
	wantWait(t, "a second watch", watch(), "rates.watches")
	_, err := spsv1.NewNodeServiceClient(conn).GetCaller(t.Context(), &spsv1.GetCallerRequest{})
	if err != nil {
		t.Fatal(err)
	}
	// The fourth call of the person, on another connection.
	_, err = spsv1.NewNodeServiceClient(w.dialPerson(t, certs.RoleOfficer)).GetCaller(t.Context(), &spsv1.GetCallerRequest{})
	wantWait(t, "a fourth call", err, "rates.read")
	w.desk.clock.Add(20 * time.Second)
	if _, err = spsv1.NewNodeServiceClient(conn).GetCaller(t.Context(), &spsv1.GetCallerRequest{}); err != nil {
		t.Errorf("after the wait: %v, want nil", err)
	}
}

func wantWait(t *testing.T, what string, err error, limit string) {
	t.Helper()
	st := status.Convert(err)
	var wait time.Duration
	var key string
	for _, d := range st.Details() {
		switch d := d.(type) {
		case *errdetails.RetryInfo:
			wait = d.GetRetryDelay().AsDuration()
		case *errdetails.ErrorInfo:
			key = d.GetMetadata()["limit"]
		}
	}
	if st.Code() != codes.ResourceExhausted || reason(st) != "RATE" || wait <= 0 || key != limit {
		t.Errorf("%s: %v with limit %q and a wait of %s, want RATE of %s with a wait", what, st, key, wait, limit)
	}
}

func TestScopeOfASystemToken(t *testing.T) {
	w := startWard(t, nil)
	w.service.issue = func(context.Context, *spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error) {
		return &spsv1.IssuedStatement{Name: "x"}, nil
	}
	const alert = spsv1.Classification_CLASSIFICATION_ALERT
	amendment := &spsv1.IssueStatementRequest{Parent: "offices/VN", Statement: &spsv1.Statement{Body: &spsv1.Statement_Amendment{
		Amendment: &spsv1.Amendment{Notification: &spsv1.Notification{Classification: alert}},
	}}}
	followUp := &spsv1.IssueStatementRequest{Parent: "offices/VN", Statement: &spsv1.Statement{Body: &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{}}}}
	request := &spsv1.IssueStatementRequest{Parent: "offices/VN", Statement: &spsv1.Statement{Body: &spsv1.Statement_Request{Request: &spsv1.Request{}}}}
	none, some := w.system(t), w.system(t, borderRejection)
	more := w.token(t, &spsv1.Token{
		Role: "system", Id: "nsw", Classifications: []spsv1.Classification{borderRejection}, Kinds: []string{"follow_up", "amendment"},
	})
	only := w.token(t, &spsv1.Token{Role: "system", Id: "nsw", Kinds: []string{"follow_up"}})
	for _, tc := range []struct {
		name string
		ctx  context.Context
		req  *spsv1.IssueStatementRequest
		want string
	}{
		{"no classification", none, issueRequest(borderRejection), "OUT_OF_SCOPE"},
		{"no classification, a follow-up", none, followUp, "OUT_OF_SCOPE"},
		{"the one", some, issueRequest(borderRejection), ""},
		{"another", some, issueRequest(alert), "OUT_OF_SCOPE"},
		{"an amendment to another", some, amendment, "OUT_OF_SCOPE"},
		{"a follow-up without the kind", some, followUp, "OUT_OF_SCOPE"},
		{"a follow-up", more, followUp, ""},
		{"another kind", more, request, "OUT_OF_SCOPE"},
		{"an amendment to another, with the kind", more, amendment, "OUT_OF_SCOPE"},
		{"the one, with kinds only", only, issueRequest(borderRejection), "OUT_OF_SCOPE"},
		{"a follow-up, with kinds only", only, followUp, ""},
		{"nothing at all, which the service refuses", more, &spsv1.IssueStatementRequest{Parent: "offices/VN"}, ""},
	} {
		_, err := spsv1.NewCaseServiceClient(w.memory).IssueStatement(tc.ctx, tc.req)
		if got := reason(status.Convert(err)); got != tc.want {
			t.Errorf("%s: %v, want reason %q", tc.name, err, tc.want)
		}
	}
}

// TestScopeOfASystemCertificate is the same at the listener of mutual TLS,
// where the configuration has the scopes.
func TestScopeOfASystemCertificate(t *testing.T) {
	w := startWard(t, nil)
	w.service.issue = func(context.Context, *spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error) {
		return &spsv1.IssuedStatement{Name: "x"}, nil
	}
	cases := spsv1.NewCaseServiceClient(w.dialPerson(t, certs.RoleSystem))
	_, err := cases.IssueStatement(t.Context(), issueRequest(borderRejection))
	if got := reason(status.Convert(err)); got != "OUT_OF_SCOPE" {
		t.Errorf("a system without a scope: %v, want OUT_OF_SCOPE", err)
	}
	w.guard.Systems = map[string]access.Scope{"lan.nguyen": {Classifications: []spsv1.Classification{borderRejection}}}
	if _, err := cases.IssueStatement(t.Context(), issueRequest(borderRejection)); err != nil {
		t.Errorf("a system with a scope: %v, want nil", err)
	}
	caller, err := spsv1.NewNodeServiceClient(w.dialPerson(t, certs.RoleSystem)).GetCaller(t.Context(), &spsv1.GetCallerRequest{})
	if err != nil || !slices.Equal(caller.GetClassifications(), []spsv1.Classification{borderRejection}) {
		t.Errorf("GetCaller = %v, %v, want the scope", caller, err)
	}
}

// TestUnitsSpeakForThemselves holds callers of a unit to it, in every role.
func TestUnitsSpeakForThemselves(t *testing.T) {
	w := startWard(t, nil)
	w.service.issue = func(context.Context, *spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error) {
		return &spsv1.IssuedStatement{Name: "x"}, nil
	}
	for _, role := range []string{"validator", "system"} {
		token := &spsv1.Token{Role: role, Id: "a", Unit: "PPD"}
		issued := "PERMISSION_DENIED" // only the focal point issues
		if role == "system" {
			token.Classifications, issued = []spsv1.Classification{borderRejection}, ""
		}
		ctx := w.token(t, token)
		for _, tc := range []struct {
			unit, behalf string
			try          bool
			want         string
		}{
			{"", "", true, ""},
			{"PPD", "PPD", true, ""},
			{"DAH", "", true, "OUT_OF_SCOPE"},
			{"", "DAH", true, "OUT_OF_SCOPE"},
			{"", "", false, issued},
			{"PPD", "PPD", false, issued},
		} {
			req := issueRequest(borderRejection)
			req.ValidateOnly = tc.try
			req.Statement.Unit, req.Statement.OnBehalfOf = tc.unit, tc.behalf
			_, err := spsv1.NewCaseServiceClient(w.memory).IssueStatement(ctx, req)
			if got := reason(status.Convert(err)); got != tc.want {
				t.Errorf("%s of PPD as unit %q on behalf of %q: %v, want reason %q", role, tc.unit, tc.behalf, err, tc.want)
			}
		}
	}
}

func TestWatchEndsWithItsToken(t *testing.T) {
	w := startWard(t, nil)
	w.service.watch = func(stream grpc.ServerStreamingServer[spsv1.WatchStatementsResponse]) error {
		if err := stream.Send(&spsv1.WatchStatementsResponse{}); err != nil {
			return err
		}
		<-stream.Context().Done()
		return context.Cause(stream.Context())
	}
	token, secret := w.desk.token(t, &spsv1.Token{Role: "officer", Id: "a"})
	caller, err := w.desk.Token(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	cases := spsv1.NewCaseServiceClient(w.memory)
	stream, err := cases.WatchStatements(access.As(t.Context(), caller), &spsv1.WatchStatementsRequest{Parent: "offices/-"})
	if err == nil {
		_, err = stream.Recv()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.desk.RevokeToken(t.Context(), token.GetName()); err != nil {
		t.Fatal(err)
	}
	_, err = stream.Recv()
	if got := status.Convert(err); got.Code() != codes.Unauthenticated || reason(got) != "REVOKED" {
		t.Errorf("watch of a revoked token: %v, want Unauthenticated, REVOKED", err)
	}
	_, err = spsv1.NewNodeServiceClient(w.memory).GetCaller(access.As(t.Context(), caller), &spsv1.GetCallerRequest{})
	if got := status.Convert(err); reason(got) != "REVOKED" {
		t.Errorf("a call by whom was authenticated before: %v, want REVOKED", err)
	}
}

func TestForgedIdentityIsRefused(t *testing.T) {
	w := startWard(t, nil)
	officer := w.dialPerson(t, certs.RoleOfficer)
	for _, name := range []string{
		"x-caller", "x-caller-id", "X-Forwarded-User", "x-forwarded-client-cert", "x-remote-user", "remote-user", "x-user", "x-role",
		"x-office", "x-identity", "x-auth-request-user", "x-ssl-client-s-dn", "x-client-cert", "caller", "identity", "role", "user", "office",
		"authorization", access.TicketKey,
	} {
		ctx := metadata.AppendToOutgoingContext(t.Context(), name, "sps://asean-cn/VN/officer/lan.nguyen")
		_, err := spsv1.NewNodeServiceClient(officer).GetCaller(ctx, &spsv1.GetCallerRequest{})
		got := status.Convert(err)
		if got.Code() != codes.PermissionDenied || reason(got) != "PERMISSION_DENIED" || !strings.Contains(got.Message(), strings.ToLower(name)) {
			t.Errorf("%s over TLS: %v, want PERMISSION_DENIED that names it", name, err)
		}
	}
	for _, name := range []string{"x-request-id", "accept-language", "if-match", "traceparent", "x-forwarded-for", "user-agent-extra"} {
		ctx := metadata.AppendToOutgoingContext(t.Context(), name, "x")
		if _, err := spsv1.NewNodeServiceClient(officer).GetCaller(ctx, &spsv1.GetCallerRequest{}); err != nil {
			t.Errorf("%s over TLS: %v, want nil", name, err)
		}
	}
	ctx := metadata.AppendToOutgoingContext(w.system(t), "authorization", "Bearer x")
	if _, err := spsv1.NewNodeServiceClient(w.memory).GetCaller(ctx, &spsv1.GetCallerRequest{}); err != nil {
		t.Errorf("authorization in memory, which the near end has looked at: %v, want nil", err)
	}
	ctx = metadata.AppendToOutgoingContext(w.system(t), "x-caller", "x")
	_, err := spsv1.NewNodeServiceClient(w.memory).GetCaller(ctx, &spsv1.GetCallerRequest{})
	if got := status.Convert(err); got.Code() != codes.PermissionDenied {
		t.Errorf("x-caller in memory: %v, want PERMISSION_DENIED", err)
	}
}

func TestEveryMethodHasAClass(t *testing.T) {
	classes := []access.Class{access.ClassRead, access.ClassWrite, access.ClassIssue, access.ClassWatch, access.ClassSession}
	for method, rule := range access.Methods() {
		if !slices.Contains(classes, rule.Class) {
			t.Errorf("%s has class %q, want one of %q", method, rule.Class, classes)
		}
	}
}
