package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// A single is a request that breaks one rule of one field.
type single struct {
	request proto.Message
	want    string
}

// singles breaks every rule of every field of a request, but for what package
// statement looks at: a statement, and the content of an act.
func singles(t *testing.T, request proto.Message) []single {
	t.Helper()
	var all []single
	s := spoiler{t: t, take: func(path, rule string) {
		want := path + " " + reason(rule)
		if also := entangled[path]; also != "" {
			want += ", " + also
		}
		all = append(all, single{proto.Clone(request), want})
	}}
	s.message(request.ProtoReflect(), "")
	return all
}

// entangled are the fields that cannot be broken alone, and what is broken too.
var entangled = map[string]string{"inspections[0].product_category": "inspections[0] INSPECTION_GOODS"}

// A spoiler breaks a rule, lets the request be taken as it is then, and mends it.
type spoiler struct {
	t    *testing.T
	take func(path, rule string)
}

func (s spoiler) message(m protoreflect.Message, path string) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		had := m.Has(f)
		for _, rule := range ruleNames(f) {
			before := proto.Clone(m.Interface()).ProtoReflect()
			at := path + string(f.Name())
			name, ofItem := strings.CutPrefix(rule, "repeated.items.")
			if ofItem {
				at += "[0]"
				m.Clear(f)
			}
			s.field(m, f, rule)
			s.take(at, name)
			if m.Clear(f); had {
				m.Set(f, before.Get(f))
			}
		}
		switch {
		case f.Message() == nil || !had || ofStatement(f.Message()):
		case f.IsList():
			s.message(m.Get(f).List().Get(0).Message(), path+string(f.Name())+"[0].")
		default:
			s.message(m.Get(f).Message(), path+string(f.Name())+".")
		}
	}
}

// field breaks a rule of a field.
func (s spoiler) field(m protoreflect.Message, f protoreflect.FieldDescriptor, rule string) {
	s.t.Helper()
	text := protoreflect.ValueOfString
	limit := func() int {
		_, rules := rulesOf(f)
		kind := rules.ProtoReflect().Get(rules.ProtoReflect().WhichOneof(rules.ProtoReflect().Descriptor().Oneofs().ByName("type"))).Message()
		name := protoreflect.Name(rule[strings.Index(rule, ".")+1:])
		return int(kind.Get(kind.Descriptor().Fields().ByName(name)).Uint())
	}
	switch rule {
	case "required", "string.min_len", "enum.not_in", "repeated.min_items":
		m.Clear(f)
	case "string.pattern":
		m.Set(f, text(misshapen(m.Get(f).String())))
	case "string.uuid", "string.in":
		m.Set(f, text("x"))
	case "string.max_len":
		m.Set(f, text(strings.Repeat("a", limit()+1)))
	case "int32.gte":
		m.Set(f, protoreflect.ValueOfInt32(-1))
	case "enum.defined_only":
		m.Set(f, protoreflect.ValueOfEnum(9999))
	case "duration.gte_lte":
		m.Set(f, protoreflect.ValueOfMessage(durationpb.New(1<<50).ProtoReflect()))
	case "repeated.max_items":
		s.list(m, f, limit()+1)
	case "repeated.unique":
		items := m.NewField(f)
		items.List().Append(item(f, 0))
		items.List().Append(item(f, 0))
		m.Set(f, items)
	case "repeated.items.string.pattern":
		m.Mutable(f).List().Append(text("!"))
	case "repeated.items.string.max_len":
		m.Mutable(f).List().Append(text(strings.Repeat("a", 1<<16)))
	case "repeated.items.string.min_len":
		m.Mutable(f).List().Append(text(""))
	case "repeated.items.enum.defined_only":
		m.Mutable(f).List().Append(protoreflect.ValueOfEnum(9999))
	case "repeated.items.enum.not_in":
		m.Mutable(f).List().Append(protoreflect.ValueOfEnum(0))
	default:
		s.t.Errorf("%s: the test does not know how to break %s", f.FullName(), rule)
	}
}

// list sets a list of so many items, no two the same unless they are messages.
func (s spoiler) list(m protoreflect.Message, f protoreflect.FieldDescriptor, size int) {
	items := m.NewField(f)
	for i := range size {
		if f.Message() != nil {
			items.List().Append(protoreflect.ValueOfMessage(proto.Clone(m.Get(f).List().Get(0).Message().Interface()).ProtoReflect()))
			continue
		}
		items.List().Append(item(f, i))
	}
	m.Set(f, items)
}

