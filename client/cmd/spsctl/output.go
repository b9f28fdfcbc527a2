package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// format is how a result is written.
type format string

const (
	tableFormat format = "table" // for people; columns may change
	jsonFormat  format = "json"  // one document; lists are an array
	jsonlFormat format = "jsonl" // one object a line, as they come
	yamlFormat  format = "yaml"  // the same as json
	csvFormat   format = "csv"   // the columns of the table
)

var formats = []format{tableFormat, jsonFormat, jsonlFormat, yamlFormat, csvFormat}

// String, Set and Type make a format the value of a flag.
func (f *format) String() string { return string(*f) }

// Set implements pflag.Value.
func (f *format) Set(s string) error {
	var names []string
	for _, known := range formats {
		if string(known) == s {
			*f = known
			return nil
		}
		names = append(names, string(known))
	}
	return fmt.Errorf("want one of %s", strings.Join(names, ", "))
}

// Type implements pflag.Value.
func (f *format) Type() string { return "format" }

func outputFlag(cmd *cobra.Command, f *format) {
	cmd.Flags().VarP(f, "output", "o", "output: table, json, jsonl, yaml or csv")
}

// list writes rows in any format. jsonl and csv rows are written as they come;
// the others when the list is closed.
type list struct {
	w       io.Writer
	format  format
	columns []string
	table   table.Writer
	csv     *csv.Writer
	items   []json.RawMessage
}

func newList(w io.Writer, f format, columns ...string) *list {
	l := &list{w: w, format: f, columns: columns, items: []json.RawMessage{}}
	switch f {
	case tableFormat:
		l.table = newTable(columns...)
	case csvFormat:
		l.csv = csv.NewWriter(w)
		// An error stays with the writer, and close returns it.
		_ = l.csv.Write(columns)
	}
	return l
}

// add adds a row: the whole of it for programs, and its cells for people.
func (l *list) add(whole any, cells ...string) error {
	switch l.format {
	case tableFormat:
		var row table.Row
		for _, cell := range cells {
			row = append(row, printable(cell))
		}
		l.table.AppendRow(row)
		return nil
	case csvFormat:
		return l.csv.Write(cells)
	case jsonlFormat:
		line, err := marshal(whole)
		if err != nil {
			return err
		}
		_, err = l.w.Write(append(line, '\n'))
		return err
	default:
		item, err := marshal(whole)
		l.items = append(l.items, item)
		return err
	}
}

// close writes what is left.
func (l *list) close() error {
	switch l.format {
	case tableFormat:
		_, err := fmt.Fprintln(l.w, l.table.Render())
		return err
	case csvFormat:
		l.csv.Flush()
		return l.csv.Error()
	case jsonlFormat:
		return nil
	default:
		return write(l.w, l.format, l.items)
	}
}

// newTable returns a table without lines, so that its columns can be cut by
// other programs too.
func newTable(columns ...string) table.Writer {
	t := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	t.SetStyle(style)
	var header table.Row
	for _, c := range columns {
		header = append(header, c)
	}
	t.AppendHeader(header)
	t.SuppressTrailingSpaces()
	return t
}

// write writes one document: json, indented; jsonl, on one line; or yaml.
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
		return json.Marshal(v)
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

// printable replaces what a terminal would obey instead of show: text of other
// offices reaches it.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, s)
}

// lines is printable for text of several lines.
func lines(s string) string {
	all := strings.Split(s, "\n")
	for i := range all {
		all[i] = printable(all[i])
	}
	return strings.Join(all, "\n")
}
