package statement

import (
	"slices"
	"strings"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"google.golang.org/protobuf/proto"
)

// Check returns everything that is wrong with a statement that is about to be
// signed, or was: the violations of the field rules in the protos first, then
// what the law across fields finds, in the order of the fields. It returns nil
// for a valid statement. It does not change s and is safe for concurrent use.
func Check(s *spsv1.Statement) Problems {
	var problems Problems
	if s == nil {
		problems.add("", "STATEMENT_ABSENT", "give a statement")
		return problems
	}
	problems = checkFields(s)
	across := checkTree(s)
	across = append(across, checkPeople(s)...)
	across = append(across, checkAudience(s)...)
	across = append(across, checkSource(s)...)
	across = append(across, checkCase(s)...)
	across = append(across, checkBody(s)...)
	return problems.Join(across)
}

// CheckPart returns what is wrong with a message that is made of the parts of
// statements and is none, such as the finding of a laboratory: the violations of
// its field rules first, then what the law says of local ids, texts and dates
// wherever they stand.
func CheckPart(m proto.Message) Problems {
	t := &tree{content: true, ids: make(map[string]string)}
	t.message(m.ProtoReflect(), "", "")
	t.resolve()
	return checkFields(m).Join(t.problems)
}

// Content returns the content of a notification that s carries: its own if it is
// an original, the new version if it is an amendment, nil otherwise.
func Content(s *spsv1.Statement) *spsv1.Notification {
	if n := s.GetNotification(); n != nil {
		return n
	}
	return s.GetAmendment().GetNotification()
}

// Urgent reports whether s must not wait behind a backlog: it carries an alert,
// or a risk that was decided to be serious.
func Urgent(s *spsv1.Statement) bool {
	n := Content(s)
	return n.GetClassification() == spsv1.Classification_CLASSIFICATION_ALERT ||
		n.GetRisk().GetDecision() == spsv1.RiskDecision_RISK_DECISION_SERIOUS
}

// Audience returns who may read s: the network, or the issuing office and every
// addressee that has a node, sorted and without repetition.
func Audience(s *spsv1.Statement) *spsv1.Audience {
	if s.GetNetwork() {
		return &spsv1.Audience{Network: true}
	}
	offices := []string{s.GetOffice()}
	for _, a := range s.GetAddressees() {
		if a.GetOffice() != "" && !a.GetByHand() {
			offices = append(offices, a.GetOffice())
		}
	}
	slices.Sort(offices)
	return &spsv1.Audience{Offices: slices.Compact(offices)}
}

// exercise reports whether s belongs to an exercise or a test.
func exercise(s *spsv1.Statement) bool {
	return s.GetStatus() == spsv1.StatementStatus_STATEMENT_STATUS_EXERCISE ||
		s.GetStatus() == spsv1.StatementStatus_STATEMENT_STATUS_TEST
}

// exerciseReference reports whether a reference was given to an exercise.
func exerciseReference(reference string) bool {
	return len(reference) > 2 && strings.HasPrefix(reference[2:], "-EX-")
}
