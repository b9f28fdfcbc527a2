package office

import (
	"fmt"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// byNumber is the name space of the request ids that are derived from external
// numbers. It MUST NOT change: what was derived is kept as long as the log.
var byNumber = uuid.MustParse("13fce5da-359a-4dbb-8183-82286a5fa729")

// identified returns the request with a request id, for callers that keep
// none: many national systems number what they send, and send it again when
// they saw no answer. If the request has no id, and its statement exactly one
// external reference, the id is a UUID (version 5) of
//
//	caller's URI, kind of statement, system, number, version
//
// joined by line feeds, which none of the others may hold. So the caller who
// sends the same number again gets the first result, for ever, whichever token
// it shows by then; with another content it is told ID_CONFLICT. The kind is
// part of it, because a follow-up may carry the number of its notification.
//
// The request is returned as it is if it has an id already, or if there is no
// such number; it is then refused like any other without an id.
func identified(req *spsv1.IssueStatementRequest, caller access.Caller) *spsv1.IssueStatementRequest {
	refs := req.GetStatement().GetExternalReferences()
	if req.GetRequestId() != "" || len(refs) != 1 || refs[0].GetSystem() == "" || refs[0].GetNumber() == "" {
		return req
	}
	parts := []string{caller.URI(), kind(req.GetStatement()), refs[0].GetSystem(), refs[0].GetNumber(), refs[0].GetVersion()}
	for _, part := range parts {
		if strings.Contains(part, "\n") {
			return req
		}
	}
	named := proto.CloneOf(req)
	named.RequestId = uuid.NewSHA1(byNumber, []byte(strings.Join(parts, "\n"))).String()
	return named
}

// numberUsed refuses a number that the caller has used before with another
// content.
func numberUsed(ref *spsv1.ExternalReference) *access.Refusal {
	return &access.Refusal{
		Code: codes.AlreadyExists, Reason: access.ReasonIDConflict,
		Sentence: fmt.Sprintf("%s %s was issued before with another content: amend that statement, or give a requestId if this is another",
			ref.GetSystem(), ref.GetNumber()),
	}
}

// kind returns the kind of a statement as the contract names it, such as
// "notification"; empty if it has no body.
func kind(s *spsv1.Statement) string {
	m := s.ProtoReflect()
	body := m.WhichOneof(m.Descriptor().Oneofs().ByName(protoreflect.Name("body")))
	if body == nil {
		return ""
	}
	return string(body.Name())
}
