package second

import (
	"crypto/sha256"
	"errors"
)

const maxProof = 41

var errProof = errors.New("proof does not lead to the root")

func node(left, right [sha256.Size]byte) [sha256.Size]byte {
	b := append([]byte{1}, left[:]...)
	return sha256.Sum256(append(b, right[:]...))
}

// CheckInclusion holds RFC 9162 section 2.1.3.2.
func CheckInclusion(proof [][sha256.Size]byte, c Checkpoint, index uint64, record [sha256.Size]byte) error {
	if c.Size > maxSize || index >= c.Size || len(proof) > maxProof {
		return errProof
	}
	fn, sn, r := index, c.Size-1, record
	for _, p := range proof {
		if sn == 0 {
			return errProof
		}
		if fn&1 == 1 || fn == sn {
			r = node(p, r)
			for fn&1 == 0 && fn != 0 {
				fn, sn = fn>>1, sn>>1
			}
		} else {
			r = node(r, p)
		}
		fn, sn = fn>>1, sn>>1
	}
	if sn != 0 || r != c.Root {
		return errProof
	}
	return nil
}

// CheckConsistency holds RFC 9162 section 2.1.4.2, from a tree of a size and
// root to that of c.
func CheckConsistency(proof [][sha256.Size]byte, c Checkpoint, size uint64, root [sha256.Size]byte) error {
	switch {
	case c.Size > maxSize || size > c.Size || len(proof) > maxProof:
		return errProof
	case size == 0:
		if len(proof) > 0 || root != sha256.Sum256(nil) {
			return errProof
		}
		return nil
	case size == c.Size:
		if len(proof) > 0 || root != c.Root {
			return errProof
		}
		return nil
	case len(proof) == 0:
		return errProof
	}
	if size&(size-1) == 0 {
		proof = append([][sha256.Size]byte{root}, proof...)
	}
	fn, sn := size-1, c.Size-1
	for fn&1 == 1 {
		fn, sn = fn>>1, sn>>1
	}
	fr, sr := proof[0], proof[0]
	for _, p := range proof[1:] {
		if sn == 0 {
			return errProof
		}
		if fn&1 == 1 || fn == sn {
			fr, sr = node(p, fr), node(p, sr)
			for fn&1 == 0 && fn != 0 {
				fn, sn = fn>>1, sn>>1
			}
		} else {
			sr = node(sr, p)
		}
		fn, sn = fn>>1, sn>>1
	}
	if fr != root || sr != c.Root || sn != 0 {
		return errProof
	}
	return nil
}
