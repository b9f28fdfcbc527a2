package server_test

import (
	"context"
	"net"
	"strings"
	"testing"

	coltracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/prototext"
)

// collector keeps the spans that it is sent.
type collector struct {
	coltracepb.UnimplementedTraceServiceServer
	got chan *coltracepb.ExportTraceServiceRequest
}

// Export implements coltracepb.TraceServiceServer.
func (c collector) Export(_ context.Context, req *coltracepb.ExportTraceServiceRequest) (*coltracepb.ExportTraceServiceResponse, error) {
	c.got <- req
	return &coltracepb.ExportTraceServiceResponse{}, nil
}

func TestCallsAreTracedWhereACollectorIsNamed(t *testing.T) {
	w := newWorld(t, "VN", "CN")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := collector{got: make(chan *coltracepb.ExportTraceServiceRequest, 100)}
	srv := grpc.NewServer()
	coltracepb.RegisterTraceServiceServer(srv, c)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() { // before the world looks for what is left
		srv.Stop()
		if err := <-served; err != nil {
			t.Errorf("the collector: %v", err)
		}
	})

	w.collector = "http://" + l.Addr().String()
	vn := w.start("VN")
	issue(t, vn, notification("fruit fly in mango", "CN"))
	vn.stop() // which sends what is left
	close(c.got)
	var spans []string
	for req := range c.got {
		for _, r := range req.GetResourceSpans() {
			for _, scope := range r.GetScopeSpans() {
				for _, span := range scope.GetSpans() {
					spans = append(spans, span.GetName())
				}
			}
		}
		text := prototext.Format(req)
		for _, secret := range []string{"mango", "lan.nguyen", "VN-2"} {
			if strings.Contains(text, secret) {
				t.Errorf("a span tells %q: %s", secret, text)
			}
		}
	}
	if want := "sps.v1.CaseService/IssueStatement"; strings.Join(spans, " ") != want {
		t.Errorf("spans %v, want %s alone", spans, want)
	}
}

func TestACollectorThatIsAwayKeepsNobodyWaiting(t *testing.T) {
	w := newWorld(t, "VN")
	w.collector = "http://127.0.0.1:1"
	vn := w.start("VN")
	issue(t, vn, notification("fruit fly in mango"))
	vn.stop() // fails the test if it ends with an error
}
