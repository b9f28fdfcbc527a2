package rasff

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// bom is the byte order mark with which some programs begin a file.
const bom = "\ufeff"

// Read returns the rows of an export in their order, as they are read. An error
// of type [Problems] is about one line, and reading goes on; its Row has the
// line only. Any other error is the last thing returned: the file cannot be
// read, or its header is not that of an export.
func Read(r io.Reader) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		in := csv.NewReader(skipBOM(r))
		in.FieldsPerRecord = -1 // checked here, so that the rest goes on
		in.ReuseRecord = true
		header, err := in.Read()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = errors.New("the file is empty")
			}
			yield(Row{}, fmt.Errorf("read header: %w", err))
			return
		}
		columns, err := parseHeader(header)
		if err != nil {
			yield(Row{}, fmt.Errorf("read header: %w", err))
			return
		}
		for {
			record, err := in.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			row, err := parseRecord(in, columns, record, err)
			if !yield(row, err) {
				return
			}
			if err != nil && !aboutRow(err) {
				return
			}
		}
	}
}

// aboutRow reports whether an error of Read is about one line only.
func aboutRow(err error) bool {
	var problems Problems
	return errors.As(err, &problems)
}

// skipBOM returns r without the byte order mark that it may begin with.
func skipBOM(r io.Reader) io.Reader {
	in := bufio.NewReader(r)
	if start, _ := in.Peek(len(bom)); string(start) == bom {
		_, _ = in.Discard(len(bom)) // it is in the buffer
	}
	return in
}

// parseHeader returns, for each column of the file, where its value goes; nil
// for one that is ignored.
func parseHeader(header []string) ([]*field, error) {
	columns := make([]*field, len(header))
	var unknown, twice []string
	seen := make(map[string]bool)
	for i, name := range header {
		name = strings.TrimSpace(name)
		if seen[name] {
			twice = append(twice, fmt.Sprintf("%q", name))
		}
		seen[name] = true
		at := slices.IndexFunc(fields, func(f field) bool { return f.column == name })
		switch {
		case at >= 0:
			columns[i] = &fields[at]
		case !slices.Contains(ignored, name):
			unknown = append(unknown, fmt.Sprintf("%q", name))
		}
	}
	var missing []string
	for _, f := range fields {
		if !seen[f.column] {
			missing = append(missing, f.column)
		}
	}
	var wrong []string
	if len(missing) > 0 {
		wrong = append(wrong, "columns missing: "+strings.Join(missing, ", "))
	}
	if len(unknown) > 0 {
		wrong = append(wrong, "columns unknown: "+strings.Join(unknown, ", "))
	}
	if len(twice) > 0 {
		wrong = append(wrong, "columns given twice: "+strings.Join(twice, ", "))
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("it is not that of a RASFF Window export; %s", strings.Join(wrong, "; "))
	}
	return columns, nil
}

// parseRecord returns the row of a record, or what went wrong with its line.
func parseRecord(in *csv.Reader, columns []*field, record []string, err error) (Row, error) {
	if err != nil {
		var syntax *csv.ParseError
		if errors.As(err, &syntax) {
			return Row{Line: syntax.StartLine}, Problems{{
				Line:     syntax.StartLine,
				Sentence: fmt.Sprintf("correct the quotes, this is not CSV: %v at line %d", syntax.Err, syntax.Line),
			}}
		}
		return Row{}, fmt.Errorf("read row: %w", err)
	}
	line, _ := in.FieldPos(0)
	if len(record) != len(columns) {
		return Row{Line: line}, Problems{{
			Line:     line,
			Sentence: fmt.Sprintf("give it one value for each of the %d columns, it has %d", len(columns), len(record)),
		}}
	}
	row := Row{Line: line}
	for i, f := range columns {
		if f != nil {
			*f.value(&row) = norm.NFC.String(strings.TrimSpace(record[i]))
		}
	}
	return row, nil
}
