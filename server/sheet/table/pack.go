package table

import (
	"archive/zip"
	"compress/flate"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

const (
	// mostDirectory is how long the directory of a workbook is at most, bytes: some
	// eight hundred parts.
	mostDirectory = 0xfffe
	// thin is how many times longer than packed a part of a workbook may be, if it is
	// longer than small. Sheets are packed to a tenth or a thirtieth.
	thin, small = 200, 16 << 20
)

// pack is the file of a workbook: parts of XML in a ZIP archive (ECMA-376 part 2).
type pack struct {
	parts    map[string]*zip.File // by path in lower case
	unpacked int64                // limit of a part
}

// openPack reads the directory of a workbook. It looks at its end first: a
// directory of millions of parts is not read.
func openPack(r io.ReaderAt, size int64, l Limits) (*pack, error) {
	tail := make([]byte, min(size, 22+0xffff))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read a workbook: %w", err)
	}
	end := strings.LastIndex(string(tail), "PK\x05\x06")
	if end < 0 || len(tail)-end < 22 {
		return nil, damaged("zip")
	}
	length, offset := binary.LittleEndian.Uint32(tail[end+12:]), binary.LittleEndian.Uint32(tail[end+16:])
	if length > mostDirectory || int64(offset)+int64(length) != size-int64(len(tail)-end) {
		return nil, damaged("zip")
	}
	archive, err := zip.NewReader(r, size)
	if errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrInsecurePath) {
		return nil, damaged("zip")
	}
	if err != nil {
		return nil, fmt.Errorf("read a workbook: %w", err)
	}
	p := &pack{parts: make(map[string]*zip.File), unpacked: l.Unpacked}
	for _, f := range archive.File {
		name := strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))
		if p.parts[name] != nil {
			return nil, damaged(f.Name)
		}
		p.parts[name] = f
	}
	return p, p.kind()
}

// macros is the problem of a workbook that holds programs.
var macros = whole("FILE_MACROS", "save it as a workbook without macros (.xlsx): it has macros")

// kind returns the problem of an archive that is another thing than a workbook
// without macros.
func (p *pack) kind() error {
	switch {
	case p.parts["xl/vbaproject.bin"] != nil:
		return macros
	case p.parts["xl/workbook.bin"] != nil:
		return whole("FILE_KIND", "open it in a spreadsheet and save it as a workbook (.xlsx): this is a binary workbook (.xlsb)")
	case p.parts["content.xml"] != nil && p.parts["mimetype"] != nil:
		return whole("FILE_KIND", "open it in a spreadsheet and save it as a workbook (.xlsx): this is an OpenDocument file (.ods)")
	case p.parts["[content_types].xml"] == nil:
		return neither
	}
	return nil
}

// part begins to read a part as XML. Whoever reads it MUST close it.
func (p *pack) part(name string) (*part, error) {
	f := p.parts[strings.ToLower(strings.TrimPrefix(path.Clean("/"+name), "/"))]
	if f == nil {
		return nil, damaged(name)
	}
	if f.UncompressedSize64 > uint64(p.unpacked) || f.UncompressedSize64 > small && f.UncompressedSize64/thin > f.CompressedSize64 {
		return nil, whole("FILE_UNPACKED", fmt.Sprintf("copy the table into a new workbook, or split it: unpacked it is far too large, %d bytes", f.UncompressedSize64))
	}
	x := &part{name: name}
	var err error
	if x.in, err = f.Open(); err != nil {
		return nil, x.fault(err)
	}
	x.guard = tokenGuard{r: x.in, buffer: make([]byte, 32<<10)}
	x.xml = xml.NewDecoder(&x.guard)
	x.xml.Strict = true
	return x, nil
}

// part is a part of a workbook that is being read.
type part struct {
	name  string
	in    io.ReadCloser
	guard tokenGuard
	xml   *xml.Decoder
}

func (x *part) close() { _ = x.in.Close() } // only gives back what unpacks

// next returns the next piece of the XML, good until the one after it; io.EOF at
// its end, where it is known that the part is whole.
func (x *part) next() (xml.Token, error) {
	x.guard.taken = 0
	token, err := x.xml.RawToken()
	if err == nil || errors.Is(err, io.EOF) {
		return token, err
	}
	var syntax *xml.SyntaxError
	switch {
	case x.guard.failed != nil:
		return nil, x.fault(x.guard.failed)
	case errors.As(err, &syntax):
		return nil, damaged(fmt.Sprintf("%s:%d", x.name, syntax.Line))
	}
	return nil, damaged(x.name) // of another encoding, for example
}

// fault returns the problem of a part that cannot be unpacked, or the error of the
// file that it is in.
func (x *part) fault(err error) error {
	var corrupt flate.CorruptInputError
	if errors.As(err, &corrupt) || errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrAlgorithm) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errLongRecord) {
		return damaged(x.name)
	}
	return fmt.Errorf("read a workbook: %s: %w", x.name, err)
}

// text returns the characters up to the end of the element that was begun last,
// those of elements in it left out; of a long text the beginning.
func (x *part) text() (string, error) {
	var all []byte
	for depth := 0; ; {
		token, err := x.next()
		if err != nil {
			return "", x.cut(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			if depth--; depth < 0 {
				return string(all), nil
			}
		case xml.CharData:
			if depth == 0 {
				all = append(all, token[:min(len(token), keptText-len(all))]...)
			}
		}
	}
}

// cut returns the error of a part that ends where it must not.
func (x *part) cut(err error) error {
	if errors.Is(err, io.EOF) {
		return damaged(x.name)
	}
	return err
}

// skip reads to the end of the element that was begun last.
func (x *part) skip() error {
	_, err := x.text()
	return err
}

// attribute returns the value of an attribute; empty: it has none.
func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// tokenGuard gives bytes to a decoder of XML, which reads its input by bytes, and
// no more than mostToken of them for one piece: a decoder holds a piece in memory.
type tokenGuard struct {
	r      io.Reader
	buffer []byte
	unread []byte
	taken  int
	failed error // of r, or that the piece is too long
}

// ReadByte implements [io.ByteReader].
func (g *tokenGuard) ReadByte() (byte, error) {
	for len(g.unread) == 0 {
		n, err := g.r.Read(g.buffer)
		if g.unread = g.buffer[:n]; n == 0 && err != nil {
			if !errors.Is(err, io.EOF) {
				g.failed = err
			}
			return 0, err
		}
	}
	if g.taken++; g.taken > mostToken {
		g.failed = errLongRecord
		return 0, errLongRecord
	}
	b := g.unread[0]
	g.unread = g.unread[1:]
	return b, nil
}

// Read implements [io.Reader], which a decoder wants and does not use.
func (g *tokenGuard) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := g.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}
