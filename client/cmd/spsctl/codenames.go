package main

import (
	"strings"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/spsalert/spsalert/client/codes"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Messages that hold codes.
var (
	codingMessage   = (*spsv1.Coding)(nil).ProtoReflect().Descriptor().FullName()
	areaMessage     = (*spsv1.Area)(nil).ProtoReflect().Descriptor().FullName()
	quantityMessage = (*spsv1.Quantity)(nil).ProtoReflect().Descriptor().FullName()
)

// nameCodes writes behind each code what it means, as a comment, as far as a
// built-in list has it in one of the languages or in English.
func nameCodes(n *yaml.Node, at place, languages []string) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if at.message != nil {
				nameCode(n, n.Content[i].Value, n.Content[i+1], at.message.FullName(), languages)
			}
			if below, ok := at.below(n.Content[i].Value); ok {
				nameCodes(n.Content[i+1], below, languages)
			}
		}
	case yaml.SequenceNode:
		for _, child := range n.Content {
			nameCodes(child, at, languages)
		}
	}
}

// nameCode writes what a code means behind the value of a field of a message.
func nameCode(whole *yaml.Node, field string, value *yaml.Node, of protoreflect.FullName, languages []string) {
	system, code := "", value.Value
	switch {
	case of == codingMessage && field == "code":
		system = valueOf(whole, "system")
	case of == areaMessage && field == "code":
		system = "area"
		code, _, _ = strings.Cut(code, "-")
	case of == quantityMessage && field == "rec20":
		system = "unece-rec20"
	case of == quantityMessage && field == "ucum":
		system = "ucum"
	default:
		return
	}
	if name := codes.Builtin().Name(system, code, languages...); name != "" && name != code {
		value.LineComment = name
	}
}

// valueOf returns the value of a key of a mapping; empty if it is not there.
func valueOf(mapping *yaml.Node, key string) string {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1].Value
		}
	}
	return ""
}
