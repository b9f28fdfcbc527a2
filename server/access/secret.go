package access

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"
)

// A secret that the node makes is a prefix, which scanners for leaked secrets
// look for, 32 random bytes in base64url, and their checksum: CRC-32 (IEEE) of
// everything before it, in base64url. So a secret that was cut or mistyped is
// known without a look into the store, and one in a file or a log can be told
// from chance: spst_ or spsu_, then [A-Za-z0-9_-]{49}.
const (
	tokenPrefix = "spst_"
	setupPrefix = "spsu_"

	secretBytes = 32
	secretText  = 43 // base64url of secretBytes
	sumText     = 6  // base64url of a CRC-32
)

// digest is what the store keeps of a secret: SHA-256 of its whole text. A slow
// hash such as argon2 would add nothing, since there are 2^256 secrets to guess
// among, and would cost every call what it costs to sign in.
type digest = [sha256.Size]byte

// newSecret returns a new secret and its digest.
func newSecret(prefix string) (string, digest) {
	b := make([]byte, secretBytes)
	_, _ = rand.Read(b) // never fails, by its contract
	text := prefix + base64.RawURLEncoding.EncodeToString(b)
	text += checksum(text)
	return text, sha256.Sum256([]byte(text))
}

// errNoSecret says that a text is no secret of the kind. It does not repeat the
// text, which may be a secret of something else.
var errNoSecret = errors.New("not a secret of this kind, or cut or mistyped")

// parseSecret returns the digest of a text that has the form of a secret.
func parseSecret(prefix, text string) (digest, error) {
	rest, ok := strings.CutPrefix(text, prefix)
	if !ok || len(rest) != secretText+sumText {
		return digest{}, errNoSecret
	}
	body := text[:len(text)-sumText]
	if _, err := base64.RawURLEncoding.Strict().DecodeString(rest[:secretText]); err != nil || checksum(body) != text[len(body):] {
		return digest{}, errNoSecret
	}
	return sha256.Sum256([]byte(text)), nil
}

func checksum(text string) string {
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(text))))
}
