package table

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spsalert/spsalert/client/csvcell"
	"github.com/spsalert/spsalert/server/sheet/charset"
)

// textSource reads CSV (RFC 4180), with any delimiter and in any encoding of
// package charset.
type textSource struct {
	guard   *recordGuard
	in      *csv.Reader
	limits  Limits
	records int
	row     int // of the last record
	inside  int // line feeds inside values so far: a spreadsheet does not count them as rows
}

// sampleSize is how much of a text tells its delimiter, bytes.
const sampleSize = 64 << 10

func openText(r io.ReaderAt, size int64, o Options) (source, Found, error) {
	encoding, err := textEncoding(r, size, o.Encoding)
	if err != nil {
		return nil, Found{}, err
	}
	decoded, err := charset.NewReader(io.NewSectionReader(r, 0, size), encoding)
	if err != nil {
		return nil, Found{}, err
	}
	in := bufio.NewReaderSize(decoded, sampleSize)
	sample, err := in.Peek(sampleSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, Found{}, fmt.Errorf("read a table: %w", err)
	}
	delimiter, hint, err := findDelimiter(string(sample), err == nil, o.Delimiter)
	if err != nil {
		return nil, Found{}, err
	}
	_, _ = in.Discard(hint) // it is in the buffer
	s := &textSource{guard: &recordGuard{r: in}, limits: o.Limits}
	s.in = csv.NewReader(s.guard)
	s.in.Comma = delimiter
	s.in.FieldsPerRecord = -1 // the header says how many there are
	s.in.ReuseRecord = true
	return s, Found{Encoding: encoding, Delimiter: delimiter}, nil
}

// textEncoding returns the encoding that a text is said to be in, or is.
func textEncoding(r io.ReaderAt, size int64, named string) (charset.Encoding, error) {
	if named != "" {
		e, ok := charset.Named(named)
		if !ok {
			return "", whole("FILE_ENCODING", fmt.Sprintf("there is no encoding %q here: name one of %s", named, listed(charset.All())))
		}
		return e, nil
	}
	fit, err := charset.Detect(io.NewSectionReader(r, 0, size))
	switch {
	case errors.Is(err, charset.ErrBinary):
		return "", neither
	case err != nil:
		return "", fmt.Errorf("read a table: %w", err)
	case len(fit) == 0:
		return "", whole("FILE_ENCODING", fmt.Sprintf("say in which encoding the text is: it is none of %s", listed(charset.All())))
	case len(fit) > 1:
		return "", whole("FILE_ENCODING", fmt.Sprintf("say in which encoding the text is: it could be %s", listed(fit)))
	}
	return fit[0], nil
}

// listed writes names with commas between.
func listed[T ~string](names []T) string {
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = string(n)
	}
	return strings.Join(all, ", ")
}

func (s *textSource) merges() merges        { return merges{} }
func (s *textSource) hiddenColumn(int) bool { return false }
func (s *textSource) strict() bool          { return true }

func (s *textSource) next() (Row, error) {
	for {
		s.guard.left = mostToken
		record, err := s.in.Read()
		if errors.Is(err, io.EOF) {
			return Row{}, io.EOF
		}
		var syntax *csv.ParseError
		switch {
		case errors.As(err, &syntax):
			row := syntax.StartLine - s.inside
			s.inside += syntax.Line - syntax.StartLine
			return Row{}, Problem{Row: row, Reason: "ROW_QUOTES", Sentence: "correct the quotes: a value with a quote in it stands in quotes, and each quote in it is doubled"}
		case errors.Is(err, errLongRecord):
			return Row{}, whole("ROW_LONG", fmt.Sprintf("correct the quotes in row %d or after it: a quote is not closed, or a row has more than %d bytes", s.row+1, mostToken))
		case err != nil:
			return Row{}, fmt.Errorf("read a table: %w", err)
		}
		if s.records++; s.records > s.limits.Rows {
			return Row{}, tooManyRows(s.limits)
		}
		row, err := s.take(record)
		if err != nil || !row.empty() {
			return row, err
		}
	}
}

func (s *textSource) take(record []string) (Row, error) {
	line, _ := s.in.FieldPos(0)
	s.row = line - s.inside
	row := Row{Number: s.row}
	for _, value := range record {
		s.inside += strings.Count(value, "\n")
	}
	if len(record) > s.limits.Columns && strings.Join(record[s.limits.Columns:], "") != "" {
		return Row{}, tooManyColumns(row.Number, s.limits)
	}
	row.Cells = make([]Cell, min(len(record), s.limits.Columns))
	for i := range row.Cells {
		c := Cell{Row: row.Number, Column: letters(i)}
		c.Kind, c.Text = ofText(tidy(record[i]))
		row.Cells[i] = c
	}
	return row, nil
}

// ofText returns what a value of a text is, and the value: without what keeps a
// spreadsheet from making a number or a formula of it.
func ofText(text string) (Kind, string) {
	if m := quoted.FindStringSubmatch(text); m != nil {
		text = tidy(m[1])
	}
	switch safe := csvcell.Restored(text); {
	case text == "":
		return KindEmpty, ""
	case failures.MatchString(text):
		return KindFailed, text
	case safe != text:
		return KindText, safe
	case strings.HasPrefix(text, "=") && len(text) > 1:
		return KindFormula, text
	}
	return KindText, text
}

func tooManyRows(l Limits) Problem {
	return whole("TABLE_ROWS", fmt.Sprintf("split the table: it has more than %d rows", l.Rows))
}

func tooManyColumns(row int, l Limits) Problem {
	return Problem{Row: row, Reason: "ROW_COLUMNS", Sentence: fmt.Sprintf("move the values: those beyond column %s are not read", letters(l.Columns-1))}
}

// mostToken is how much is read for one record of a text, or one piece of XML.
const mostToken = 1 << 20

var errLongRecord = errors.New("the record is too long")

// recordGuard lets no more through than is left: a quote that is not closed would
// take the rest of the file into memory.
type recordGuard struct {
	r    io.Reader
	left int
}

// Read implements [io.Reader].
func (g *recordGuard) Read(p []byte) (int, error) {
	if g.left <= 0 {
		return 0, errLongRecord
	}
	n, err := g.r.Read(p[:min(len(p), g.left)])
	g.left -= n
	return n, err
}
