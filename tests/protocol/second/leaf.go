package second

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Limits of section 14.
const (
	maxLeaf     = 4096
	maxEnvelope = 262144
	maxSize     = 1 << 40
	maxAudience = 300
	lastSecond  = 253402300799 // of the year 9999
	firstSecond = -62135596800 // of the year 1
)

// Types of a leaf.
const (
	typeStatement = 1
	typeCard      = 2
	typeEpoch     = 3
	typeReaddress = 4
	typeErasure   = 5
)

// Leaf is what a leaf says.
type Leaf struct {
	Origin    string
	Sequence  uint64
	Seconds   int64
	Nanos     uint64
	Type      uint64
	Urgent    bool
	Network   bool
	Offices   []string // of the audience, if it is not the network
	Reference string
	Digest    [sha256.Size]byte // of the envelope
	Size      uint64            // of the envelope
	Subject   *EntryRef
}

// EntryRef names an entry.
type EntryRef struct {
	Origin     string
	Sequence   uint64
	RecordHash [sha256.Size]byte
}

var (
	originForm    = regexp.MustCompile(`^([a-z0-9][a-z0-9-]{0,62})/([A-Z]{2})/([1-9][0-9]{0,9})$`)
	officeForm    = regexp.MustCompile(`^[A-Z]{2}$`)
	referenceForm = regexp.MustCompile(`^([A-Z]{2})-(EX-)?[0-9]{4}-[0-9]{6,9}$`)
)

var (
	leafFields = map[uint64]kind{
		1: text, 2: number, 3: message, 4: choice, 5: truth, 6: message, 7: text, 8: octets, 9: small, 10: message,
	}
	timeFields     = map[uint64]kind{1: number, 2: number}
	audienceFields = map[uint64]kind{1: truth, 2: texts}
	subjectFields  = map[uint64]kind{1: text, 2: number, 3: octets}
)

// RecordHash returns SHA-256(0x00 ‖ leaf).
func RecordHash(leaf []byte) [sha256.Size]byte {
	return sha256.Sum256(append([]byte{0}, leaf...))
}

// ParseLeaf reads a leaf, and checks its form and rules 1 to 6 of section 3.
func ParseLeaf(b []byte) (*Leaf, error) {
	if len(b) > maxLeaf {
		return nil, fmt.Errorf("leaf of %d bytes", len(b))
	}
	m, err := form(b, leafFields)
	if err != nil {
		return nil, err
	}
	l := &Leaf{
		Origin: m.text(1), Sequence: m.number(2), Type: m.number(4), Urgent: m.number(5) == 1,
		Reference: m.text(7), Size: m.number(9),
	}
	if l.Digest, err = hash(m.bytes(8)); err != nil {
		return nil, err
	}
	if err := l.readInner(m); err != nil {
		return nil, err
	}
	return l, l.check()
}

func (l *Leaf) readInner(m fields) error {
	if !m.has(3) || !m.has(6) {
		return errors.New("leaf without time or audience")
	}
	stamp, err := form(m.bytes(3), timeFields)
	if err != nil {
		return fmt.Errorf("time: %w", err)
	}
	l.Seconds, l.Nanos = int64(stamp.number(1)), stamp.number(2)
	audience, err := form(m.bytes(6), audienceFields)
	if err != nil {
		return fmt.Errorf("audience: %w", err)
	}
	l.Network = audience.number(1) == 1
	for _, f := range audience[2] {
		l.Offices = append(l.Offices, string(f.bytes))
	}
	if !m.has(10) {
		return nil
	}
	subject, err := form(m.bytes(10), subjectFields)
	if err != nil {
		return fmt.Errorf("subject: %w", err)
	}
	l.Subject = &EntryRef{Origin: subject.text(1), Sequence: subject.number(2)}
	l.Subject.RecordHash, err = hash(subject.bytes(3))
	return err
}

// check holds rules 1 to 6.
func (l *Leaf) check() error {
	own := originForm.FindStringSubmatch(l.Origin)
	switch {
	case own == nil:
		return errors.New("not an origin")
	case l.Sequence >= maxSize:
		return errors.New("sequence too large")
	case l.Seconds < firstSecond || l.Seconds > lastSecond || l.Nanos > 999_999_999:
		return errors.New("not a time")
	case l.Type == 0:
		return errors.New("no type")
	case l.Size < 1 || l.Size > maxEnvelope:
		return errors.New("size of the envelope")
	case !l.audienceOK(own[2]):
		return errors.New("audience")
	case !l.referenceOK(own[2]):
		return errors.New("reference")
	case !l.subjectOK(own):
		return errors.New("subject")
	}
	return nil
}

func (l *Leaf) audienceOK(issuer string) bool {
	if l.Network {
		return len(l.Offices) == 0
	}
	if l.Type == typeCard || l.Type == typeEpoch || len(l.Offices) > maxAudience {
		return false
	}
	for i, o := range l.Offices {
		if !officeForm.MatchString(o) || i > 0 && o <= l.Offices[i-1] {
			return false
		}
	}
	return slices.Contains(l.Offices, issuer)
}

func (l *Leaf) referenceOK(issuer string) bool {
	if l.Reference == "" {
		return l.Type != typeStatement && l.Type != typeReaddress
	}
	m := referenceForm.FindStringSubmatch(l.Reference)
	return m != nil && m[1] == issuer && l.Type != typeCard && l.Type != typeEpoch && l.Type != typeErasure
}

func (l *Leaf) subjectOK(own []string) bool {
	if l.Subject == nil {
		return l.Type != typeReaddress && l.Type != typeErasure
	}
	about := originForm.FindStringSubmatch(l.Subject.Origin)
	if about == nil || about[1] != own[1] || about[2] != own[2] || l.Subject.Sequence >= maxSize {
		return false
	}
	earlier := l.Subject.Origin == l.Origin && l.Subject.Sequence < l.Sequence || epochBelow(about[3], own[3])
	return earlier && l.Type != typeStatement && l.Type != typeCard && l.Type != typeEpoch
}

// epochBelow compares two epochs, which have no leading zeros.
func epochBelow(a, b string) bool {
	return len(a) < len(b) || len(a) == len(b) && strings.Compare(a, b) < 0
}

// CheckEnvelope holds rule 5 of a seal: the envelope is the one that the leaf
// names.
func (l *Leaf) CheckEnvelope(envelope []byte) error {
	if uint64(len(envelope)) != l.Size || sha256.Sum256(envelope) != l.Digest {
		return errors.New("not the envelope that the leaf names")
	}
	return nil
}

func hash(b []byte) ([sha256.Size]byte, error) {
	if len(b) != sha256.Size {
		return [sha256.Size]byte{}, fmt.Errorf("hash of %d bytes", len(b))
	}
	return [sha256.Size]byte(b), nil
}
