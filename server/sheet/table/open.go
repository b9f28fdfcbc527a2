package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spsalert/spsalert/server/sheet/charset"
)

// Options say what a table does not say of itself. The zero value finds out what
// can be.
type Options struct {
	// Encoding is that of a text, by a name that package charset knows; empty: it is
	// found out.
	Encoding string
	// Delimiter stands between the values of a line of a text; 0: it is found out.
	Delimiter rune
	// Sheet is the name of the sheet of a workbook; empty: the only one that is not
	// empty.
	Sheet string
	// FirstHeader and LastHeader are the rows that hold the names of the columns; 0:
	// they are found out.
	FirstHeader, LastHeader int
	// Known are names of columns that a header may have: the row that has most of
	// them is the header, if there is one.
	Known []string
	// Hidden takes rows and sheets that are hidden.
	Hidden bool
	// Limits bound what is read.
	Limits Limits
}

// Limits bound what is read of a file. In memory are a row, the first fifty rows
// until they are asked for, and the texts that the sheets of a workbook share, at
// most 64 MiB; a row has at most a MiB. Zero is the default of each.
type Limits struct {
	Bytes    int64 // of the file; 32 MiB
	Unpacked int64 // of a part of a workbook; 512 MiB
	Rows     int   // of the table, empty ones included; 200,000
	Columns  int   // 256
}

func (l Limits) orDefault() Limits {
	if l.Bytes == 0 {
		l.Bytes = 32 << 20
	}
	if l.Unpacked == 0 {
		l.Unpacked = 512 << 20
	}
	if l.Rows == 0 {
		l.Rows = 200_000
	}
	if l.Columns == 0 {
		l.Columns = 256
	}
	return l
}

// source gives the rows of a table, also those above its header, in their order.
type source interface {
	// next returns a row that is not empty. An error about a row is followed by the
	// next one; any other, io.EOF at the end, is the last.
	next() (Row, error)
	// merges are the merged cells; those of a text are none.
	merges() merges
	// hiddenColumn reports whether a column is hidden.
	hiddenColumn(index int) bool
	// strict reports whether each row has a value for each column.
	strict() bool
}

// Found says what was found out about a table.
type Found struct {
	Encoding  charset.Encoding // of a text; empty: it is a workbook
	Delimiter rune             // of a text
	Sheet     string           // of a workbook
	Hidden    []string         // further sheets of the workbook that are hidden and hold something, in quotes
	// FirstHeader and LastHeader are the rows that hold the names of the columns.
	FirstHeader, LastHeader int
}

// Open begins to read a table of size bytes, and finds its header. What cannot be
// read is a [Problem]; any other error is one of r. r is read until the rows are,
// and MUST NOT change.
func Open(r io.ReaderAt, size int64, o Options) (*Reader, error) {
	o.Limits = o.Limits.orDefault()
	if size > o.Limits.Bytes {
		return nil, whole("FILE_SIZE", fmt.Sprintf("split the table: a file has at most %d bytes", o.Limits.Bytes))
	}
	if size == 0 {
		return nil, whole("FILE_EMPTY", "send a table: the file is empty")
	}
	start := make([]byte, min(size, 4096))
	if _, err := r.ReadAt(start, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read a table: %w", err)
	}
	begin := openText
	if bytes.HasPrefix(start, []byte("PK\x03\x04")) {
		begin = openWorkbook
	} else if err := otherKind(r, size, start); err != nil {
		return nil, err
	}
	from, found, err := begin(r, size, o)
	if err != nil {
		return nil, err
	}
	t := &Reader{found: found, options: o, from: from}
	if err := t.findHeader(); err != nil {
		return nil, err
	}
	return t, nil
}

// otherKind returns the problem of a file that is neither a workbook nor a text
// with a table.
func otherKind(r io.ReaderAt, size int64, start []byte) error {
	text := strings.ToLower(strings.TrimLeft(string(start), "\ufeff \t\r\n"))
	switch {
	case bytes.HasPrefix(start, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return compound(io.NewSectionReader(r, 0, size))
	case bytes.HasPrefix(start, []byte("%PDF-")):
		return whole("FILE_KIND", "send the table itself, as a workbook (.xlsx) or as CSV: this is a PDF")
	case strings.HasPrefix(text, "<?xml") && strings.Contains(text, "urn:schemas-microsoft-com:office:spreadsheet"):
		return whole("FILE_KIND", "open it in a spreadsheet and save it as a workbook (.xlsx): this is an XML spreadsheet")
	case strings.HasPrefix(text, "<!doctype html"), strings.HasPrefix(text, "<html"), strings.HasPrefix(text, "<table"):
		return whole("FILE_KIND", "open it in a spreadsheet and save it as a workbook (.xlsx): this is a web page, whatever its name says")
	case strings.HasPrefix(text, "{\\rtf"), strings.HasPrefix(text, "<?xml"):
		return neither
	}
	return nil
}

// neither is the problem of a file that is of no known kind.
var neither = whole("FILE_KIND", "send a workbook (.xlsx) or CSV: this is neither")

// compound returns the problem of a compound file, which is how workbooks are
// that are old or encrypted. It looks for the names of what they hold.
func compound(r io.Reader) error {
	wide := func(name string) []byte {
		var b []byte
		for _, c := range []byte(name) {
			b = append(b, c, 0)
		}
		return b
	}
	encrypted, old, older := wide("EncryptedPackage"), wide("Workbook"), wide("Book")
	var kind error = neither
	piece, kept := make([]byte, 64<<10), 0
	for {
		n, err := r.Read(piece[kept:])
		seen := piece[:kept+n]
		if bytes.Contains(seen, encrypted) {
			return whole("FILE_ENCRYPTED", "take the password off the workbook and save it again: it is encrypted")
		}
		if bytes.Contains(seen, old) || bytes.Contains(seen, older) {
			kind = whole("FILE_KIND", "open it in a spreadsheet and save it as a workbook (.xlsx): this is an old Excel file (.xls)")
		}
		if errors.Is(err, io.EOF) {
			return kind
		}
		if err != nil {
			return fmt.Errorf("read a table: %w", err)
		}
		kept = copy(piece, seen[max(0, len(seen)-len(encrypted)):])
	}
}
