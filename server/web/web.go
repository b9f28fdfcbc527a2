package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"

	"github.com/spsalert/spsalert/server/access"
)

// An Authenticator knows whose token a secret is.
type Authenticator interface {
	// Token returns who calls with the secret of a bearer token, as long as the
	// token is good: Until is then when it expires. An error is shown to the
	// caller as [access.Status] does; one who knows nothing of the secret
	// returns a Refusal of code Unauthenticated. It is asked at each request.
	Token(ctx context.Context, secret string) (access.Caller, error)
}

// Options is what the REST face is made of.
type Options struct {
	Conn    *grpc.ClientConn // near end of an [access.InMemory] connection; required
	Tokens  Authenticator    // nil: no tokens, certificates only
	Logger  *slog.Logger     // required
	MaxBody int64            // largest body of a request, bytes; required
}

const (
	maxHeader   = 16 << 10
	hardHeader  = 256 << 10        // above it net/http itself ends the connection, without a problem
	headerLimit = 10 * time.Second // for the headers of a request to arrive
	bodyLimit   = 30 * time.Second // for its body
	writeLimit  = 30 * time.Second // for each piece of an answer to be taken
	idleLimit   = 2 * time.Minute
)

// Server is the REST face of a node. All methods are safe for concurrent use.
type Server struct {
	o       Options
	routes  routes
	gateway *runtime.ServeMux
	http    http.Server
}

// New returns the REST face of the services at the far end of o.Conn.
func New(o Options) (*Server, error) {
	s := &Server{o: o}
	s.gateway = runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, newCodec()),
		runtime.WithIncomingHeaderMatcher(forwarded),
		runtime.WithOutgoingHeaderMatcher(outgoing), runtime.WithOutgoingTrailerMatcher(nothing),
		runtime.WithErrorHandler(callFailed), runtime.WithStreamErrorHandler(streamFailed),
		runtime.WithRoutingErrorHandler(s.notRouted),
		runtime.WithForwardResponseOption(announce),
		runtime.WithMiddlewares(s.routed),
		// A slash that is escaped does not divide the path: codes/mg%2Fkg.
		runtime.WithUnescapingMode(runtime.UnescapingModeAllExceptSlash),
		runtime.WithDisablePathLengthFallback(), runtime.WithDisableHTTPMethodOverride(),
		runtime.WithDisableChunkedEncoding(),
	)
	for _, service := range services {
		if err := service.register(context.Background(), s.gateway, o.Conn); err != nil {
			return nil, fmt.Errorf("rest face of %s: %w", service.descriptor.FullName(), err)
		}
	}
	s.routes = newRoutes()
	pages, err := s.pages()
	if err != nil {
		return nil, err
	}
	s.http = http.Server{
		Handler:           pages,
		MaxHeaderBytes:    hardHeader,
		ReadHeaderTimeout: headerLimit,
		IdleTimeout:       idleLimit,
		ErrorLog:          slog.NewLogLogger(o.Logger.Handler(), slog.LevelDebug),
		HTTP2:             &http.HTTP2Config{WriteByteTimeout: writeLimit, SendPingTimeout: idleLimit / 4, PingTimeout: headerLimit},
	}
	return s, nil
}

// ServeHTTP answers one request, as if it had come by a listener.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.http.Handler.ServeHTTP(w, r) }

// Serve answers requests until Stop; it returns nil then. The connections of l
// MUST be of TLS, configured by certs.TLS.Web: the certificate of a connection
// is believed.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Stop lets requests end until ctx does. Streams end when their service ends
// them.
func (s *Server) Stop(ctx context.Context) error {
	if err := s.http.Shutdown(ctx); err != nil {
		return s.http.Close()
	}
	return nil
}
