package seal

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxSignatures is how many signature lines a note may carry.
const MaxSignatures = 16

const sigPrefix = "— "

// strict64 refuses slack bits; it still skips line breaks, which the
// comparison after decoding catches.
var strict64 = base64.StdEncoding.Strict()

// note is a signed note taken apart. Nothing in it is verified.
type note struct {
	text string // with its last newline
	sigs []signature
}

type signature struct {
	name string
	id   keyID
	sig  []byte
}

// parseNote takes apart a signed note of at most limit bytes. encode of what
// it returns is b again.
func parseNote(b []byte, limit int) (note, error) {
	switch {
	case len(b) > limit:
		return note{}, failf(ErrFormat, "note of %d bytes, at most %d allowed", len(b), limit)
	case !utf8.Valid(b):
		return note{}, failf(ErrFormat, "note is not UTF-8")
	case bytes.ContainsFunc(b, func(r rune) bool { return r < 0x20 && r != '\n' || r == 0x7f }):
		return note{}, failf(ErrFormat, "note has control characters")
	}
	text, lines, ok := strings.Cut(string(b), "\n\n")
	if !ok || text == "" || lines == "" {
		return note{}, failf(ErrFormat, "note is not a text, an empty line and signatures")
	}
	n := note{text: text + "\n"}
	for lines != "" {
		var line string
		if line, lines, ok = strings.Cut(lines, "\n"); !ok {
			return note{}, failf(ErrFormat, "note does not end with a newline")
		}
		if len(n.sigs) == MaxSignatures {
			return note{}, failf(ErrFormat, "more than %d signatures", MaxSignatures)
		}
		s, err := parseSignature(line)
		if err != nil {
			return note{}, err
		}
		for _, other := range n.sigs {
			if other.name == s.name && other.id == s.id {
				return note{}, failf(ErrFormat, "two signatures by one key")
			}
		}
		n.sigs = append(n.sigs, s)
	}
	if !bytes.Equal(n.encode(), b) {
		return note{}, failf(ErrFormat, "note is not in canonical form")
	}
	return n, nil
}

func parseSignature(line string) (signature, error) {
	rest, ok := strings.CutPrefix(line, sigPrefix)
	if !ok {
		return signature{}, failf(ErrFormat, "signature line does not begin with an em dash and a space")
	}
	name, encoded, ok := strings.Cut(rest, " ")
	if !ok || !validName(name) {
		return signature{}, failf(ErrFormat, "signature line without a well-formed key name")
	}
	raw, err := strict64.DecodeString(encoded)
	if err != nil {
		return signature{}, failf(ErrFormat, "signature is not strict base64")
	}
	s := signature{name: name}
	if len(raw) <= len(s.id) {
		return signature{}, failf(ErrFormat, "signature of %d bytes", len(raw))
	}
	s.sig = raw[copy(s.id[:], raw):]
	return s, nil
}

// validName reports whether a key name has neither space nor plus and is not
// empty, as C2SP signed-note asks.
func validName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || r == '+' })
}

func (n note) encode() []byte {
	b := []byte(n.text + "\n")
	for _, s := range n.sigs {
		b = append(b, sigPrefix+s.name+" "...)
		b = strict64.AppendEncode(b, append(s.id[:], s.sig...))
		b = append(b, '\n')
	}
	return b
}
