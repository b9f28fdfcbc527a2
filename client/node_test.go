package client

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// fakeNode speaks the wire of a node and keeps a list of records. A cursor is
// the number of records before it.
type fakeNode struct {
	spsv1.UnimplementedCaseServiceServer
	spsv1.UnimplementedNodeServiceServer

	mu      sync.Mutex
	records []*spsv1.WatchStatementsResponse
	// breaks says, for each watch that is opened, after how many records it ends,
	// and how; when they are used up a watch goes on until it is cancelled.
	breaks []cut
	opened []string // cursors of the watches that were opened

	issues []*spsv1.IssueStatementRequest
	issue  func(*spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error)
}

type cut struct {
	after int
	err   error
}

// record adds n records: statements, and every third a receipt.
func (f *fakeNode) record(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for range n {
		i := len(f.records)
		r := &spsv1.WatchStatementsResponse{Cursor: strconv.Itoa(i + 1)}
		if i%3 == 2 {
			r.Event = &spsv1.WatchStatementsResponse_Receipt{Receipt: &spsv1.RecordedReceipt{Size: uint64(i)}}
		} else {
			r.Event = &spsv1.WatchStatementsResponse_Statement{Statement: &spsv1.IssuedStatement{Name: "offices/VN/statements/1-" + strconv.Itoa(i)}}
		}
		f.records = append(f.records, r)
	}
}

func (f *fakeNode) WatchStatements(req *spsv1.WatchStatementsRequest, stream grpc.ServerStreamingServer[spsv1.WatchStatementsResponse]) error {
	from := 0
	if req.GetCursor() != "" {
		var err error
		if from, err = strconv.Atoi(req.GetCursor()); err != nil {
			return status.Error(codes.OutOfRange, "no cursor of this store")
		}
	}
	if err := stream.SendHeader(nil); err != nil {
		return err
	}
	f.mu.Lock()
	f.opened = append(f.opened, req.GetCursor())
	rest := f.records[from:]
	var end *cut
	if len(f.breaks) > 0 {
		end = &f.breaks[0]
		f.breaks = f.breaks[1:]
		rest = rest[:min(end.after, len(rest))]
	}
	f.mu.Unlock()
	for _, r := range rest {
		// A sign of life in between, which is no event.
		if err := stream.Send(&spsv1.WatchStatementsResponse{Cursor: strconv.Itoa(from)}); err != nil {
			return err
		}
		if err := stream.Send(r); err != nil {
			return err
		}
		from++
	}
	if end != nil {
		return end.err
	}
	<-stream.Context().Done()
	return status.FromContextError(stream.Context().Err()).Err()
}

func (f *fakeNode) IssueStatement(_ context.Context, req *spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error) {
	f.mu.Lock()
	f.issues = append(f.issues, req)
	f.mu.Unlock()
	return f.issue(req)
}

func (f *fakeNode) ListStatements(_ context.Context, req *spsv1.ListStatementsRequest) (*spsv1.ListStatementsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	from, _ := strconv.Atoi(req.GetPageToken()) // empty: 0
	to := min(from+int(req.GetPageSize()), len(f.records))
	page := &spsv1.ListStatementsResponse{Cursor: strconv.Itoa(len(f.records))}
	for _, r := range f.records[from:to] {
		page.Statements = append(page.Statements, r.GetStatement())
	}
	if to < len(f.records) {
		page.NextPageToken = strconv.Itoa(to)
	}
	return page, nil
}

// dialFake returns a client of the node, without TLS.
func dialFake(t *testing.T, f *fakeNode) *Client {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 15 * time.Second, PermitWithoutStream: true}))
	spsv1.RegisterCaseServiceServer(server, f)
	spsv1.RegisterNodeServiceServer(server, f)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	c, err := newClient("VN", "node.test", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		server.Stop()
		if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Errorf("serve: %v", err)
		}
	})
	return c
}
