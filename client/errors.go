package client

import (
	"context"
	"errors"
	"io"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Error is what a node, or the way to it, answered instead of a result. Code
// and Reason decide what to do; the rest is for people.
type Error struct {
	Code codes.Code
	// Reason is the reason of the published table, such as "ID_CONFLICT". It is
	// empty if the answer carries none; that is so for everything that did not
	// come from a node, such as a refused connection.
	Reason string
	// Message is a sentence for people, in the language of [Options.Language] if
	// the node has it, else in English: lower case, without a full stop.
	Message string
	// Fields are all problems of the request at once, in the node's order.
	Fields []FieldProblem
	// Metadata are the reason's details, such as the size that was expected.
	Metadata map[string]string

	status    *status.Status
	untrusted bool // found before anything was sent
}

// FieldProblem is one problem of a request.
type FieldProblem struct {
	Field       string // path from the request on, such as "statement.notification.subject"
	Reason      string // a code, such as "REQUIRED"
	Description string // a sentence that says what to do, in the language of the message
}

// Error returns the message, then one line for each field that the message does
// not name itself.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Message)
	if e.Reason != "" {
		b.WriteString(" (" + e.Reason + ")")
	}
	for _, f := range e.Fields {
		line := f.Description // of the whole request, if there is no field
		if f.Field != "" {
			line = f.Field + ": " + line
		}
		if !strings.Contains(e.Message, line) {
			b.WriteString("\n  " + line)
		}
	}
	return b.String()
}

// GRPCStatus returns the status as it came, for use with package status.
func (e *Error) GRPCStatus() *status.Status { return e.status }

// Is makes a call that ended with its context match the context's error.
func (e *Error) Is(target error) bool {
	switch e.Code {
	case codes.Canceled:
		return target == context.Canceled
	case codes.DeadlineExceeded:
		return target == context.DeadlineExceeded
	default:
		return false
	}
}

// Untrusted reports whether the connection failed because one side did not
// believe the other's certificate. Waiting does not help; a new certificate or
// card does. A node that goes away in the middle of a handshake is not that.
func (e *Error) Untrusted() bool {
	if e.untrusted || e.Code != codes.Unavailable {
		return e.untrusted
	}
	// grpc-go hands on what went wrong in a handshake as text only: the refusal
	// of certs.RefusedError, or what crypto/tls found. A node that refuses our
	// certificate does so after our own part of the handshake is over.
	_, handshake, failed := strings.Cut(e.Message, "authentication handshake failed: ")
	return strings.Contains(e.Message, "remote error: tls:") ||
		failed && (strings.Contains(handshake, " check refused ") || strings.HasPrefix(handshake, "tls: ") ||
			strings.HasPrefix(handshake, yourCertificate) || strings.HasPrefix(handshake, errTurnedAway.Error()))
}

// Passing reports whether the same call may succeed later without anybody
// changing anything: the node is away, draining, busy or read-only just now.
func (e *Error) Passing() bool {
	switch e.Code {
	case codes.Unavailable, codes.ResourceExhausted, codes.Aborted:
		return !e.Untrusted() && e.Reason != "TOO_LARGE"
	case codes.FailedPrecondition:
		return e.Reason == "READ_ONLY" || e.Reason == "DRAINING"
	default:
		return false
	}
}

// errorOf turns what a gRPC call returned into an *Error. It leaves nil,
// io.EOF, and what is one already, alone.
func errorOf(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	s := status.Convert(err)
	e := &Error{Code: s.Code(), Message: s.Message(), status: s}
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			e.Reason, e.Metadata = d.GetReason(), d.GetMetadata()
		case *errdetails.LocalizedMessage:
			e.Message = d.GetMessage()
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				e.Fields = append(e.Fields, problemOf(v))
			}
		}
	}
	return e
}

func problemOf(v *errdetails.BadRequest_FieldViolation) FieldProblem {
	p := FieldProblem{Field: v.GetField(), Reason: v.GetReason(), Description: v.GetDescription()}
	if localized := v.GetLocalizedMessage().GetMessage(); localized != "" {
		p.Description = localized
	}
	return p
}
