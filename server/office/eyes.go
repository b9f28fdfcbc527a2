package office

import (
	"fmt"
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
	// Alone is what one person may issue.
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
	blind   bool          // who asks sees no cases, and is not told what the case makes of the statement
}

// directly returns the authors of a statement that is issued without a draft. An
// officer only checks, so that another person would issue it.
func directly(caller access.Caller, req *spsv1.IssueStatementRequest) authors {
	st := req.GetStatement()
	switch {
	case caller.Role == certs.RoleSystem:
		return authors{unit: caller.Unit, system: caller.ID}
	case caller.Role == certs.RoleOfficer && statement.TwoPersons(st):
		return authors{unit: caller.Unit, drafted: person(caller), issued: someoneElse()}
	}
	return authors{unit: caller.Unit, issued: person(caller), alone: statement.TwoPersons(st), waiver: st.GetWaiver()}
}

// person returns a caller as statements name persons.
func person(c access.Caller) *spsv1.Person { return &spsv1.Person{Id: c.ID, Unit: c.Unit} }

// asking returns the authors while somebody only asks what is wrong with a draft
// that another person would issue.
func asking(caller access.Caller) authors {
	return authors{issued: someoneElse(), blind: caller.Role == certs.RolePost}
}

// someoneElse stands for the second person while a statement is only checked.
func someoneElse() *spsv1.Person { return &spsv1.Person{Function: "validator"} }

// sign sets the persons behind a statement, and the waiver of one that is issued
// by a person who wrote of it; it reports that the rule of the office wants two. A
// waiver that was asked for must be one that the rule gives. A system names its
// persons itself.
func (s *Service) sign(st *spsv1.Statement, by authors) *access.Violation {
	if by.system != "" {
		st.IssuingSystem = by.system
		if _, ok := s.waiver(st, st.GetWaiver().GetReason()); st.GetWaiver() != nil && !ok {
			return needsTwo(st)
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
	reason, ok := s.waiver(st, by.waiver.GetReason())
	if ok {
		st.Waiver = &spsv1.Waiver{Reason: reason, Note: by.waiver.GetNote()}
		return nil
	}
	st.DraftedBy = nil // so that the checks that follow do not say it again
	return needsTwo(st)
}

func needsTwo(st *spsv1.Statement) *access.Violation {
	v := violation("waiver", string(access.ReasonFourEyes),
		"have a second person issue it, from a draft: the rule of this office does not let one person issue "+classified(st))
	return &v
}

// waiver returns the reason for which the rule lets one person issue a
// statement: the one asked for, or any.
func (s *Service) waiver(st *spsv1.Statement, asked spsv1.WaiverReason) (spsv1.WaiverReason, bool) {
	const (
		classification = spsv1.WaiverReason_WAIVER_REASON_CLASSIFICATION
		outOfHours     = spsv1.WaiverReason_WAIVER_REASON_OUT_OF_HOURS
	)
	wants := func(r spsv1.WaiverReason) bool {
		return asked == r || asked == spsv1.WaiverReason_WAIVER_REASON_UNSPECIFIED
	}
	switch {
	case wants(classification) && s.o.FourEyes.Alone.Has(st):
		return classification, true
	case wants(outOfHours) && s.o.FourEyes.OutOfHours && !statement.Working(s.o.Now(), s.o.Roster.Own().Message().GetHours()):
		return outOfHours, true
	}
	return 0, false
}

// classified says in words what is to be issued.
func classified(st *spsv1.Statement) string {
	if c := statement.Content(st).GetClassification(); c != spsv1.Classification_CLASSIFICATION_UNSPECIFIED {
		return "the classification " + strings.ToLower(strings.TrimPrefix(c.String(), "CLASSIFICATION_"))
	}
	return "a " + kind(st)
}

// sameEyes refuses to issue a draft that the caller wrote.
func sameEyes(d *spsv1.Draft, by string) error {
	return &access.Refusal{
		Code: codes.FailedPrecondition, Reason: access.ReasonFourEyes,
		Sentence: fmt.Sprintf("%s wrote %s: have another validator issue it, or give a waiver if the rule of this office allows one", by, d.GetName()),
	}
}
