package second

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"strings"
)

// Card is what a card says about keys.
type Card struct {
	Federation, Office string
	Number             uint64
	LogKeys            []LogKey
	ReceiptKeys        []Key
	CardKey            ed25519.PublicKey
}

// LogKey is a key that signs checkpoints, and the sizes for which it is good.
type LogKey struct {
	Key

	Origin      string
	First, Last uint64 // Last is 0 if the end is open
	Revoked     bool
	LastGood    uint64 // of a revoked key
}

func (k LogKey) good(size uint64) bool {
	return size >= k.First && (k.Last == 0 || size <= k.Last) && (!k.Revoked || size <= k.LastGood)
}

// empty reports whether a revoked key is good for no size at all.
func (k LogKey) empty() bool { return k.Revoked && k.LastGood < k.First }

// ParseCard reads a signed card and verifies its signatures.
func ParseCard(b []byte) (*Card, error) {
	outer, err := split(b)
	if err != nil {
		return nil, err
	}
	var body []byte
	var signatures [][]byte
	for _, f := range outer {
		switch f.num {
		case 1:
			body = f.bytes
		case 2:
			signatures = append(signatures, f.bytes)
		}
	}
	c, err := readCard(body)
	if err != nil {
		return nil, err
	}
	return c, c.verify(body, signatures)
}

// verify wants one or two signatures, all good, one of them by the card key.
func (c *Card) verify(body []byte, signatures [][]byte) error {
	if len(signatures) < 1 || len(signatures) > 2 {
		return errors.New("not one or two signatures")
	}
	own := 0
	for _, s := range signatures {
		m, err := form(s, map[uint64]kind{1: octets, 2: octets})
		if err != nil {
			return err
		}
		text := append([]byte("sps-card/v1\n"), body...)
		if len(m.bytes(1)) != ed25519.PublicKeySize || !ed25519.Verify(m.bytes(1), text, m.bytes(2)) {
			return errors.New("wrong signature")
		}
		if bytes.Equal(m.bytes(1), c.CardKey) {
			own++
		}
	}
	if own != 1 {
		return errors.New("not signed once by its own card key")
	}
	return nil
}

func readCard(body []byte) (*Card, error) {
	all, err := split(body)
	if err != nil {
		return nil, err
	}
	c := &Card{}
	for _, f := range all {
		switch f.num {
		case 1:
			c.Federation = string(f.bytes)
		case 2:
			c.Office = string(f.bytes)
		case 3:
			c.Number = f.number
		case 8:
			k, err := readLogKey(f.bytes)
			if err != nil {
				return nil, err
			}
			c.LogKeys = append(c.LogKeys, k)
		case 9:
			m, err := form(f.bytes, map[uint64]kind{1: octets})
			if err != nil {
				return nil, err
			}
			c.ReceiptKeys = append(c.ReceiptKeys, Key{Ed25519: m.bytes(1)})
		case 10:
			c.CardKey = f.bytes
		}
	}
	return c, nil
}

func readLogKey(b []byte) (LogKey, error) {
	m, err := form(b, map[uint64]kind{1: text, 2: octets, 3: number, 4: number, 5: message})
	if err != nil {
		return LogKey{}, err
	}
	k := LogKey{Origin: m.text(1), First: m.number(3), Last: m.number(4), Revoked: m.has(5)}
	if k.Revoked {
		last, err := form(m.bytes(5), map[uint64]kind{1: number, 2: octets})
		if err != nil {
			return LogKey{}, err
		}
		k.LastGood = last.number(1)
	}
	k.Key, err = ParseSPKI(m.bytes(2))
	return k, err
}

// The bytes before the key in the DER SubjectPublicKeyInfo of both kinds.
const (
	spkiEd25519 = "302a300506032b6570032100"
	spkiP256    = "3059301306072a8648ce3d020106082a8648ce3d030107034200"
)

// ParseSPKI reads the DER SubjectPublicKeyInfo of a log key.
func ParseSPKI(der []byte) (Key, error) {
	if raw, ok := cutHex(der, spkiEd25519); ok && len(raw) == ed25519.PublicKeySize {
		return Key{Ed25519: raw}, nil
	}
	raw, ok := cutHex(der, spkiP256)
	if !ok {
		return Key{}, errors.New("neither an Ed25519 nor a P-256 key")
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
	return Key{P256: public, SPKI: der}, err
}

func cutHex(b []byte, prefix string) ([]byte, bool) {
	p, err := hex.DecodeString(prefix)
	if err != nil {
		return nil, false
	}
	return bytes.CutPrefix(b, p)
}

// Fingerprint returns what administrators read to each other.
func (c *Card) Fingerprint() string {
	sum := sha256.Sum256([]byte("sps-fingerprint/v1\n" + c.Federation + "\n" + c.Office + "\n" + string(c.CardKey)))
	letters := base32.StdEncoding.EncodeToString(sum[:20])
	var groups []string
	for ; letters != ""; letters = letters[4:] {
		groups = append(groups, letters[:4])
	}
	return strings.Join(groups, "-")
}
