package office

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
	caller, ok := access.From(ctx)
	if !ok {
		return nil, errors.New("issue a statement: no caller")
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
			return s.wouldBe(ctx, st), nil
		}
		return s.enter(ctx, req, st, unless)
	})
	if err != nil {
		return nil, refusal(err, asked)
	}
	return issued, nil
}

// wouldBe returns a statement that is not issued, as it would be.
func (s *Service) wouldBe(ctx context.Context, st *spsv1.Statement) *spsv1.IssuedStatement {
	return &spsv1.IssuedStatement{Statement: st, Audience: statement.Audience(st), Advice: s.advise(ctx, st)}
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
	violations = append(violations, s.complete(st, by, req.GetRequestId())...)
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
	}
	wrong, err := s.checkAttachments(ctx, st)
	if err != nil {
		return nil, err
	}
	if violations = append(violations, wrong...); len(violations) > 0 {
		return nil, access.Invalid(violations...)
	}
	return st, nil
}

// complete sets what only the node can say, and reports addressees of which the
// caller and the accepted cards say different things, and a second person who
// is missing.
func (s *Service) complete(st *spsv1.Statement, by authors, requestID string) []access.Violation {
	st.Salt = newSalt()
	st.Federation, st.Office = s.o.Roster.Federation(), string(s.self())
	st.RequestId = requestID
	if st.GetUnit() == "" {
		st.Unit = by.unit
	}
	if st.GetAllowances() == nil {
		st.Allowances = statement.Allowances(st)
	}
	violations := s.completeAddressees(st)
	if missing := s.sign(st, by); missing != nil {
		violations = append(violations, *missing)
	}
	return violations
}

// completeAddressees sets the number of each addressee's card. That an office
// has no node is for the caller to say, or a wrong code would tell nobody.
func (s *Service) completeAddressees(st *spsv1.Statement) []access.Violation {
	var violations []access.Violation
	for i, a := range st.GetAddressees() {
		office := certs.Office(a.GetOffice())
		if !office.Valid() || a.GetOffice() == st.GetOffice() {
			continue
		}
		card, known := s.o.Roster.Card(office)
		switch field := fmt.Sprintf("addressees[%d].office", i); {
		case !known && !a.GetByHand():
			violations = append(violations, violation(field, "NO_NODE", fmt.Sprintf(
				"no card of %s is accepted here, so it has no node: mend the code, or set byHand to tell it by hand", office)))
		case known && a.GetByHand():
			violations = append(violations, violation(field, "HAS_NODE", fmt.Sprintf(
				"%s has a node: leave byHand unset", office)))
		}
		// Set even if refused, so that the checks that follow do not say it again.
		a.ByHand, a.CardNumber = !known, 0
		if known {
			a.CardNumber = card.Number()
		}
	}
	return violations
}

// setByNode reports what a caller said that only the node can say.
func setByNode(st *spsv1.Statement, by authors) []access.Violation {
	system := st.GetIssuingSystem()
	var violations []access.Violation
	for _, f := range []struct {
		field string
		set   bool
	}{
		{"salt", len(st.GetSalt()) > 0},
		{"federation", st.GetFederation() != ""},
		{"office", st.GetOffice() != ""},
		{"request_id", st.GetRequestId() != ""},
		{"drafted_by", by.system == "" && st.GetDraftedBy() != nil},
		{"approved_by", by.system == "" && st.GetApprovedBy() != nil},
		{"issued_by", st.GetIssuedBy() != nil},
		{"issuing_system", system != by.system && system != ""},
	} {
		if f.set {
			violations = append(violations, violation(f.field, "SET_BY_NODE", "leave it empty, the node sets it"))
		}
	}
	return violations
}

// checkCase reports a case_ref that does not name the original of a case that
// is held here, and what is wrong with the statement as the next one in that
// case, by what is released. Another entry of the moment may still leave it
// without effect, as one that arrives may; the fold says so. A field of which
// something was said before needs no second sentence.
func (s *Service) checkCase(ctx context.Context, st *spsv1.Statement, known *statement.Case, before []access.Violation) ([]access.Violation, error) {
	ref := st.GetCaseRef()
	if ref == nil {
		return nil, nil
	}
	original, err := s.named(ctx, ref.GetOriginal())
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return nil, err
	}
	switch {
	case original.GetCase() == "" || original.GetStatement().GetNotification() == nil:
		return []access.Violation{violation("case_ref.original", "NO_CASE", "give the entry of a notification that is held here")}, nil
	case original.GetReference() != ref.GetReference():
		return []access.Violation{violation("case_ref.reference", "NO_CASE", "give the reference of the original, "+original.GetReference())}, nil
	case original.GetStatement().GetStatus() != st.GetStatus():
		return []access.Violation{violation("status", "CASE_STATUS", "give the status of the case's original")}, nil
	}
	if known == nil {
		if known, err = s.heldCase(ctx, ref.GetReference()); err != nil || known == nil {
			return nil, err
		}
	}
	var violations []access.Violation
	for _, p := range known.Check(st) {
		v := violation(p.Field, p.Reason, p.Sentence)
		if !slices.ContainsFunc(before, func(b access.Violation) bool { return b.Field == v.Field }) {
			violations = append(violations, v)
		}
	}
	return violations, nil
}

// named returns the statement that an entry reference names, as this office is
// shown it; [ledger.ErrNotFound] if there is none here.
func (s *Service) named(ctx context.Context, ref *spsv1.EntryRef) (*spsv1.IssuedStatement, error) {
	origin, err := certs.ParseOrigin(ref.GetOrigin())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ledger.ErrNotFound, err)
	}
	e, err := s.o.Ledger.Entry(ctx, origin, ref.GetSequence())
	if err != nil {
		return nil, err
	}
	if string(e.Hash[:]) != string(ref.GetRecordHash()) {
		return nil, fmt.Errorf("%w: entry %d of %s has another record hash", ledger.ErrNotFound, ref.GetSequence(), origin)
	}
	return s.show(ctx, e, basic)
}

// violation is one about a field of the request's statement.
func violation(field, reason, sentence string) access.Violation {
	path := "statement"
	if field != "" {
		path += "." + field
	}
	return access.Violation{Field: path, Reason: reason, Sentence: sentence}
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
