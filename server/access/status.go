package access

import (
	"context"
	"errors"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// Status turns an error into what goes over the wire: code, sentence,
// ErrorInfo, BadRequest with every violation, and RetryInfo. A [Refusal] is shown as it
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
	for _, known := range knownErrors {
		if errors.Is(err, known.err) {
			shown := known.as
			if shown.Sentence == "" {
				shown.Sentence = err.Error()
			}
			return shown.status()
		}
	}
	return (&Refusal{
		Code: codes.Internal, Reason: ReasonInternal,
		Sentence: "a fault of the node, not of the request: its administrator finds it in the log",
	}).status()
}

// knownErrors are the errors of other packages that a caller may see, and as
// what. One without a sentence is shown in its own words.
var knownErrors = []struct {
	err error
	as  Refusal
}{
	{ledger.ErrReadOnly, Refusal{Code: codes.FailedPrecondition, Reason: ReasonReadOnly}},
	{store.ErrFull, Refusal{
		Code: codes.FailedPrecondition, Reason: ReasonReadOnly,
		Sentence: "the node's store is full, so it issues nothing: its administrator has to free disk space or raise limits.store",
	}},
	{ledger.ErrConflict, Refusal{
		Code: codes.AlreadyExists, Reason: ReasonIDConflict,
		Sentence: "the requestId was used for another statement: choose a new one",
	}},
	{ledger.ErrUnsealed, Refusal{
		Code: codes.Unavailable, Reason: ReasonUnsealed,
		Sentence: "the statement is kept and not sealed yet: ask again with the same requestId",
	}},
	{ledger.ErrOtherIncarnation, *CursorAhead("cursor")},
	{ledger.ErrAhead, *CursorAhead("cursor")},
	{ledger.ErrNotFound, Refusal{Code: codes.NotFound, Reason: ReasonNotFound, Sentence: "there is no such thing here"}},
	{store.ErrClosed, *Draining()},
}

// Told returns what a caller is told of an error: its reason and its sentence,
// in English. err MUST NOT be nil.
func Told(err error) (Reason, string) {
	st := Status(err)
	return Reason(reasonOf(st)), st.Message()
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
	if r.RetryAfter > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(r.RetryAfter)})
	}
	st := status.New(r.Code, r.Sentence)
	if detailed, err := st.WithDetails(details...); err == nil {
		return detailed
	}
	return st // only if a detail cannot be marshalled, which these always can
}

// reasonOf returns the reason that a status gives; "" if none.
func reasonOf(s *status.Status) string {
	for _, d := range s.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok && info.GetDomain() == Domain {
			return info.GetReason()
		}
	}
	return ""
}
