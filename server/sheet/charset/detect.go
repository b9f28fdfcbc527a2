package charset

import (
	"bytes"
	"errors"
	"io"
	"unicode"
	"unicode/utf8"
)

// ErrBinary is returned if what is read is no text in any encoding.
var ErrBinary = errors.New("it is no text")

// marks are the byte order marks.
var marks = []struct {
	bytes string
	is    Encoding
}{{"\xef\xbb\xbf", UTF8}, {"\xff\xfe", UTF16LE}, {"\xfe\xff", UTF16BE}}

// Detect reads a text to its end and returns the encodings that fit it: one if
// it is sure, several if each could be, none if nothing does. Text of ASCII only is
// UTF-8. It holds a piece of the text in memory. It returns [ErrBinary] if this is
// no text, or the error of r.
func Detect(r io.Reader) ([]Encoding, error) {
	d := detector{chinese: newChinese(), thai: newThai(), vietnamese: newVietnamese(), utf8: true}
	piece := make([]byte, 32<<10)
	for first := true; ; first = false {
		n, err := io.ReadFull(r, piece)
		if first {
			for _, m := range marks {
				if bytes.HasPrefix(piece[:n], []byte(m.bytes)) {
					return []Encoding{m.is}, nil
				}
			}
		}
		d.take(piece[:n])
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return d.verdict()
		}
		if err != nil {
			return nil, err
		}
	}
}

// detector gathers what speaks for each encoding.
type detector struct {
	size    int
	zeros   [2]int // at even and at odd places
	control int    // bytes that no text has
	utf8    bool   // until it is broken
	odd     bool   // characters of UTF-8 beyond ASCII have come, and none that [usual] knows
	sure    bool   // one that it knows has come
	rest    []byte // of a character of UTF-8 that goes on in the next piece

	chinese    *chinese
	thai       *thai
	vietnamese *vietnamese
}

func (d *detector) take(piece []byte) {
	for i, b := range piece {
		switch {
		case b == 0:
			d.zeros[(d.size+i)%2]++
		case b < ' ' && b != '\t' && b != '\n' && b != '\r' && b != '\f':
			d.control++
		}
		d.chinese.take(b)
		d.thai.take(b)
		d.vietnamese.take(b)
	}
	d.size += len(piece)
	if !d.utf8 {
		return
	}
	piece = append(d.rest, piece...)
	for len(piece) > 0 && (piece[0] < utf8.RuneSelf || utf8.FullRune(piece)) {
		r, n := utf8.DecodeRune(piece)
		if r == utf8.RuneError && n == 1 {
			d.utf8 = false
			return
		}
		if n > 1 {
			d.sure = d.sure || usual(r, n)
			d.odd = !d.sure
		}
		piece = piece[n:]
	}
	d.rest = bytes.Clone(piece)
}

func (d *detector) verdict() ([]Encoding, error) {
	even, odd := d.zeros[0], d.zeros[1]
	switch {
	case even+odd == 0:
	case d.size%2 == 0 && odd > 4*even:
		return []Encoding{UTF16LE}, nil
	case d.size%2 == 0 && even > 4*odd:
		return []Encoding{UTF16BE}, nil
	default:
		return nil, ErrBinary
	}
	if d.control*100 > d.size {
		return nil, ErrBinary
	}
	var fit []Encoding
	if d.utf8 && len(d.rest) == 0 {
		fit = append(fit, UTF8)
		if !d.odd {
			return fit, nil
		}
	}
	if d.chinese.fits() {
		fit = append(fit, GB18030)
	}
	if d.thai.fits() {
		fit = append(fit, Windows874)
	}
	if d.vietnamese.fits() {
		fit = append(fit, Windows1258)
	}
	return fit, nil
}

// usual reports whether a character of n bytes of UTF-8 leaves no doubt that the
// text is UTF-8. Two bytes that are a letter of Hebrew, say, or a mark that stands
// on nothing, may as well be a character of an old code page: 状态 of GB 18030 is
// such a pair.
func usual(r rune, n int) bool {
	return n > 2 || r <= unicode.MaxLatin1 || unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic)
}

// letter reports whether a byte is a Latin letter of ASCII.
func letter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }
