package office

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// An act is what a person does in a case, or an announcement. Every act takes
// the same way: what its request says becomes a statement, the case completes
// it, and it is checked and issued as any statement is, or kept as a draft.

// AcknowledgeCase implements spsv1.CaseServiceServer.
func (s *Service) AcknowledgeCase(ctx context.Context, req *spsv1.AcknowledgeCaseRequest) (*spsv1.IssuedStatement, error) {
	return s.act(ctx, req)
}

// FollowUpCase implements spsv1.CaseServiceServer.
func (s *Service) FollowUpCase(ctx context.Context, req *spsv1.FollowUpCaseRequest) (*spsv1.IssuedStatement, error) {
	return s.act(ctx, req)
}

// RequestInCase implements spsv1.CaseServiceServer.
func (s *Service) RequestInCase(ctx context.Context, req *spsv1.RequestInCaseRequest) (*spsv1.IssuedStatement, error) {
	return s.act(ctx, req)
}

// RespondInCase implements spsv1.CaseServiceServer.
func (s *Service) RespondInCase(ctx context.Context, req *spsv1.RespondInCaseRequest) (*spsv1.IssuedStatement, error) {
	return s.act(ctx, req)
}

// AmendCase implements spsv1.CaseServiceServer.
func (s *Service) AmendCase(ctx context.Context, req *spsv1.AmendCaseRequest) (*spsv1.IssuedStatement, error) {
	return s.act(ctx, req)
}

// WithdrawCase implements spsv1.CaseServiceServer.
func (s *Service) WithdrawCase(ctx context.Context, req *spsv1.WithdrawCaseRequest) (*spsv1.IssuedStatement, error) {
	return s.act(ctx, req)
}

// CloseCase implements spsv1.CaseServiceServer.
func (s *Service) CloseCase(ctx context.Context, req *spsv1.CloseCaseRequest) (*spsv1.IssuedStatement, error) {
	return s.act(ctx, req)
}

// ReopenCase implements spsv1.CaseServiceServer.
func (s *Service) ReopenCase(ctx context.Context, req *spsv1.ReopenCaseRequest) (*spsv1.IssuedStatement, error) {
	return s.act(ctx, req)
}

// AddExternalReference implements spsv1.CaseServiceServer.
func (s *Service) AddExternalReference(ctx context.Context, req *spsv1.AddExternalReferenceRequest) (*spsv1.IssuedStatement, error) {
	return s.act(ctx, req)
}

// Announce implements spsv1.CaseServiceServer.
func (s *Service) Announce(ctx context.Context, req *spsv1.AnnounceRequest) (*spsv1.IssuedStatement, error) {
	return s.act(ctx, req)
}

// An actRequest is the request of an act.
type actRequest interface {
	proto.Message
	GetStatement() *spsv1.Statement
	GetRequestId() string
	GetValidateOnly() bool
	GetDraft() bool
}

// An undertaking is an act under way.
type undertaking struct {
	req     actRequest
	caller  access.Caller
	content string                   // name of the field with the content
	said    *spsv1.Statement         // as far as the request says it
	act     statement.Act            // what else the request says
	parent  string                   // the office that speaks
	ref     string                   // of the case; "" for an announcement
	known   *statement.Case          // nil for an announcement
	st      *spsv1.Statement         // said, completed
	unless  func(store.Reader) error // fails if the case has gone on
}

// act performs an act, and returns the statement that it issued, or that it
// would issue.
func (s *Service) act(ctx context.Context, req actRequest) (*spsv1.IssuedStatement, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return nil, err
	}
	u := s.undertake(caller, req)
	if err := u.check(); err != nil {
		return nil, err
	}
	if err := s.ownGate(caller, u.said.GetAnnouncement(), "announcement"); err != nil {
		return nil, err
	}
	if u.ref != "" {
		if err := s.mustSee(ctx, u.ref); err != nil {
			return nil, err
		}
	}
	if done, err := s.doneBefore(ctx, u); done != nil || err != nil {
		return done, err
	}
	issue, st, err := s.prepareAct(ctx, u)
	switch {
	case err != nil:
		return nil, err
	case req.GetValidateOnly():
		if err := s.o.Store.View(ctx, u.unless); err != nil {
			return nil, err
		}
		return s.wouldBe(ctx, st)
	case req.GetDraft():
		return s.draftAct(ctx, u)
	}
	issued, err := s.enter(ctx, issue, st, u.unless)
	if err != nil { // perhaps the same act was under way twice
		if done, again := s.doneBefore(ctx, u); done != nil {
			return done, again
		}
	}
	return issued, err
}

