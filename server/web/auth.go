package web

import (
	"net"
	"net/http"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// maxSecret is more than any token is long.
const maxSecret = 512

// metadataPrefix is how grpc-gateway lets a header be metadata. Ours lets none,
// and what would say who calls is refused under that name too.
const metadataPrefix = "Grpc-Metadata-"

// authenticate returns who calls: whose token the request carries, or else
// whom the verified certificate of its connection names.
func (s *Server) authenticate(r *http.Request) (access.Caller, error) {
	caller, err := s.proven(r)
	caller.Acts = r.Header.Get(access.ActingForKey)
	for name := range r.Header {
		if !access.SaysWhoCalls(strings.TrimPrefix(name, metadataPrefix)) {
			continue
		}
		if err != nil {
			return access.Caller{}, access.Forged(name)
		}
		caller.Forges = name // refused where it is audited
	}
	return caller, err
}

// proven returns who calls, whatever the request says besides.
func (s *Server) proven(r *http.Request) (access.Caller, error) {
	given := r.Header.Values("Authorization")
	switch {
	case len(given) == 1:
		scheme, secret, _ := strings.Cut(given[0], " ")
		if secret = strings.TrimSpace(secret); !strings.EqualFold(scheme, "Bearer") || secret == "" || len(secret) > maxSecret {
			return access.Caller{}, unproven("write the header as Authorization: Bearer and your token")
		}
		if s.o.Tokens == nil {
			return access.Caller{}, unproven("this node has no tokens: call with a certificate of your office")
		}
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		return s.o.Tokens.Token(access.WithAddress(r.Context(), host), secret)
	case len(given) > 1:
		return access.Caller{}, unproven("send one Authorization header")
	case r.TLS == nil || len(r.TLS.PeerCertificates) == 0:
		return access.Caller{}, unproven("send Authorization: Bearer and your token, or call with a certificate of your office")
	}
	id, until, err := certs.IdentityFrom(*r.TLS)
	if err != nil {
		return access.Caller{}, unproven("your certificate names nobody: " + err.Error())
	}
	return access.Caller{Identity: id, Means: spsv1.CallerMeans_CALLER_MEANS_CERTIFICATE, Until: until}, nil
}

func unproven(sentence string) *access.Refusal {
	return &access.Refusal{Code: codes.Unauthenticated, Reason: access.ReasonUnauthenticated, Sentence: sentence}
}
