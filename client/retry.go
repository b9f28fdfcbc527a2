package client

import (
	"context"
	"errors"
)

// Retry calls f until it succeeds, fails for good, or ctx is done, with growing
// waits in between. It goes on after errors that are [Error.Passing], so f MUST
// be safe to repeat; an issue is, with the same request ID. The error is the
// last one of f.
func Retry(ctx context.Context, f func() error) error {
	for wait := shortestWait; ; wait = min(2*wait, longestWait) {
		err := f()
		var e *Error
		if err == nil || !errors.As(err, &e) || !e.Passing() {
			return err
		}
		if !pause(ctx, jitter(wait)) {
			return err
		}
	}
}
