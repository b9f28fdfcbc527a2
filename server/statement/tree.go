package statement

import (
	"fmt"
	"strings"
	"sync"

	"buf.build/go/protovalidate"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// localID says what a string field has to do with local ids.
type localID int

const (
	notLocal localID = iota
	defines          // the id of the message that holds it
	refers           // names the id of another message
)

// localIDs returns, for every string field of the model that has to do with
// local ids, what. The protos say it themselves: the pattern of such a field
// holds the shape of a local id, and one that defines it is called id.
var localIDs = sync.OnceValue(func() map[protoreflect.FullName]localID {
	found := make(map[protoreflect.FullName]localID)
	seen := make(map[protoreflect.FullName]bool)
	var visit func(protoreflect.MessageDescriptor)
	visit = func(m protoreflect.MessageDescriptor) {
		if seen[m.FullName()] {
			return
		}
		seen[m.FullName()] = true
		for i := range m.Fields().Len() {
			f := m.Fields().Get(i)
			if f.Message() != nil {
				visit(f.Message())
				continue
			}
			if strings.Contains(pattern(f), "[1-9][0-9]{0,3}") {
				found[f.FullName()] = refers
				if f.Name() == "id" {
					found[f.FullName()] = defines
				}
			}
		}
	}
	visit((*spsv1.Statement)(nil).ProtoReflect().Descriptor())
	return found
})

// pattern returns the pattern that a string field, or each item of a list of
// strings, must fit; empty if there is none.
func pattern(f protoreflect.FieldDescriptor) string {
	rules, err := protovalidate.ResolveFieldRules(f)
	if err != nil {
		return ""
	}
	if f.IsList() {
		return rules.GetRepeated().GetItems().GetString().GetPattern()
	}
	return rules.GetString().GetPattern()
}

// tree is what one walk through a statement collects.
type tree struct {
	problems Problems
	// content is true if the statement is itself a notification or an amendment,
	// or belongs to no case, and so has nothing to name by n: ids.
	content bool
	ids     map[string]string // local id to the path of its message
	named   []reference
}

// reference is a local id that some field names.
type reference struct{ path, id string }

// checkTree walks through the whole statement and applies the law that does not
// depend on where a value stands: local ids, text, languages, dates.
func checkTree(s *spsv1.Statement) Problems {
	t := walk(s)
	t.resolve()
	return t.problems
}

func walk(s *spsv1.Statement) *tree {
	t := &tree{
		content: Content(s) != nil || s.GetAnnouncement() != nil,
		ids:     make(map[string]string),
	}
	t.message(s.ProtoReflect(), "", "")
	return t
}

// message visits m, which stands at path, in the message whose local id is
// parent.
func (t *tree) message(m protoreflect.Message, path, parent string) {
	t.values(m.Interface(), path)
	self := parent
	m.Range(func(f protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		if localIDs()[f.FullName()] == defines {
			self = m.Get(f).String()
			t.define(join(path, f), self, parent)
		}
		return true
	})
	// In the order of the descriptor, so that problems come in a stable order.
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if !m.Has(f) {
			continue
		}
		v, p := m.Get(f), join(path, f)
		if !f.IsList() {
			t.value(f, v, p, self)
			continue
		}
		list := v.List()
		if f.Message() != nil && f.Message().FullName() == textName {
			t.languages(list, p)
		}
		for j := range list.Len() {
			t.value(f, list.Get(j), fmt.Sprintf("%s[%d]", p, j), self)
		}
	}
}

// value visits one value of a field.
func (t *tree) value(f protoreflect.FieldDescriptor, v protoreflect.Value, path, self string) {
	switch {
	case f.Message() != nil:
		t.message(v.Message(), path, self)
	case f.Kind() == protoreflect.StringKind:
		t.text(v.String(), path)
		if localIDs()[f.FullName()] == refers {
			t.named = append(t.named, reference{path: path, id: v.String()})
		}
	}
}

// values applies the law of single messages.
func (t *tree) values(m proto.Message, path string) {
	switch m := m.(type) {
	case *spsv1.Date:
		t.date(m, path)
	case *spsv1.LocalizedText:
		t.localized(m, path)
	case *spsv1.Lot:
		t.lotDates(m, path)
	case *spsv1.LotBalance:
		t.balance(m, path)
	case *spsv1.Finding:
		if m.GetDocumentFault() != nil && !namesDocument(m.GetAbout()) {
			t.problems.add(path+".about", "DOCUMENT_REQUIRED",
				"name the document that is at fault, such as d1; list it among the documents even when it is absent")
		}
	}
}

// define records that the message at path has a local id.
func (t *tree) define(path, id, parent string) {
	if id == "" {
		return
	}
	if earlier, ok := t.ids[id]; ok {
		t.problems.add(path, "ID_TWICE", fmt.Sprintf("give it another id, %s is the id of %s", id, earlier))
		return
	}
	t.ids[id] = strings.TrimSuffix(path, ".id")
	if above, _, ok := strings.Cut(id, "."); ok && parent != "" && above != parent {
		t.problems.add(path, "ID_PARENT", fmt.Sprintf("begin the id with that of what it belongs to: %s%s", parent, id[len(above):]))
	}
}

// resolve checks that every reference names something.
func (t *tree) resolve() {
	for _, r := range t.named {
		if strings.HasPrefix(r.id, "n:") {
			if t.content {
				t.problems.add(r.path, "REFERENCE_OUTSIDE",
					fmt.Sprintf("leave out the n: of %s, this statement is not about another's notification", r.id))
			}
			continue
		}
		if _, ok := t.ids[r.id]; !ok {
			want := fmt.Sprintf("define %s in this statement, or name another id", r.id)
			if !t.content {
				want += fmt.Sprintf("; the one of the case's notification is n:%s", r.id)
			}
			t.problems.add(r.path, "REFERENCE_UNKNOWN", want)
		}
	}
}

// namesDocument reports whether one of the local ids is that of a document.
func namesDocument(ids []string) bool {
	for _, id := range ids {
		if strings.HasPrefix(strings.TrimPrefix(id, "n:"), "d") {
			return true
		}
	}
	return false
}

// join appends the name of a field to a path.
func join(path string, f protoreflect.FieldDescriptor) string {
	if path == "" {
		return string(f.Name())
	}
	return path + "." + string(f.Name())
}
