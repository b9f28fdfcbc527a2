package blob

import (
	"encoding/hex"
	"fmt"
)

// MaxSize is the largest attachment, in bytes.
const MaxSize = 32 << 20

// Digest is the SHA-256 of the bytes of an attachment, and its name.
type Digest [32]byte

// String returns the 64 hexadecimal digits of a digest, in lower case.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// ParseDigest parses what String returns, and nothing else.
func ParseDigest(text string) (Digest, error) {
	var d Digest
	n, err := hex.Decode(d[:], []byte(text[:min(len(text), 2*len(d))]))
	if err != nil || n != len(d) || d.String() != text {
		return Digest{}, fmt.Errorf("%q is not a SHA-256 in 64 hexadecimal digits of lower case", text[:min(len(text), 80)])
	}
	return d, nil
}

// DigestOf returns the digest in the bytes of a message, false if they are not
// 32.
func DigestOf(b []byte) (Digest, bool) {
	if len(b) != len(Digest{}) {
		return Digest{}, false
	}
	return Digest(b), true
}
