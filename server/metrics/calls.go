package metrics

import (
	"context"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// ServerOptions returns the options that count the calls of a gRPC server. They
// MUST come before those of the access guard, whose refusals are counted too.
func (m *Metrics) ServerOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(m.unary),
		grpc.ChainStreamInterceptor(m.stream),
	}
}

func (m *Metrics) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	began := time.Now()
	resp, err := handler(ctx, req)
	m.ended(info.FullMethod, err)
	if issue, ok := req.(*spsv1.IssueStatementRequest); ok && err == nil && !issue.GetValidateOnly() {
		m.issue.Observe(time.Since(began).Seconds())
	}
	return resp, err
}

func (m *Metrics) stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	open := m.streams.WithLabelValues(label(info.FullMethod))
	open.Inc()
	defer open.Dec()
	err := handler(srv, ss)
	m.ended(info.FullMethod, err)
	return err
}

// ended counts a call. Only methods that the server has come here, and reasons
// are this program's own, so that a stranger cannot make new labels.
func (m *Metrics) ended(method string, err error) {
	st, ok := status.FromError(err)
	if !ok {
		st = status.FromContextError(err)
	}
	m.calls.WithLabelValues(label(method), st.Code().String()).Inc()
	if st.Code() == codes.OK {
		return
	}
	for _, d := range st.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			m.refused.WithLabelValues(label(method), info.GetReason()).Inc()
		}
	}
}

// label is a method as it is shown: "sps.v1.CaseService/IssueStatement".
func label(method string) string { return strings.TrimPrefix(method, "/") }