// prepareAct completes the statement of an act, checks it, and returns the request
// that would issue it, and what that would issue.
func (s *Service) prepareAct(ctx context.Context, u *undertaking) (*spsv1.IssueStatementRequest, *spsv1.Statement, error) {
	if err := s.completeAct(ctx, u); err != nil {
		return nil, nil, err
	}
	if err := u.caller.Issues(u.st); err != nil && !u.req.GetDraft() {
		return nil, nil, err
	}
	issue := &spsv1.IssueStatementRequest{
		Parent: u.parent, Statement: u.st, RequestId: u.req.GetRequestId(), ValidateOnly: u.req.GetValidateOnly(),
	}
	by := directly(u.caller, issue)
	if u.req.GetDraft() {
		by = authors{unit: u.caller.Unit, drafted: u.caller.Person(), issued: someoneElse()}
	}
	st, err := s.prepare(ctx, by, issue, u.known)
	if err != nil {
		return nil, nil, u.refusal(err)
	}
	return issue, st, nil
}

// undertake reads the request of an act.
func (s *Service) undertake(caller access.Caller, req actRequest) *undertaking {
	u := &undertaking{req: req, caller: caller, parent: officePrefix + string(s.self()), unless: func(store.Reader) error { return nil }}
	u.said, u.content = statement.Said(req)
	if in, ok := req.(interface{ GetParent() string }); ok {
		u.parent = in.GetParent()
	}
	if named, ok := req.(interface{ GetName() string }); ok {
		u.ref = strings.TrimPrefix(named.GetName(), casePrefix)
	}
	if aimed, ok := req.(interface{ GetTarget() string }); ok {
		u.act.Target = strings.TrimPrefix(aimed.GetTarget(), casePrefix)
	}
	if masked, ok := req.(interface{ GetUpdateMask() *fieldmaskpb.FieldMask }); ok {
		u.act.Fields = masked.GetUpdateMask().GetPaths()
	}
	if tagged, ok := req.(interface{ GetEtag() string }); ok && tagged.GetEtag() != "" {
		read, _, _ := strings.Cut(tagged.GetEtag(), ".") // over REST more of the answer is behind it
		u.unless = func(r store.Reader) error {
			now, err := s.caseEtag(r, u.ref, math.MaxInt64)
			if err == nil && now != read {
				err = readAgain()
			}
			return err
		}
	}
	return u
}

// check refuses what is wrong with a request by itself. What is wrong with its
// content is found when it is a whole statement.
func (u *undertaking) check() error {
	violations, err := access.Check(u.req)
	if err != nil {
		return err
	}
	var wrong []access.Violation
	for _, v := range violations {
		if !strings.HasPrefix(v.Field, u.content+".") {
			wrong = append(wrong, v)
		}
	}
	given := u.req.GetStatement()
	for _, f := range []struct {
		field string
		set   bool
	}{
		{"case_ref", given.GetCaseRef() != nil},
		{"status", given.GetStatus() != 0 && u.ref != ""},
		{kind(given), given.GetBody() != nil},
	} {
		if f.set {
			wrong = append(wrong, violation(f.field, "SET_BY_NODE", "leave it empty, the node sets it"))
		}
	}
	if u.req.GetDraft() && u.caller.Role == certs.RoleSystem {
		wrong = append(wrong, access.Violation{Field: "draft", Reason: "DRAFT_SYSTEM", Sentence: "issue it, with who drafted and who approved it: a system makes no drafts"})
	}
	if u.req.GetDraft() && given.GetWaiver() != nil {
		wrong = append(wrong, waiverLater("statement"))
	}
	if len(wrong) > 0 {
		return access.Invalid(wrong...)
	}
	return nil
}

// doneBefore returns what an earlier call of the same act came to; nil if there
// was none. It comes before every check of the case, which has gone on since.
func (s *Service) doneBefore(ctx context.Context, u *undertaking) (*spsv1.IssuedStatement, error) {
	if u.req.GetValidateOnly() {
		return nil, nil
	}
	if u.req.GetDraft() {
		return s.draftedBefore(ctx, u)
	}
	e, found, err := s.o.Ledger.RequestedAny(ctx, u.req.GetRequestId())
	if err != nil || !found {
		return nil, err
	}
	shown, err := s.show(ctx, e, full)
	if err != nil {
		return nil, err
	}
	inCase := strings.TrimPrefix(shown.GetCase(), casePrefix) == u.ref
	if !inCase || !statement.Repeats(u.said, shown.GetStatement(), u.act) {
		return nil, ledger.ErrConflict
	}
	return shown, nil
}

// refusal puts the fields of the content where the request has them.
func (u *undertaking) refusal(err error) error {
	var refused *access.Refusal
	if !errors.As(err, &refused) || len(refused.Violations) == 0 {
		return err
	}
	at := "statement." + u.content
	if u.content == "external_reference" { // stands behind those that were given
		at = fmt.Sprintf("statement.external_references[%d]", len(u.req.GetStatement().GetExternalReferences()))
	}
	violations := make([]access.Violation, len(refused.Violations))
	for i, v := range refused.Violations {
		if rest, ok := strings.CutPrefix(v.Field, at); ok && (rest == "" || strings.ContainsAny(rest[:1], ".[")) {
			v.Field = u.content + rest
		}
		violations[i] = v
	}
	return access.Invalid(violations...)
}
