package web

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/swaggest/swgui/v5/static"
	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/server/access"
)

const (
	// apiPolicy is for answers that no browser shows as a page.
	apiPolicy = "default-src 'none'; frame-ancestors 'none'"
	// pagePolicy is for pages: nothing inline, nothing from elsewhere.
	pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

// ours are the page about the API and its start script.
//
//go:embed docs
var ours embed.FS

// assets are what the page takes from Swagger UI, as it is shipped: compressed
// unless it is a picture.
var assets = []struct{ name, contentType string }{
	{"swagger-ui-bundle.js", "text/javascript; charset=utf-8"},
	{"swagger-ui.css", "text/css; charset=utf-8"},
	{"favicon-32x32.png", "image/png"},
}

// pages returns the handler of everything.
func (s *Server) pages() (http.Handler, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/", s.api)
	mux.HandleFunc(uploadPath, s.upload)
	mux.HandleFunc(uploadPath+"/{sha256}", s.upload)
	mux.HandleFunc("POST "+importsPath, s.importSheet)
	mux.HandleFunc(downloadPath, s.download)
	mux.HandleFunc(findingPath, s.download)
	mux.HandleFunc(noticePath, s.download)
	fixed, err := files()
	if err != nil {
		return nil, err
	}
	for pattern, handler := range fixed {
		mux.Handle(pattern, handler)
	}
	mux.Handle("GET /{$}", http.RedirectHandler("/docs/", http.StatusFound))
	mux.Handle("GET /docs", http.RedirectHandler("/docs/", http.StatusMovedPermanently))
	origins := http.NewCrossOriginProtection()
	origins.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse(w, r, &access.Refusal{
			Code: codes.PermissionDenied, Reason: access.ReasonDenied,
			Sentence: "a page of another origin may not call here: let your server call instead of the page",
		})
	}))
	return hardened(origins.Handler(known(mux))), nil
}

// files returns the handlers of what is part of the program, by pattern. They are
// made once for all servers of a process.
var files = sync.OnceValues(func() (map[string]http.Handler, error) {
	contract, err := contract()
	if err != nil {
		return nil, err
	}
	all := map[string]http.Handler{"GET /openapi.json": file("application/json", contract)}
	for path, page := range map[string]struct{ name, contentType string }{
		"/docs/{$}":       {"docs/index.html", "text/html; charset=utf-8"},
		"/docs/start.js":  {"docs/start.js", "text/javascript; charset=utf-8"},
		"/docs/style.css": {"docs/style.css", "text/css; charset=utf-8"},
	} {
		text, err := ours.ReadFile(page.name)
		if err != nil {
			return nil, err
		}
		all["GET "+path] = file(page.contentType, text)
	}
	for _, a := range assets {
		content, err := asset(a.name)
		if err != nil {
			return nil, fmt.Errorf("asset %s: %w", a.name, err)
		}
		all["GET /docs/"+a.name] = file(a.contentType, content)
	}
	return all, nil
})

// asset returns the content of a file of Swagger UI.
func asset(name string) ([]byte, error) {
	if content, err := fs.ReadFile(static.FS, name); err == nil {
		return content, nil
	}
	packed, err := static.FS.Open(name + ".gz")
	if err != nil {
		return nil, err
	}
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// file answers with a file that is part of the program. It is compressed when
// somebody asks for it so, not when the node starts.
func file(contentType string, content []byte) http.Handler {
	tag, packed := entityTag(content), sync.OnceValue(func() []byte { return compressed(content) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", contentType)
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", tag)
		if len(content) >= leastCompressed && takesGzip(r) && r.Header.Get("Range") == "" {
			h.Set("Content-Encoding", "gzip")
			h.Set("ETag", weak(tag))
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(packed()))
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	})
}

// hardened sets the headers that every answer has, and the time that its pieces
// may take.
func hardened(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Strict-Transport-Security", "max-age=31536000")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", apiPolicy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		h.Set("Vary", "Accept, Accept-Encoding, Accept-Language, Authorization")
		if headerSize(r) > maxHeader {
			writeProblem(&timedWriter{w}, withStatus(problemFor(r, access.Status(&access.Refusal{
				Code: codes.ResourceExhausted, Reason: access.ReasonTooLarge,
				Sentence: fmt.Sprintf("the headers are larger than %d bytes: leave out what is not needed", maxHeader),
			})), http.StatusRequestHeaderFieldsTooLarge))
			return
		}
		next.ServeHTTP(&timedWriter{w}, r)
	})
}

// known turns what the mux would say in plain text into problems.
func known(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		probe := r.Clone(r.Context())
		probe.Method = http.MethodGet
		if _, pattern := mux.Handler(probe); pattern != "" {
			notAllowed(w, r, []string{http.MethodGet, http.MethodHead, http.MethodOptions})
			return
		}
		notFound(w, r)
	})
}

// notFound refuses a path that nothing is at.
func notFound(w http.ResponseWriter, r *http.Request) {
	refuse(w, r, access.NotFound("there is nothing at %s: /openapi.json lists every path", r.URL.Path))
}

// notAllowed answers OPTIONS, and refuses every other method that is not one of
// those allowed.
func notAllowed(w http.ResponseWriter, r *http.Request, allowed []string) {
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	p := problemFor(r, access.Status(&access.Refusal{
		Code: codes.Unimplemented, Reason: access.ReasonInvalid,
		Sentence: fmt.Sprintf("%s is not for this path: use %s", r.Method, strings.Join(allowed, ", ")),
	}))
	writeProblem(w, withStatus(p, http.StatusMethodNotAllowed))
}

// timedWriter fails when a piece of the answer is not taken in time. There is
// no limit on the whole: a stream has no end.
type timedWriter struct{ http.ResponseWriter }

// limit begins the time for the next piece. Every way to write begins it, since
// the connection may still have the limit of the request before.
func (t *timedWriter) limit() {
	// Not every connection has deadlines; one of a listener does.
	_ = http.NewResponseController(t.ResponseWriter).SetWriteDeadline(time.Now().Add(writeLimit))
}

func (t *timedWriter) WriteHeader(code int) {
	t.limit()
	t.ResponseWriter.WriteHeader(code)
}

func (t *timedWriter) Write(p []byte) (int, error) {
	t.limit()
	return t.ResponseWriter.Write(p)
}

// FlushError sends what was written so far.
func (t *timedWriter) FlushError() error {
	t.limit()
	return http.NewResponseController(t.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach the connection.
func (t *timedWriter) Unwrap() http.ResponseWriter { return t.ResponseWriter }