// item is what stands at i in a list of strings, no two the same, or of values.
func item(f protoreflect.FieldDescriptor, i int) protoreflect.Value {
	switch {
	case f.Kind() == protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(1)
	case f.Name() == "offices":
		return protoreflect.ValueOfString(string([]byte{byte('A' + i/26), byte('A' + i%26)}))
	}
	return protoreflect.ValueOfString(fmt.Sprintf("a%d", i))
}

// misshapen spoils a name such as cases/VN-2026-000001 so that it still is one of
// its kind.
func misshapen(name string) string {
	parts := strings.Split(name, "/")
	if len(parts) == 1 {
		return "!"
	}
	parts[1] = "!"
	return strings.Join(parts, "/")
}

func rulesOf(f protoreflect.FieldDescriptor) (ok bool, rules *validate.FieldRules) {
	rules, ok = proto.GetExtension(f.Options(), validate.E_Field).(*validate.FieldRules)
	return ok && rules != nil, rules
}

// ruleNames are the rules of a field, such as string.pattern and, of each item of
// a list, repeated.items.string.pattern. Those of our own are not among them.
func ruleNames(f protoreflect.FieldDescriptor) []string {
	ok, rules := rulesOf(f)
	if !ok {
		return nil
	}
	var names []string
	if rules.GetRequired() {
		names = append(names, "required")
	}
	kinds(rules.ProtoReflect(), "", func(name string) { names = append(names, name) })
	slices.Sort(names)
	if f.Enum() != nil && slices.Contains(names, "repeated.unique") { // there are no more values than may be given
		names = slices.DeleteFunc(names, func(n string) bool { return n == "repeated.max_items" })
	}
	if slices.Contains(names, "string.pattern") { // what is too long fits no pattern
		names = slices.DeleteFunc(names, func(n string) bool { return n == "string.max_len" || n == "string.min_len" })
	}
	if slices.Contains(names, "repeated.items.string.pattern") {
		names = slices.DeleteFunc(names, func(n string) bool {
			return n == "repeated.items.string.max_len" || n == "repeated.items.string.min_len"
		})
	}
	return names
}

// kinds names the rules of one kind of value, below a prefix.
func kinds(rules protoreflect.Message, prefix string, name func(string)) {
	rules.Range(func(kind protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if kind.Message() == nil || kind.IsList() {
			return true
		}
		under := prefix + string(kind.Name()) + "."
		least, most := false, false
		v.Message().Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
			switch f.Name() {
			case "items":
				kinds(v.Message(), under+"items.", name)
			case "gte":
				least = true
			case "lte":
				most = true
			default:
				name(under + string(f.Name()))
			}
			return true
		})
		switch {
		case least && most:
			name(under + "gte_lte")
		case least:
			name(under + "gte")
		case most:
			name(under + "lte")
		}
		return true
	})
}

// ofStatement reports whether package statement looks at a message: a statement,
// what it may be about, and the external reference that an act adds.
func ofStatement(m protoreflect.MessageDescriptor) bool {
	s := (*spsv1.Statement)(nil).ProtoReflect().Descriptor()
	bodies := s.Oneofs().ByName("body").Fields()
	for i := range bodies.Len() {
		if bodies.Get(i).Message().FullName() == m.FullName() {
			return true
		}
	}
	return m.FullName() == s.FullName() || m.FullName() == (*spsv1.ExternalReference)(nil).ProtoReflect().Descriptor().FullName()
}

// across are the rules of our own that a request has, by their reasons.
func across(m protoreflect.MessageDescriptor) []string {
	var all []string
	add := func(rules []*validate.Rule) {
		for _, r := range rules {
			all = append(all, reason(r.GetId()))
		}
	}
	if r, ok := proto.GetExtension(m.Options(), validate.E_Message).(*validate.MessageRules); ok {
		add(r.GetCel())
	}
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		if ok, rules := rulesOf(f); ok {
			add(rules.GetCel())
		}
		behaviour, _ := proto.GetExtension(f.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
		if slices.Contains(behaviour, annotations.FieldBehavior_OUTPUT_ONLY) {
			continue
		}
		if sub := f.Message(); sub != nil && !ofStatement(sub) && strings.HasPrefix(string(sub.FullName()), "sps.") && sub.Name() != "Draft" {
			all = append(all, across(sub)...)
		}
	}
	return all
}
