package second

import (
	"crypto/sha256"
	"errors"
)

// VerifySeal checks a seal by the steps of section 6, and returns what its leaf
// says. The envelope is for [Leaf.CheckEnvelope].
func VerifySeal(b []byte, card *Card) (*Leaf, Checkpoint, error) {
	leaf, proof, checkpoint, err := readSeal(b)
	if err != nil {
		return nil, Checkpoint{}, err
	}
	c, err := OpenCheckpoint(checkpoint, card.LogKeys)
	if err != nil {
		return nil, Checkpoint{}, err
	}
	l, err := ParseLeaf(leaf)
	if err != nil {
		return nil, Checkpoint{}, err
	}
	if l.Origin != c.Origin {
		return nil, Checkpoint{}, errors.New("leaf of another log")
	}
	return l, c, CheckInclusion(proof, c, l.Sequence, RecordHash(leaf))
}

// readSeal takes a seal apart: leaf, proof and checkpoint, in this order, each
// with the fewest bytes and nothing else.
func readSeal(b []byte) (leaf []byte, proof [][sha256.Size]byte, checkpoint []byte, err error) {
	all, err := split(b)
	if err != nil {
		return nil, nil, nil, err
	}
	for i, f := range all {
		last := uint64(0)
		if i > 0 {
			last = all[i-1].num
		}
		if f.wire != 2 || f.num > 3 || f.num < last || f.num == last && f.num != 2 || f.num != 2 && len(f.bytes) == 0 {
			return nil, nil, nil, errors.New("not the form of a seal")
		}
		switch f.num {
		case 1:
			leaf = f.bytes
		case 2:
			h, err := hash(f.bytes)
			if err != nil {
				return nil, nil, nil, err
			}
			proof = append(proof, h)
		case 3:
			checkpoint = f.bytes
		}
	}
	return leaf, proof, checkpoint, nil
}
