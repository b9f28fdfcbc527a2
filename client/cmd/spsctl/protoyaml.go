package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// protoWriter writes YAML that is to become a message as proto3 JSON, line for
// line, so that errors name the line of the file. A number stays written as it
// is: 2024.9650 is never 2024.965. Values of enums may be short:
// border-rejection stands for CLASSIFICATION_BORDER_REJECTION.
type protoWriter struct {
	text     strings.Builder
	line     int // lines begun after the first
	size     int // nodes written
	problems []error
	refer    referrer // what a reference stands for
}

// The limits of a document, against aliases that blow up.
const (
	maxDepth = 100
	maxNodes = 200_000
)

// mostProblems is how many problems of one file are said at once.
const mostProblems = 20

// place is what is expected somewhere in a document: a message, a value of an
// enum, or neither.
type place struct {
	message protoreflect.MessageDescriptor
	enum    protoreflect.EnumDescriptor
	keys    *place // of a map with free keys: what is expected of each value
	field   string
}

// toProtoJSON returns the JSON of a document that is to become a message.
// refer says what a reference stands for where a message that names an entry is
// expected.
func toProtoJSON(document *yaml.Node, message protoreflect.MessageDescriptor, refer referrer) ([]byte, error) {
	w := protoWriter{refer: refer}
	if err := w.write(document, place{message: message}, 0); err != nil {
		return nil, err
	}
	if len(w.problems) > mostProblems {
		more := len(w.problems) - mostProblems
		w.problems = append(w.problems[:mostProblems:mostProblems], fmt.Errorf("and %d more", more))
	}
	return []byte(w.text.String()), errors.Join(w.problems...)
}

func (w *protoWriter) problem(n *yaml.Node, text string, args ...any) {
	w.problems = append(w.problems, fmt.Errorf("line %d: "+text, append([]any{n.Line}, args...)...))
}

// write writes a node. Its error is one that makes no sense to go on after.
func (w *protoWriter) write(n *yaml.Node, at place, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("line %d: nested more than %d deep", n.Line, maxDepth)
	}
	if w.size++; w.size > maxNodes {
		return fmt.Errorf("line %d: more than %d values", n.Line, maxNodes)
	}
	for w.line < n.Line-1 {
		w.text.WriteByte('\n')
		w.line++
	}
	switch n.Kind {
	case yaml.MappingNode:
		return w.writeMapping(n, at, depth)
	case yaml.SequenceNode:
		return w.writeSequence(n, at, depth)
	case yaml.AliasNode:
		return w.write(n.Alias, at, depth+1)
	default:
		if at.message != nil && (at.message.FullName() == entryRef || at.message.FullName() == caseRef) && n.ShortTag() == "!!str" {
			return w.writeReference(n, at)
		}
		w.writeScalar(n, at)
		return nil
	}
}

// writeReference writes what a reference stands for, where an entry or a case
// is expected.
func (w *protoWriter) writeReference(n *yaml.Node, at place) error {
	if !references.MatchString(n.Value) {
		w.problem(n, "%s: %q is no reference such as VN-2026-000123", at.field, n.Value)
		w.text.WriteString("null")
		return nil
	}
	m, err := w.refer(n.Value, at.message.FullName())
	if err != nil {
		return fmt.Errorf("line %d: %s: %w", n.Line, at.field, err)
	}
	text, err := marshal(m)
	w.text.Write(text)
	return err
}

func (w *protoWriter) writeSequence(n *yaml.Node, at place, depth int) error {
	w.text.WriteByte('[')
	for i, child := range n.Content {
		if i > 0 {
			w.text.WriteByte(',')
		}
		if err := w.write(child, at, depth+1); err != nil {
			return err
		}
	}
	w.text.WriteByte(']')
	return nil
}

