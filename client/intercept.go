package client

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// told is what the node is told with every call, such as what the caller reads.
type told struct{ key, value string }

func (t told) with(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, t.key, t.value)
}

func (t told) unary(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	return invoke(t.with(ctx), method, req, reply, conn, opts...)
}

func (t told) stream(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, stream grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	return stream(t.with(ctx), desc, conn, method, opts...)
}

// unaryErrors turns the error of every call into an *Error.
func unaryErrors(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	return errorOf(invoke(ctx, method, req, reply, conn, opts...))
}

// streamErrors does the same for streams.
func streamErrors(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, stream grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	s, err := stream(ctx, desc, conn, method, opts...)
	if err != nil {
		return nil, errorOf(err)
	}
	return errorStream{s}, nil
}

type errorStream struct{ grpc.ClientStream }

func (s errorStream) SendMsg(m any) error { return errorOf(s.ClientStream.SendMsg(m)) }
func (s errorStream) RecvMsg(m any) error { return errorOf(s.ClientStream.RecvMsg(m)) }
