package codes

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// table reads rows of values between commas, semicolons or tabs.
func (rd *reader) table(r *bufio.Reader) error {
	lines, err := rd.preamble(r)
	if err != nil || len(rd.problems.Problems) > 0 {
		return err
	}
	first, err := r.Peek(4 << 10)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	rows := csv.NewReader(&rowLimit{r: r})
	rows.Comma = separator(string(first))
	rows.FieldsPerRecord = -1
	rows.ReuseRecord = true
	var t *tableLayout
	columns := 0
	for {
		record, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var parse *csv.ParseError
		switch {
		case errors.As(err, &parse):
			// What stands after it cannot be told apart.
			rd.add(lines+parse.Line, "", "mend the quotes: %v", parse.Err)
			return nil
		case errors.Is(err, errRowTooLong):
			rd.add(0, "", "mend the quotes or the ends of the lines: a row has more than %d KiB", maxRow>>10)
			return nil
		case err != nil:
			return err
		}
		line, _ := rows.FieldPos(0)
		if t == nil {
			var header bool
			if t, header = rd.layout(record, lines+line); t == nil {
				return nil
			}
			if columns = len(record); header {
				continue
			}
		}
		rd.row(t, record, columns, lines+line)
	}
	if t != nil && t.strict && !rd.foreign {
		rd.parents()
	}
	return nil
}

// row takes one row.
func (rd *reader) row(t *tableLayout, record []string, columns, line int) {
	if len(record) != columns {
		rd.add(line, "", "give it one value for each of the %d columns, it has %d", columns, len(record))
		return
	}
	for i, v := range record {
		if sentence := badText(v); sentence != "" {
			rd.add(line, t.column(i), "%s", sentence)
			return
		}
		record[i] = strings.TrimSpace(v)
	}
	e, ok, column, sentence := t.entry(row{cells: record, at: t.at})
	switch {
	case sentence != "":
		rd.add(line, column, "%s", sentence)
	case ok:
		rd.entry(e, line)
	}
}

// badText says what is wrong with the characters of a value; empty if nothing.
func badText(v string) string {
	if !utf8.ValidString(v) {
		return "save the file as UTF-8, for example with `iconv -f windows-1252 -t utf-8`"
	}
	for _, c := range v {
		if unicode.IsControl(c) && !unicode.IsSpace(c) {
			return fmt.Sprintf("take out the control character U+%04X", c)
		}
	}
	return ""
}

// parents checks that what stands above each entry is in the file too.
func (rd *reader) parents() {
	for _, e := range rd.list.entries {
		if _, ok := rd.places[e.Parent]; !ok && e.Parent != "" {
			rd.add(rd.places[e.Code].line, "parent", "give a code of this file, or nothing, not %.60q", e.Parent)
		}
	}
}

// preamble reads the lines in front that begin with #, and returns how many
// there were.
func (rd *reader) preamble(r *bufio.Reader) (lines int, err error) {
	for {
		start, err := r.Peek(1)
		if err != nil || start[0] != '#' {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return lines, err
		}
		text, err := r.ReadSlice('\n')
		lines++
		if errors.Is(err, bufio.ErrBufferFull) {
			rd.add(lines, "", "shorten the line to %d KiB", r.Size()>>10)
			return lines, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return lines, err
		}
		rd.about(strings.TrimSpace(strings.TrimPrefix(string(text), "#")), lines)
	}
}

// about takes what a line of the preamble says about the list. A line without a
// colon is a comment.
func (rd *reader) about(text string, line int) {
	name, value, ok := strings.Cut(text, ":")
	if sentence := badText(text); sentence != "" {
		rd.add(line, "", "%s", sentence)
		return
	}
	if !ok {
		return
	}
	l, value := rd.list, strings.TrimSpace(value)
	switch name {
	case "version":
		if l.Version == "" {
			l.Version = value
		}
	case "source":
		l.Source = value
	case "licence":
		l.Licence = value
	case "parents":
		l.Parents, rd.foreign = value, true
	case "form":
		l.form = form(value)
		rd.check = forms[l.form]
	case "names":
		l.naming = value
	case "open":
		l.Open = value == "yes"
	default:
		if lang, ok := strings.CutPrefix(name, "title "); ok && isTag(lang) {
			l.titles = append(l.titles, Name{Lang: lang, Text: value})
		}
	}
}

// separator returns what stands between the values of a first row.
func separator(first string) rune {
	first, _, _ = strings.Cut(first, "\n")
	return slices.MaxFunc([]rune{';', '\t', ','}, func(a, b rune) int {
		return strings.Count(first, string(a)) - strings.Count(first, string(b))
	})
}

// errRowTooLong says that a row does not end where rows end.
var errRowTooLong = errors.New("a row is too long")

// rowLimit reads until a line is longer than any row is, so that one quote that
// is never closed does not take the whole file into memory.
type rowLimit struct {
	r    *bufio.Reader
	open bool // an odd number of quotes was read
	size int  // bytes since a row began
}

func (l *rowLimit) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for _, c := range p[:n] {
		switch {
		case c == '"':
			l.open = !l.open
		case c == '\n' && !l.open:
			l.size = 0
		}
		if l.size++; l.size > maxRow {
			return 0, errRowTooLong
		}
	}
	return n, err
}
