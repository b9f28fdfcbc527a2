package main

import (
	"context"
	"errors"
	"io/fs"

	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
)

// The exit codes, for scripts. They are part of the documented face.
const (
	exitOK          = 0
	exitError       = 1   // anything else
	exitUsage       = 2   // the command line is wrong
	exitNotFound    = 3   // there is no such thing, or it is not for this caller to see
	exitAuth        = 4   // a certificate is missing, not believed, or not allowed to do this
	exitUnreachable = 5   // the node does not answer
	exitInvalid     = 6   // what was to be issued or read breaks a rule; each problem was named
	exitConflict    = 7   // a request ID that was used for something else, a file that is there already
	exitInterrupted = 130 // Ctrl-C
)

// usageError is a command line that cannot be understood.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// invalidError is input that breaks a rule.
type invalidError struct{ error }

func (e invalidError) Unwrap() error { return e.error }

// exitCode returns the exit code for how a command ended.
func exitCode(ctx context.Context, err error) int {
	if err == nil {
		return exitOK
	}
	if ctx.Err() != nil {
		return exitInterrupted
	}
	if e, ok := errors.AsType[*client.Error](err); ok {
		return answerCode(e)
	}
	if _, ok := errors.AsType[*certs.RefusedError](err); ok {
		return exitAuth
	}
	if _, ok := errors.AsType[usageError](err); ok || errors.Is(err, client.ErrNoContext) {
		return exitUsage
	}
	if _, ok := errors.AsType[invalidError](err); ok {
		return exitInvalid
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return exitNotFound
	case errors.Is(err, fs.ErrExist):
		return exitConflict
	default:
		return exitError
	}
}

// answerCode returns the exit code for what a node answered.
func answerCode(e *client.Error) int {
	switch e.Code {
	case codes.NotFound:
		return exitNotFound
	case codes.Unauthenticated, codes.PermissionDenied:
		return exitAuth
	case codes.Unavailable, codes.DeadlineExceeded:
		if e.Untrusted() {
			return exitAuth
		}
		return exitUnreachable
	case codes.InvalidArgument:
		return exitInvalid
	case codes.AlreadyExists, codes.Aborted:
		return exitConflict
	}
	if e.Reason == "ID_CONFLICT" {
		return exitConflict
	}
	return exitError
}
