package office

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/statement"
)

// completeAct makes a whole statement of what a request says.
func (s *Service) completeAct(ctx context.Context, u *undertaking) error {
	u.st = proto.CloneOf(u.said)
	given := len(u.st.GetAddressees())
	office := u.st.GetOffice() // refused, if given
	u.st.Office = string(s.self())
	var problems statement.Problems
	var err error
	if u.ref == "" {
		err = s.completeAnnouncement(ctx, u)
	} else {
		problems, err = s.completeInCase(ctx, u)
	}
	if err != nil {
		return err
	}
	u.st.Office = office
	for _, a := range u.st.GetAddressees()[given:] {
		// One whose card is no longer accepted is to be told by hand.
		_, known := s.o.Roster.Card(certs.Office(a.GetOffice()))
		a.ByHand = !known
	}
	if len(problems) == 0 {
		return nil
	}
	return access.Problems(problems)
}

// completeInCase completes a statement by its case.
func (s *Service) completeInCase(ctx context.Context, u *undertaking) (statement.Problems, error) {
	var err error
	if u.known, err = s.heldCase(ctx, u.ref); err != nil {
		return nil, err
	}
	if u.known == nil {
		return nil, &access.Refusal{
			Code: codes.FailedPrecondition, Reason: access.ReasonLimit,
			Sentence: "so much refers to this case that no act can be completed from it: issue the statement as a whole",
		}
	}
	if u.st.GetClosure() != nil && u.act.Target != "" {
		if err := s.duplicateOf(ctx, u); err != nil {
			return nil, err
		}
	}
	return u.known.Complete(u.st, u.act), nil
}

// duplicateOf relates a closure to the case of which it ends the duplicate.
func (s *Service) duplicateOf(ctx context.Context, u *undertaking) error {
	other, err := s.referred(ctx, u.act.Target)
	if err != nil {
		return err
	}
	if other.GetStatement().GetNotification() == nil {
		return access.Invalid(access.Violation{Field: "target", Reason: "NO_CASE", Sentence: "give the reference of a case that is held here"})
	}
	u.st.RelatesTo = append(u.st.RelatesTo, &spsv1.Relation{
		Kind: spsv1.RelationKind_RELATION_KIND_SAME_EVENT, Entry: other.GetEntry(), Reference: other.GetReference(),
	})
	return nil
}

// completeAnnouncement sets what an announcement leaves out: it is real, and for
// the network unless it names addressees.
func (s *Service) completeAnnouncement(ctx context.Context, u *undertaking) error {
	st := u.st
	if st.GetStatus() == spsv1.StatementStatus_STATEMENT_STATUS_UNSPECIFIED {
		st.Status = spsv1.StatementStatus_STATEMENT_STATUS_ACTUAL
	}
	if st.GetHandling() == spsv1.Handling_HANDLING_UNSPECIFIED {
		st.Handling = spsv1.Handling_HANDLING_NETWORK
	}
	if len(st.GetAddressees()) == 0 {
		st.Network = true
	}
	relation := map[spsv1.AnnouncementAction]spsv1.RelationKind{
		spsv1.AnnouncementAction_ANNOUNCEMENT_ACTION_REPLACE:  spsv1.RelationKind_RELATION_KIND_SUPERSEDES,
		spsv1.AnnouncementAction_ANNOUNCEMENT_ACTION_WITHDRAW: spsv1.RelationKind_RELATION_KIND_WITHDRAWS,
	}[st.GetAnnouncement().GetAction()]
	if u.act.Target == "" || relation == 0 {
		return nil
	}
	earlier, err := s.referred(ctx, u.act.Target)
	if err != nil {
		return err
	}
	if earlier.GetStatement().GetAnnouncement() == nil || earlier.GetStatement().GetOffice() != string(s.self()) {
		return access.Invalid(access.Violation{Field: "target", Reason: "TARGET_UNKNOWN", Sentence: "name an announcement of the own office, by its reference or its name"})
	}
	st.RelatesTo = append(st.RelatesTo, &spsv1.Relation{Kind: relation, Entry: earlier.GetEntry(), Reference: earlier.GetReference()})
	return nil
}

// referred returns the statement of a name or reference, as the caller of ctx is
// shown it; nil if there is none here.
func (s *Service) referred(ctx context.Context, target string) (*spsv1.IssuedStatement, error) {
	found, err := s.heldAt(ctx, target)
	if found == nil || err != nil {
		return nil, err
	}
	if sees, err := s.sees(ctx, found); err != nil || !sees {
		return nil, err
	}
	return found, nil
}

// heldAt returns the statement of a name or reference, as this office is shown it;
// nil if there is none here.
func (s *Service) heldAt(ctx context.Context, target string) (*spsv1.IssuedStatement, error) {
	if strings.HasPrefix(target, officePrefix) {
		origin, seq, err := parseName(target, s.o.Roster.Federation())
		if err != nil {
			return nil, err
		}
		e, err := s.o.Ledger.Entry(ctx, origin, seq)
		if errors.Is(err, ledger.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return s.show(ctx, e, basic)
	}
	items, err := s.o.Book.Referred(ctx, target)
	if err != nil || len(items) == 0 {
		return nil, err
	}
	return s.item(ctx, items[0], basic)
}
