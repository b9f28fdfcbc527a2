package certs

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"google.golang.org/protobuf/proto"
)

// Limits of a card, in bytes.
const (
	MaxCard       = 192 << 10           // the serialised Card
	MaxSignedCard = MaxCard + (4 << 10) // the serialised SignedCard
)

// cardContext starts every text that a card key signs, so that a signature of
// a card is never one of anything else.
const cardContext = "sps-card/v1\n"

// Card is a peer card whose own signature and form were checked: who an office
// is, where its node is reached, which keys speak for it. It is immutable and
// safe for concurrent use.
//
// A Card proves that the holder of its card key made it. Whether that is the
// office that it names is for people to decide, once, by comparing the
// [Card.Fingerprint]; afterwards the [Roster] follows from card to card.
//
// The bytes are those of a SignedCard: the bytes of a Card message, and Ed25519
// signatures over "sps-card/v1\n" followed by exactly these bytes.
type Card struct {
	signed      []byte // the SignedCard as it came
	message     *spsv1.Card
	body        []byte // the Card as signed
	previousKey ed25519.PublicKey
	roots       *x509.CertPool
	rootCerts   []*x509.Certificate
	logKeys     []LogKey
	receiptKeys []ReceiptKey
	parcelKeys  []hpke.PublicKey
	zone        *time.Location
}

// ParseCard parses and checks the bytes of a SignedCard: size, signatures over
// the exact bytes, the field rules of the contract, and what they cannot
// express. All problems of the content come in one error. The bytes are
// copied.
//
// Fields that this version does not know are kept, since the bytes are, and
// have no effect.
func ParseCard(signed []byte) (*Card, error) {
	if len(signed) > MaxSignedCard {
		return nil, fmt.Errorf("signed card of %d bytes, want at most %d", len(signed), MaxSignedCard)
	}
	signed = bytes.Clone(signed)
	var outer spsv1.SignedCard
	if err := proto.Unmarshal(signed, &outer); err != nil {
		return nil, fmt.Errorf("signed card: %w", err)
	}
	if n := len(outer.GetCard()); n == 0 || n > MaxCard {
		return nil, fmt.Errorf("card of %d bytes, want 1 to %d", n, MaxCard)
	}
	var message spsv1.Card
	if err := proto.Unmarshal(outer.GetCard(), &message); err != nil {
		return nil, fmt.Errorf("card: %w", err)
	}
	previous, err := checkSignatures(&outer, message.GetCardKey())
	if err != nil {
		return nil, fmt.Errorf("card: %w", err)
	}
	c := &Card{signed: signed, message: &message, body: outer.GetCard(), previousKey: previous}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("card of %s/%s: %w", clip(message.GetFederation()), clip(message.GetOffice()), err)
	}
	return c, nil
}

// checkSignatures wants a good signature of the card's own key, and returns
// the other key that signed, if there is one.
func checkSignatures(outer *spsv1.SignedCard, cardKey []byte) (previous ed25519.PublicKey, err error) {
	if len(cardKey) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("card key of %d bytes, want an ed25519 key of %d", len(cardKey), ed25519.PublicKeySize)
	}
	if n := len(outer.GetSignatures()); n < 1 || n > 2 {
		return nil, fmt.Errorf("%d signatures, want one, or two when the card key changes", n)
	}
	text := append([]byte(cardContext), outer.GetCard()...)
	own := false
	for i, s := range outer.GetSignatures() {
		if len(s.GetPublicKey()) != ed25519.PublicKeySize || !ed25519.Verify(s.GetPublicKey(), text, s.GetSignature()) {
			return nil, fmt.Errorf("signature %d is wrong: the card was changed, or signed by another key", i+1)
		}
		switch {
		case !bytes.Equal(s.GetPublicKey(), cardKey):
			previous = ed25519.PublicKey(s.GetPublicKey())
		case own:
			return nil, errors.New("two signatures of the same key")
		default:
			own = true
		}
	}
	if !own {
		return nil, errors.New("not signed by the card key that it names")
	}
	return previous, nil
}

