package access

import (
	"context"
	"time"

	"github.com/spsalert/spsalert/certs"
)

// Caller is who makes a call, as far as the verified certificate of the
// connection says, or what a person or system proved in another way.
type Caller struct {
	certs.Identity

	// Until is when the proof expires, certificate or token. Calls are refused
	// after it, and streams end then; the zero time is long past.
	Until time.Time
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
