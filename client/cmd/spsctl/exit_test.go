package main

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
)

func TestExitCodeOfAnError(t *testing.T) {
	answer := func(code codes.Code, reason, message string) error {
		return fmt.Errorf("a step: %w", &client.Error{Code: code, Reason: reason, Message: message})
	}
	for _, test := range []struct {
		name string
		err  error
		want int
	}{
		{"none", nil, exitOK},
		{"of its own", errors.New("something"), exitError},
		{"a node's bug", answer(codes.Internal, "", "internal error"), exitError},
		{"read-only", answer(codes.FailedPrecondition, "READ_ONLY", "the disk is full"), exitLater},
		{"the clock is off", answer(codes.FailedPrecondition, "CLOCK", "the clock is a day ahead"), exitLater},
		{"too many calls", answer(codes.ResourceExhausted, "RATE", "wait"), exitLater},
		{"in the wrong state", answer(codes.FailedPrecondition, "DRAFT_STATE", "it was issued"), exitError},
		{"not there", answer(codes.NotFound, "NOT_FOUND", "no such case"), exitNotFound},
		{"not allowed", answer(codes.PermissionDenied, "PERMISSION_DENIED", "validators only"), exitAuth},
		{"not known", answer(codes.Unauthenticated, "", "who are you"), exitAuth},
		{"not believed", answer(codes.Unavailable, "", "transport: authentication handshake failed: tls: failed to verify certificate"), exitAuth},
		{"away", answer(codes.Unavailable, "", "connection refused"), exitUnreachable},
		{"slow", answer(codes.DeadlineExceeded, "", "late"), exitUnreachable},
		{"invalid", answer(codes.InvalidArgument, "INVALID", "no subject"), exitInvalid},
		{"conflict", answer(codes.FailedPrecondition, "ID_CONFLICT", "used before"), exitConflict},
		{"there already", answer(codes.AlreadyExists, "", "there already"), exitConflict},
		{"a certificate of our own", fmt.Errorf("dial: %w", &certs.RefusedError{}), exitAuth},
		{"a file that is not there", &fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}, exitNotFound},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := exitCode(t.Context(), test.err); got != test.want {
				t.Errorf("exit code %d, want %d", got, test.want)
			}
		})
	}
}
