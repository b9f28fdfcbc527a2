package access

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// Scope is a set of statements by kind and classification: what a caller of the
// role system may issue, what one person may issue alone. The zero Scope has
// none.
type Scope struct {
	// Classifications are those of notifications, new or amended.
	Classifications []spsv1.Classification
	// Kinds are the kinds of statements besides notifications, as the fields of
	// the contract name them, such as "follow_up".
	Kinds []string
}

// ParseScope reads the text form of a scope: names of classifications and
// kinds, separated by commas, such as "border_rejection,alert,follow_up".
func ParseScope(text string) (Scope, error) {
	var s Scope
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		c, ok := spsv1.Classification_value["CLASSIFICATION_"+strings.ToUpper(name)]
		switch {
		case ok && c != 0 && name == strings.ToLower(name):
			s.Classifications = append(s.Classifications, spsv1.Classification(c))
		case slices.Contains(scopeKinds(), name):
			s.Kinds = append(s.Kinds, name)
		default:
			return Scope{}, fmt.Errorf("%q is none of %s", name, strings.Join(append(classificationNames(), scopeKinds()...), ", "))
		}
	}
	return s, nil
}

// WholeScope returns the scope that has every statement.
func WholeScope() Scope {
	s := Scope{Kinds: scopeKinds()}
	for _, name := range classificationNames() {
		s.Classifications = append(s.Classifications, spsv1.Classification(spsv1.Classification_value["CLASSIFICATION_"+strings.ToUpper(name)]))
	}
	return s
}

// Has reports whether a statement is in the scope; one without a body is in
// none.
func (s Scope) Has(st *spsv1.Statement) bool {
	return st.GetBody() != nil && s.allows(st) == nil
}

// scopeKinds returns the kinds of statements that a scope names: all but
// notifications, which it names by classification.
func scopeKinds() []string {
	fields := (&spsv1.Statement{}).ProtoReflect().Descriptor().Oneofs().ByName("body").Fields()
	var kinds []string
	for i := range fields.Len() {
		if name := string(fields.Get(i).Name()); name != "notification" {
			kinds = append(kinds, name)
		}
	}
	return kinds
}

func classificationNames() []string {
	values := spsv1.Classification(0).Descriptor().Values()
	var names []string
	for i := range values.Len() {
		if v := values.Get(i); v.Number() != 0 {
			names = append(names, classificationName(spsv1.Classification(v.Number())))
		}
	}
	return names
}

func classificationName(c spsv1.Classification) string {
	return strings.ToLower(strings.TrimPrefix(c.String(), "CLASSIFICATION_"))
}

// issueScope refuses what the caller may not issue, see [Caller.Issues]; to the
// people of a unit everything, and to an officer what needs two persons, but for a
// check or a draft of it.
func issueScope(c Caller, request proto.Message) error {
	st, dry := asked(request)
	if c.Role == certs.RoleOfficer && !dry && (st.GetBody() == nil || statement.TwoPersons(st)) {
		return &Refusal{
			Code: codes.PermissionDenied, Reason: ReasonDenied,
			Sentence: "officers acknowledge, follow up, ask and answer; this a validator issues: submit it as a draft, or set validateOnly to check it",
		}
	}
	if c.Role == certs.RolePost && !dry {
		return &Refusal{
			Code: codes.PermissionDenied, Reason: ReasonDenied,
			Sentence: "a post announces by a draft, which a validator issues: set draft, then submit it",
		}
	}
	if !dry && c.Role != certs.RoleSystem && !c.Focal() {
		return unitDrafts()
	}
	if c.Role == certs.RoleSystem && st == nil { // no scope speaks of what it asks
		return outOfScope("this is not for systems")
	}
	return c.Issues(st)
}

// focalOnly refuses whoever belongs to a unit: it drafts, and the focal point
// issues.
func focalOnly(c Caller, _ proto.Message) error {
	if c.Focal() {
		return nil
	}
	return unitDrafts()
}

func unitDrafts() error {
	return &Refusal{
		Code: codes.PermissionDenied, Reason: ReasonDenied,
		Sentence: "your unit drafts, and the focal point issues: submit it as a draft, or set validateOnly to check it",
	}
}

// asked returns the statement that a request makes, as far as it says it, nil if
// it makes none; and whether nothing is issued by it.
func asked(request proto.Message) (st *spsv1.Statement, dry bool) {
	if d, ok := request.(interface{ GetValidateOnly() bool }); ok {
		dry = d.GetValidateOnly()
	}
	if d, ok := request.(interface{ GetDraft() bool }); ok {
		dry = dry || d.GetDraft()
	}
	if req, ok := request.(*spsv1.IssueStatementRequest); ok {
		st = req.GetStatement()
		if st == nil {
			st = &spsv1.Statement{}
		}
		return st, dry
	}
	st, _ = statement.Said(request)
	if changed := st.GetAmendment(); changed != nil {
		changed.Notification = nil // perhaps only what changes; the service has the whole
	}
	return st, dry
}

// Issues refuses a statement that the caller may not issue: what is beyond its
// scope to a system, and to whoever belongs to a unit what another unit would
// say.
func (c Caller) Issues(st *spsv1.Statement) error {
	if err := c.SpeaksFor(st); err != nil {
		return err
	}
	if c.Role != certs.RoleSystem {
		return nil
	}
	return c.Scope.allows(st)
}

// SpeaksFor refuses a statement of another unit to a caller who belongs to one.
func (c Caller) SpeaksFor(st *spsv1.Statement) error {
	for _, unit := range []string{st.GetUnit(), st.GetOnBehalfOf()} {
		if !c.Focal() && unit != "" && unit != c.Unit {
			return outOfScope(fmt.Sprintf("you speak for %s and not for %s: leave out unit and onBehalfOf, or ask that unit", c.Unit, unit))
		}
	}
	return nil
}

// allows refuses a statement that is not in the scope. One without a body is
// for the service to refuse.
func (s Scope) allows(st *spsv1.Statement) error {
	body := st.ProtoReflect().WhichOneof(st.ProtoReflect().Descriptor().Oneofs().ByName("body"))
	switch {
	case len(s.Classifications) == 0 && len(s.Kinds) == 0:
		return outOfScope("this system issues nothing: ask the administrator for a scope")
	case body == nil:
		return nil
	}
	kind, notification := string(body.Name()), st.GetNotification()
	if amended := st.GetAmendment(); amended != nil {
		notification = amended.GetNotification()
	}
	if kind != "notification" && !slices.Contains(s.Kinds, kind) {
		return outOfScope(fmt.Sprintf("this system does not issue the kind %s: ask the administrator for a scope with it", kind))
	}
	if notification != nil && !slices.Contains(s.Classifications, notification.GetClassification()) {
		return outOfScope(fmt.Sprintf("this system does not issue the classification %s: ask the administrator for a scope with it",
			classificationName(notification.GetClassification())))
	}
	return nil
}

func outOfScope(sentence string) error {
	return &Refusal{Code: codes.PermissionDenied, Reason: ReasonScope, Sentence: sentence}
}