// Bytes returns the SignedCard exactly as it was parsed. The slice MUST NOT be
// changed.
func (c *Card) Bytes() []byte { return c.signed }

// Same reports whether both are the same card: the same signed bytes, whatever
// the signatures look like.
func (c *Card) Same(d *Card) bool { return bytes.Equal(c.body, d.body) }

// Federation returns the federation that the card is for.
func (c *Card) Federation() string { return c.message.GetFederation() }

// Office returns the office whose card it is.
func (c *Card) Office() Office { return Office(c.message.GetOffice()) }

// Number returns the number of the card, from 1; each next one is one higher.
func (c *Card) Number() uint64 { return c.message.GetNumber() }

// IssueTime returns when the card was made, by the clock of its office.
func (c *Card) IssueTime() time.Time { return c.message.GetIssueTime().AsTime() }

// Addresses returns where the node is dialled, as host:port, the preferred one
// first; none if the office only dials out. The slice is the caller's.
func (c *Card) Addresses() []string { return slices.Clone(c.message.GetAddresses()) }

// Roots returns the certificates of the office's own authorities, which MUST
// NOT be changed; the slice is the caller's.
func (c *Card) Roots() []*x509.Certificate { return slices.Clone(c.rootCerts) }

// LogKeys returns all keys of the office's log of that origin, each with its
// range, in the order of the card; none for an origin that the card does not
// name. Keys that vouch for no tree at all are left out. The slice is the
// caller's.
func (c *Card) LogKeys(o Origin) []LogKey {
	var keys []LogKey
	for _, k := range c.logKeys {
		if k.Origin == o {
			keys = append(keys, k)
		}
	}
	return keys
}

// Origins returns the logs for which the card names keys, oldest first. The
// slice is the caller's.
func (c *Card) Origins() []Origin {
	var origins []Origin
	for _, k := range c.logKeys {
		origins = append(origins, k.Origin)
	}
	slices.SortFunc(origins, Origin.Compare)
	return slices.Compact(origins)
}

// ReceiptKeys returns the keys that sign receipts, the current one first. The
// slice is the caller's.
func (c *Card) ReceiptKeys() []ReceiptKey { return slices.Clone(c.receiptKeys) }

// ParcelKeys returns the keys of [ParcelSuite] to which bodies for the office
// may be encrypted, the current one first. The slice is the caller's.
func (c *Card) ParcelKeys() []hpke.PublicKey { return slices.Clone(c.parcelKeys) }

// CardKey returns the key that signs the office's cards. It MUST NOT be
// changed.
func (c *Card) CardKey() ed25519.PublicKey { return c.message.GetCardKey() }

// Zone returns the time zone of the office's hours and holidays; UTC if the
// card names no hours.
func (c *Card) Zone() *time.Location { return c.zone }

// Message returns a copy of everything that the card says, for what has no
// method here: names, units, contacts, hours, holidays, languages.
func (c *Card) Message() *spsv1.Card { return proto.CloneOf(c.message) }

// Digest returns the SHA-256 of the card as signed, which names this very card
// and no other.
func (c *Card) Digest() [sha256.Size]byte { return sha256.Sum256(c.body) }

// Fingerprint returns what two administrators read to each other over the
// telephone before the first card of an office is accepted: eight groups of
// four letters and digits (base32, so no 0, 1, 8 or 9), as in
//
//	K3JV-W7QX-2MHA-PLZC-5TDO-YN4E-G6RB-XUIS
//
// It is 160 bits of SHA-256 over federation, office and card key: whoever
// wants to pass for the office would have to find another card key with the
// same fingerprint, and a fingerprint that was read for one office or
// federation is never right for another. It does not depend on the rest of
// the card, so it stays the same from card to card and can be printed on a
// letterhead; the rest is bound by the card key's signature.
func (c *Card) Fingerprint() string {
	sum := sha256.Sum256([]byte("sps-fingerprint/v1\n" + c.Federation() + "\n" + string(c.Office()) + "\n" + string(c.CardKey())))
	var groups []string
	for group := range slices.Chunk([]byte(base32.StdEncoding.EncodeToString(sum[:20])), 4) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, "-")
}
