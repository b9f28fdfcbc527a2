package second

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxSignatures = 16

// Key is a public key that signs notes: one of the two is set.
type Key struct {
	Ed25519 ed25519.PublicKey
	P256    *ecdsa.PublicKey
	SPKI    []byte // DER, of a log key
}

// ID returns the key ID under a key name.
func (k Key) ID(name string) [4]byte {
	input := k.SPKI
	if k.P256 == nil {
		input = append([]byte(name+"\n\x01"), k.Ed25519...)
	}
	sum := sha256.Sum256(input)
	return [4]byte(sum[:4])
}

// signed reports whether sig is the key's over a text.
func (k Key) signed(text string, sig []byte) bool {
	if k.P256 == nil {
		return ed25519.Verify(k.Ed25519, []byte(text), sig)
	}
	sum := sha256.Sum256([]byte(text))
	return ecdsa.VerifyASN1(k.P256, sum[:], sig)
}

// note is a signed note, taken apart.
type note struct {
	text string // with its last line feed
	sigs map[string][]byte
}

// parseNote takes a note of at most limit bytes apart. Signatures are kept by
// key name, a line feed, and key ID.
func parseNote(b []byte, limit int) (note, error) {
	if len(b) > limit || !utf8.Valid(b) {
		return note{}, errors.New("note too large, or not UTF-8")
	}
	for _, c := range b {
		if c < 0x20 && c != '\n' || c == 0x7f {
			return note{}, errors.New("control character")
		}
	}
	end := bytes.Index(b, []byte("\n\n"))
	if end < 1 || b[len(b)-1] != '\n' || end+2 == len(b) {
		return note{}, errors.New("no text, empty line and signatures")
	}
	n := note{text: string(b[:end+1]), sigs: map[string][]byte{}}
	lines := strings.Split(string(b[end+2:len(b)-1]), "\n")
	if len(lines) > maxSignatures {
		return note{}, errors.New("too many signatures")
	}
	for _, line := range lines {
		rest, ok := strings.CutPrefix(line, "\u2014 ")
		name, encoded, hasName := strings.Cut(rest, " ")
		if !ok || !hasName || name == "" || strings.ContainsFunc(name, func(r rune) bool { return r == '+' || unicode.IsSpace(r) }) {
			return note{}, fmt.Errorf("signature line %q", line)
		}
		raw, err := decode64(encoded)
		if err != nil || len(raw) < 5 {
			return note{}, fmt.Errorf("signature line %q: no key ID and signature", line)
		}
		key := name + "\n" + string(raw[:4])
		if n.sigs[key] != nil {
			return note{}, errors.New("two signatures by one key")
		}
		n.sigs[key] = raw[4:]
	}
	return n, nil
}

// by looks for the signature of a key. A line that names the key and is not by
// it is an error.
func (n note) by(name string, k Key) (bool, error) {
	id := k.ID(name)
	sig := n.sigs[name+"\n"+string(id[:])]
	if sig == nil {
		return false, nil
	}
	if !k.signed(n.text, sig) {
		return false, errors.New("wrong signature")
	}
	return true, nil
}

// onlyBy wants every line of the note to be by one of the keys, and returns
// which of them signed it.
func (n note) onlyBy(name string, keys []Key) ([]bool, error) {
	signed := make([]bool, len(keys))
	lines := map[[4]byte]bool{}
	for i, k := range keys {
		var err error
		if signed[i], err = n.by(name, k); err != nil {
			return nil, err
		}
		if signed[i] {
			lines[k.ID(name)] = true
		}
	}
	if len(lines) != len(n.sigs) {
		return nil, errors.New("a signature line by another key")
	}
	return signed, nil
}

// decode64 reads standard base64 that is written in the only way.
func decode64(s string) ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, err
	}
	if base64.StdEncoding.EncodeToString(b) != s {
		return nil, errors.New("base64 with slack")
	}
	return b, nil
}

// decode64Hash reads a hash in base64.
func decode64Hash(s string) ([sha256.Size]byte, error) {
	b, err := decode64(s)
	if err != nil {
		return [sha256.Size]byte{}, err
	}
	return hash(b)
}

// decimal reads a number without a sign or a leading zero, up to most.
func decimal(s string, most uint64) (uint64, error) {
	if s == "" || len(s) > 1 && s[0] == '0' {
		return 0, fmt.Errorf("number %q", s)
	}
	var v uint64
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' || v > most/10 {
			return 0, fmt.Errorf("number %q", s)
		}
		if v = v*10 + uint64(s[i]-'0'); v > most {
			return 0, fmt.Errorf("number %q", s)
		}
	}
	return v, nil
}
