package access

import (
	"context"
	"slices"
	"time"
)

// CodeAt returns the code that an authenticator shows.
func CodeAt(secret []byte, at time.Time) string {
	return hotp(secret, uint64(stepOf(at)), totpDigits)
}

// Cheap makes passwords cost next to nothing, for tests of what is around them.
func (o *RegisterOptions) Cheap() { o.argon = argonParameters{memory: 64, time: 1, threads: 1} }

// Dear makes passwords cost what they cost in a node.
func (o *RegisterOptions) Dear() { o.argon = argonParameters{} }

// Pending returns the context in which a handler of a call runs.
func (r *Register) Pending(ctx context.Context, c Caller, method string) context.Context {
	return context.WithValue(ctx, pendingKey{}, &pending{register: r, record: r.record(c, method)})
}

// Forgeries returns the names, and beginnings of names, that are refused.
func Forgeries() []string { return append(slices.Clone(forgedNames), forgedPrefixes...) }
