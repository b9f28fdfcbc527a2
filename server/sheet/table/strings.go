package table

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

const (
	// mostShared is how much memory the texts that sheets share take at most, bytes.
	mostShared = 64 << 20
	// chunk is how many bytes of them stand together: a slice that grows would be
	// there twice while it does.
	chunk = 1 << 20
)

// sharedStrings are the texts that the sheets of a workbook share, by number.
type sharedStrings struct {
	chunks [][]byte
	refs   [][]textRef // as many as fill a chunk, in each
	count  int
}

// textRef is where a text is.
type textRef struct{ chunk, from, to uint32 }

const refsOfChunk = chunk / 16

func (s *sharedStrings) add(text string) error {
	if len(s.chunks)*chunk+len(s.refs)*chunk > mostShared {
		return whole("TABLE_TEXTS", fmt.Sprintf("split the table: its texts take more than %d bytes", mostShared))
	}
	if n := len(s.chunks); n == 0 || len(s.chunks[n-1])+len(text) > chunk {
		s.chunks = append(s.chunks, make([]byte, 0, chunk))
	}
	if s.count%refsOfChunk == 0 {
		s.refs = append(s.refs, make([]textRef, 0, refsOfChunk))
	}
	last := len(s.chunks) - 1
	from := len(s.chunks[last])
	s.chunks[last] = append(s.chunks[last], text...)
	refs := &s.refs[len(s.refs)-1]
	*refs = append(*refs, textRef{uint32(last), uint32(from), uint32(from + len(text))})
	s.count++
	return nil
}

// at returns a text; false if there is none of that number.
func (s *sharedStrings) at(i int) (string, bool) {
	if i < 0 || i >= s.count {
		return "", false
	}
	r := s.refs[i/refsOfChunk][i%refsOfChunk]
	return string(s.chunks[r.chunk][r.from:r.to]), true
}

// readShared reads the part of the texts that sheets share.
func (w *workbook) readShared() (*sharedStrings, error) {
	s := &sharedStrings{}
	if w.strings == "" {
		return s, nil
	}
	x, err := w.pack.part(w.strings)
	if err != nil {
		return nil, err
	}
	defer x.close()
	for {
		token, err := x.next()
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return nil, err
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "si" {
			text, err := x.richText()
			if err != nil {
				return nil, err
			}
			if err := s.add(tidy(text)); err != nil {
				return nil, err
			}
		}
	}
}

// richText returns the text of an element that was begun, in whatever pieces and
// types it is set, without what says how it is pronounced.
func (x *part) richText() (string, error) {
	var all []byte
	for depth := 1; depth > 0; {
		token, err := x.next()
		if err != nil {
			return "", x.cut(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			switch token.Name.Local {
			case "t":
				text, err := x.text()
				if err != nil {
					return "", err
				}
				all = append(all, text[:min(len(text), keptText-len(all))]...)
			case "rPh":
				if err := x.skip(); err != nil {
					return "", err
				}
			default:
				depth++
			}
		case xml.EndElement:
			depth--
		}
	}
	return unescaped(string(all)), nil
}

// escape is how a workbook has a character that XML cannot have, or that looks like
// one (ECMA-376 part 1, 22.9.2.19): _x000D_ is a carriage return.
var escape = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)

// unescaped returns a text with the characters that its escapes stand for; those that
// nobody sees become blanks, and the end of a line is one line feed.
func unescaped(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	text = escape.ReplaceAllStringFunc(text, func(e string) string {
		n, _ := strconv.ParseUint(e[2:6], 16, 16) // four digits fit
		switch r := rune(n); {
		case r == '\r', r == '\n', r == '\t':
			return string(r)
		case unicode.IsControl(r), utf16.IsSurrogate(r):
			return " "
		default:
			return string(r)
		}
	})
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}
