package client

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// refusal is what a node says to a statement with two problems.
func refusal(t *testing.T) error {
	t.Helper()
	s, err := status.New(codes.InvalidArgument, "the statement has 2 problems").WithDetails(
		&errdetails.ErrorInfo{Reason: "INVALID", Domain: "spsalert", Metadata: map[string]string{"problems": "2"}},
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: "statement.handling", Reason: "REQUIRED", Description: "say how far it may be shown"},
			{Field: "statement.notification.products", Reason: "TOO_FEW", Description: "name at least one product"},
		}})
	if err != nil {
		t.Fatal(err)
	}
	return s.Err()
}

func TestErrorCarriesEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := refusal(t)
		f := &fakeNode{issue: func(*spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error) { return nil, refused }}
		c := dialFake(t, f)
		_, thin := c.Issue(t.Context(), &spsv1.Statement{}, NewRequestID())
		_, raw := c.CaseService().IssueStatement(t.Context(), &spsv1.IssueStatementRequest{})
		for name, err := range map[string]error{"method": thin, "generated client": raw} {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("%s: error %v, want an *Error", name, err)
			}
			if e.Code != codes.InvalidArgument || e.Reason != "INVALID" || e.Metadata["problems"] != "2" {
				t.Errorf("%s: got %v %q %v, want InvalidArgument INVALID and two problems", name, e.Code, e.Reason, e.Metadata)
			}
			want := []FieldProblem{
				{"statement.handling", "REQUIRED", "say how far it may be shown"},
				{"statement.notification.products", "TOO_FEW", "name at least one product"},
			}
			if diff := cmp.Diff(want, e.Fields); diff != "" {
				t.Errorf("%s: fields (-want +got):\n%s", name, diff)
			}
			if got := status.Code(err); got != codes.InvalidArgument {
				t.Errorf("%s: status code %s, want InvalidArgument", name, got)
			}
			if want := "statement.handling: say how far"; !strings.Contains(err.Error(), want) {
				t.Errorf("%s: text %q, want %q in it", name, err, want)
			}
		}
		if got, want := len(f.issues), 2; got != want {
			t.Errorf("%d calls came, want %d: a refusal is not tried again", got, want)
		}
	})
}

func TestOnlyUnavailableIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failures := 2
		f := &fakeNode{}
		f.issue = func(*spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error) {
			if failures > 0 {
				failures--
				return nil, status.Error(codes.Unavailable, "starting")
			}
			return &spsv1.IssuedStatement{Reference: "VN-2026-000001"}, nil
		}
		id := NewRequestID()
		got, err := dialFake(t, f).Issue(t.Context(), &spsv1.Statement{}, id)
		if err != nil {
			t.Fatal(err)
		}
		if want := "VN-2026-000001"; got.GetReference() != want {
			t.Errorf("reference %q, want %q", got.GetReference(), want)
		}
		if got, want := len(f.issues), 3; got != want {
			t.Fatalf("%d calls came, want %d", got, want)
		}
		for _, req := range f.issues {
			if req.GetRequestId() != id || req.GetParent() != "offices/VN" {
				t.Errorf("call with request ID %q to %q, want %q to offices/VN", req.GetRequestId(), req.GetParent(), id)
			}
		}
	})
}

func TestRetry(t *testing.T) {
	passing := errorOf(status.Error(codes.ResourceExhausted, "slower"))
	for _, test := range []struct {
		name  string
		errs  []error
		calls int
		want  codes.Code
	}{
		{"at once", []error{nil}, 1, codes.OK},
		{"after a while", []error{passing, passing, passing, nil}, 4, codes.OK},
		{"for good", []error{passing, errorOf(status.Error(codes.InvalidArgument, "no"))}, 2, codes.InvalidArgument},
		{"not a node's", []error{io.ErrUnexpectedEOF}, 1, codes.Unknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				err := Retry(t.Context(), func() error {
					calls++
					return test.errs[calls-1]
				})
				if got := status.Code(err); got != test.want {
					t.Errorf("code %s, want %s", got, test.want)
				}
				if calls != test.calls {
					t.Errorf("%d calls, want %d", calls, test.calls)
				}
			})
		})
	}
	t.Run("until the end of its context", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			if err := Retry(ctx, func() error { return passing }); !errors.Is(err, passing) {
				t.Errorf("error %v, want the last one, %v", err, passing)
			}
		})
	})
}

// handshakeFailed is how gRPC reports a handshake that came to nothing.
func handshakeFailed(why string) error {
	return status.Errorf(codes.Unavailable, "connection error: desc = %q", "transport: authentication handshake failed: "+why)
}