func (w *protoWriter) writeMapping(n *yaml.Node, at place, depth int) error {
	w.text.WriteByte('{')
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d: a key must be a name", key.Line)
		}
		below, ok := at.below(key.Value)
		if !ok {
			w.problem(key, "%s", at.unknown(key.Value))
		}
		if i > 0 {
			w.text.WriteByte(',')
		}
		name := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key.Value, Line: key.Line}
		if err := w.write(name, place{}, depth+1); err != nil {
			return err
		}
		w.text.WriteByte(':')
		if err := w.write(value, below, depth+1); err != nil {
			return err
		}
	}
	w.text.WriteByte('}')
	return nil
}

func (w *protoWriter) writeScalar(n *yaml.Node, at place) {
	switch n.ShortTag() {
	case "!!null":
		w.text.WriteString("null")
		return
	case "!!bool":
		if at.enum == nil {
			w.text.WriteString(strings.ToLower(n.Value))
			return
		}
	case "!!int", "!!float":
		if !json.Valid([]byte(n.Value)) {
			w.problem(n, "write %s as a plain number, or in quotes", n.Value)
		}
		w.text.WriteString(n.Value)
		return
	}
	text := n.Value // dates too: no rule of YAML turns them into something else
	if at.enum != nil {
		name, ok := enumValue(at.enum, text)
		if !ok {
			w.problem(n, "%s: %q is none of %s", at.field, text, strings.Join(shortNames(at.enum), ", "))
		}
		text = name
	}
	quoted, err := json.Marshal(text)
	if err != nil { // a string always can be
		w.problem(n, "%s", err)
	}
	w.text.Write(quoted)
}

// below returns what is expected under a key, and whether there may be such a
// key. Where no message is expected, whoever reads the JSON decides.
func (p place) below(key string) (place, bool) {
	switch {
	case p.keys != nil:
		return *p.keys, true
	case p.message == nil || p.message.ParentFile().Package() == "google.protobuf":
		return place{}, true
	}
	f := p.message.Fields().ByJSONName(key)
	if f == nil {
		f = p.message.Fields().ByTextName(key)
	}
	if f == nil {
		return place{}, false
	}
	if f.IsMap() {
		value := f.MapValue()
		return place{keys: &place{message: value.Message(), enum: value.Enum(), field: key}}, true
	}
	return place{message: f.Message(), enum: f.Enum(), field: key}, true
}

// unknown says that there is no such key, and what there is.
func (p place) unknown(key string) string {
	var names []string
	fields := p.message.Fields()
	for i := range fields.Len() {
		names = append(names, fields.Get(i).JSONName())
	}
	for _, name := range names {
		if near(key, name) {
			return fmt.Sprintf("there is no %q here, did you mean %s?", key, name)
		}
	}
	return fmt.Sprintf("there is no %q here; there are %s", key, strings.Join(names, ", "))
}

// near reports whether one name is likely the other, misspelt or cut short.
func near(a, b string) bool {
	a, b = plainName(a), plainName(b)
	if len(a) > 2 && strings.HasPrefix(b, a) {
		return true
	}
	return distance(a, b) <= min(2, len(a)/3)
}

// distance returns how many letters are to be changed, added or taken out to
// make one text of the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func plainName(s string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s))
}

// enumValue returns the full name of a value of an enum, which may be written
// in full or short, in any case, with blanks or hyphens for underscores.
func enumValue(e protoreflect.EnumDescriptor, text string) (string, bool) {
	values := e.Values()
	for i := range values.Len() {
		full := string(values.Get(i).Name())
		if plainName(text) == plainName(full) || plainName(text) == plainName(shortName(e, full)) {
			return full, true
		}
	}
	return text, false
}

// shortNames returns the values of an enum, short, without the one that says
// nothing.
func shortNames(e protoreflect.EnumDescriptor) (names []string) {
	values := e.Values()
	for i := range values.Len() {
		if v := values.Get(i); v.Number() != 0 {
			names = append(names, shortName(e, string(v.Name())))
		}
	}
	return names
}

// shortName returns the name of a value without what all of its enum begin
// with: border-rejection for CLASSIFICATION_BORDER_REJECTION.
func shortName(e protoreflect.EnumDescriptor, full string) string {
	prefix := strings.TrimSuffix(string(e.Values().ByNumber(0).Name()), "UNSPECIFIED")
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(full, prefix)), "_", "-")
}
