package office

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/statement"
)

// complete sets what only the node can say, and reports addressees of which the
// caller and the accepted cards say different things, and a second person who
// is missing. held is the case in which it is said, nil if that is not here.
func (s *Service) complete(st *spsv1.Statement, by authors, requestID string, held *statement.Case) []access.Violation {
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
	if missing := s.sign(st, by, held); missing != nil {
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

// checkRelated reports what is related, of what is real and what is an exercise.
// An entry does not say which it is, so only one that is held here is judged.
func (s *Service) checkRelated(ctx context.Context, st *spsv1.Statement) ([]access.Violation, error) {
	const actual = spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL
	var violations []access.Violation
	for i, r := range st.GetRelatesTo() {
		if r.GetEntry() == nil {
			continue
		}
		other, err := s.named(ctx, r.GetEntry())
		if errors.Is(err, ledger.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		status := other.GetStatement().GetStatus()
		if status != 0 && (status == actual) != (st.GetStatus() == actual) {
			violations = append(violations, violation(fmt.Sprintf("relates_to[%d].entry", i), "STATUS_MIXED",
				"leave it out, what is real and what is an exercise do not relate to each other"))
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
