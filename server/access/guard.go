package access

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"runtime/debug"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
)

// Guard holds the caller table at a gRPC server. It is made of nothing but the
// roster and the clock, keeps no state, and is safe for concurrent use; one
// Guard serves every listener of a node.
type Guard struct {
	// Roster says which federation and office this is, and whose cards are
	// accepted at the moment of a call.
	Roster *certs.Roster
	Now    func() time.Time // the clock by which certificates expire
	Logger *slog.Logger     // gets one line for each refusal and each fault
	// Methods is the caller table; nil: that of [Methods].
	Methods map[string]Rule
}

// ServerOptions returns the options that put the guard in front of every
// method of a gRPC server. The server MUST be given transport credentials made
// from a configuration of certs.TLS, or those of an [InMemory] connection.
func (g *Guard) ServerOptions() []grpc.ServerOption {
	if g.Methods == nil {
		g.Methods = Methods()
	}
	return []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(g.unary),
		grpc.ChainStreamInterceptor(g.stream),
	}
}

func (g *Guard) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (resp any, err error) {
	caller, _, err := g.admit(ctx, info.FullMethod)
	defer func() { err = g.answer(ctx, info.FullMethod, caller, recover(), err) }()
	if err != nil {
		return nil, err
	}
	if msg, ok := req.(proto.Message); ok && !g.Methods[info.FullMethod].ownCheck {
		if err := checked(msg); err != nil {
			return nil, err
		}
	}
	return handler(with(ctx, caller), req)
}

func (g *Guard) stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
	ctx := ss.Context()
	caller, left, err := g.admit(ctx, info.FullMethod)
	defer func() { err = g.answer(ctx, info.FullMethod, caller, recover(), err) }()
	if err != nil {
		return err
	}
	// A stream ends with the certificate that it was opened with.
	bounded, cancel := context.WithTimeoutCause(with(ctx, caller), left, expired())
	defer cancel()
	return handler(srv, &guardedStream{
		ServerStream: ss, ctx: bounded,
		check: !g.Methods[info.FullMethod].ownCheck,
	})
}

// admit returns who calls, and for how long that stays proven, or the refusal.
func (g *Guard) admit(ctx context.Context, method string) (Caller, time.Duration, error) {
	caller, err := g.caller(ctx)
	if err != nil {
		return Caller{}, 0, err
	}
	left := caller.Until.Sub(g.Now())
	if left < 0 {
		return caller, 0, expired()
	}
	rule := g.Methods[method] // the zero Rule, for nobody, if it is not there
	own := g.Roster.Own()
	if !rule.Allows(own.Federation(), own.Office(), caller.Identity) {
		return caller, 0, &Refusal{
			Code: codes.PermissionDenied, Reason: ReasonDenied,
			Sentence: fmt.Sprintf("%s is for %s; your certificate or token says %s of %s",
				path.Base(method), rule.who(), caller.Role, caller.Office),
			Metadata: map[string]string{"method": method, "role": string(caller.Role)},
		}
	}
	return caller, left, nil
}

// caller returns who calls: whom the in-memory connection vouches for, or whom
// the certificate of the connection names.
func (g *Guard) caller(ctx context.Context) (Caller, error) {
	if c, known, err := inMemory(ctx); known {
		return c, err
	}
	peer, err := certs.PeerFromContext(ctx, g.Roster)
	switch {
	case errors.Is(err, certs.ErrNoIdentity):
		return Caller{}, &Refusal{
			Code: codes.Unauthenticated, Reason: ReasonUnauthenticated,
			Sentence: "the connection proves nobody: dial with a certificate of your office",
		}
	case errors.Is(err, certs.ErrNoCard):
		return Caller{}, &Refusal{
			Code: codes.PermissionDenied, Reason: ReasonUnknownPeer,
			Sentence: "the card of your office is no longer accepted here: ask this node's administrator",
		}
	case err != nil:
		return Caller{}, fmt.Errorf("who calls: %w", err)
	}
	return Caller{Identity: peer.Identity, Until: peer.NotAfter}, nil
}

func expired() error {
	return &Refusal{
		Code: codes.Unauthenticated, Reason: ReasonExpired,
		Sentence: "your certificate or token has expired: renew it and connect again",
	}
}

// answer turns the outcome of a call into what goes over the wire, and logs
// what this node's administrator should see. recovered is what a panic of the
// handler left, or nil.
func (g *Guard) answer(ctx context.Context, method string, caller Caller, recovered any, err error) error {
	if recovered != nil {
		g.Logger.LogAttrs(ctx, slog.LevelError, "panic in a call", slog.String("method", method),
			slog.String("caller", caller.name()), slog.Any("panic", recovered), slog.String("stack", string(debug.Stack())))
		return Status(errPanic).Err()
	}
	if err == nil {
		return nil
	}
	st := Status(err)
	attrs := []slog.Attr{
		slog.String("method", method), slog.String("caller", caller.name()), slog.String("code", st.Code().String()),
	}
	switch st.Code() {
	case codes.PermissionDenied, codes.Unauthenticated:
		g.Logger.LogAttrs(ctx, slog.LevelWarn, "call refused", append(attrs, slog.String("why", st.Message()))...)
	case codes.Internal, codes.Unknown, codes.DataLoss:
		g.Logger.LogAttrs(ctx, slog.LevelError, "call failed", append(attrs, slog.Any("err", err))...)
	default:
		g.Logger.LogAttrs(ctx, slog.LevelDebug, "call not served", append(attrs, slog.String("why", st.Message()))...)
	}
	return st.Err()
}

var errPanic = errors.New("a panic was contained")

// name is the caller as text for logs.
func (c Caller) name() string {
	if c.Identity == (certs.Identity{}) {
		return "nobody"
	}
	return c.URI()
}

// guardedStream is a stream whose context knows the caller and whose requests
// have passed the field rules.
type guardedStream struct {
	grpc.ServerStream
	ctx   context.Context
	check bool
}

func (s *guardedStream) Context() context.Context { return s.ctx }

func (s *guardedStream) RecvMsg(m any) error {
	if err := s.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	if msg, ok := m.(proto.Message); ok && s.check {
		return checked(msg)
	}
	return nil
}

// checked refuses a request that breaks field rules.
func checked(request proto.Message) error {
	violations, err := Check(request)
	switch {
	case err != nil:
		return err
	case len(violations) > 0:
		return Invalid(violations...)
	}
	return nil
}
