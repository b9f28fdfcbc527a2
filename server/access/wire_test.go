package access_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// node is a guarded gRPC server of one office with every service on both of
// its listeners, over real TLS.
type node struct {
	fed           *authority.Federation
	office        *authority.Office
	log           *logBuffer
	server        *grpc.Server // at the office listener; the other is the same
	people, peers *bufconn.Listener
	guard         *access.Guard
	stop          func() // ends all calls and waits for them
}

// services are the implementations behind the guard; nil ones answer
// Unimplemented.
type services struct {
	cases spsv1.CaseServiceServer
	nodes spsv1.NodeServiceServer
}

func startNode(t *testing.T, now func() time.Time, s services) *node {
	t.Helper()
	return startGuarded(t, now, s, func(*access.Guard) {})
}

func startGuarded(t *testing.T, now func() time.Time, s services, change func(*access.Guard)) *node {
	t.Helper()
	fed := authority.ForTest(t, "VN", "CN")
	n := &node{fed: fed, office: fed.Office("VN"), log: &logBuffer{}}
	guard := &access.Guard{Roster: n.office.Roster, Now: now, Logger: slog.New(slog.NewTextHandler(n.log, nil))}
	change(guard)
	n.guard, n.stop = guard, func() {}
	serve := func(tls credentials.TransportCredentials) (*grpc.Server, *bufconn.Listener) {
		lis := bufconn.Listen(1 << 16)
		srv := grpc.NewServer(append(guard.ServerOptions(), grpc.Creds(tls))...)
		register(srv, s)
		done := make(chan struct{})
		go func() { defer close(done); _ = srv.Serve(lis) }()
		before := n.stop
		n.stop = func() { before(); srv.Stop(); <-done }
		t.Cleanup(func() { srv.Stop(); <-done })
		return srv, lis
	}
	n.server, n.people = serve(credentials.NewTLS(n.office.TLS().Office()))
	_, n.peers = serve(credentials.NewTLS(n.office.TLS().Peers()))
	return n
}

func register(srv *grpc.Server, s services) {
	if s.cases == nil {
		s.cases = spsv1.UnimplementedCaseServiceServer{}
	}
	if s.nodes == nil {
		s.nodes = spsv1.UnimplementedNodeServiceServer{}
	}
	spsv1.RegisterCaseServiceServer(srv, s.cases)
	spsv1.RegisterInspectionServiceServer(srv, spsv1.UnimplementedInspectionServiceServer{})
	spsv1.RegisterSearchServiceServer(srv, spsv1.UnimplementedSearchServiceServer{})
	spsv1.RegisterExportServiceServer(srv, spsv1.UnimplementedExportServiceServer{})
	spsv1.RegisterFindingServiceServer(srv, spsv1.UnimplementedFindingServiceServer{})
	spsv1.RegisterAnnouncementServiceServer(srv, spsv1.UnimplementedAnnouncementServiceServer{})
	spsv1.RegisterCodeStatusServiceServer(srv, spsv1.UnimplementedCodeStatusServiceServer{})
	spsv1.RegisterImportServiceServer(srv, spsv1.UnimplementedImportServiceServer{})
	spsv1.RegisterUnitServiceServer(srv, spsv1.UnimplementedUnitServiceServer{})
	spsv1.RegisterConsignmentServiceServer(srv, spsv1.UnimplementedConsignmentServiceServer{})
	spsv1.RegisterExporterServiceServer(srv, spsv1.UnimplementedExporterServiceServer{})
	spsv1.RegisterAttachmentServiceServer(srv, spsv1.UnimplementedAttachmentServiceServer{})
	spsv1.RegisterNodeServiceServer(srv, s.nodes)
	spsv1.RegisterCodeServiceServer(srv, spsv1.UnimplementedCodeServiceServer{})
	spsv1.RegisterExchangeServiceServer(srv, spsv1.UnimplementedExchangeServiceServer{})
	grpc_health_v1.RegisterHealthServer(srv, health.NewServer())
	reflection.RegisterV1(srv)
}

// dialPerson connects as a person of the node's own office.
func (n *node) dialPerson(t *testing.T, role certs.Role) *grpc.ClientConn {
	t.Helper()
	person, err := n.office.Person(role, "lan.nguyen")
	if err != nil {
		t.Fatal(err)
	}
	return dial(t, n.people, credentials.NewTLS(certs.ClientTLS(person, n.office.Card, nil)))
}

// dialPeer connects as the node of China.
func (n *node) dialPeer(t *testing.T) *grpc.ClientConn {
	t.Helper()
	return dial(t, n.peers, credentials.NewTLS(n.fed.Office("CN").TLS().Dial("VN")))
}

func dial(t *testing.T, lis *bufconn.Listener, tls credentials.TransportCredentials) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:node", grpc.WithTransportCredentials(tls),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return lis.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// call calls any method, as a stream of one empty request, and returns what
// came of it.
func call(ctx context.Context, conn *grpc.ClientConn, method string) *status.Status {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, method)
	if err != nil {
		return status.Convert(err)
	}
	_ = stream.SendMsg(&emptypb.Empty{}) // its error comes from RecvMsg too
	_ = stream.CloseSend()
	return status.Convert(stream.RecvMsg(&emptypb.Empty{}))
}

func refused(s *status.Status) bool {
	return s.Code() == codes.PermissionDenied || s.Code() == codes.Unauthenticated
}

// logBuffer is what was logged; it is safe for concurrent use.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
