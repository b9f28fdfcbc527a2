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
	"slices"
	"strings"
)

// Limits of section 14, and of card.proto.
const (
	maxCard       = 196608
	maxSignedCard = 200704
	maxKeys       = 64
)

// Card is what a card says about keys.
type Card struct {
	Federation, Office string
	Number             uint64
	LogKeys            []LogKey
	ReceiptKeys        []ReceiptKey
	CardKey            ed25519.PublicKey

	signed []byte   // the bytes of the card, which are signed
	by     [][]byte // the keys that signed them
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

// ReceiptKey is a key that signs receipts. Of a revoked one the office stands
// by the receipts up to a size, for each origin.
type ReceiptKey struct {
	Key

	Revoked bool
	Last    map[string]uint64 // by origin, of a revoked key
}

func (k ReceiptKey) good(origin string, size uint64) bool {
	return !k.Revoked || size <= k.Last[origin]
}

// ParseCard reads a signed card and verifies its signatures.
func ParseCard(b []byte) (*Card, error) {
	if len(b) > maxSignedCard {
		return nil, errors.New("signed card too large")
	}
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
	if err := c.check(); err != nil {
		return nil, err
	}
	return c, c.verify(body, signatures)
}

// check holds what section 8 and card.proto say about the keys of a card.
func (c *Card) check() error {
	own := c.Federation + "/" + c.Office + "/"
	if len(c.signed) > maxCard || !originForm.MatchString(own+"1") || c.Number < 1 || len(c.CardKey) != ed25519.PublicKeySize {
		return errors.New("card: size, names, number or card key")
	}
	if n, m := len(c.LogKeys), len(c.ReceiptKeys); n < 1 || n > maxKeys || m < 1 || m > maxKeys {
		return errors.New("card: number of keys")
	}
	for i, k := range c.LogKeys {
		if !originForm.MatchString(k.Origin) || !strings.HasPrefix(k.Origin, own) {
			return errors.New("card: log key of another office")
		}
		if max(k.First, k.Last, k.LastGood) > maxSize || k.Last != 0 && k.Last < k.First ||
			slices.ContainsFunc(c.LogKeys[:i], k.same) {
			return errors.New("card: log key")
		}
	}
	for i, k := range c.ReceiptKeys {
		twice := func(other ReceiptKey) bool { return bytes.Equal(k.Ed25519, other.Ed25519) }
		if len(k.Ed25519) != ed25519.PublicKeySize || len(k.Last) > 0 && !k.Revoked || slices.ContainsFunc(c.ReceiptKeys[:i], twice) {
			return errors.New("card: receipt key")
		}
	}
	return nil
}

// same reports whether two keys are the same for the same log.
func (k LogKey) same(other LogKey) bool {
	return k.Origin == other.Origin && bytes.Equal(k.SPKI, other.SPKI)
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
		c.by = append(c.by, m.bytes(1))
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
	c := &Card{signed: body}
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
			k, err := readReceiptKey(f.bytes)
			if err != nil {
				return nil, err
			}
			c.ReceiptKeys = append(c.ReceiptKeys, k)
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

func readReceiptKey(b []byte) (ReceiptKey, error) {
	m, err := form(b, map[uint64]kind{1: octets, 2: messages, 3: truth})
	if err != nil {
		return ReceiptKey{}, err
	}
	k := ReceiptKey{Key: Key{Ed25519: m.bytes(1)}, Revoked: m.number(3) == 1, Last: map[string]uint64{}}
	for _, f := range m[2] {
		last, err := form(f.bytes, map[uint64]kind{1: text, 2: number})
		if err != nil {
			return ReceiptKey{}, err
		}
		k.Last[last.text(1)] = last.number(2)
	}
	return k, nil
}

// The bytes before the key in the DER SubjectPublicKeyInfo of both kinds.
const (
	spkiEd25519 = "302a300506032b6570032100"
	spkiP256    = "3059301306072a8648ce3d020106082a8648ce3d030107034200"
)

// ParseSPKI reads the DER SubjectPublicKeyInfo of a log key.
func ParseSPKI(der []byte) (Key, error) {
	if raw, ok := cutHex(der, spkiEd25519); ok && len(raw) == ed25519.PublicKeySize {
		return Key{Ed25519: raw, SPKI: der}, nil
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
