package office

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/statement"
	"github.com/spsalert/spsalert/server/store"
)

// IssueStatement implements spsv1.CaseServiceServer.
func (s *Service) IssueStatement(ctx context.Context, req *spsv1.IssueStatementRequest) (*spsv1.IssuedStatement, error) {
	caller, err := access.CallerOf(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.mustSeeCaseOf(ctx, req.GetStatement()); err != nil {
		return nil, err
	}
	asked := req
	req = identified(req, caller)
	if !req.GetValidateOnly() {
		if e, found, err := s.issuedBefore(ctx, req); err != nil || found {
			if err != nil {
				return nil, refusal(err, asked)
			}
			return s.show(ctx, e, full)
		}
	}
	issued, err := s.whileGoingOn(ctx, func(upTo uint64) (*spsv1.IssuedStatement, error) {
		unless := s.unlessGoneOn(ctx, req.GetStatement(), upTo)
		st, err := s.prepare(ctx, directly(caller, req), req, nil)
		if err != nil {
			return nil, err
		}
		if req.GetValidateOnly() {
			return s.wouldBe(ctx, st)
		}
		return s.enter(ctx, req, st, unless)
	})
	if err != nil {
		return nil, refusal(err, asked)
	}
	return issued, nil
}

// wouldBe returns a statement that is not issued, as it would be.
func (s *Service) wouldBe(ctx context.Context, st *spsv1.Statement) (*spsv1.IssuedStatement, error) {
	void, err := s.adviseEffect(ctx, st)
	if err != nil {
		return nil, err
	}
	return &spsv1.IssuedStatement{Statement: st, Audience: statement.Audience(st), Advice: append(s.advise(ctx, st), void...)}, nil
}

// enter issues a prepared statement. unless, if not nil, runs in the transaction
// that enters it, and its error keeps it from that.
func (s *Service) enter(ctx context.Context, req *spsv1.IssueStatementRequest, st *spsv1.Statement, unless func(store.Reader) error) (*spsv1.IssuedStatement, error) {
	draft, err := draftOf(req, st)
	if err != nil {
		return nil, err
	}
	if err := s.o.MayIssue(ctx); err != nil {
		return nil, err
	}
	if draft.Urgent {
		ctx = store.WithReserve(ctx)
	}
	release, err := s.pin(st)
	if err != nil {
		return nil, err
	}
	defer release()
	draft.Entered = func(tx store.Tx, e ledger.Entry) error {
		return access.Record(ctx, tx, statementName(e.Origin, e.Sequence))
	}
	e, err := s.o.Ledger.Append(ctx, func(tx store.Tx) (ledger.Draft, error) {
		if unless != nil {
			if err := unless(tx); err != nil {
				return ledger.Draft{}, err
			}
		}
		return draft, notDrafted(tx, draft.RequestID)
	})
	if err != nil {
		return nil, err
	}
	// It is issued now. That the caller may have gone away meanwhile does not
	// matter: the same request_id gets the same answer.
	return s.show(ctx, e, full)
}

// notDrafted refuses a request id that began a draft which is not issued yet:
// the draft could never be issued once something else is under its id.
func notDrafted(r store.Reader, requestID string) error {
	id, ok := draftKey(draftPrefix + requestID)
	if !ok {
		return nil
	}
	draft, err := getDraft(r, id)
	if err != nil || draft == nil || draft.GetState() == spsv1.DraftState_DRAFT_STATE_ISSUED {
		return err
	}
	return &access.Refusal{
		Code: codes.AlreadyExists, Reason: access.ReasonIDConflict,
		Sentence: "this requestId began a draft: issue that, or give a new one",
	}
}

// issuedBefore returns the entry of an earlier request that this one repeats.
// It comes before every check: what was issued stays issued, whatever the rules
// and the accepted cards are by now, and though the ledger may be read-only.
func (s *Service) issuedBefore(ctx context.Context, req *spsv1.IssueStatementRequest) (e ledger.Entry, found bool, err error) {
	if req.GetRequestId() == "" || req.GetStatement() == nil {
		return ledger.Entry{}, false, nil
	}
	e, found, err = s.o.Ledger.Requested(ctx, req.GetRequestId(), statement.Fingerprint(req.GetStatement()))
	if errors.Is(err, ledger.ErrDraft) {
		return ledger.Entry{}, false, nil // no request id, which the checks say
	}
	return e, found, err
}

// refusal returns what the caller is told when the ledger did not enter what it
// asked for.
func refusal(err error, asked *spsv1.IssueStatementRequest) error {
	switch {
	case errors.Is(err, ledger.ErrDraft):
		return &access.Refusal{Code: codes.InvalidArgument, Reason: access.ReasonInvalid, Sentence: err.Error()}
	case errors.Is(err, ledger.ErrConflict) && asked.GetRequestId() == "":
		return numberUsed(asked.GetStatement().GetExternalReferences()[0])
	default:
		return err
	}
}

// prepare returns the statement as it would be signed, or a refusal with
// everything that is wrong with the request. known is the case, if it has been
// read.
func (s *Service) prepare(ctx context.Context, by authors, req *spsv1.IssueStatementRequest, known *statement.Case) (*spsv1.Statement, error) {
	violations, err := access.Check(req)
	if err != nil {
		return nil, err
	}
	if parent := parentOffice(req.GetParent()); parent != s.self() && parent.Valid() {
		violations = append(violations, access.Violation{
			Field: "parent", Reason: "OTHER_OFFICE", Sentence: "this node speaks for " + officePrefix + string(s.self()) + " only",
		})
	}
	if req.GetStatement() == nil {
		return nil, access.Invalid(violations...)
	}
	violations = append(violations, setByNode(req.GetStatement(), by)...)
	st := proto.CloneOf(req.GetStatement())
	if known == nil && st.GetCaseRef() != nil && !by.blind {
		if known, err = s.caseIfHeld(ctx, st.GetCaseRef().GetReference()); err != nil {
			return nil, err
		}
	}
	violations = append(violations, s.complete(st, by, req.GetRequestId(), known)...)
	for _, p := range statement.Check(st) {
		switch p.Field {
		case "request_id": // the request's own, and reported as such
		default:
			violations = append(violations, violation(p.Field, p.Reason, p.Sentence))
		}
	}
	for _, p := range statement.CheckDue(st, s.o.Now()) {
		violations = append(violations, violation(p.Field, p.Reason, p.Sentence))
	}
	if !by.blind {
		wrong, err := s.checkCase(ctx, st, known, violations)
		if err != nil {
			return nil, err
		}
		violations = append(violations, wrong...)
		if wrong, err = s.checkRelated(ctx, st); err != nil {
			return nil, err
		}
		violations = append(violations, wrong...)
	}
	wrong, err := s.checkAttachments(ctx, st, by)
	if err != nil {
		return nil, err
	}
	if violations = append(violations, wrong...); len(violations) > 0 {
		return nil, access.Invalid(violations...)
	}
	return st, nil
}

// draftOf returns what the ledger is to enter.
func draftOf(req *spsv1.IssueStatementRequest, st *spsv1.Statement) (ledger.Draft, error) {
	envelope, err := statement.Encode(st)
	if errors.Is(err, statement.ErrTooLarge) {
		return ledger.Draft{}, &access.Refusal{
			Code: codes.InvalidArgument, Reason: access.ReasonTooLarge,
			Sentence: err.Error() + ": move content into attachments, or issue it in parts",
		}
	}
	if err != nil {
		return ledger.Draft{}, err
	}
	audience := statement.Audience(st)
	d := ledger.Draft{
		RequestID:   req.GetRequestId(),
		Fingerprint: statement.Fingerprint(req.GetStatement()),
		Type:        spsv1.LeafType_LEAF_TYPE_STATEMENT,
		Urgent:      statement.Urgent(st),
		Network:     audience.GetNetwork(),
		Exercise:    st.GetStatus() != spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL,
		Envelope:    envelope,
	}
	for _, office := range audience.GetOffices() {
		d.Audience = append(d.Audience, certs.Office(office))
	}
	return d, nil
}
