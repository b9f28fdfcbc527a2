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
	exitError       = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitAuth        = 4
	exitUnreachable = 5
	exitInvalid     = 6
	exitConflict    = 7
	exitLater       = 8
	exitIncomplete  = 9
	exitInterrupted = 130
)

// exitCodes say what the codes mean; `spsctl help exit-codes` is made of them.
var exitCodes = []struct {
	code    int
	meaning string
}{
	{exitOK, "it was done"},
	{exitError, "anything that is not below"},
	{exitUsage, "the command line is wrong, there is no such context, or nobody can be asked and --yes is missing"},
	{exitNotFound, "there is no such thing or file, or it is not for you to see"},
	{exitAuth, "a certificate is missing, not believed, or not allowed to do this"},
	{exitUnreachable, "the node does not answer"},
	{exitInvalid, "what was to be issued or read breaks a rule; every problem was named"},
	{exitConflict, "a request ID that was used for something else, an etag that is no more, a file that is there already"},
	{exitLater, "the node does not do it now: it is read-only, its clock is off, a limit is reached; later the same command may succeed"},
	{exitIncomplete, "it was done, and something is lacking, which was named"},
	{exitInterrupted, "interrupted: Ctrl-C"},
}

// usageError is a command line that cannot be understood.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// missingError is the name of something that there is not.
type missingError struct{ error }

func (e missingError) Unwrap() error { return e.error }

// invalidError is input that breaks a rule.
type invalidError struct{ error }

func (e invalidError) Unwrap() error { return e.error }

// codeError ends a command with a code of its own, when everything was said.
type codeError int

func (codeError) Error() string { return "" }

// exitCode returns the exit code for how a command ended.
func exitCode(ctx context.Context, err error) int {
	if err == nil {
		return exitOK
	}
	if ctx.Err() != nil {
		return exitInterrupted
	}
	if code, ok := errors.AsType[codeError](err); ok {
		return int(code)
	}
	if e, ok := errors.AsType[*client.Error](err); ok {
		return answerCode(e)
	}
	if _, ok := errors.AsType[*certs.RefusedError](err); ok {
		return exitAuth
	}
	if _, ok := errors.AsType[untrustedError](err); ok {
		return exitAuth
	}
	if _, ok := errors.AsType[usageError](err); ok || errors.Is(err, client.ErrNoContext) {
		return exitUsage
	}
	if _, ok := errors.AsType[invalidError](err); ok {
		return exitInvalid
	}
	if _, ok := errors.AsType[missingError](err); ok {
		return exitNotFound
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
	switch e.Reason {
	case "ID_CONFLICT":
		return exitConflict
	case "READ_ONLY", "CLOCK", "UNSEALED":
		return exitLater
	}
	if e.Code == codes.ResourceExhausted {
		return exitLater
	}
	return exitError
}
