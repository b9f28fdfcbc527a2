// Package charset finds out in which encoding a text is, and reads it.
//
// # What is sure and what is not
//
// A byte order mark, and bytes that are UTF-8 beyond ASCII, leave no doubt, but for
// a few pairs that are letters of no language expected here; bytes of zero at
// every second place are UTF-16. The old code pages give no such
// sign: any bytes at all are letters in some of them. So each is asked whether the
// bytes would be writing in it, by rules that text in its language does not break:
//
//   - GB 18030: characters of two bytes of the common area, GB 2312, but for a few;
//   - Windows-874: Thai vowels and tones stand on a consonant, a vowel that is
//     written first has one behind it, and Thai letters do not touch Latin ones;
//   - Windows-1258: the letters are those of Vietnamese, in words with Latin
//     letters, and a tone stands on a vowel.
//
// If exactly one says yes, that is it. If several or none do, [Detect] says so,
// and a person has to: a wrong guess would turn a name into another one, and
// nobody would notice.
package charset

import (
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Encoding is an encoding that can be read, by its name in the registry of IANA
// in lower case.
type Encoding string

// The encodings.
const (
	UTF8        Encoding = "utf-8"
	UTF16LE     Encoding = "utf-16le"
	UTF16BE     Encoding = "utf-16be"
	GB18030     Encoding = "gb18030"
	Windows874  Encoding = "windows-874"
	Windows1258 Encoding = "windows-1258"
)

// All returns the encodings that can be read. The slice is the caller's.
func All() []Encoding {
	return []Encoding{UTF8, UTF16LE, UTF16BE, GB18030, Windows874, Windows1258}
}

// others are further names of encodings.
var others = map[string]Encoding{
	"utf8": UTF8, "utf-16": UTF16LE, "gbk": GB18030, "gb2312": GB18030, "cp936": GB18030,
	"tis-620": Windows874, "cp874": Windows874, "cp1258": Windows1258,
}

// Named returns the encoding of a name, in capitals or not; false if it is none
// that can be read. The older forms of one that can be are known too, as GBK and
// TIS-620.
func Named(name string) (Encoding, bool) {
	name = strings.ToLower(strings.TrimSpace(name))
	for _, e := range All() {
		if string(e) == name {
			return e, true
		}
	}
	e, ok := others[name]
	return e, ok
}

// NewReader returns a reader of a text as UTF-8, without the byte order mark that
// it may begin with; a mark of UTF-16 decides the order of bytes. Bytes that are no
// character become U+FFFD: the caller MUST look for it, for what was there is lost.
// An encoding that is not one of [All] is an error.
func NewReader(r io.Reader, e Encoding) (io.Reader, error) {
	var from encoding.Encoding
	switch e {
	case UTF8:
		from = unicode.UTF8BOM
	case UTF16LE:
		from = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case UTF16BE:
		from = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case GB18030:
		from = simplifiedchinese.GB18030
	case Windows874:
		from = charmap.Windows874
	case Windows1258:
		from = charmap.Windows1258
	default:
		return nil, fmt.Errorf("the encoding %q cannot be read", string(e))
	}
	return transform.NewReader(r, from.NewDecoder()), nil
}
