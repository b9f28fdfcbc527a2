package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// printInFull writes everything that a message says, for people: YAML with the
// short values of lists, as a statement is written to be issued, and behind each
// code what it means in one of the languages. Fields that were said elsewhere are
// left out. A message that says nothing more is nothing.
func printInFull(w io.Writer, title string, m proto.Message, languages []string, said ...string) error {
	data, err := marshal(m)
	if err != nil {
		return err
	}
	var document yaml.Node // JSON is YAML
	if err := yaml.Unmarshal(data, &document); err != nil {
		return err
	}
	root := document.Content[0]
	for i := 0; i < len(root.Content); {
		if slices.Contains(said, root.Content[i].Value) {
			root.Content = slices.Delete(root.Content, i, i+2)
			continue
		}
		i += 2
	}
	if len(root.Content) == 0 {
		return nil
	}
	blockStyle(root)
	whole := place{message: m.ProtoReflect().Descriptor()}
	shortValues(root, whole)
	nameCodes(root, whole, languages)
	var text bytes.Buffer
	e := yaml.NewEncoder(&text)
	e.SetIndent(2)
	if err := e.Encode(root); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\n%s\n%s", title, lines(text.String()))
	return err
}

// shortValues writes the values of enums short: what [enumValue] reads.
func shortValues(n *yaml.Node, at place) {
	switch {
	case n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if below, ok := at.below(n.Content[i].Value); ok {
				shortValues(n.Content[i+1], below)
			}
		}
	case n.Kind == yaml.SequenceNode:
		for _, child := range n.Content {
			shortValues(child, at)
		}
	case at.enum != nil && at.enum.Values().ByName(protoreflect.Name(n.Value)) != nil:
		n.Value = shortName(at.enum, n.Value)
	}
}
