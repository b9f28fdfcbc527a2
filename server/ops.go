package server

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// opsServer answers whoever watches over the process. It shows nothing of what
// the node holds.
type opsServer struct {
	http http.Server
}

func (s *Server) newOps() *opsServer {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "ok\n")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		why, err := s.readOnly(r.Context())
		switch {
		case err != nil, !s.ready.Load():
			http.Error(w, "not ready: starting or stopping", http.StatusServiceUnavailable)
		case why != "": // it serves, records and gives receipts
			_, _ = io.WriteString(w, "ready, read-only: "+why+"\n")
		default:
			_, _ = io.WriteString(w, "ready\n")
		}
	})
	mux.Handle("GET /metrics", s.metrics.Handler())
	if loopback(s.listeners.Ops.Addr()) {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	return &opsServer{http: http.Server{Handler: mux, ReadHeaderTimeout: handshakeLimit, IdleTimeout: time.Minute}}
}

// loopback reports whether nobody from another machine reaches an address.
func loopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return !ok || tcp.IP.IsLoopback()
}

func (o *opsServer) serve(l net.Listener) error {
	if err := o.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// stop lets requests end until ctx does. A nil opsServer has none.
func (o *opsServer) stop(ctx context.Context) error {
	if o == nil {
		return nil
	}
	if err := o.http.Shutdown(ctx); err != nil {
		return o.http.Close()
	}
	return nil
}
