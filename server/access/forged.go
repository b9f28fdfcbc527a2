package access

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/grpc/metadata"
)

// Names of metadata and headers by which proxies and frameworks say who calls.
// None of them is ever believed here, and a caller who sends one believes that
// it is: so the call is refused rather than made as somebody else.
var (
	forgedNames = []string{
		"caller", "identity", "office", "remote-user", "role", "user", TicketKey,
	}
	forgedPrefixes = []string{
		"x-auth", "x-caller", "x-client-cert", "x-forwarded-client-cert", "x-forwarded-email", "x-forwarded-groups",
		"x-forwarded-user", "x-identity", "x-office", "x-remote-user", "x-role", "x-ssl-client", "x-user",
	}
)

// SaysWhoCalls reports whether metadata or a header of this name says who makes
// a call, without proof. A request that carries one is answered by [Forged].
// Authorization is not among them: a listener that takes tokens looks into it,
// and a [Guard] refuses it over mutual TLS itself.
func SaysWhoCalls(name string) bool {
	name = strings.ToLower(name)
	return slices.Contains(forgedNames, name) ||
		slices.ContainsFunc(forgedPrefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// forged refuses a call whose metadata says who makes it. The ticket of an
// in-memory connection is its own, and behind it the near end has dealt with
// tokens; over TLS a token would be overlooked, which nobody expects.
func forged(ctx context.Context, inMemory bool) error {
	md, _ := metadata.FromIncomingContext(ctx)
	for name := range md {
		switch {
		case inMemory && name == TicketKey:
		case SaysWhoCalls(name), name == "authorization" && !inMemory:
			return Forged(name)
		}
	}
	return nil
}
