package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/spsalert/spsalert/client/csvcell"
)

// cell is a value with one face for people, in a table, and one for programs,
// in CSV.
type cell struct{ people, program string }

// when is the cell of a time: local for people, RFC 3339 in UTC for programs.
func when(t *timestamppb.Timestamp) cell { return cell{instant(t), stamp(t)} }

// short is the cell of a text that people see cut to so many columns.
func short(text string, columns int) cell { return cell{shorten(text, columns), text} }

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

// add adds a row: the whole of it for programs that read JSON, and its cells,
// each a string or a [cell].
func (l *list) add(whole any, cells ...any) error {
	switch l.format {
	case tableFormat:
		var row table.Row
		for _, c := range cells {
			row = append(row, printable(faces(c).people))
		}
		l.table.AppendRow(row)
		return nil
	case csvFormat:
		var row []string
		for _, c := range cells {
			row = append(row, csvcell.Safe(faces(c).program))
		}
		return l.csv.Write(row)
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

// faces returns a cell; a string is the same for everybody.
func faces(c any) cell {
	if c, ok := c.(cell); ok {
		return c
	}
	text := fmt.Sprint(c)
	return cell{text, text}
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
