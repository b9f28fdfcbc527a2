package access_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/store"
)

// service answers as a test says, through the register of a desk.
type service struct {
	spsv1.UnimplementedNodeServiceServer
	spsv1.UnimplementedCaseServiceServer
	desk *desk

	issue func(context.Context, *spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error)
	list  []*spsv1.IssuedStatement
	watch func(grpc.ServerStreamingServer[spsv1.WatchStatementsResponse]) error
}

func (s *service) CreateToken(ctx context.Context, req *spsv1.CreateTokenRequest) (*spsv1.CreateTokenResponse, error) {
	token, secret, err := s.desk.CreateToken(ctx, req.GetToken())
	return &spsv1.CreateTokenResponse{Token: token, Secret: secret}, err
}

func (s *service) GetCaller(ctx context.Context, _ *spsv1.GetCallerRequest) (*spsv1.Caller, error) {
	c, _ := access.From(ctx)
	return c.Message(), nil
}

func (s *service) IssueStatement(ctx context.Context, req *spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error) {
	return s.issue(ctx, req)
}

func (s *service) ListStatements(context.Context, *spsv1.ListStatementsRequest) (*spsv1.ListStatementsResponse, error) {
	return &spsv1.ListStatementsResponse{Statements: s.list}, nil
}

func (s *service) GetCase(_ context.Context, req *spsv1.GetCaseRequest) (*spsv1.Case, error) {
	if len(s.list) == 0 {
		return nil, access.NotFound("there is no such case")
	}
	return &spsv1.Case{Name: req.GetName(), Original: s.list[0], Statements: s.list[1:]}, nil
}

func (s *service) WatchStatements(_ *spsv1.WatchStatementsRequest, stream grpc.ServerStreamingServer[spsv1.WatchStatementsResponse]) error {
	return s.watch(stream)
}

// ward is a desk behind a guard, at a listener of mutual TLS and one in memory.
type ward struct {
	*node
	desk    *desk
	service *service
	memory  *grpc.ClientConn
}

func startWard(t *testing.T, change func(*access.RegisterOptions)) *ward {
	t.Helper()
	w := &ward{desk: openDesk(t, change)}
	w.desk.clock.t = time.Now() // certificates are of the real time
	w.service = &service{desk: w.desk}
	w.node = startGuarded(t, w.desk.clock.Now, services{cases: w.service, nodes: w.service}, func(g *access.Guard) { g.Register = w.desk.Register })
	m := access.NewInMemory()
	srv := grpc.NewServer(append(w.guard.ServerOptions(), m.ServerOption())...)
	register(srv, services{cases: w.service, nodes: w.service})
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(m.Listener()) }()
	t.Cleanup(func() { srv.Stop(); <-done })
	conn, err := m.Dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	w.memory = conn
	return w
}

