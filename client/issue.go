package client

import (
	"context"
	"strings"

	"github.com/google/uuid"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Issue signs a statement in the name of the office. On return it is durable,
// sealed, and on its way to its addressees.
//
// requestID is a UUID of the caller's making; see [NewRequestID] and
// [NameRequest]. The same one with the same statement returns what was issued
// the first time, for ever, so a caller that does not know how an earlier call
// ended MUST repeat it. With another statement it fails with ID_CONFLICT.
func (c *Client) Issue(ctx context.Context, statement *spsv1.Statement, requestID string) (*spsv1.IssuedStatement, error) {
	return c.CaseService().IssueStatement(ctx, &spsv1.IssueStatementRequest{
		Parent: parent(c.office), Statement: statement, RequestId: requestID,
	})
}

// Check asks whether the node would issue a statement, and issues nothing. The
// error carries every problem at once.
func (c *Client) Check(ctx context.Context, statement *spsv1.Statement) (*spsv1.IssuedStatement, error) {
	return c.CaseService().IssueStatement(ctx, &spsv1.IssueStatementRequest{
		Parent: parent(c.office), Statement: statement, RequestId: NewRequestID(), ValidateOnly: true,
	})
}

// NewRequestID returns a random request ID, for what people issue by hand.
func NewRequestID() string { return uuid.NewString() }

// requestNames is the name space of NameRequest. It is part of the contract
// with whoever imported something before: it never changes.
var requestNames = uuid.MustParse("5b0c4a7e-2d0b-5c3f-9a51-6f6d3f1f7c11")

// NameRequest returns the request ID (a version 5 UUID) of something that has a
// name of its own, such as a row of another system: "rasff", "2024.0012". The
// same parts give the same ID at any time and place, so what is imported twice
// is issued once.
func NameRequest(parts ...string) string {
	return uuid.NewSHA1(requestNames, []byte(strings.Join(parts, "\x00"))).String()
}
