package access_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

const issueMethod = spsv1.CaseService_IssueStatement_FullMethodName

// inside is the near end of an in-memory connection to the services of n.
func (n *node) inside(t *testing.T, s services) *grpc.ClientConn {
	t.Helper()
	memory := access.NewInMemory()
	guard := &access.Guard{Roster: n.office.Roster, Now: time.Now, Logger: slog.New(slog.NewTextHandler(n.log, nil))}
	srv := grpc.NewServer(append(guard.ServerOptions(), memory.ServerOption())...)
	register(srv, s)
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(memory.Listener()) }()
	conn, err := memory.Dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(); srv.Stop(); <-done })
	return conn
}

func person(role certs.Role) access.Caller {
	return access.Caller{
		Identity: certs.Identity{Federation: "asean-cn", Office: "VN", Role: role, ID: "plant-portal"},
		Until:    time.Now().Add(time.Hour),
	}
}

func TestInMemoryCallerMeetsTheSameTable(t *testing.T) {
	n := startNode(t, time.Now, services{})
	conn := n.inside(t, services{})
	for _, role := range certs.Roles()[1:] {
		outside := n.dialPerson(t, role)
		for method := range allowed {
			want := call(t.Context(), outside, method)
			got := call(access.As(t.Context(), person(role)), conn, method)
			if got.Code() != want.Code() || reason(got) != reason(want) {
				t.Errorf("%s as %s in memory: %v, want %v as over TLS", method, role, got, want)
			}
		}
	}
}

func TestInMemoryServiceSeesTheCaller(t *testing.T) {
	s := &scripted{
		node: func(ctx context.Context) (*spsv1.Node, error) {
			caller, ok := access.From(ctx)
			if !ok {
				return nil, errors.New("no caller")
			}
			return &spsv1.Node{Office: caller.URI()}, nil
		},
		watch: func(stream grpc.ServerStreamingServer[spsv1.WatchStatementsResponse]) error {
			<-stream.Context().Done()
			return context.Cause(stream.Context())
		},
	}
	n := startNode(t, time.Now, services{})
	conn := n.inside(t, services{nodes: s, cases: s})
	got, err := spsv1.NewNodeServiceClient(conn).GetNode(access.As(t.Context(), person(certs.RoleAdmin)), &spsv1.GetNodeRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if want := "sps://asean-cn/VN/admin/plant-portal"; got.GetOffice() != want {
		t.Errorf("caller = %s, want %s", got.GetOffice(), want)
	}

	brief := person(certs.RoleSystem)
	brief.Until = time.Now().Add(50 * time.Millisecond)
	if st := call(access.As(t.Context(), brief), conn, spsv1.CaseService_WatchStatements_FullMethodName); st.Code() != codes.InvalidArgument {
		t.Errorf("empty watch = %v, want its request checked", st)
	}
	stream, err := spsv1.NewCaseServiceClient(conn).WatchStatements(access.As(t.Context(), brief), &spsv1.WatchStatementsRequest{Parent: "offices/-"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = stream.Recv(); reason(status.Convert(err)) != "CERTIFICATE_EXPIRED" {
		t.Errorf("watch past the end of a token = %v, want CERTIFICATE_EXPIRED", err)
	}
}

func TestInMemoryCallOfNobody(t *testing.T) {
	n := startNode(t, time.Now, services{})
	conn := n.inside(t, services{})
	expired := person(certs.RoleValidator)
	expired.Until = time.Time{}
	for _, tc := range []struct {
		name   string
		ctx    context.Context
		code   codes.Code
		reason string
	}{
		{"no caller", t.Context(), codes.Unauthenticated, "UNAUTHENTICATED"},
		{"made-up ticket", metadata.AppendToOutgoingContext(t.Context(), access.TicketKey, "ABC"), codes.Unauthenticated, "UNAUTHENTICATED"},
		{"caller without an end", access.As(t.Context(), expired), codes.Unauthenticated, "CERTIFICATE_EXPIRED"},
		{
			"person of another office",
			access.As(t.Context(), access.Caller{
				Identity: certs.Identity{Federation: "asean-cn", Office: "CN", Role: certs.RoleValidator, ID: "x"},
				Until:    time.Now().Add(time.Hour),
			}),
			codes.PermissionDenied, "PERMISSION_DENIED",
		},
		{
			"caller beside a made-up ticket",
			metadata.AppendToOutgoingContext(access.As(t.Context(), person(certs.RoleLab)), access.TicketKey, "ABC"),
			codes.PermissionDenied, "PERMISSION_DENIED",
		},
	} {
		got := call(tc.ctx, conn, issueMethod)
		if got.Code() != tc.code || reason(got) != tc.reason {
			t.Errorf("%s: %v, want %s, %s", tc.name, got, tc.code, tc.reason)
		}
	}
}

// A ticket that is good this very moment is worth nothing elsewhere.
func TestTicketIsForgeryOverTLS(t *testing.T) {
	n := startNode(t, time.Now, services{})
	stolen := make(chan string, 1)
	s := &scripted{node: func(ctx context.Context) (*spsv1.Node, error) {
		md, _ := metadata.FromIncomingContext(ctx)
		stolen <- md.Get(access.TicketKey)[0]
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	conn := n.inside(t, services{nodes: s})
	ctx, cancel := context.WithCancel(access.As(t.Context(), person(certs.RoleAdmin)))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = spsv1.NewNodeServiceClient(conn).GetNode(ctx, &spsv1.GetNodeRequest{})
	}()
	forged := metadata.AppendToOutgoingContext(access.As(t.Context(), person(certs.RoleAdmin)), access.TicketKey, <-stolen)
	for name, conn := range map[string]*grpc.ClientConn{
		"validator": n.dialPerson(t, certs.RoleValidator), "lab": n.dialPerson(t, certs.RoleLab), "node of China": n.dialPeer(t),
	} {
		if got := call(forged, conn, issueMethod); got.Code() != codes.PermissionDenied || reason(got) != "PERMISSION_DENIED" {
			t.Errorf("%s with a ticket over TLS: %v, want PERMISSION_DENIED", name, got)
		}
	}
	cancel()
	<-ended
	claim := access.As(t.Context(), person(certs.RoleValidator))
	if got := call(claim, n.dialPerson(t, certs.RoleLab), issueMethod); got.Code() != codes.PermissionDenied {
		t.Errorf("lab over TLS as somebody else: %v, want PERMISSION_DENIED", got)
	}
}

func TestInMemoryCredentialsRefuseOtherConnections(t *testing.T) {
	memory := access.NewInMemory()
	n := startNode(t, time.Now, services{})
	guard := &access.Guard{Roster: n.office.Roster, Now: time.Now, Logger: slog.New(slog.DiscardHandler)}
	srv := grpc.NewServer(append(guard.ServerOptions(), memory.ServerOption())...)
	register(srv, services{})
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(lis) }()
	t.Cleanup(func() { srv.Stop(); <-done })
	for name, creds := range map[string]credentials.TransportCredentials{
		"plain text": insecure.NewCredentials(), "TLS": credentials.NewTLS(n.office.TLS().Dial("CN")),
	} {
		conn, err := grpc.NewClient("passthrough:"+lis.Addr().String(), grpc.WithTransportCredentials(creds))
		if err != nil {
			t.Fatal(err)
		}
		if got := call(access.As(t.Context(), person(certs.RoleValidator)), conn, issueMethod); got.Code() != codes.Unavailable {
			t.Errorf("%s to an in-memory server: %v, want Unavailable", name, got)
		}
		_ = conn.Close()
	}
}