// system returns a context in which calls in memory are made with a token of
// the role system.
func (w *ward) system(t *testing.T, classifications ...spsv1.Classification) context.Context {
	t.Helper()
	_, secret := w.desk.token(t, &spsv1.Token{DisplayName: "nsw", Role: "system", Id: "nsw", Classifications: classifications})
	caller, err := w.desk.Token(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	return access.As(t.Context(), caller)
}

// audited returns the audit log in short: method, caller, outcome, reason,
// resources. The register is closed afterwards.
func (w *ward) audited(t *testing.T) []string {
	t.Helper()
	var lines []string
	for _, r := range w.desk.records(t, access.AuditQuery{MethodPrefix: "sps.v1."}) {
		line := fmt.Sprint(r.GetMethod()[strings.LastIndexByte(r.GetMethod(), '/')+1:], " ", r.GetCaller()[strings.LastIndexByte(r.GetCaller(), '/')+1:],
			" ", r.GetOutcome().String()[len("AUDIT_OUTCOME_"):], " ", r.GetReason(), " ", r.GetResources())
		lines = append(lines, line)
	}
	return lines
}

func restrictedStatement(n int) *spsv1.IssuedStatement {
	return &spsv1.IssuedStatement{
		Name: fmt.Sprintf("offices/CN/statements/1-%d", n), Audience: &spsv1.Audience{Offices: []string{"CN", "VN"}},
	}
}

func issueRequest(c spsv1.Classification) *spsv1.IssueStatementRequest {
	return &spsv1.IssueStatementRequest{
		Parent:    "offices/VN",
		Statement: &spsv1.Statement{Body: &spsv1.Statement_Notification{Notification: &spsv1.Notification{Classification: c}}},
	}
}

func TestWritesAreAudited(t *testing.T) {
	w := startWard(t, nil)
	admin := spsv1.NewNodeServiceClient(w.dialPerson(t, certs.RoleAdmin))
	made, err := admin.CreateToken(t.Context(), &spsv1.CreateTokenRequest{Token: &spsv1.Token{DisplayName: "x", Role: "officer", Id: "a"}})
	if err != nil {
		t.Fatal(err)
	}
	// In the transaction, and not a second time.
	records, _, err := w.desk.AuditRecords(t.Context(), access.AuditQuery{Most: 10})
	if err != nil || len(records) != 1 {
		t.Fatalf("AuditRecords = %v, %v, want one at once", records, err)
	}
	r := records[0]
	if r.GetPosition() != 1 || r.GetCaller() != "sps://asean-cn/VN/admin/lan.nguyen" || r.GetMeans() != spsv1.CallerMeans_CALLER_MEANS_CERTIFICATE ||
		r.GetMethod() != "sps.v1.NodeService/CreateToken" || !slices.Equal(r.GetResources(), []string{made.GetToken().GetName()}) ||
		r.GetOutcome() != spsv1.AuditOutcome_AUDIT_OUTCOME_DONE || !r.GetTime().IsValid() {
		t.Errorf("record = %v", r)
	}
	if made.GetToken().GetCreator() != r.GetCaller() {
		t.Errorf("creator = %s, want %s", made.GetToken().GetCreator(), r.GetCaller())
	}

	validator := spsv1.NewCaseServiceClient(w.dialPerson(t, certs.RoleValidator))
	for _, tc := range []struct {
		name  string
		issue func(context.Context, *spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error)
	}{
		{"in the transaction", func(ctx context.Context, _ *spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error) {
			err := w.desk.store.Update(ctx, func(tx store.Tx) error { return access.Record(ctx, tx, "one") })
			return &spsv1.IssuedStatement{Name: "one"}, err
		}},
		{"in a transaction that was taken back", func(ctx context.Context, _ *spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error) {
			_ = w.desk.store.Update(ctx, func(tx store.Tx) error {
				return errors.Join(access.Record(ctx, tx, "never"), errors.New("entered before"))
			})
			return &spsv1.IssuedStatement{Name: "two"}, nil
		}},
		{"not by the service", func(context.Context, *spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error) {
			return &spsv1.IssuedStatement{Name: "three"}, nil
		}},
		{"refused", func(context.Context, *spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error) {
			return nil, access.Invalid(access.Violation{Field: "statement", Reason: "X", Sentence: "no"})
		}},
		{"failed", func(context.Context, *spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error) {
			return nil, errors.New("disk")
		}},
		{"panicked", func(context.Context, *spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error) { panic("x") }},
	} {
		w.service.issue = tc.issue
		_, _ = validator.IssueStatement(t.Context(), issueRequest(borderRejection))
	}
	try := issueRequest(borderRejection)
	try.ValidateOnly = true
	w.service.issue = func(context.Context, *spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error) {
		return &spsv1.IssuedStatement{}, nil
	}
	if _, err := validator.IssueStatement(t.Context(), try); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"CreateToken lan.nguyen DONE  [" + made.GetToken().GetName() + "]",
		"IssueStatement lan.nguyen DONE  [one]",
		"IssueStatement lan.nguyen DONE  [two]",
		"IssueStatement lan.nguyen DONE  [three]",
		"IssueStatement lan.nguyen REFUSED INVALID []",
		"IssueStatement lan.nguyen FAILED INTERNAL []",
		"IssueStatement lan.nguyen FAILED INTERNAL []",
	}
	if diff := cmp.Diff(want, w.audited(t)); diff != "" {
		t.Errorf("audit log (-want +got):\n%s", diff)
	}
}

func TestReadsOfRestrictedStatementsAreAudited(t *testing.T) {
	w := startWard(t, nil)
	officer := spsv1.NewCaseServiceClient(w.dialPerson(t, certs.RoleOfficer))
	public := &spsv1.IssuedStatement{Name: "offices/CN/statements/1-0", Audience: &spsv1.Audience{Network: true}}

	w.service.list = []*spsv1.IssuedStatement{public}
	if _, err := officer.ListStatements(t.Context(), &spsv1.ListStatementsRequest{Parent: "offices/-"}); err != nil {
		t.Fatal(err)
	}
	w.service.list = []*spsv1.IssuedStatement{restrictedStatement(1), public, restrictedStatement(2)}
	if _, err := officer.ListStatements(t.Context(), &spsv1.ListStatementsRequest{Parent: "offices/-"}); err != nil {
		t.Fatal(err)
	}
	if _, err := officer.GetCase(t.Context(), &spsv1.GetCaseRequest{Name: "cases/CN-2026-000001"}); err != nil {
		t.Fatal(err)
	}
	w.service.list = nil
	if _, err := officer.GetCase(t.Context(), &spsv1.GetCaseRequest{Name: "cases/CN-2026-000001"}); err == nil {
		t.Fatal("GetCase of none: no error")
	}
	for n := range 250 {
		w.service.list = append(w.service.list, restrictedStatement(n))
	}
	w.service.watch = func(stream grpc.ServerStreamingServer[spsv1.WatchStatementsResponse]) error {
		for _, s := range w.service.list {
			if err := stream.Send(&spsv1.WatchStatementsResponse{Event: &spsv1.WatchStatementsResponse_Statement{Statement: s}}); err != nil {
				return err
			}
		}
		return access.Draining()
	}
	stream, err := officer.WatchStatements(t.Context(), &spsv1.WatchStatementsRequest{Parent: "offices/-"})
	for err == nil {
		_, err = stream.Recv()
	}
	w.stop() // the stream's last record is written when its handler has returned
	lines := w.audited(t)
	names := func(n, to int) string {
		var all []string
		for ; n < to; n++ {
			all = append(all, restrictedStatement(n).GetName())
		}
		return fmt.Sprint(all)
	}
	want := []string{
		"ListStatements lan.nguyen DONE  " + names(1, 3),
		"GetCase lan.nguyen DONE  " + names(1, 3),
		"WatchStatements lan.nguyen DONE  " + names(0, 100),
		"WatchStatements lan.nguyen DONE  " + names(100, 200),
		"WatchStatements lan.nguyen DONE  " + names(200, 250),
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("audit log (-want +got):\n%s", diff)
	}
}

