package metrics_test

import (
	"context"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/metrics"
)

// serve runs a server whose calls are counted, and returns a client of it.
func serve(t *testing.T, m *metrics.Metrics, issue func(*spsv1.IssueStatementRequest) error) spsv1.CaseServiceClient {
	t.Helper()
	srv := grpc.NewServer(m.ServerOptions()...)
	spsv1.RegisterCaseServiceServer(srv, cases{issue: issue})
	l := bufconn.Listen(1 << 16)
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(srv.Stop)
	conn, err := grpc.NewClient("passthrough:node", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return l.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return spsv1.NewCaseServiceClient(conn)
}

// cases is a CaseService that holds nothing.
type cases struct {
	spsv1.UnimplementedCaseServiceServer
	issue func(*spsv1.IssueStatementRequest) error
}

// IssueStatement implements spsv1.CaseServiceServer.
func (c cases) IssueStatement(_ context.Context, req *spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error) {
	return &spsv1.IssuedStatement{}, c.issue(req)
}

// WatchStatements implements spsv1.CaseServiceServer: it says that it has
// begun, and then nothing.
func (cases) WatchStatements(_ *spsv1.WatchStatementsRequest, s grpc.ServerStreamingServer[spsv1.WatchStatementsResponse]) error {
	if err := s.SendHeader(nil); err != nil {
		return err
	}
	<-s.Context().Done()
	return nil
}
