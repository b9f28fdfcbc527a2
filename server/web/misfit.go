package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/spsalert/spsalert/server/access"
)

// mostMisfits bounds how much of one request is told: who sends more has
// another contract in mind.
const mostMisfits = 100

// misfits returns what in a JSON text a message cannot take, in order of path:
// names that it does not have, values of another kind, and fields of which only
// one may be given. It returns nil if the text is no JSON, or if the decoder
// finds something else wrong with it.
func misfits(text []byte, message protoreflect.MessageDescriptor) []access.Violation {
	var value any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&value) != nil {
		return nil
	}
	var s search
	s.message("", value, message)
	return s.found
}

// A search goes through a JSON value beside the message that it should be. What
// a single value may be is for the decoder to judge; the search finds which one
// it is.
type search struct{ found []access.Violation }

func (s *search) add(v access.Violation) {
	if len(s.found) < mostMisfits {
		s.found = append(s.found, v)
	}
}

func (s *search) message(path string, value any, m protoreflect.MessageDescriptor) {
	object, ok := value.(map[string]any)
	if !ok {
		s.add(access.Violation{Field: path, Reason: "VALUE", Sentence: "give an object; its fields are " + fieldNames(m.Fields())})
		return
	}
	given := make(map[protoreflect.Name]int)
	for _, name := range slices.Sorted(maps.Keys(object)) {
		at := strings.TrimPrefix(path+"."+name, ".")
		field := fieldNamed(m, name)
		if field == nil {
			s.add(unknown(at, m))
			continue
		}
		if object[name] == nil { // is as if it were left out
			continue
		}
		s.field(at, object[name], field)
		o := field.ContainingOneof()
		if o == nil || o.IsSynthetic() {
			continue
		}
		if given[o.Name()]++; given[o.Name()] == 2 {
			s.add(access.Violation{Field: path, Reason: "VALUE", Sentence: "give only one of " + fieldNames(o.Fields())})
		}
	}
}

// field looks at what a field is to hold.
func (s *search) field(at string, value any, field protoreflect.FieldDescriptor) {
	m := field.Message()
	items, isList := value.([]any)
	values, isMap := value.(map[string]any)
	switch {
	case field.IsMap() && isMap && field.MapValue().Message() != nil:
		for _, key := range slices.Sorted(maps.Keys(values)) {
			s.message(fmt.Sprintf("%s[%q]", at, key), values[key], field.MapValue().Message())
		}
	case field.IsMap() && !isMap:
		s.add(access.Violation{Field: at, Reason: "VALUE", Sentence: "give an object"})
	case field.IsList() && !isList:
		s.add(access.Violation{Field: at, Reason: "VALUE", Sentence: "give a list, in [ ]"})
	case field.IsList() && m != nil && !wellKnown(m):
		for i, item := range items {
			s.message(fmt.Sprintf("%s[%d]", at, i), item, m)
		}
	case !field.IsList() && m != nil && !wellKnown(m) && !field.IsMap():
		s.message(at, value, m)
	case fits(field, value):
	case field.IsList():
		for i, item := range items {
			if !fits(field, []any{item}) {
				s.add(misfit(fmt.Sprintf("%s[%d]", at, i), field))
			}
		}
	default:
		s.add(misfit(at, field))
	}
}

// fits reports whether the decoder takes a value for a field.
func fits(field protoreflect.FieldDescriptor, value any) bool {
	text, err := json.Marshal(map[string]any{field.JSONName(): value})
	return err == nil && protojson.Unmarshal(text, dynamicpb.NewMessage(field.ContainingMessage())) == nil
}

// misfit says what one value of a field is to be.
func misfit(path string, field protoreflect.FieldDescriptor) access.Violation {
	sentence := "give what /openapi.json describes"
	switch field.Kind() {
	case protoreflect.EnumKind:
		sentence = "there is no such value; the values are " + valueNames(field.Enum())
	case protoreflect.BoolKind:
		sentence = "give true or false"
	case protoreflect.StringKind:
		sentence = "give a text"
	case protoreflect.BytesKind:
		sentence = "give bytes in base64"
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind,
		protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		sentence = "give a whole number"
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind, protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		sentence = "give a whole number, not less than 0"
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		sentence = "give a number"
	case protoreflect.MessageKind, protoreflect.GroupKind:
		switch field.Message().FullName() {
		case "google.protobuf.Timestamp":
			sentence = "give a time as RFC 3339 has it, such as 2026-01-31T09:30:00Z"
		case "google.protobuf.Duration":
			sentence = "give seconds, such as 30s"
		}
	}
	return access.Violation{Field: path, Reason: "VALUE", Sentence: sentence}
}

// valueNames lists the values of an enum that say something.
func valueNames(e protoreflect.EnumDescriptor) string {
	var names []string
	for i := range e.Values().Len() {
		if v := e.Values().Get(i); v.Number() != 0 {
			names = append(names, string(v.Name()))
		}
	}
	return strings.Join(names, ", ")
}

func fieldNames(fields interface {
	Len() int
	Get(int) protoreflect.FieldDescriptor
},
) string {
	names := make([]string, fields.Len())
	for i := range names {
		names[i] = fields.Get(i).JSONName()
	}
	return strings.Join(names, ", ")
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
	sentence := "there is no such field; this has none"
	if m.Fields().Len() > 0 {
		sentence = "there is no such field; the fields here are " + fieldNames(m.Fields())
	}
	return access.Violation{Field: path, Reason: "UNKNOWN_FIELD", Sentence: sentence}
}

// misfits returns every parameter of a query that the method does not take
// there, and every one whose value it cannot take. Those of the path, and all if
// the request is a body, are not for the query.
func (r route) misfits(query url.Values) []access.Violation {
	var found []access.Violation
	for _, name := range slices.Sorted(maps.Keys(query)) {
		first, rest, _ := strings.Cut(name, ".")
		field := fieldNamed(r.input, first)
		if field == nil || !slices.Contains(r.parameters, field.JSONName()) {
			sentence := "there is no such parameter; this takes none"
			if len(r.parameters) > 0 {
				sentence = "there is no such parameter; this takes " + strings.Join(r.parameters, ", ")
			}
			found = append(found, access.Violation{Field: name, Reason: "UNKNOWN_FIELD", Sentence: sentence})
			continue
		}
		into, one := dynamicpb.NewMessage(r.input), url.Values{name: query[name]}
		switch err := runtime.PopulateQueryParameters(into, one, utilities.NewDoubleArray(nil)); {
		case err == nil:
		case len(query[name]) > 1 && !field.IsList():
			found = append(found, access.Violation{Field: name, Reason: "VALUE", Sentence: "give it once"})
		case rest != "":
			found = append(found, access.Violation{Field: name, Reason: "VALUE", Sentence: "give what /openapi.json describes"})
		default:
			found = append(found, misfit(name, field))
		}
	}
	return found
}
