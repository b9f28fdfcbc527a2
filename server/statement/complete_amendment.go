package statement

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// fillAmendment makes a whole version of what a person changes: the fields of
// the notification that are not replaced, what the statement around it repeats
// of the version before, and what changed.
func fillAmendment(c *Case, s *spsv1.Statement, act Act) Problems {
	current, a := c.f.current(), s.GetAmendment()
	before := Content(current.Statement)
	var problems Problems
	switch merged, wrong := mergeContent(before, a.GetNotification(), act.Fields); {
	case len(wrong) > 0 || act.ofContent():
		a.Notification, problems = merged, wrong
	case a.GetNotification() == nil:
		a.Notification = proto.CloneOf(before)
	}
	if relation(s, spsv1.RelationKind_RELATION_KIND_AMENDS) == nil {
		s.RelatesTo = append(s.RelatesTo, &spsv1.Relation{
			Kind: spsv1.RelationKind_RELATION_KIND_AMENDS, Entry: current.ref(), Reference: current.Reference,
		})
	}
	repeat(s, current.Statement, act)
	wider := len(s.GetAddressees()) > 0
	a.Changes = append(a.Changes, changes(before, a.GetNotification(), a.GetChanges())...)
	a.Changes = append(a.Changes, changesAround(current.Statement, s, a.GetChanges())...)
	if len(a.GetChanges()) == 0 && wider {
		a.Changes = []*spsv1.Change{{Kind: spsv1.ChangeKind_CHANGE_KIND_ADDITION}}
	}
	return problems
}

// repeated are the fields of the statement around a notification that hold until
// an amendment says them anew.
var repeated = []protoreflect.Name{"flags", "contacts", "answer_languages", "attachments"}

// repeat says again what still holds of the version that is amended, and the
// amendment neither says anew nor replaces: flags, contacts, languages of answers,
// and the files that it does not bring itself.
func repeat(s, before *spsv1.Statement, act Act) {
	old, now := proto.CloneOf(before).ProtoReflect(), s.ProtoReflect()
	for _, name := range repeated {
		f := now.Descriptor().Fields().ByName(name)
		if !act.replaces(string(name)) && !now.Has(f) && old.Has(f) {
			now.Set(f, old.Get(f))
		}
	}
	if act.replaces("attachments") {
		return
	}
	for _, file := range before.GetAttachments() {
		if !slices.ContainsFunc(s.GetAttachments(), func(a *spsv1.Attachment) bool { return a.GetId() == file.GetId() }) {
			s.Attachments = append(s.Attachments, proto.CloneOf(file))
		}
	}
}

// changesAround returns what changed around the notification and is not among
// what was said of it.
func changesAround(before, after *spsv1.Statement, said []*spsv1.Change) (found []*spsv1.Change) {
	for _, name := range repeated {
		f := before.ProtoReflect().Descriptor().Fields().ByName(name)
		path := around + string(name)
		if !slices.ContainsFunc(said, func(c *spsv1.Change) bool { return strings.HasPrefix(c.GetPath(), path) }) {
			found = append(found, changeOf(before.ProtoReflect(), after.ProtoReflect(), f, path)...)
		}
	}
	return found
}

// changeOf returns what became of a field, if that is a change.
func changeOf(before, after protoreflect.Message, f protoreflect.FieldDescriptor, path string) []*spsv1.Change {
	kind := spsv1.ChangeKind_CHANGE_KIND_CORRECTION
	switch {
	case before.Has(f) == after.Has(f) && before.Get(f).Equal(after.Get(f)):
		return nil
	case !before.Has(f):
		kind = spsv1.ChangeKind_CHANGE_KIND_ADDITION
	case !after.Has(f):
		kind = spsv1.ChangeKind_CHANGE_KIND_REMOVAL
	}
	return []*spsv1.Change{{Kind: kind, Path: path}}
}

// mergeContent returns before with some fields as in with. Paths of the statement
// around it are none of its fields; one that can not be replaced is a problem.
func mergeContent(before, with *spsv1.Notification, fields []string) (*spsv1.Notification, Problems) {
	merged := proto.CloneOf(before)
	from, to := proto.CloneOf(with).ProtoReflect(), merged.ProtoReflect()
	var problems Problems
	for i, name := range fields {
		if rest, ok := strings.CutPrefix(name, around); ok && slices.Contains(repeated, protoreflect.Name(rest)) {
			continue
		}
		f := to.Descriptor().Fields().ByName(protoreflect.Name(name))
		switch {
		case f == nil:
			problems.add(fmt.Sprintf("update_mask.paths[%d]", i), "MASK",
				"name a field of the notification, such as classification, or statement.flags, .contacts, .attachments, .answerLanguages")
		case from.IsValid() && from.Has(f):
			to.Set(f, from.Get(f))
		default:
			to.Clear(f)
		}
	}
	return merged, problems
}

// changes returns what changed between two contents and is not among what was
// said of it: first what a classification, a risk decision or a confirmation
// says, then each field.
func changes(before, after *spsv1.Notification, said []*spsv1.Change) []*spsv1.Change {
	var found []*spsv1.Change
	kindSaid := func(kind spsv1.ChangeKind) bool {
		return slices.ContainsFunc(said, func(c *spsv1.Change) bool { return c.GetKind() == kind })
	}
	pathSaid := func(path string) bool {
		return slices.ContainsFunc(said, func(c *spsv1.Change) bool {
			return c.GetPath() == path || strings.HasPrefix(c.GetPath(), path+".") || strings.HasPrefix(c.GetPath(), path+"[")
		})
	}
	note := func(kind spsv1.ChangeKind, path string) {
		if !kindSaid(kind) && !pathSaid(path) {
			found = append(found, &spsv1.Change{Kind: kind, Path: path})
		}
	}
	if reclassified(before, after) {
		note(spsv1.ChangeKind_CHANGE_KIND_RECLASSIFICATION, "classification")
	}
	if confirmed(before, after) {
		note(spsv1.ChangeKind_CHANGE_KIND_CONFIRMATION, "preliminary")
	}
	fields := before.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		old, now := before.ProtoReflect(), after.ProtoReflect()
		same := old.Has(f) == now.Has(f) && old.Get(f).Equal(now.Get(f))
		switch name := string(f.Name()); {
		case same, name == "classification", name == "preliminary", pathSaid(name):
		case name == "risk":
			note(spsv1.ChangeKind_CHANGE_KIND_RISK, name)
		case name == "distribution":
			note(spsv1.ChangeKind_CHANGE_KIND_DISTRIBUTION, name)
		default:
			found = append(found, changeOf(old, now, f, name)...)
		}
	}
	return found
}

// reclassified reports whether the classification is another.
func reclassified(before, after *spsv1.Notification) bool {
	return before.GetClassification() != after.GetClassification()
}

// confirmed reports whether what was preliminary is so no more.
func confirmed(before, after *spsv1.Notification) bool {
	return before.GetPreliminary() && !after.GetPreliminary()
}
