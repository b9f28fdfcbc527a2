package access

import (
	"context"

	"github.com/spsalert/spsalert/certs"
)

// Caller is who makes a call, as far as the verified certificate of the
// connection says.
type Caller struct {
	certs.Identity
}

// callerKey is the context key of the Caller.
type callerKey struct{}

// From returns the caller whom a [Guard] let in. It returns false in a context
// that passed no Guard; there is then nobody to act for.
func From(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}

func with(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}
