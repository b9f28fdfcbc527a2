package access_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

func TestStatus(t *testing.T) {
	const secret = "row 17 of table x"
	wrap := func(err error) error { return fmt.Errorf("%s: %w", secret, err) }
	for _, tc := range []struct {
		name   string
		err    error
		code   codes.Code
		reason string
		shown  bool // the text around the error too
	}{
		{"refusal", wrap(access.NotFound("no such case")), codes.NotFound, "NOT_FOUND", false},
		{"violations", wrap(access.Invalid(access.Violation{Field: "parent", Reason: "X", Sentence: "y"})), codes.InvalidArgument, "INVALID", false},
		{"draining", wrap(access.Draining()), codes.Unavailable, "DRAINING", false},
		{"status of gRPC", wrap(status.Error(codes.NotFound, "unknown service")), codes.NotFound, "", false},
		{"gone", wrap(context.Canceled), codes.Canceled, "", false},
		{"too late", wrap(context.DeadlineExceeded), codes.DeadlineExceeded, "", false},
		{"gate", wrap(ledger.ErrReadOnly), codes.FailedPrecondition, "READ_ONLY", true},
		{"full", wrap(store.ErrFull), codes.FailedPrecondition, "READ_ONLY", false},
		{"conflict", wrap(ledger.ErrConflict), codes.AlreadyExists, "ID_CONFLICT", false},
		{"unsealed", wrap(ledger.ErrUnsealed), codes.Unavailable, "UNSEALED", false},
		{"other store", wrap(ledger.ErrOtherIncarnation), codes.OutOfRange, "CURSOR_AHEAD", false},
		{"beyond the end", wrap(ledger.ErrAhead), codes.OutOfRange, "CURSOR_AHEAD", false},
		{"not there", wrap(ledger.ErrNotFound), codes.NotFound, "NOT_FOUND", false},
		{"closed", wrap(store.ErrClosed), codes.Unavailable, "DRAINING", false},
		{"unknown outcome", wrap(store.ErrUnknown), codes.Internal, "INTERNAL", false},
		{"anything else", errors.New(secret), codes.Internal, "INTERNAL", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := access.Status(tc.err)
			if got.Code() != tc.code || reason(got) != tc.reason {
				t.Errorf("Status = %s, %q, want %s, %q", got.Code(), reason(got), tc.code, tc.reason)
			}
			if shown := strings.Contains(got.String(), secret); shown != tc.shown {
				t.Errorf("Status shows %q, want the text around the error = %t", got, tc.shown)
			}
		})
	}
}

func TestInvalidCountsTheRest(t *testing.T) {
	got := access.Invalid(access.Violation{Field: "a", Sentence: "give a value"}, access.Violation{Field: "b", Sentence: "x"})
	if want := "a: give a value (and 1 more)"; got.Sentence != want {
		t.Errorf("sentence = %q, want %q", got.Sentence, want)
	}
	whole := access.Invalid(access.Violation{Sentence: "say in the text what you ask"})
	if want := "say in the text what you ask"; whole.Sentence != want {
		t.Errorf("sentence of the whole request = %q, want %q", whole.Sentence, want)
	}
}
