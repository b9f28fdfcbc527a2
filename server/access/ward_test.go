package access_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
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
	w.desk.clock.Set(time.Now()) // certificates are of the real time
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
	return w.token(t, &spsv1.Token{DisplayName: "nsw", Role: "system", Id: "nsw", Classifications: classifications})
}

// token returns a context in which calls in memory are made with a token.
func (w *ward) token(t *testing.T, given *spsv1.Token) context.Context {
	t.Helper()
	_, secret := w.desk.token(t, given)
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