func TestRefusedCallsAreAuditedUpToALimit(t *testing.T) {
	w := startWard(t, func(o *access.RegisterOptions) { o.Limits.Refusals = access.Rate{Count: 2, Per: time.Minute} })
	lab := w.dialPerson(t, certs.RoleLab)
	refuse := func() { call(t.Context(), lab, spsv1.CaseService_IssueStatement_FullMethodName) }
	for range 10 {
		refuse()
	}
	w.desk.clock.Add(time.Minute)
	refuse()
	records := w.desk.records(t, access.AuditQuery{NotDone: true})
	var skipped []uint32
	for _, r := range records {
		skipped = append(skipped, r.GetSkipped())
		if r.GetReason() != "PERMISSION_DENIED" || r.GetOutcome() != spsv1.AuditOutcome_AUDIT_OUTCOME_REFUSED {
			t.Errorf("record = %v, want refused", r)
		}
	}
	if diff := cmp.Diff([]uint32{0, 0, 8}, skipped); diff != "" {
		t.Errorf("calls counted only, by record (-want +got):\n%s", diff)
	}
}

func TestAuditQueries(t *testing.T) {
	d := openDesk(t, nil)
	begun := d.clock.Now()
	var names []string
	for i := range 7 {
		token, secret := d.token(t, &spsv1.Token{Role: "admin", Id: "minh"})
		names = append(names, token.GetName())
		caller, err := d.Token(t.Context(), secret)
		if err != nil {
			t.Fatal(err)
		}
		record := &spsv1.AuditRecord{}
		if i%2 == 1 {
			record.Resources = []string{"odd"}
		}
		d.audit(t, caller, fmt.Sprint("svc/M", i), record.Resources...)
		d.clock.Add(time.Minute)
	}
	minute := func(n int) time.Time { return begun.Add(time.Duration(n) * time.Minute) }
	for _, tc := range []struct {
		name  string
		query access.AuditQuery
		want  []int64
	}{
		{"all", access.AuditQuery{}, []int64{7, 6, 5, 4, 3, 2, 1}},
		{"oldest first", access.AuditQuery{OldestFirst: true}, []int64{1, 2, 3, 4, 5, 6, 7}},
		{"identity", access.AuditQuery{Caller: "sps://asean-cn/VN/admin/minh"}, []int64{7, 6, 5, 4, 3, 2, 1}},
		{"another identity", access.AuditQuery{Caller: "sps://asean-cn/VN/admin/minh2"}, nil},
		{"token", access.AuditQuery{Caller: names[2]}, []int64{3}},
		{"method", access.AuditQuery{MethodPrefix: "svc/M4"}, []int64{5}},
		{"resource", access.AuditQuery{Resource: "odd"}, []int64{6, 4, 2}},
		{"since", access.AuditQuery{Since: minute(5)}, []int64{7, 6}},
		{"until", access.AuditQuery{Until: minute(2)}, []int64{2, 1}},
		{"since and until", access.AuditQuery{Since: minute(2), Until: minute(4)}, []int64{4, 3}},
		{"not done", access.AuditQuery{NotDone: true}, nil},
		{"after", access.AuditQuery{After: 5, OldestFirst: true}, []int64{6, 7}},
		{"after, newest first", access.AuditQuery{After: 5}, []int64{7, 6}},
	} {
		for _, most := range []int{1, 2, 100} {
			q := tc.query
			q.Most = most
			var got []int64
			for range 100 {
				records, next, err := d.AuditRecords(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range records {
					got = append(got, r.GetPosition())
				}
				if q.From = next; next == 0 {
					break
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s in pages of %d (-want +got):\n%s", tc.name, most, diff)
			}
		}
	}
}

// audit writes one record as a guard does.
func (d *desk) audit(t *testing.T, c access.Caller, method string, resources ...string) {
	t.Helper()
	ctx := d.Pending(t.Context(), c, method)
	if err := d.store.Update(ctx, func(tx store.Tx) error { return access.Record(ctx, tx, resources...) }); err != nil {
		t.Fatal(err)
	}
}

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
	none, some := w.system(t), w.system(t, borderRejection)
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
		{"a follow-up", some, followUp, ""},
	} {
		_, err := spsv1.NewCaseServiceClient(w.memory).IssueStatement(tc.ctx, tc.req)
		if got := reason(status.Convert(err)); got != tc.want {
			t.Errorf("%s: %v, want reason %q", tc.name, err, tc.want)
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
