package web

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
)

// leastCompressed is the size from which compressing an answer pays.
const leastCompressed = 1 << 10

// compressed returns a content as gzip.
func compressed(content []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(content) // a buffer takes everything
	_ = z.Close()
	return b.Bytes()
}

// takesGzip reports whether a request accepts gzip, by name and with a weight
// above none.
func takesGzip(r *http.Request) bool {
	for _, line := range r.Header.Values("Accept-Encoding") {
		for one := range strings.SplitSeq(line, ",") {
			coding, weight, _ := strings.Cut(one, ";")
			if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
				continue
			}
			_, q, _ := strings.Cut(weight, "=")
			return strings.Trim(strings.TrimSpace(q), "0.") != "" || strings.TrimSpace(weight) == ""
		}
	}
	return false
}

// weak returns the entity tag of a content that is compressed: the tag itself is
// of the plain bytes.
func weak(tag string) string { return "W/" + tag }
