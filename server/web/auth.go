package web

import (
	"net/http"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/access"
)

// maxSecret is more than any token is long.
const maxSecret = 512

// authenticate returns who calls: whose token the request carries, or else
// whom the verified certificate of its connection names.
func (s *Server) authenticate(r *http.Request) (access.Caller, error) {
	for _, name := range []string{access.TicketKey, "Grpc-Metadata-" + access.TicketKey} {
		if r.Header.Get(name) != "" {
			return access.Caller{}, access.Forged(name)
		}
	}
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
		return s.o.Tokens.Token(r.Context(), secret)
	case len(given) > 1:
		return access.Caller{}, unproven("send one Authorization header")
	case r.TLS == nil || len(r.TLS.PeerCertificates) == 0:
		return access.Caller{}, unproven("send Authorization: Bearer and your token, or call with a certificate of your office")
	}
	id, until, err := certs.IdentityFrom(*r.TLS)
	if err != nil {
		return access.Caller{}, unproven("your certificate names nobody: " + err.Error())
	}
	return access.Caller{Identity: id, Until: until}, nil
}

func unproven(sentence string) *access.Refusal {
	return &access.Refusal{Code: codes.Unauthenticated, Reason: access.ReasonUnauthenticated, Sentence: sentence}
}
