package second

import (
	"crypto/sha256"
	"errors"
)

// Urgent is an entry that came ahead, with its proofs.
type Urgent struct {
	Leaf, Envelope         []byte
	Inclusion, Consistency [][sha256.Size]byte
	Target, Start          uint64
}

// ParseUrgent takes the frame of an urgent entry apart. Its parts are not
// checked yet.
func ParseUrgent(b []byte) (*Urgent, error) {
	outer, err := split(b)
	if err != nil {
		return nil, err
	}
	if len(outer) != 1 || outer[0].num != 5 || outer[0].wire != 2 {
		return nil, errors.New("not an urgent entry")
	}
	all, err := split(outer[0].bytes)
	if err != nil {
		return nil, err
	}
	u := new(Urgent)
	for _, f := range all {
		switch f.num {
		case 1:
			u.Leaf = f.bytes
		case 2:
			u.Envelope = f.bytes
		case 3:
			err = addHash(&u.Inclusion, f.bytes)
		case 4:
			u.Target = f.number
		case 5:
			err = addHash(&u.Consistency, f.bytes)
		case 6:
			u.Start = f.number
		}
		if err != nil {
			return nil, err
		}
	}
	return u, nil
}

func addHash(proof *[][sha256.Size]byte, b []byte) error {
	h, err := hash(b)
	*proof = append(*proof, h)
	return err
}

// Verify checks an urgent entry as section 12 says, for an office that holds
// the tree of u.Start entries with that root, and returns its leaf.
func (u *Urgent) Verify(checkpoint []byte, card *Card, office string, root [sha256.Size]byte) (*Leaf, error) {
	c, err := OpenCheckpoint(checkpoint, card.LogKeys)
	if err != nil {
		return nil, err
	}
	l, err := ParseLeaf(u.Leaf)
	if err != nil {
		return nil, err
	}
	if l.Origin != c.Origin || c.Size != u.Target || !l.Urgent || l.Type != 1 && l.Type != 4 {
		return nil, errors.New("no urgent entry of this log")
	}
	if err := CheckInclusion(u.Inclusion, c, l.Sequence, RecordHash(u.Leaf)); err != nil {
		return nil, err
	}
	if err := CheckConsistency(u.Consistency, c, u.Start, root); err != nil {
		return nil, err
	}
	mine := l.Network
	for _, o := range l.Offices {
		mine = mine || o == office
	}
	if !mine {
		return nil, errors.New("for somebody else")
	}
	return l, l.CheckEnvelope(u.Envelope)
}
