package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"time"

	"github.com/spsalert/spsalert/client/csvcell"
)

// csvWriter writes CSV (RFC 4180): UTF-8 without a byte order mark, lines that
// end in CR LF.
type csvWriter struct {
	w     *csv.Writer
	lines []string
}

// NewCSV returns a writer of CSV. A text that a spreadsheet would take for a
// formula gets an apostrophe before it. Times are RFC 3339 in UTC.
func NewCSV(w io.Writer, columns ...string) Writer {
	c := &csvWriter{w: csv.NewWriter(w)}
	c.w.UseCRLF = true
	_ = c.w.Write(columns) // an error stays with the writer
	return c
}

// Row implements [Writer].
func (c *csvWriter) Row(cells ...any) error {
	c.lines = c.lines[:0]
	for _, v := range cells {
		c.lines = append(c.lines, csvText(v))
	}
	return c.w.Write(c.lines)
}

func csvText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return csvcell.Safe(v)
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.UTC().Format(timeLayout)
	default:
		return fmt.Sprint(v)
	}
}

// Close implements [Writer].
func (c *csvWriter) Close() error {
	c.w.Flush()
	return c.w.Error()
}
