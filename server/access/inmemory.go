package access

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/test/bufconn"
)

// TicketKey is the metadata by which an in-memory connection knows whose call
// it carries. On any other connection it is a forgery: a [Guard] refuses the
// call with PERMISSION_DENIED, whoever makes it.
const TicketKey = "sps-ticket"

// inMemoryBuffer is how many bytes are under way on an in-memory connection.
const inMemoryBuffer = 256 << 10

// maxInMemoryMessage is the largest answer that the near end takes. A page of
// a list may be larger than what a request may be.
const maxInMemoryMessage = 16 << 20

// InMemory is a gRPC connection inside the process, for a listener that found
// out by other means than mutual TLS who calls: it says so by [As], and the
// [Guard] then treats the call like any other. All methods are safe for
// concurrent use.
//
// Who calls never crosses the connection. The near end files the [Caller]
// under a random ticket for as long as the call lasts, and sends the ticket;
// the far end looks the ticket up in the same file, which it reaches through
// the connection's own transport credentials and in no other way. So nothing
// that anybody can send, by HTTP or gRPC, names a caller.
type InMemory struct {
	listener *bufconn.Listener

	mu      sync.Mutex
	tickets map[string]Caller
}

// NewInMemory returns a connection without ends. Closing its Listener ends it.
func NewInMemory() *InMemory {
	return &InMemory{listener: bufconn.Listen(inMemoryBuffer), tickets: make(map[string]Caller)}
}

// Listener returns where the far end is served.
func (m *InMemory) Listener() net.Listener { return m.listener }

// ServerOption returns the transport credentials of the far end. A server that
// has them MUST serve nothing but Listener; they refuse every other connection.
func (m *InMemory) ServerOption() grpc.ServerOption { return grpc.Creds(inMemoryCreds{m}) }

// Dial returns the near end. The caller closes it.
func (m *InMemory) Dial() (*grpc.ClientConn, error) {
	return grpc.NewClient("passthrough:in-memory",
		grpc.WithTransportCredentials(inMemoryCreds{m}),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return m.listener.DialContext(ctx) }),
		grpc.WithUnaryInterceptor(m.unary), grpc.WithStreamInterceptor(m.stream),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxInMemoryMessage)),
		grpc.WithDisableServiceConfig(),
	)
}

// asKey is the context key of the Caller for whom an in-memory call is made.
type asKey struct{}

// As returns a context in which calls on an in-memory connection are made for
// a caller. It means nothing on any other connection. Whoever uses it MUST have
// authenticated the caller.
func As(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, asKey{}, c)
}

func (m *InMemory) unary(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	ctx, ticket := m.issue(ctx)
	defer m.forget(ticket)
	return invoke(ctx, method, req, reply, cc, opts...)
}

func (m *InMemory) stream(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	ctx, ticket := m.issue(ctx)
	context.AfterFunc(ctx, func() { m.forget(ticket) })
	return open(ctx, desc, cc, method, opts...)
}

// issue files the caller of ctx, if there is one, and returns the context of
// the call. A ticket that was in ctx is dropped, wherever it came from.
func (m *InMemory) issue(ctx context.Context) (context.Context, string) {
	md, _ := metadata.FromOutgoingContext(ctx) // a copy
	md.Delete(TicketKey)
	c, ok := ctx.Value(asKey{}).(Caller)
	if !ok {
		return metadata.NewOutgoingContext(ctx, md), ""
	}
	ticket := rand.Text()
	m.mu.Lock()
	m.tickets[ticket] = c
	m.mu.Unlock()
	return metadata.NewOutgoingContext(ctx, metadata.Join(md, metadata.Pairs(TicketKey, ticket))), ticket
}

func (m *InMemory) forget(ticket string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.tickets, ticket)
}

// caller returns for whom a call of this connection is made.
func (m *InMemory) caller(ctx context.Context) (Caller, bool) {
	md, _ := metadata.FromIncomingContext(ctx)
	tickets := md.Get(TicketKey)
	if len(tickets) != 1 {
		return Caller{}, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.tickets[tickets[0]]
	return c, ok
}

// inMemory returns for whom an in-memory call is made. It returns false for a
// call that came over any other connection; then the connection has to say.
func inMemory(ctx context.Context) (Caller, bool, error) {
	p, _ := peer.FromContext(ctx)
	if p != nil {
		if info, ok := p.AuthInfo.(inMemoryInfo); ok {
			if c, ok := info.m.caller(ctx); ok {
				return c, true, nil
			}
			return Caller{}, true, &Refusal{
				Code: codes.Unauthenticated, Reason: ReasonUnauthenticated,
				Sentence: "nobody has proven who calls: give a token or a certificate of your office",
			}
		}
	}
	if md, ok := metadata.FromIncomingContext(ctx); ok && len(md.Get(TicketKey)) > 0 {
		return Caller{}, true, Forged(TicketKey)
	}
	return Caller{}, false, nil
}

// Forged refuses a call that says in metadata or a header who makes it.
func Forged(name string) *Refusal {
	return &Refusal{
		Code: codes.PermissionDenied, Reason: ReasonDenied,
		Sentence: "who calls is proven by certificate or token and never said in " + name + ": leave it out",
	}
}

// inMemoryCreds are the transport credentials of both ends.
type inMemoryCreds struct{ m *InMemory }

// inMemoryInfo marks a connection as in-memory. Only the handshake of
// inMemoryCreds makes one, and gRPC hands it to nobody but handlers.
type inMemoryInfo struct {
	credentials.CommonAuthInfo
	m *InMemory
}

func (inMemoryInfo) AuthType() string { return "in-memory" }

func (c inMemoryCreds) handshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	if conn.LocalAddr().Network() != c.m.listener.Addr().Network() {
		return nil, nil, errors.New("not a connection inside the process")
	}
	return conn, inMemoryInfo{CommonAuthInfo: credentials.CommonAuthInfo{SecurityLevel: credentials.PrivacyAndIntegrity}, m: c.m}, nil
}

func (c inMemoryCreds) ClientHandshake(_ context.Context, _ string, conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return c.handshake(conn)
}

func (c inMemoryCreds) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return c.handshake(conn)
}

func (c inMemoryCreds) Info() credentials.ProtocolInfo {
	return credentials.ProtocolInfo{SecurityProtocol: "in-memory"}
}

func (c inMemoryCreds) Clone() credentials.TransportCredentials { return c }

func (c inMemoryCreds) OverrideServerName(string) error { return nil }
