package web

import (
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/spsalert/spsalert/server/access"
)

// acceptable refuses a request that accepts none of the types in which its
// answer can be.
func acceptable(r *http.Request, types ...string) error {
	given := r.Header.Values("Accept")
	if len(given) == 0 {
		return nil
	}
	for one := range strings.SplitSeq(strings.Join(given, ","), ",") {
		kind, params, err := mime.ParseMediaType(one)
		if err != nil {
			continue
		}
		if q, err := strconv.ParseFloat(params["q"], 64); err == nil && q == 0 {
			continue
		}
		for _, t := range types {
			group, _, _ := strings.Cut(t, "/")
			if kind == t || kind == "*/*" || kind == group+"/*" {
				return nil
			}
		}
	}
	return access.Invalid(access.Violation{Field: "Accept", Reason: "ACCEPT", Sentence: "accept " + strings.Join(types, " or ") + ": there is nothing else here"})
}

// headerSize is how many bytes the headers of a request have, as HTTP/2 counts
// them.
func headerSize(r *http.Request) int {
	const each = 32
	n := len(r.RequestURI)
	for name, values := range r.Header {
		for _, v := range values {
			n += len(name) + len(v) + each
		}
	}
	return n
}
