package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// maxStatementFile is the largest file that is read as a statement; the
// envelope that is made of it has at most 256 KiB.
const maxStatementFile = 4 << 20

// readStatement reads a statement from a YAML or JSON file, "-" for standard
// input, with the names of proto3 JSON.
func (a *app) readStatement(path string) (*spsv1.Statement, error) {
	in := a.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxStatementFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxStatementFile {
		return nil, invalidError{fmt.Errorf("%s is larger than %d bytes", path, maxStatementFile)}
	}
	s, err := parseStatement(data)
	if err != nil {
		return nil, invalidError{fmt.Errorf("%s: %w", path, err)}
	}
	return s, nil
}

// parseStatement parses a statement in YAML, of which JSON is a part. Names
// that it does not know are refused.
func parseStatement(data []byte) (*spsv1.Statement, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil, err
	}
	if len(document.Content) == 0 {
		return nil, errors.New("the file is empty")
	}
	var text strings.Builder
	w := jsonWriter{text: &text}
	if err := w.write(document.Content[0], 0); err != nil {
		return nil, err
	}
	s := &spsv1.Statement{}
	if err := protojson.Unmarshal([]byte(text.String()), s); err != nil {
		return nil, plainError(err)
	}
	return s, nil
}

// jsonWriter writes YAML as JSON, line for line, so that errors name the line
// of the file. A number stays written as it is: 2024.9650 is never 2024.965.
type jsonWriter struct {
	text *strings.Builder
	line int // lines begun after the first
	size int // nodes written
}

// The limits of a document, against aliases that blow up.
const (
	maxDepth = 100
	maxNodes = 200_000
)

func (w *jsonWriter) write(n *yaml.Node, depth int) error {
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
		return w.writeAll(n, depth, "{}")
	case yaml.SequenceNode:
		return w.writeAll(n, depth, "[]")
	case yaml.AliasNode:
		return w.write(n.Alias, depth+1)
	default:
		return w.writeScalar(n)
	}
}

func (w *jsonWriter) writeAll(n *yaml.Node, depth int, brackets string) error {
	w.text.WriteByte(brackets[0])
	for i, child := range n.Content {
		isValue := n.Kind == yaml.MappingNode && i%2 == 1
		switch {
		case isValue:
			w.text.WriteByte(':')
		case i > 0:
			w.text.WriteByte(',')
		}
		if n.Kind == yaml.MappingNode && !isValue {
			if child.Kind != yaml.ScalarNode {
				return fmt.Errorf("line %d: a key must be a name", child.Line)
			}
			child = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: child.Value, Line: child.Line}
		}
		if err := w.write(child, depth+1); err != nil {
			return err
		}
	}
	w.text.WriteByte(brackets[1])
	return nil
}

func (w *jsonWriter) writeScalar(n *yaml.Node) error {
	switch n.ShortTag() {
	case "!!null":
		w.text.WriteString("null")
	case "!!bool":
		w.text.WriteString(strings.ToLower(n.Value))
	case "!!int", "!!float":
		if !json.Valid([]byte(n.Value)) {
			return fmt.Errorf("line %d: write %s as a plain number, or in quotes", n.Line, n.Value)
		}
		w.text.WriteString(n.Value)
	default: // dates too: no rule of YAML turns them into something else
		quoted, err := json.Marshal(n.Value)
		if err != nil {
			return err
		}
		w.text.Write(quoted)
	}
	return nil
}

// plainError takes off what protojson puts before its errors, which differs
// from build to build.
func plainError(err error) error {
	text := strings.ReplaceAll(err.Error(), "\u00a0", " ")
	return errors.New(strings.TrimPrefix(text, "proto: "))
}
