package seal

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

const (
	// MaxLeaf is the largest leaf in bytes.
	MaxLeaf = 4 << 10

	// MaxEnvelope is the largest envelope in bytes.
	MaxEnvelope = 256 << 10

	// maxAudience bounds the offices named in a leaf.
	maxAudience = 300
)

var referencePattern = regexp.MustCompile(`^([A-Z]{2})-(EX-)?[0-9]{4}-[0-9]{6,9}$`)

// MarshalLeaf returns the bytes of a leaf. They are made once, when the entry
// is issued, and never again: whoever passes the leaf on passes these bytes.
// The error is the one that [ParseLeaf] would return for them.
func MarshalLeaf(l *spsv1.Leaf) ([]byte, error) {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(l)
	if err != nil {
		return nil, failf(ErrLeaf, "%v", err)
	}
	if _, err := ParseLeaf(b); err != nil {
		return nil, err
	}
	return b, nil
}

// ParseLeaf returns the leaf in b if it follows every rule of the format that
// can be seen from the leaf alone. The rules are the same at every node and
// never depend on its clock, so all nodes agree on which entries are faulty.
// A leaf of an unknown type follows the general rules only. Unknown fields are
// kept. Errors are [ErrLeafTooLarge] and [ErrLeaf].
func ParseLeaf(b []byte) (*spsv1.Leaf, error) {
	if len(b) > MaxLeaf {
		return nil, failf(ErrLeafTooLarge, "%d bytes", len(b))
	}
	if err := checkCanonical(b, leafShape); err != nil {
		return nil, failf(ErrLeaf, "%v", err)
	}
	l := new(spsv1.Leaf)
	if err := proto.Unmarshal(b, l); err != nil {
		return nil, failf(ErrLeaf, "%v", err)
	}
	// Unknown fields are written after the known ones, where they stood.
	again, err := proto.MarshalOptions{Deterministic: true}.Marshal(l)
	if err != nil || !bytes.Equal(again, b) {
		return nil, failf(ErrLeaf, "leaf is not in canonical form")
	}
	if err := checkLeaf(l); err != nil {
		return nil, failf(ErrLeaf, "%v", err)
	}
	return l, nil
}

func checkLeaf(l *spsv1.Leaf) error {
	origin, err := certs.ParseOrigin(l.GetOrigin())
	if err != nil {
		return err
	}
	switch {
	case l.GetSequence() >= MaxSize:
		return fmt.Errorf("sequence %d is too large", l.GetSequence())
	case l.GetTime() == nil:
		return fmt.Errorf("no time")
	case l.GetType() <= spsv1.LeafType_LEAF_TYPE_UNSPECIFIED:
		return fmt.Errorf("no type")
	case len(l.GetEnvelopeSha256()) != sha256.Size:
		return fmt.Errorf("envelope digest of %d bytes", len(l.GetEnvelopeSha256()))
	case l.GetEnvelopeSize() < 1 || l.GetEnvelopeSize() > MaxEnvelope:
		return fmt.Errorf("envelope of %d bytes, want 1 to %d", l.GetEnvelopeSize(), MaxEnvelope)
	}
	if err := l.GetTime().CheckValid(); err != nil {
		return err
	}
	if err := checkAudience(l.GetAudience(), origin.Office); err != nil {
		return err
	}
	if err := checkReference(l, origin.Office); err != nil {
		return err
	}
	return checkSubject(l, origin)
}

func checkAudience(a *spsv1.Audience, issuer certs.Office) error {
	offices := a.GetOffices()
	switch {
	case a.GetNetwork() == (len(offices) > 0):
		return fmt.Errorf("audience is not either the network or a list of offices")
	case a.GetNetwork():
		return nil
	case len(offices) > maxAudience:
		return fmt.Errorf("audience of %d offices, at most %d allowed", len(offices), maxAudience)
	}
	for i, o := range offices {
		if !certs.Office(o).Valid() {
			return fmt.Errorf("audience names %q, which is no office code", o)
		}
		if i > 0 && o <= offices[i-1] {
			return fmt.Errorf("audience is not sorted, or repeats %s", o)
		}
	}
	if _, ok := slices.BinarySearch(offices, string(issuer)); !ok {
		return fmt.Errorf("audience is without the issuer %s", issuer)
	}
	return nil
}

