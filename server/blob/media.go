package blob

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"
)

// The media types whose content needs more than a first look.
const (
	typeXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	typeDOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	typeZIP  = "application/zip" // what the two are inside; not allowed by itself
)

const (
	// sniffed is how much of a file is looked at to tell its type.
	sniffed = 8 << 10
	// maxParts is how many files of an XLSX or DOCX are looked at.
	maxParts = 10_000
)

// kinds are the media types that may be attached, and how their content is
// told.
var kinds = []struct {
	name  string
	looks func(head []byte) bool
}{
	{"application/pdf", starts("%PDF-")},
	{"image/png", starts("\x89PNG\r\n\x1a\n")},
	{"image/jpeg", starts("\xff\xd8\xff")},
	{"image/tiff", starts("II*\x00", "MM\x00*")},
	{"text/csv", isText},
	{"text/plain", isText},
	{"application/xml", isXML},
	{"text/xml", isXML},
	{typeXLSX, starts("PK\x03\x04")},
	{typeDOCX, starts("PK\x03\x04")},
}

// MediaTypes returns the media types that may be attached; the slice is the
// caller's. They are those of laboratory reports, certificates, photographs,
// scans and tables. An archive is not among them: nobody sees what is in it
// before it is unpacked, so its files are attached one by one.
func MediaTypes() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	return names
}

// CheckType returns a [*TypeError] unless a file that is held is of a media type
// that may be attached. Other errors are those of [Store.Open].
func (s *Store) CheckType(ctx context.Context, d Digest, declared string) error {
	f, size, err := s.Open(ctx, d)
	if err != nil {
		return err
	}
	defer f.Close()
	return checkType(declared, f, size)
}

// checkType compares what a file is declared to be with what it is.
func checkType(declared string, f io.ReaderAt, size int64) error {
	i := slices.IndexFunc(MediaTypes(), func(name string) bool { return name == declared })
	if i < 0 {
		return &TypeError{"TYPE_NOT_ALLOWED", fmt.Sprintf("%q may not be attached: attach one of %s", clip(declared), strings.Join(MediaTypes(), ", "))}
	}
	if size == 0 {
		return &TypeError{"EMPTY", "the file has no bytes: attach the right one"}
	}
	head, err := sniff(f)
	if err != nil {
		return err
	}
	if !kinds[i].looks(head) {
		return &TypeError{"TYPE_MISMATCH", fmt.Sprintf("it is declared to be %s and is not: by its bytes it is %s", declared, seems(head))}
	}
	if declared == typeXLSX || declared == typeDOCX {
		return checkOffice(declared, f, size)
	}
	return nil
}

// seems names what the beginning of a file looks like, for people.
func seems(head []byte) string {
	for _, k := range kinds {
		if k.looks(head) && k.name != "text/csv" && !strings.HasPrefix(k.name, "text/") && k.name != typeXLSX && k.name != typeDOCX {
			return k.name
		}
	}
	if starts("PK\x03\x04")(head) {
		return typeZIP
	}
	name, _, _ := strings.Cut(http.DetectContentType(head), ";")
	return name
}

func starts(with ...string) func([]byte) bool {
	return func(head []byte) bool {
		return slices.ContainsFunc(with, func(s string) bool { return bytes.HasPrefix(head, []byte(s)) })
	}
}

// utf16 reports whether a text begins with a mark of UTF-16, as Excel writes it.
func utf16(head []byte) bool { return starts("\xff\xfe", "\xfe\xff")(head) }

// isText reports whether the beginning of a file is text in any encoding:
// laboratories write tables in that of their country. A page of the web, and
// what else a browser would run, is none.
func isText(head []byte) bool {
	if utf16(head) {
		return true
	}
	control := func(b byte) bool { return b < 0x20 && !strings.ContainsRune("\t\n\v\f\r\x1b", rune(b)) || b == 0x7f }
	return !slices.ContainsFunc(head, control) && strings.HasPrefix(http.DetectContentType(head), "text/") &&
		!strings.HasPrefix(http.DetectContentType(head), "text/html")
}

// isXML reports whether the beginning of a file is XML, and not a page of the
// web.
func isXML(head []byte) bool {
	if utf16(head) {
		plain := bytes.ReplaceAll(head[2:], []byte{0}, nil)
		return bytes.HasPrefix(plain, []byte("<"))
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	return bytes.HasPrefix(text, []byte("<")) && !strings.HasPrefix(http.DetectContentType(head), "text/html")
}

// checkOffice looks into an XLSX or DOCX: it has the part that makes it one,
// and no macros, which the names of their own file types announce.
func checkOffice(declared string, f io.ReaderAt, size int64) error {
	main := map[string]string{typeXLSX: "xl/workbook.xml", typeDOCX: "word/document.xml"}[declared]
	found := false
	for name := range parts(f, size) {
		found = found || name == main
		if strings.EqualFold(name[strings.LastIndex(name, "/")+1:], "vbaProject.bin") {
			return &TypeError{"MACROS", "it holds macros: save it without them"}
		}
	}
	if !found {
		return &TypeError{"TYPE_MISMATCH", fmt.Sprintf("it is declared to be %s and has no part %s", declared, main)}
	}
	return nil
}

// parts returns the names in the directory of an archive (APPNOTE 4.3.12 and
// 4.3.16), as far as it can be read and up to a number. Package archive/zip
// would take memory for as many as the bytes can hold.
func parts(f io.ReaderAt, size int64) iter.Seq[string] {
	return func(yield func(string) bool) {
		const end, header = 22, 46 // bytes of the end record and of an entry, before what varies
		tail := make([]byte, min(size, end+1<<16))
		if _, err := f.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
			return
		}
		at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
		if at < 0 || len(tail)-at < end {
			return
		}
		offset := int64(binary.LittleEndian.Uint32(tail[at+16:]))
		r := bufio.NewReader(io.NewSectionReader(f, offset, size-offset))
		for range maxParts {
			var entry [header]byte
			if _, err := io.ReadFull(r, entry[:]); err != nil || !bytes.HasPrefix(entry[:], []byte("PK\x01\x02")) {
				return
			}
			name := make([]byte, binary.LittleEndian.Uint16(entry[28:]))
			if _, err := io.ReadFull(r, name); err != nil || !yield(string(name)) {
				return
			}
			rest := int(binary.LittleEndian.Uint16(entry[30:])) + int(binary.LittleEndian.Uint16(entry[32:]))
			if _, err := r.Discard(rest); err != nil {
				return
			}
		}
	}
}

// clip keeps foreign text short.
func clip(s string) string { return strings.ToValidUTF8(s[:min(len(s), 100)], "") }
