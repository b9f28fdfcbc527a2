package client

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// language tells the node with every call what the caller reads.
type language string

func (l language) asked(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "accept-language", string(l))
}

func (l language) unary(ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	return invoke(l.asked(ctx), method, req, reply, conn, opts...)
}

func (l language) stream(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, stream grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	return stream(l.asked(ctx), desc, conn, method, opts...)
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
