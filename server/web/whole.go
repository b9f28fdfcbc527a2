package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
)

// entityTag is the strong tag of a content.
func entityTag(content []byte) string {
	digest := sha256.Sum256(content)
	return `"` + base64.RawURLEncoding.EncodeToString(digest[:]) + `"`
}

// wholeWriter keeps an answer until it is whole, so that it can be compared
// with what the caller has.
type wholeWriter struct {
	http.ResponseWriter
	code    int
	content bytes.Buffer
}

func (w *wholeWriter) WriteHeader(code int) {
	if w.code == 0 {
		w.code = code
	}
}

func (w *wholeWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.content.Write(p)
}

// finish sends the answer, or 304 if the caller has it already.
func (w *wholeWriter) finish(r *http.Request) {
	h, content := w.Header(), w.content.Bytes()
	zip := takesGzip(r) && len(content) >= leastCompressed
	if w.code == http.StatusOK && r.Method == http.MethodGet {
		tag := h.Get("ETag")
		if begun, open := strings.CutSuffix(tag, `."`); open {
			tag = begun + "." + strings.TrimPrefix(entityTag(content), `"`)
		} else if tag == "" {
			tag = entityTag(content)
		}
		h.Set("ETag", tag)
		if zip {
			h.Set("ETag", weak(tag))
		}
		if hasTag(r.Header.Values("If-None-Match"), tag) {
			h.Del("Content-Type")
			w.ResponseWriter.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if zip {
		content = compressed(content)
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(content)))
	w.ResponseWriter.WriteHeader(w.code)
	_, _ = w.ResponseWriter.Write(content) // nobody is left to be told
}

// hasTag reports whether If-None-Match names a tag. It compares weakly, as RFC
// 9110 asks for this header.
func hasTag(lines []string, tag string) bool {
	for _, line := range lines {
		for one := range strings.SplitSeq(line, ",") {
			one = strings.TrimSpace(one)
			if one == "*" || strings.TrimPrefix(one, "W/") == tag {
				return true
			}
		}
	}
	return false
}
