package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/spsalert/spsalert/server/access"
)

// unknownFields returns every name in a JSON text that the message does not
// have, in order of path; nil if the text is no JSON.
func unknownFields(text []byte, message protoreflect.MessageDescriptor) []access.Violation {
	var value any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&value) != nil {
		return nil
	}
	var found []access.Violation
	walkUnknown("", value, message, &found)
	return found
}

func walkUnknown(path string, value any, message protoreflect.MessageDescriptor, found *[]access.Violation) {
	object, ok := value.(map[string]any)
	if !ok || wellKnown(message) {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		at := strings.TrimPrefix(path+"."+name, ".")
		field := fieldNamed(message, name)
		if field == nil {
			*found = append(*found, unknown(at, message))
			continue
		}
		switch child := object[name]; {
		case field.IsMap():
			values, _ := child.(map[string]any)
			for _, key := range slices.Sorted(maps.Keys(values)) {
				if m := field.MapValue().Message(); m != nil {
					walkUnknown(fmt.Sprintf("%s[%q]", at, key), values[key], m, found)
				}
			}
		case field.Message() == nil:
		case field.IsList():
			items, _ := child.([]any)
			for i, item := range items {
				walkUnknown(fmt.Sprintf("%s[%d]", at, i), item, field.Message(), found)
			}
		default:
			walkUnknown(at, child, field.Message(), found)
		}
	}
}

// fieldNamed returns the field that JSON may call so, or nil.
func fieldNamed(m protoreflect.MessageDescriptor, name string) protoreflect.FieldDescriptor {
	if f := m.Fields().ByJSONName(name); f != nil {
		return f
	}
	return m.Fields().ByTextName(name)
}

// wellKnown reports whether a message has a JSON form of its own.
func wellKnown(m protoreflect.MessageDescriptor) bool {
	return m.FullName().Parent() == "google.protobuf"
}

func unknown(path string, m protoreflect.MessageDescriptor) access.Violation {
	names := make([]string, m.Fields().Len())
	for i := range names {
		names[i] = m.Fields().Get(i).JSONName()
	}
	sentence := "there is no such field; this has none"
	if len(names) > 0 {
		sentence = "there is no such field; the fields here are " + strings.Join(names, ", ")
	}
	return access.Violation{Field: path, Reason: "UNKNOWN_FIELD", Sentence: sentence}
}

// unknownParameters returns every parameter of a query that the method does
// not take there: those of the path, and all if the request is a body, are not
// for the query.
func (r route) unknownParameters(query url.Values) []access.Violation {
	var found []access.Violation
	for _, name := range slices.Sorted(maps.Keys(query)) {
		first, _, _ := strings.Cut(name, ".")
		field := fieldNamed(r.input, first)
		if field != nil && slices.Contains(r.parameters, field.JSONName()) {
			continue
		}
		sentence := "there is no such parameter; this takes none"
		if len(r.parameters) > 0 {
			sentence = "there is no such parameter; this takes " + strings.Join(r.parameters, ", ")
		}
		found = append(found, access.Violation{Field: name, Reason: "UNKNOWN_FIELD", Sentence: sentence})
	}
	return found
}
