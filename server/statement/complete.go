package statement

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Act is what a person decides about a statement in a case and the statement
// itself does not say.
type Act struct {
	// Target names, by name or reference, what an answer answers, what a
	// withdrawal takes back, what a case is a duplicate of. "" is what the kind
	// says.
	Target string
	// Fields are the paths that an amendment replaces: names of fields of the
	// notification, of which none means all, and `statement.flags` and the like of
	// the statement around it.
	Fields []string
}

// around is what begins a path of the statement around an amendment.
const around = "statement."

// replaces reports whether an amendment replaces a field of the statement around
// it, by what it says there.
func (a Act) replaces(field string) bool { return slices.Contains(a.Fields, around+field) }

// ofContent reports whether an amendment names fields of the notification that it
// replaces.
func (a Act) ofContent() bool {
	return slices.ContainsFunc(a.Fields, func(path string) bool { return !strings.HasPrefix(path, around) })
}

// kind says how a statement of a kind is completed from its case.
type kind struct {
	// reach says whom it goes to.
	reach func(*Case, *spsv1.Statement) *reach
	// fixed is true if it goes there whatever else it says: addressees given come
	// in addition. If not, they stand for it.
	fixed bool
	// fill, if set, completes what is of this kind only.
	fill func(*Case, *spsv1.Statement, Act) Problems
}

// kinds are the statements that belong into a case, by the name of their body.
var kinds = map[protoreflect.Name]kind{
	"acknowledgement": {reach: inCase},
	"follow_up":       {reach: inCase},
	"request":         {reach: asked, fill: fillRequest},
	"response":        {reach: readers, fill: fillResponse},
	"amendment":       {reach: everyone, fixed: true, fill: fillAmendment},
	"withdrawal":      {reach: withdrawn, fixed: true, fill: fillWithdrawal},
	"closure":         {reach: everyone, fixed: true},
	"reopening":       {reach: everyone, fixed: true},
}

// kindOf returns the name of the body of a statement; empty if it has none.
func kindOf(s *spsv1.Statement) protoreflect.Name {
	m := s.ProtoReflect()
	body := m.WhichOneof(m.Descriptor().Oneofs().ByName("body"))
	if body == nil {
		return ""
	}
	return body.Name()
}

// Complete sets what the case says of a statement by one of its offices, whose
// office and body are set: the case with its digest, the status, and, as far as
// the statement does not say them, handling, relations and addressees. Addressees
// of its own come first; those that it adds have no card number yet. It returns
// what keeps it from that, and checks nothing else.
func (c *Case) Complete(s *spsv1.Statement, act Act) Problems {
	k, ok := kinds[kindOf(s)]
	if !ok {
		return nil // Check says so
	}
	s.Status = c.f.original.Statement.GetStatus()
	s.CaseRef = &spsv1.CaseRef{Original: c.f.original.ref(), Reference: c.f.original.Reference}
	if s.GetHandling() == spsv1.Handling_HANDLING_UNSPECIFIED {
		s.Handling = c.f.state.GetHandling()
	}
	var problems Problems
	if k.fill != nil {
		problems = k.fill(c, s, act)
	}
	if k.fixed || !s.GetNetwork() && len(s.GetAddressees()) == 0 {
		c.address(s, k.reach(c, s))
	}
	c.address(s, c.superseded(s))
	return problems
}

// address adds whom a statement does not address yet.
func (c *Case) address(s *spsv1.Statement, r *reach) {
	s.Network = s.GetNetwork() || r.network
	seen := make(map[string]bool)
	for _, a := range s.GetAddressees() {
		seen[who(a)] = true
	}
	for _, office := range r.sorted() {
		if !seen[who(mention(office))] {
			seen[who(mention(office))] = true // who joined the network is not told by hand, too
			s.Addressees = append(s.Addressees, &spsv1.Addressee{Office: office, Roles: c.roles(s.GetOffice(), office)})
		}
	}
	for _, a := range r.hand {
		if !seen[who(a)] {
			s.Addressees = append(s.Addressees, proto.CloneOf(a))
		}
	}
}

// roles returns why the speaker addresses an office: the issuer for the reasons
// that it gave before.
func (c *Case) roles(speaker, office string) []spsv1.AddresseeRole {
	if office == c.f.issuer() {
		return []spsv1.AddresseeRole{spsv1.AddresseeRole_ADDRESSEE_ROLE_ISSUER}
	}
	for _, p := range c.f.state.GetParticipants() {
		if p.GetOffice() == office && speaker == c.f.issuer() && len(p.GetRoles()) > 0 {
			return slices.Clone(p.GetRoles())
		}
	}
	return []spsv1.AddresseeRole{spsv1.AddresseeRole_ADDRESSEE_ROLE_PARTICIPANT}
}

// everyone is everyone who was ever addressed in the case.
func everyone(c *Case, s *spsv1.Statement) *reach { return c.told(s.GetOffice()) }

