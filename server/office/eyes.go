package office

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/statement"
)

// FourEyes is the rule of an office about the second person. The zero value
// waives nobody: who drafts a statement that needs two does not issue it.
type FourEyes struct {
	// Alone is what one person may issue. What is said in a case must be of one of
	// its kinds, and the case of one of its classifications, both before and after
	// it: otherwise one person could end an alert, or first make news of it.
	Alone access.Scope
	// OutOfHours lets one person issue anything while the office is closed, by the
	// hours on its card.
	OutOfHours bool
}

// authors is who stands behind a statement that is about to be issued.
type authors struct {
	unit    string        // that says it, if the statement names none
	system  string        // id of the national system that issues it; "" if a person does
	drafted *spsv1.Person // nil: who issues it
	issued  *spsv1.Person
	alone   bool          // who issues it wrote of it, and the statement needs two
	waiver  *spsv1.Waiver // that the person asked for; nil: any that the rule gives
	named   bool          // who wrote the draft was asked whether the files are theirs to name
	blind   bool          // who asks sees not the case, and is not told what the case makes of the statement
}

// directly returns the authors of a statement that is issued without a draft. An
// officer only checks, so that another person would issue it.
func directly(caller access.Caller, req *spsv1.IssueStatementRequest) authors {
	st := req.GetStatement()
	switch {
	case caller.Role == certs.RoleSystem:
		return authors{unit: caller.Unit, system: caller.ID}
	case caller.Role == certs.RoleOfficer && statement.TwoPersons(st):
		return authors{unit: caller.Unit, drafted: caller.Person(), issued: someoneElse()}
	}
	return authors{unit: caller.Unit, issued: caller.Person(), alone: statement.TwoPersons(st), waiver: st.GetWaiver()}
}

// asking returns the authors while somebody only asks what is wrong with a draft
// that another person would issue.
func (s *Service) asking(ctx context.Context, caller access.Caller, st *spsv1.Statement) (authors, error) {
	sees, err := s.seesCaseOf(ctx, caller, st)
	return authors{issued: someoneElse(), blind: caller.Role == certs.RolePost || !sees}, err
}

// someoneElse stands for the second person while a statement is only checked.
func someoneElse() *spsv1.Person { return &spsv1.Person{Function: "validator"} }

// sign sets the persons behind a statement, and the waiver of one that is issued
// by a person who wrote of it; it reports that the rule of the office wants two. A
// waiver that was asked for must be one that the rule gives. A system names its
// persons itself. held is the case in which it is said, nil if that is not here.
func (s *Service) sign(st *spsv1.Statement, by authors, held *statement.Case) *access.Violation {
	if by.system != "" {
		st.IssuingSystem = by.system
		if _, ok := s.waiver(st, held, st.GetWaiver().GetReason()); st.GetWaiver() != nil && !ok {
			return s.needsTwo(st, held)
		}
		return nil
	}
	st.IssuedBy, st.Waiver = by.issued, nil
	if by.drafted.GetId() != by.issued.GetId() {
		st.DraftedBy = by.drafted
	}
	if !by.alone {
		return nil
	}
	if st.DraftedBy == nil { // who began it stays named, whoever wrote more of it
		st.DraftedBy = by.issued
	}
	reason, ok := s.waiver(st, held, by.waiver.GetReason())
	if ok {
		st.Waiver = &spsv1.Waiver{Reason: reason, Note: by.waiver.GetNote()}
		return nil
	}
	st.DraftedBy = nil // so that the checks that follow do not say it again
	return s.needsTwo(st, held)
}

func (s *Service) needsTwo(st *spsv1.Statement, held *statement.Case) *access.Violation {
	v := violation("waiver", string(access.ReasonFourEyes),
		"have a second person issue it, from a draft: the rule of this office does not let one person issue "+s.o.FourEyes.barred(st, held))
	return &v
}

// waiver returns the reason for which the rule lets one person issue a
// statement: the one asked for, or any.
func (s *Service) waiver(st *spsv1.Statement, held *statement.Case, asked spsv1.WaiverReason) (spsv1.WaiverReason, bool) {
	const (
		classification = spsv1.WaiverReason_WAIVER_REASON_CLASSIFICATION
		outOfHours     = spsv1.WaiverReason_WAIVER_REASON_OUT_OF_HOURS
	)
	wants := func(r spsv1.WaiverReason) bool {
		return asked == r || asked == spsv1.WaiverReason_WAIVER_REASON_UNSPECIFIED
	}
	switch {
	case wants(classification) && s.o.FourEyes.waives(st, held):
		return classification, true
	case wants(outOfHours) && s.o.FourEyes.OutOfHours && !statement.Working(s.o.Now(), s.o.Roster.Own().Message().GetHours()):
		return outOfHours, true
	}
	return 0, false
}

// waives reports whether one person may issue a statement whenever it is.
func (f FourEyes) waives(st *spsv1.Statement, held *statement.Case) bool {
	return f.Alone.Has(st) && (st.GetCaseRef() == nil || slices.Contains(f.Alone.Classifications, present(held)))
}

// barred says in words what the rule does not let one person issue whenever it
// is.
func (f FourEyes) barred(st *spsv1.Statement, held *statement.Case) string {
	before, after := present(held), statement.Content(st).GetClassification()
	if before != 0 && (after == 0 || !slices.Contains(f.Alone.Classifications, before)) {
		return "the kind " + kind(st) + " in a case of the classification " + classified(before)
	}
	if after != 0 {
		return "the classification " + classified(after)
	}
	return "the kind " + kind(st)
}

// present returns the classification of a case as it is now; 0 if the case is
// not here.
func present(held *statement.Case) spsv1.Classification {
	if held == nil {
		return 0
	}
	return held.State().GetNotification().GetClassification()
}

func classified(c spsv1.Classification) string {
	return strings.ToLower(strings.TrimPrefix(c.String(), "CLASSIFICATION_"))
}

// sameEyes refuses to issue a draft that the caller wrote.
func sameEyes(d *spsv1.Draft, by string) error {
	return &access.Refusal{
		Code: codes.FailedPrecondition, Reason: access.ReasonFourEyes,
		Sentence: fmt.Sprintf("%s wrote %s: have another validator issue it, or give a waiver if the rule of this office allows one", by, d.GetName()),
	}
}