func checkReference(l *spsv1.Leaf, issuer certs.Office) error {
	ref := l.GetReference()
	if ref != "" {
		if m := referencePattern.FindStringSubmatch(ref); m == nil || m[1] != string(issuer) {
			return fmt.Errorf("reference is not like %s-2026-000123", issuer)
		}
	}
	switch l.GetType() {
	case spsv1.LeafType_LEAF_TYPE_STATEMENT, spsv1.LeafType_LEAF_TYPE_READDRESS:
		if ref == "" {
			return fmt.Errorf("%s without a reference", typeWord(l.GetType()))
		}
	case spsv1.LeafType_LEAF_TYPE_CARD, spsv1.LeafType_LEAF_TYPE_EPOCH:
		if !l.GetAudience().GetNetwork() {
			return fmt.Errorf("%s is not for the network", typeWord(l.GetType()))
		}
		fallthrough
	case spsv1.LeafType_LEAF_TYPE_ERASURE:
		if ref != "" {
			return fmt.Errorf("%s with a reference", typeWord(l.GetType()))
		}
	}
	return nil
}

// checkSubject holds that readdress and erasure, and they alone of the known
// types, name an earlier entry of the same office.
func checkSubject(l *spsv1.Leaf, origin certs.Origin) error {
	s := l.GetSubject()
	switch l.GetType() {
	case spsv1.LeafType_LEAF_TYPE_READDRESS, spsv1.LeafType_LEAF_TYPE_ERASURE:
		if s == nil {
			return fmt.Errorf("%s without a subject", typeWord(l.GetType()))
		}
	case spsv1.LeafType_LEAF_TYPE_STATEMENT, spsv1.LeafType_LEAF_TYPE_CARD, spsv1.LeafType_LEAF_TYPE_EPOCH:
		if s != nil {
			return fmt.Errorf("%s with a subject", typeWord(l.GetType()))
		}
	}
	if s == nil {
		return nil
	}
	about, err := certs.ParseOrigin(s.GetOrigin())
	if err != nil {
		return fmt.Errorf("subject: %w", err)
	}
	switch {
	case about.Federation != origin.Federation || about.Office != origin.Office:
		return fmt.Errorf("subject is an entry of %s", about)
	case about.Epoch > origin.Epoch, about == origin && s.GetSequence() >= l.GetSequence(), s.GetSequence() >= MaxSize:
		return fmt.Errorf("subject is not an earlier entry")
	case len(s.GetRecordHash()) != sha256.Size:
		return fmt.Errorf("subject's record hash of %d bytes", len(s.GetRecordHash()))
	}
	return nil
}

// CheckEnvelope returns nil if envelope is the body that the leaf names. The
// error is [ErrEnvelope].
func CheckEnvelope(l *spsv1.Leaf, envelope []byte) error {
	if uint64(len(envelope)) != uint64(l.GetEnvelopeSize()) {
		return failf(ErrEnvelope, "entry %d of %s: %d bytes, want %d", l.GetSequence(), l.GetOrigin(), len(envelope), l.GetEnvelopeSize())
	}
	if sum := sha256.Sum256(envelope); !bytes.Equal(sum[:], l.GetEnvelopeSha256()) {
		return failf(ErrEnvelope, "entry %d of %s: wrong digest", l.GetSequence(), l.GetOrigin())
	}
	return nil
}

// MayRead reports whether an office is in the audience of a leaf. Nobody but
// the issuer is in the audience of a leaf that breaks a rule: do not call it
// for one.
func MayRead(l *spsv1.Leaf, office certs.Office) bool {
	if l.GetAudience().GetNetwork() {
		return true
	}
	return slices.Contains(l.GetAudience().GetOffices(), string(office))
}

func typeWord(t spsv1.LeafType) string {
	return strings.ToLower(strings.TrimPrefix(t.String(), "LEAF_TYPE_"))
}
