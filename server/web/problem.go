package web

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

const (
	problemType = "application/problem+json"
	// reasonType begins the type of a problem with a reason, which
	// docs/reference/reasons.md explains. It is a name, and nobody has to be asked
	// what it means.
	reasonType = "urn:spsalert:reason:"
	blankType  = "about:blank" // of what has no reason, the end of a stream that came to its end well
)

// problemOf says a status of gRPC as HTTP does.
func problemOf(st *status.Status) *spsv1.Problem {
	p := withStatus(&spsv1.Problem{
		Type: blankType, Detail: st.Message(), Code: code.Code(st.Code()).String(), Domain: access.Domain,
		Language: access.Languages()[0],
	}, runtime.HTTPStatusFromCode(st.Code()))
	for _, detail := range st.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			p.Reason, p.Domain, p.Metadata = d.GetReason(), d.GetDomain(), d.GetMetadata()
		case *errdetails.RetryInfo:
			p.RetryAfter = int32(math.Ceil(d.GetRetryDelay().AsDuration().Seconds()))
		case *errdetails.LocalizedMessage:
			p.Detail, p.Language = d.GetMessage(), d.GetLocale()
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				p.Violations = append(p.Violations, violationOf(v))
			}
		}
	}
	if p.GetReason() == "" && st.Code() != codes.OK {
		unnamed(p, st.Code())
	}
	if p.GetReason() != "" {
		p.Type = reasonType + p.GetReason()
	}
	switch access.Reason(p.GetReason()) {
	case access.ReasonTooLarge:
		p = withStatus(p, http.StatusRequestEntityTooLarge)
	case access.ReasonDraining, access.ReasonUnsealed:
		p.RetryAfter = max(p.GetRetryAfter(), 1)
	}
	if len(p.GetViolations()) > 0 {
		first := p.GetViolations()[0]
		p.Detail = access.Headline(first.GetField(), first.GetSentence(), len(p.GetViolations())-1, p.GetLanguage())
	}
	return p
}

func violationOf(v *errdetails.BadRequest_FieldViolation) *spsv1.Problem_Violation {
	sentence := v.GetDescription()
	if localized := v.GetLocalizedMessage(); localized != nil {
		sentence = localized.GetMessage()
	}
	return &spsv1.Problem_Violation{Field: jsonPath(v.GetField()), Reason: v.GetReason(), Sentence: sentence}
}

// unnamed completes what comes from gRPC or the gateway itself, not from a
// service, and so has no reason.
func unnamed(p *spsv1.Problem, c codes.Code) {
	known := map[codes.Code]access.Reason{
		codes.InvalidArgument: access.ReasonInvalid, codes.OutOfRange: access.ReasonInvalid,
		codes.NotFound: access.ReasonNotFound, codes.ResourceExhausted: access.ReasonTooLarge,
		codes.PermissionDenied: access.ReasonDenied, codes.Unauthenticated: access.ReasonUnauthenticated,
	}
	if reason, ok := known[c]; ok {
		p.Reason = string(reason)
		return
	}
	shown := access.Status(errors.New("not shown"))
	if c == codes.Unavailable || c == codes.Canceled { // the far end is going away
		shown = access.Status(access.Draining())
	}
	p.Detail = shown.Message()
	p.Reason = string(access.ReasonInternal)
	if c == codes.Unavailable || c == codes.Canceled {
		p.Reason = string(access.ReasonDraining)
	}
}

func withStatus(p *spsv1.Problem, httpStatus int) *spsv1.Problem {
	p.Status = int32(httpStatus)
	if p.Title = http.StatusText(httpStatus); p.Title == "" {
		p.Title = "Client Closed Request" // 499, which only logs see
	}
	return p
}

// jsonPath writes the path of a field in the names of JSON. What stands in
// brackets is no name.
func jsonPath(path string) string {
	var b strings.Builder
	inside, up := false, false
	for _, c := range path {
		switch {
		case c == '_' && !inside:
			up = true
			continue
		case c == '[':
			inside = true
		case c == ']':
			inside = false
		case up && 'a' <= c && c <= 'z':
			c -= 'a' - 'A'
		}
		up = false
		b.WriteRune(c)
	}
	return b.String()
}

// writeProblem answers with a problem.
func writeProblem(w http.ResponseWriter, p *spsv1.Problem) {
	text, err := toJSON(p)
	if err != nil { // a string that is no UTF-8
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", problemType)
	h.Set("Content-Language", p.GetLanguage())
	h.Del("ETag")
	hint(h, p)
	w.WriteHeader(int(p.GetStatus()))
	_, _ = w.Write(text)
}

// hint sets the headers that belong to a problem.
func hint(h http.Header, p *spsv1.Problem) {
	if p.GetStatus() == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="spsalert"`)
	}
	if p.GetRetryAfter() > 0 {
		h.Set("Retry-After", strconv.Itoa(int(p.GetRetryAfter())))
	}
}

// refuse answers with what [access.Status] shows of an error.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	writeProblem(w, problemFor(r, access.Status(err)))
}

// problemFor says a status as HTTP does, in the language of who asked.
func problemFor(r *http.Request, st *status.Status) *spsv1.Problem {
	return problemOf(access.Localize(st, strings.Join(r.Header.Values("Accept-Language"), ",")))
}

// wrongType refuses a body that is no JSON.
func wrongType(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Accept", "application/json")
	writeProblem(w, withStatus(problemFor(r, access.Status(access.Invalid(access.Violation{
		Reason: "CONTENT_TYPE", Sentence: "send JSON, with Content-Type: application/json",
	}))), http.StatusUnsupportedMediaType))
}

// callFailed answers for a call that the service, gRPC or the gateway refused.
func callFailed(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error) {
	if body, ok := r.Body.(*body); ok && body.refusal != nil {
		err = body.refusal
	}
	p := problemFor(r, access.Status(err))
	if p.GetCode() == code.Code_ABORTED.String() && r.Header.Get("If-Match") != "" {
		p = withStatus(p, http.StatusPreconditionFailed)
	}
	writeProblem(w, p)
}

// streamFailed returns why a stream ends.
func streamFailed(_ context.Context, err error) *status.Status { return access.Status(err) }
