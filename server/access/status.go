package access

import (
	"context"
	"errors"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"

	"github.com/spsalert/spsalert/server/store"
)

// Status turns an error into what goes over the wire: code, sentence,
// ErrorInfo, and BadRequest with every violation. A [Refusal] is shown as it
// is, and so is what gRPC itself reports; the errors of ledger and store that
// callers deal with have a reason each. Anything else is a fault of the node:
// it becomes Internal and shows nothing. err MUST NOT be nil.
func Status(err error) *status.Status {
	var (
		refusal *Refusal
		wire    interface{ GRPCStatus() *status.Status }
	)
	switch {
	case errors.As(err, &refusal):
		return refusal.status()
	case errors.As(err, &wire):
		return wire.GRPCStatus()
	case errors.Is(err, context.Canceled):
		return status.New(codes.Canceled, "the caller went away")
	case errors.Is(err, context.DeadlineExceeded):
		return status.New(codes.DeadlineExceeded, "the time that the caller allowed is over")
	}
	for _, known := range knownErrors() {
		if errors.Is(err, known.err) {
			return known.refusal.status()
		}
	}
	return (&Refusal{
		Code: codes.Internal, Reason: ReasonInternal,
		Sentence: "a fault of the node, not of the request: its administrator finds it in the log",
	}).status()
}

// knownError is an error of another package with what is shown of it.
type knownError struct {
	err     error
	refusal Refusal
}

func knownErrors() []knownError {
	return []knownError{
		{store.ErrFull, Refusal{
			Code: codes.FailedPrecondition, Reason: ReasonReadOnly,
			Sentence: "the node's store is full, so it issues nothing: its administrator has to free disk space or raise limits.store",
		}},
		{store.ErrClosed, *Draining()},
	}
}

func (r *Refusal) status() *status.Status {
	details := []protoadapt.MessageV1{
		&errdetails.ErrorInfo{Reason: string(r.Reason), Domain: Domain, Metadata: r.Metadata},
	}
	if len(r.Violations) > 0 {
		bad := &errdetails.BadRequest{}
		for _, v := range r.Violations {
			bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{
				Field: v.Field, Description: v.Sentence, Reason: v.Reason,
			})
		}
		details = append(details, bad)
	}
	st := status.New(r.Code, r.Sentence)
	if detailed, err := st.WithDetails(details...); err == nil {
		return detailed
	}
	return st // only if a detail cannot be marshalled, which these always can
}
