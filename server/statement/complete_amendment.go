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
	if len(act.Fields) > 0 {
		a.Notification, problems = mergeContent(before, a.GetNotification(), act.Fields)
	} else if a.GetNotification() == nil {
		a.Notification = proto.CloneOf(before)
	}
	if relation(s, spsv1.RelationKind_RELATION_KIND_AMENDS) == nil {
		s.RelatesTo = append(s.RelatesTo, &spsv1.Relation{
			Kind: spsv1.RelationKind_RELATION_KIND_AMENDS, Entry: current.ref(), Reference: current.Reference,
		})
	}
	repeat(s, current.Statement)
	wider := len(s.GetAddressees()) > 0
	a.Changes = append(a.Changes, changes(before, a.GetNotification(), a.GetChanges())...)
	if len(a.GetChanges()) == 0 && wider {
		a.Changes = []*spsv1.Change{{Kind: spsv1.ChangeKind_CHANGE_KIND_ADDITION}}
	}
	return problems
}

// repeat says again what still holds of the version that is amended, and the
// amendment does not say anew: flags, contacts, languages of answers, and the
// files that it does not bring itself.
func repeat(s, before *spsv1.Statement) {
	before = proto.CloneOf(before)
	if len(s.GetFlags()) == 0 {
		s.Flags = before.GetFlags()
	}
	if len(s.GetContacts()) == 0 {
		s.Contacts = before.GetContacts()
	}
	if len(s.GetAnswerLanguages()) == 0 {
		s.AnswerLanguages = before.GetAnswerLanguages()
	}
	for _, file := range before.GetAttachments() {
		if !slices.ContainsFunc(s.GetAttachments(), func(a *spsv1.Attachment) bool { return a.GetId() == file.GetId() }) {
			s.Attachments = append(s.Attachments, file)
		}
	}
}

// mergeContent returns before with some fields as in with.
func mergeContent(before, with *spsv1.Notification, fields []string) (*spsv1.Notification, Problems) {
	merged := proto.CloneOf(before)
	from, to := proto.CloneOf(with).ProtoReflect(), merged.ProtoReflect()
	var problems Problems
	for i, name := range fields {
		f := to.Descriptor().Fields().ByName(protoreflect.Name(name))
		switch {
		case f == nil:
			problems.add(fmt.Sprintf("update_mask.paths[%d]", i), "MASK", "name a field of the notification, such as classification")
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
	known := func(kind spsv1.ChangeKind, path string) bool {
		return slices.ContainsFunc(said, func(c *spsv1.Change) bool {
			return path == "" && c.GetKind() == kind ||
				path != "" && (c.GetPath() == path || strings.HasPrefix(c.GetPath(), path+".") || strings.HasPrefix(c.GetPath(), path+"["))
		})
	}
	note := func(kind spsv1.ChangeKind, path string) {
		if !known(kind, "") && (path == "" || !known(kind, path)) {
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
		case same, name == "classification", name == "preliminary", known(0, name):
		case name == "risk":
			note(spsv1.ChangeKind_CHANGE_KIND_RISK, name)
		case name == "distribution":
			note(spsv1.ChangeKind_CHANGE_KIND_DISTRIBUTION, name)
		case !old.Has(f):
			found = append(found, &spsv1.Change{Kind: spsv1.ChangeKind_CHANGE_KIND_ADDITION, Path: name})
		case !now.Has(f):
			found = append(found, &spsv1.Change{Kind: spsv1.ChangeKind_CHANGE_KIND_REMOVAL, Path: name})
		default:
			found = append(found, &spsv1.Change{Kind: spsv1.ChangeKind_CHANGE_KIND_CORRECTION, Path: name})
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
