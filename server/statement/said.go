package statement

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Said returns the statement that the request of an act makes, as far as the
// request says it: what its field `statement` holds, with the content beside it
// as the body. An external reference by itself makes a follow-up. The second
// result is the name of the field with the content; empty if the request is that
// of no act. The statement is the caller's.
func Said(request proto.Message) (s *spsv1.Statement, content string) {
	m := request.ProtoReflect()
	at := contentOf(m.Descriptor())
	if at == nil {
		return nil, ""
	}
	s = &spsv1.Statement{}
	if around := m.Descriptor().Fields().ByName("statement"); m.Has(around) {
		if given, ok := m.Get(around).Message().Interface().(*spsv1.Statement); ok {
			s = proto.CloneOf(given)
		}
	}
	s.Body = nil
	given, body := m.Get(at).Message(), bodies().ByName(at.Name())
	switch {
	case body == nil:
		if ref, ok := given.Interface().(*spsv1.ExternalReference); ok && given.IsValid() {
			s.ExternalReferences = append(s.ExternalReferences, proto.CloneOf(ref))
		}
		s.Body = &spsv1.Statement_FollowUp{FollowUp: &spsv1.FollowUp{}}
	case given.IsValid():
		s.ProtoReflect().Set(body, protoreflect.ValueOfMessage(proto.Clone(given.Interface()).ProtoReflect()))
	default:
		s.ProtoReflect().Set(body, s.ProtoReflect().NewField(body))
	}
	return s, string(at.Name())
}

func bodies() protoreflect.FieldDescriptors {
	return (*spsv1.Statement)(nil).ProtoReflect().Descriptor().Oneofs().ByName("body").Fields()
}

// contentOf returns the field that holds the content of an act; nil if the
// message is not the request of one.
func contentOf(request protoreflect.MessageDescriptor) protoreflect.FieldDescriptor {
	around := request.Fields().ByName("statement")
	if around == nil || around.Message() == nil || around.Message().FullName() != statementName {
		return nil
	}
	fields := request.Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if f.Name() == "external_reference" {
			return f
		}
		if body := bodies().ByName(f.Name()); body != nil && f.Message() != nil && body.Message().FullName() == f.Message().FullName() {
			return f
		}
	}
	return nil
}

var statementName = (*spsv1.Statement)(nil).ProtoReflect().Descriptor().FullName()

// Repeats reports whether an act that says so, once more under the same request
// id, is the one that issued a statement. What the case and the node filled in
// may be anything, since the case has gone on; all that was said must be there,
// and the body exactly so, but for what is filled in of a request and of an
// amendment.
func Repeats(said, issued *spsv1.Statement, act Act) bool {
	a, b := proto.CloneOf(said), proto.CloneOf(issued)
	switch {
	case kindOf(a) != kindOf(b):
		return false
	case a.GetRequest() != nil:
	case a.GetAmendment() != nil:
		if act.ofContent() {
			merged, problems := mergeContent(b.GetAmendment().GetNotification(), a.GetAmendment().GetNotification(), act.Fields)
			if len(problems) > 0 || !proto.Equal(merged, b.GetAmendment().GetNotification()) {
				return false
			}
		} else if n := a.GetAmendment().GetNotification(); n != nil && !proto.Equal(n, b.GetAmendment().GetNotification()) {
			return false
		}
		a.GetAmendment().Notification = nil
		for _, name := range repeated {
			f := a.ProtoReflect().Descriptor().Fields().ByName(name)
			if act.replaces(string(name)) && a.ProtoReflect().Get(f).List().Len() != b.ProtoReflect().Get(f).List().Len() {
				return false // that it says all that was said is looked at below
			}
		}
	default:
		if !proto.Equal(&spsv1.Statement{Body: a.Body}, &spsv1.Statement{Body: b.Body}) {
			return false
		}
	}
	return aims(b, act.Target) && within(a.ProtoReflect(), b.ProtoReflect())
}

// aims reports whether a statement relates to what a target names.
func aims(s *spsv1.Statement, target string) bool {
	if target == "" {
		return true
	}
	for _, r := range s.GetRelatesTo() {
		if r.GetReference() == target || entryName(r.GetEntry()) == target {
			return true
		}
	}
	return false
}

// within reports whether whole says everything that part says: each field that
// is set, and of a list each item, in that order.
func within(part, whole protoreflect.Message) bool {
	ok := true
	part.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case !whole.Has(f):
			ok = false
		case f.IsList():
			at, list := 0, whole.Get(f).List()
			for i := range v.List().Len() {
				for at < list.Len() && !same(f, v.List().Get(i), list.Get(at)) {
					at++
				}
				if at++; at > list.Len() {
					ok = false
				}
			}
		default:
			ok = same(f, v, whole.Get(f))
		}
		return ok
	})
	return ok
}

// same compares one value of a field, as within does.
func same(f protoreflect.FieldDescriptor, part, whole protoreflect.Value) bool {
	if f.Message() != nil {
		return within(part.Message(), whole.Message())
	}
	return part.Equal(whole)
}
