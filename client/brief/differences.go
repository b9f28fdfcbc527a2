package brief

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Differences returns what differs between two messages of one type, a line for
// each value, such as "products[p1].lots[p1.l1].number: L-17 → L-71". Items of
// a list go by their ids, texts by their languages, whatever their order; a path
// has the names of proto3 JSON, as corrections have.
func Differences(before, after proto.Message) []string {
	return differences("", before.ProtoReflect(), after.ProtoReflect())
}

func differences(at string, before, after protoreflect.Message) (found []string) {
	fields := after.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		path := strings.TrimPrefix(at+"."+f.JSONName(), ".")
		old, now := before.Get(f), after.Get(f)
		switch {
		case before.Has(f) == after.Has(f) && old.Equal(now):
		case f.IsList() && keyOf(f) != nil:
			found = append(found, byKey(path, keyOf(f), old.List(), now.List())...)
		case !before.Has(f):
			found = append(found, path+" added"+prefixed(": ", valueText(f, now)))
		case !after.Has(f):
			found = append(found, path+" taken out"+prefixed(": ", valueText(f, old)))
		case f.Message() != nil && !f.IsList() && !f.IsMap() && valueText(f, now) == "":
			found = append(found, differences(path, old.Message(), now.Message())...)
		case valueText(f, old) == "" && valueText(f, now) == "":
			found = append(found, path+" changed")
		default:
			found = append(found, path+": "+valueText(f, old)+" → "+valueText(f, now))
		}
	}
	return found
}

// keyOf returns the field by which the items of a list are told apart; nil if
// they have none.
func keyOf(f protoreflect.FieldDescriptor) protoreflect.FieldDescriptor {
	if f.Message() == nil {
		return nil
	}
	for _, name := range []protoreflect.Name{"id", "lang"} {
		if key := f.Message().Fields().ByName(name); key != nil && key.Kind() == protoreflect.StringKind {
			return key
		}
	}
	return nil
}

// byKey compares two lists item by item.
func byKey(path string, key protoreflect.FieldDescriptor, before, after protoreflect.List) (found []string) {
	at := func(m protoreflect.Message) string { return path + "[" + m.Get(key).String() + "]" }
	left := make(map[string]protoreflect.Message)
	for i := range before.Len() {
		m := before.Get(i).Message()
		left[at(m)] = m
	}
	for i := range after.Len() {
		m := after.Get(i).Message()
		name := at(m)
		if old, ok := left[name]; ok {
			found = append(found, differences(name, old, m)...)
			delete(left, name)
			continue
		}
		found = append(found, name+" added")
	}
	for i := range before.Len() {
		if name := at(before.Get(i).Message()); left[name] != nil {
			found = append(found, name+" taken out")
			delete(left, name)
		}
	}
	return found
}

// valueText writes a value in a line; empty for a message, but for a time.
func valueText(f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	switch {
	case f.IsMap():
		return ""
	case f.IsList():
		var all []string
		for i := range v.List().Len() {
			all = append(all, scalarText(f, v.List().Get(i)))
		}
		return strings.Join(slices.DeleteFunc(all, func(s string) bool { return s == "" }), ", ")
	}
	return scalarText(f, v)
}

func scalarText(f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	switch {
	case f.Message() != nil:
		if t, ok := v.Message().Interface().(*timestamppb.Timestamp); ok {
			return t.AsTime().Local().Format("2006-01-02 15:04 MST")
		}
		return ""
	case f.Enum() != nil:
		return wordsOf(f.Enum(), v.Enum())
	}
	return v.String()
}
