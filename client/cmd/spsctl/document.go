package main

import (
	"bytes"
	"encoding/json"
	"io"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// write writes one document: json, indented; jsonl, on one line; or yaml. What
// has a face in CSV is written as a [list] or as [facts].
func write(w io.Writer, f format, v any) error {
	data, err := marshal(v)
	if err != nil {
		return err
	}
	switch f {
	case jsonlFormat:
	case yamlFormat:
		if data, err = toYAML(data); err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	default:
		var indented bytes.Buffer
		if err := json.Indent(&indented, data, "", "  "); err != nil {
			return err
		}
		data = indented.Bytes()
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// marshal returns v as JSON without white space. The spacing of protojson
// differs from build to build; this does not.
func marshal(v any) ([]byte, error) {
	m, ok := v.(proto.Message)
	if !ok {
		var text bytes.Buffer
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false) // as protojson writes it
		err := e.Encode(v)
		return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
	}
	data, err := protojson.Marshal(m)
	if err != nil {
		return nil, err
	}
	var compact bytes.Buffer
	err = json.Compact(&compact, data)
	return compact.Bytes(), err
}

// toYAML writes JSON as YAML, with the keys in the same order.
func toYAML(data []byte) ([]byte, error) {
	var node yaml.Node // JSON is YAML
	if err := yaml.Unmarshal(data, &node); err != nil {
		return nil, err
	}
	blockStyle(&node)
	return yaml.Marshal(&node)
}

func blockStyle(n *yaml.Node) {
	if n.Kind == yaml.MappingNode || n.Kind == yaml.SequenceNode {
		n.Style = 0
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!str" {
		n.Style = 0 // quoted only where YAML demands it
	}
	for _, child := range n.Content {
		blockStyle(child)
	}
}
