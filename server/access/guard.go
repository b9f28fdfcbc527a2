package access

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"runtime/debug"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Guard holds the caller table, and the limits of callers, at a gRPC server,
// and sees to the audit log. It is safe for concurrent use; one Guard serves
// every listener of a node.
type Guard struct {
	// Roster says which federation and office this is, and whose cards are
	// accepted at the moment of a call.
	Roster *certs.Roster
	Now    func() time.Time // the clock by which certificates expire
	Logger *slog.Logger     // gets one line for each refusal and each fault
	// Register has the limits and the audit log; nil: there are none.
	Register *Register
	// Systems says by ID what systems that call with a certificate may issue;
	// one that is not in it issues nothing.
	Systems map[string]Scope
	// Units says by ID to which unit the people and systems belong that call with
	// a certificate; one that is not in it belongs to none.
	Units map[string]string
	// FocalPoint is the unit whose people are the focal point of the office, like
	// those who belong to no unit; "": there is no such unit.
	FocalPoint string
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

// call is a call under way.
type call struct {
	method string
	caller Caller
	rule   Rule
	left   time.Duration // for how long the caller stays proven
	audit  *pending      // nil: the guard has no register
}

func (g *Guard) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (resp any, err error) {
	c, err := g.admit(ctx, info.FullMethod)
	defer func() {
		if err = g.answer(ctx, c, recover(), err); err != nil {
			resp = nil
		}
	}()
	if err != nil {
		return nil, err
	}
	if try, ok := req.(interface{ GetValidateOnly() bool }); ok && try.GetValidateOnly() {
		c.rule.Class = ClassRead // it changes nothing
	}
	if msg, ok := req.(proto.Message); ok {
		takeIfMatch(ctx, msg)
		if err := c.examine(msg); err != nil {
			return nil, err
		}
	}
	if resp, err = handler(c.enter(ctx), req); err != nil {
		return nil, err
	}
	return resp, c.done(ctx, req, resp)
}

func (g *Guard) stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
	ctx := ss.Context()
	c, err := g.admit(ctx, info.FullMethod)
	defer func() { err = g.answer(ctx, c, recover(), err) }()
	if err != nil {
		return err
	}
	closed, err := c.open(g.Now())
	if err != nil {
		return err
	}
	defer closed()
	// A stream ends with the certificate that it was opened with, or when the
	// token is taken away.
	bounded, cancel := context.WithTimeoutCause(c.enter(ctx), c.left, expired())
	defer cancel()
	bounded, take := context.WithCancelCause(bounded)
	defer take(nil)
	for _, gone := range []<-chan struct{}{c.caller.ended, c.caller.lent} {
		if gone == nil {
			continue
		}
		go func() {
			select {
			case <-gone:
				take(revoked())
			case <-bounded.Done():
			}
		}()
	}
	guarded := &guardedStream{ServerStream: ss, call: c, now: g.Now}
	guarded.ctx = context.WithValue(bounded, streamKey{}, guarded)
	defer guarded.flush()
	return handler(srv, guarded)
}

// admit returns the call if the caller may make it, or the refusal, and with it
// as much of the call as is known.
func (g *Guard) admit(ctx context.Context, method string) (*call, error) {
	c := &call{method: method, rule: g.Methods[method]} // the zero Rule, for nobody, if it is not there
	if g.Register != nil {
		c.audit = &pending{register: g.Register}
	}
	caller, err := g.caller(ctx)
	if caller.Means == spsv1.CallerMeans_CALLER_MEANS_CERTIFICATE && !caller.IsNode() {
		caller.Unit = g.Units[caller.ID]
		if caller.Role == certs.RoleSystem {
			caller.Scope = g.Systems[caller.ID]
		}
	}
	caller.focal = g.isFocal(caller.Unit)
	c.caller = caller
	if c.audit != nil {
		c.audit.record = g.Register.record(caller, strings.TrimPrefix(method, "/"))
	}
	if err != nil {
		return c, err
	}
	now := g.Now()
	c.left = caller.Until.Sub(now)
	switch {
	case c.left < 0:
		return c, expired()
	case caller.isEnded():
		return c, revoked()
	}
	if g.Register != nil {
		if err := g.Register.limiter.take(caller.name(), c.rule.Class, now); err != nil {
			return c, err
		}
	}
	if caller, err = g.acting(ctx, caller, c.rule); err != nil {
		return c, err
	}
	if caller.ActingFor != "" {
		c.caller, c.left = caller, caller.Until.Sub(now)
		if c.audit != nil {
			c.audit.record.ActingFor = caller.ActingFor
		}
	}
	own := g.Roster.Own()
	if !c.rule.Allows(own.Federation(), own.Office(), caller.Identity) {
		return c, &Refusal{
			Code: codes.PermissionDenied, Reason: ReasonDenied,
			Sentence: fmt.Sprintf("%s is for %s; your certificate or token says %s of %s",
				path.Base(method), c.rule.who(), caller.Role, caller.Office),
			Metadata: map[string]string{"method": method, "role": string(caller.Role)},
		}
	}
	return c, nil
}

// isFocal reports whether a unit is the one that the configuration names as focal
// point.
func (g *Guard) isFocal(unit string) bool { return unit != "" && unit == g.FocalPoint }

// caller returns who calls: whom the in-memory connection vouches for, or whom
// the certificate of the connection names.
func (g *Guard) caller(ctx context.Context) (Caller, error) {
	if c, known, err := inMemory(ctx); known {
		if err == nil && c.Forges != "" {
			err = Forged(c.Forges)
		}
		if err == nil {
			err = forged(ctx, true)
		}
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
	c := Caller{Identity: peer.Identity, Means: spsv1.CallerMeans_CALLER_MEANS_CERTIFICATE, Until: peer.NotAfter, Acts: actsFor(ctx)}
	return c, forged(ctx, false)
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
func (g *Guard) answer(ctx context.Context, c *call, recovered any, err error) error {
	if recovered != nil {
		c.failed(errPanic)
		g.Logger.LogAttrs(ctx, slog.LevelError, "panic in a call", slog.String("method", c.method),
			slog.String("caller", c.caller.name()), slog.Any("panic", recovered), slog.String("stack", string(debug.Stack())))
		return Localize(Status(errPanic), acceptLanguage(ctx)).Err()
	}
	if err == nil {
		return nil
	}
	c.failed(err)
	st := Localize(Status(err), acceptLanguage(ctx))
	attrs := []slog.Attr{
		slog.String("method", c.method), slog.String("caller", c.caller.name()), slog.String("code", st.Code().String()),
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
	if !c.known() {
		return "nobody"
	}
	return c.URI()
}

// known reports whether anybody has proven to be the caller.
func (c Caller) known() bool { return c.Identity != (certs.Identity{}) }