func TestErrorClasses(t *testing.T) {
	for _, test := range []struct {
		name               string
		err                error
		passing, untrusted bool
		is                 error
	}{
		{name: "away", err: status.Error(codes.Unavailable, "connection refused"), passing: true},
		{name: "not believed by us", err: handshakeFailed((&certs.RefusedError{Check: certs.CheckChain, Certificate: "certificate sps://asean-cn/CN/node"}).Error()), untrusted: true},
		{name: "speaks no TLS", err: handshakeFailed("tls: first record does not look like a TLS handshake"), untrusted: true},
		{name: "killed in the handshake", err: handshakeFailed("read tcp 127.0.0.1:38798->127.0.0.1:16733: read: connection reset by peer"), passing: true},
		{name: "closed in the handshake", err: handshakeFailed("EOF"), passing: true},
		{name: "not believed by the node", err: status.Error(codes.Unavailable, `error reading server preface: remote error: tls: bad certificate`), untrusted: true},
		{name: "hung up on", err: handshakeFailed("the node hung up on our certificate, 3 times in a row: EOF"), untrusted: true},
		{name: "hung up on once", err: handshakeFailed("the node hung up after the handshake: EOF"), passing: true},
		{name: "our certificate expired meanwhile", err: handshakeFailed("your certificate sps://asean-cn/VN/officer/lan expired 2026-11-21"), untrusted: true},
		{name: "hangs", err: handshakeFailed("context deadline exceeded"), passing: true},
		{name: "too slow", err: status.Error(codes.DeadlineExceeded, "late"), is: context.DeadlineExceeded},
		{name: "cancelled", err: status.Error(codes.Canceled, "gone"), is: context.Canceled},
		{name: "conflict", err: status.Error(codes.AlreadyExists, "used before")},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := errorOf(test.err)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v, want an *Error", err)
			}
			if e.Passing() != test.passing || e.Untrusted() != test.untrusted {
				t.Errorf("passing %t, untrusted %t, want %t, %t", e.Passing(), e.Untrusted(), test.passing, test.untrusted)
			}
			if test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("errors.Is(%v, %v) is false, want true", err, test.is)
			}
			if again := errorOf(err); !errors.Is(again, err) {
				t.Errorf("turned twice: %v, want it unchanged", again)
			}
		})
	}
	for _, err := range []error{nil, io.EOF} {
		if got := errorOf(err); !errors.Is(got, err) {
			t.Errorf("errorOf(%v) = %v, want it unchanged", err, got)
		}
	}
}

func TestNameRequest(t *testing.T) {
	one := NameRequest("rasff", "2024.0012")
	if want := "466c53af-d2f6-59e0-ba4f-b8ce5e8b9725"; one != want {
		t.Errorf("NameRequest = %s, want %s for ever: what was imported before must not be issued again", one, want)
	}
	if one == NameRequest("rasff2024.0012") || one == NameRequest("rasff", "2024.0013") {
		t.Error("two names have one request ID")
	}
}

func TestStatementsReadsAllPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeNode{}
		f.record(10)
		began, seen := "", 0
		for _, err := range dialFake(t, f).Statements(t.Context(), ListOptions{PageSize: 3, Began: func(cursor string) { began += cursor }}) {
			if err != nil {
				t.Fatal(err)
			}
			seen++
		}
		if seen != 10 || began != "10" {
			t.Errorf("%d statements, began at %q, want 10 and \"10\" once", seen, began)
		}
	})
}

func TestErrorIsInTheLanguageOfTheNodesAnswer(t *testing.T) {
	vi := func(text string) *errdetails.LocalizedMessage {
		return &errdetails.LocalizedMessage{Locale: "vi", Message: text}
	}
	s, err := status.New(codes.InvalidArgument, "handling: give a value").WithDetails(
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: "handling", Reason: "REQUIRED", Description: "give a value", LocalizedMessage: vi("hãy cho một giá trị")},
			{Field: "x", Reason: "Y", Description: "only in English"},
		}}, vi("handling: hãy cho một giá trị (và 1 lỗi khác)"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "handling: hãy cho một giá trị (và 1 lỗi khác)\n  x: only in English"
	if got := errorOf(s.Err()).Error(); got != want {
		t.Errorf("error = %q, want %q", got, want)
	}
}

func TestErrorOfTheWholeRequestHasNoField(t *testing.T) {
	s, err := status.New(codes.InvalidArgument, "say what you ask (and 1 more)").WithDetails(
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Reason: "TEXT", Description: "say what you ask"}, {Reason: "ORDER", Description: "it must end after it starts"},
		}})
	if err != nil {
		t.Fatal(err)
	}
	const want = "say what you ask (and 1 more)\n  it must end after it starts"
	if got := errorOf(s.Err()).Error(); got != want {
		t.Errorf("error = %q, want %q", got, want)
	}
}
