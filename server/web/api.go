package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/server/access"
)

// forwarded are the headers that a service is told of.
func forwarded(header string) (string, bool) {
	switch header {
	case "Accept-Language":
		return "accept-language", true
	case "If-Match":
		return "if-match", true
	}
	return "", false
}

// outgoing are the headers that a service may set.
func outgoing(header string) (string, bool) {
	return "Content-Disposition", header == "content-disposition"
}

func nothing(string) (string, bool) { return "", false }

// passed are the headers that the gateway sees. It would forward others by
// itself, whatever the matcher says.
var passed = []string{"Accept", "Accept-Encoding", "Accept-Language", "If-Match", "If-None-Match", "Last-Event-ID"}

// Keys of values in the context of a request.
type (
	headKey  struct{} // bool: it was HEAD, which is GET without a body
	probeKey struct{} // *bool: set to true if there is a route, and nothing else
)

// api answers everything below /v1/.
func (s *Server) api(w http.ResponseWriter, r *http.Request) {
	caller, err := s.known(r)
	if err != nil {
		refuse(w, r, err)
		return
	}
	content, err := s.read(w, r)
	switch {
	case errors.Is(err, errNotJSON):
		wrongType(w, r)
		return
	case err != nil:
		refuse(w, r, err)
		return
	}
	ctx := context.WithValue(access.As(r.Context(), caller), headKey{}, r.Method == http.MethodHead)
	again := r.Clone(ctx)
	again.Body, again.Header = &body{Reader: bytes.NewReader(content)}, make(http.Header)
	for _, name := range passed {
		if v := r.Header.Values(name); len(v) > 0 {
			again.Header[http.CanonicalHeaderKey(name)] = v
		}
	}
	if again.Method == http.MethodHead {
		again.Method = http.MethodGet
	}
	s.gateway.ServeHTTP(w, again)
}

// known returns who calls, and logs it if nobody has proven who does.
func (s *Server) known(r *http.Request) (access.Caller, error) {
	caller, err := s.authenticate(r)
	if err != nil {
		s.o.Logger.Warn("request refused", "remote", r.RemoteAddr, "path", r.URL.Path, "err", err)
	}
	return caller, err
}

// body is the body of a request, read whole.
type body struct {
	*bytes.Reader
	refusal *access.Refusal // why it could not be decoded, once that was tried
}

// Close does nothing.
func (*body) Close() error { return nil }

// read returns the body of a request, which MUST be JSON if there is one.
func (s *Server) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Now().Add(bodyLimit))
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.o.MaxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, &access.Refusal{
			Code: codes.ResourceExhausted, Reason: access.ReasonTooLarge,
			Sentence: fmt.Sprintf("the body is larger than %d bytes: move content into attachments, or issue it in parts", s.o.MaxBody),
		}
	case err != nil:
		return nil, access.Invalid(access.Violation{Reason: "BODY", Sentence: "the body did not arrive whole: send it again"})
	}
	_ = rc.SetReadDeadline(time.Time{})
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); len(content) > 0 && (err != nil || kind != "application/json") {
		return nil, errNotJSON
	}
	return content, nil
}

var errNotJSON = errors.New("the body is not declared to be JSON")

// notRouted answers for a path or method that no service has.
func (s *Server) notRouted(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, httpStatus int) {
	if probing(r) {
		return
	}
	if allowed := s.methods(r); httpStatus != http.StatusBadRequest && len(allowed) > 0 {
		notAllowed(w, r, allowed)
		return
	}
	notFound(w, r)
}

// methods returns the methods that the path of a request has, by asking the
// gateway for each; none if there is no such path. Sheets are uploaded past the
// gateway.
func (s *Server) methods(r *http.Request) []string {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		var found bool
		probe := r.Clone(context.WithValue(r.Context(), probeKey{}, &found))
		probe.Method = method
		s.gateway.ServeHTTP(discard{}, probe)
		found = found || method == http.MethodPost && r.URL.Path == importsPath
		if found && method == http.MethodGet {
			allowed = append(allowed, http.MethodGet, http.MethodHead)
		} else if found {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) > 0 {
		allowed = append(allowed, http.MethodOptions)
	}
	return allowed
}

func probing(r *http.Request) bool { return r.Context().Value(probeKey{}) != nil }

// discard takes what a probe answers, which is nothing.
type discard struct{}

func (discard) Header() http.Header         { return make(http.Header) }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

// routed stands before each method of the gateway: it knows what the contract
// says about it.
func (s *Server) routed(next runtime.HandlerFunc) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, params map[string]string) {
		if found, ok := r.Context().Value(probeKey{}).(*bool); ok {
			*found = true
			return
		}
		pattern, _ := runtime.HTTPPattern(r.Context())
		route, ok := s.routes[r.Method+" "+pattern.String()]
		head, _ := r.Context().Value(headKey{}).(bool)
		switch misfits := route.misfits(r.URL.Query()); {
		case !ok: // the gateway has a path that the contract has not
			notFound(w, r)
		case len(misfits) > 0:
			refuse(w, r, access.Invalid(misfits...))
		case r.Header.Get("If-Match") != "" && !route.tagged:
			refuse(w, r, access.Invalid(access.Violation{
				Field: "If-Match", Reason: "IF_MATCH", Sentence: "leave out If-Match: nothing here has a version to compare",
			}))
		case !route.accepted(w, r):
		case route.streams && head:
			notAllowed(w, asHead(r), []string{http.MethodGet, http.MethodOptions})
		case route.streams && route.file:
			pieces(w, r, func(w http.ResponseWriter, r *http.Request) { next(w, r, params) })
		case route.streams:
			stream(w, r, func(w http.ResponseWriter, r *http.Request) { next(w, r, params) })
		default:
			whole := &wholeWriter{ResponseWriter: w}
			next(whole, r, params)
			whole.finish(r)
		}
	}
}

// accepted answers a request that accepts nothing of what there is, and reports
// whether it accepts something.
func (r route) accepted(w http.ResponseWriter, req *http.Request) bool {
	types := []string{"application/json"}
	switch {
	case r.streams && r.file:
		types = fileTypes
	case r.streams:
		types = append(types, linesType, eventsType) // who asks for JSON gets it in lines
	}
	err := acceptable(req, types...)
	if err != nil {
		writeProblem(w, withStatus(problemFor(req, access.Status(err)), http.StatusNotAcceptable))
	}
	return err == nil
}

func asHead(r *http.Request) *http.Request {
	head := r.Clone(r.Context())
	head.Method = http.MethodHead
	return head
}

// accepts reports whether a request names a media type among those it accepts.
func accepts(r *http.Request, mediaType string) bool {
	return slices.ContainsFunc(r.Header.Values("Accept"), func(line string) bool {
		return slices.ContainsFunc(strings.Split(line, ","), func(one string) bool {
			kind, params, err := mime.ParseMediaType(one)
			return err == nil && kind == mediaType && params["q"] != "0"
		})
	})
}