// inCase is every office of the case. Who is told by hand is told what changes
// the case, not each addition.
func inCase(c *Case, s *spsv1.Statement) *reach {
	r := c.told(s.GetOffice())
	r.hand = nil
	return r
}

// asked is whom a request asks, and the office that issued the notification. What
// that one heard outside the network it confirms to who asked it.
func asked(c *Case, s *spsv1.Statement) *reach {
	r := &reach{offices: map[string]bool{c.f.issuer(): true}}
	for _, office := range s.GetRequest().GetOffices() {
		r.offices[office] = true
	}
	delete(r.offices, s.GetOffice())
	if s.GetOffice() == c.f.issuer() {
		r.teller(s)
	}
	return r
}

// readers is who asked, be it outside the network, and all others who read the
// question.
func readers(c *Case, s *spsv1.Statement) *reach {
	question := c.f.find(relation(s, spsv1.RelationKind_RELATION_KIND_REPLIES)).entry
	if question == nil {
		return &reach{}
	}
	r := c.toldOf(&question.CaseEntry)
	if question.Statement.GetSource() == nil || question.office() != s.GetOffice() {
		r.hand = nil
	} else if s.GetOffice() == c.f.issuer() {
		r.teller(question.Statement)
	}
	r.offices[question.office()] = true
	delete(r.offices, s.GetOffice())
	return r
}

// withdrawn is who was told of what is taken back: everyone, if that changes the
// case.
func withdrawn(c *Case, s *spsv1.Statement) *reach {
	if at := c.f.find(relation(s, spsv1.RelationKind_RELATION_KIND_WITHDRAWS)).entry; at != nil && at.office() != c.f.issuer() {
		return c.toldOf(&at.CaseEntry)
	}
	return c.told(s.GetOffice())
}

// fillRequest asks the office that issued the notification, or for an extension
// who may grant it, unless others are named.
func fillRequest(c *Case, s *spsv1.Statement, _ Act) Problems {
	r := s.GetRequest()
	if len(r.GetOffices()) > 0 {
		return nil
	}
	whom := c.f.issuer()
	if x := r.GetExtension(); x != nil {
		if _, grantor := c.f.extended(x); grantor != "" {
			whom = grantor
		}
	}
	if whom != s.GetOffice() || s.GetSource() != nil {
		r.Offices = []string{whom}
	}
	return nil
}

// fillResponse names what is answered: what the target names, or the only thing
// that waits for an answer of the office.
func fillResponse(c *Case, s *spsv1.Statement, act Act) Problems {
	if relation(s, spsv1.RelationKind_RELATION_KIND_REPLIES) != nil {
		return nil
	}
	names := []string{act.Target}
	if act.Target == "" {
		names = c.waiting(s)
	}
	var problems Problems
	if len(names) != 1 {
		problems.add("target", "TARGET_REQUIRED", "say what is answered, by its reference: not exactly one thing waits for an answer of this office")
		return problems
	}
	return c.relate(s, spsv1.RelationKind_RELATION_KIND_REPLIES, names[0])
}

// waiting returns the names of what waits for such an answer of whoever speaks in
// a statement.
func (c *Case) waiting(s *spsv1.Statement) []string {
	var names []string
	by := s.GetOffice()
	if source := s.GetSource(); source != nil {
		by = source.GetTeller().GetOffice()
	}
	if s.GetResponse().GetDisputeResult() != spsv1.DisputeResult_DISPUTE_RESULT_UNSPECIFIED {
		for _, d := range c.f.state.GetDisputes() {
			if d.GetResult() == spsv1.DisputeResult_DISPUTE_RESULT_UNSPECIFIED && !d.GetLifted() && by == c.f.issuer() {
				names = append(names, d.GetSaid().GetStatement())
			}
		}
		return names
	}
	for _, r := range c.f.state.GetRequests() {
		for _, a := range r.GetAnswers() {
			open := a.GetResult() == spsv1.ResponseResult_RESPONSE_RESULT_UNSPECIFIED ||
				a.GetResult() == spsv1.ResponseResult_RESPONSE_RESULT_INTERIM
			if a.GetOffice() == by && open {
				names = append(names, r.GetSaid().GetStatement())
			}
		}
	}
	return names
}

// fillWithdrawal names what is taken back; nothing for the notification.
func fillWithdrawal(c *Case, s *spsv1.Statement, act Act) Problems {
	if act.Target == "" || relation(s, spsv1.RelationKind_RELATION_KIND_WITHDRAWS) != nil {
		return nil
	}
	return c.relate(s, spsv1.RelationKind_RELATION_KIND_WITHDRAWS, act.Target)
}

// relate names an entry of the case by its name or reference.
func (c *Case) relate(s *spsv1.Statement, kind spsv1.RelationKind, name string) Problems {
	e, _ := c.by(name)
	if e == nil {
		var problems Problems
		problems.add("target", "TARGET_UNKNOWN", "name a statement of this case, by its reference or its name")
		return problems
	}
	s.RelatesTo = append(s.RelatesTo, &spsv1.Relation{Kind: kind, Entry: e.ref(), Reference: e.Reference})
	return nil
}
