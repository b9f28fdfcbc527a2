package seal

import (
	"golang.org/x/mod/sumdb/tlog"
)

const (
	// MaxSize is the largest tree that anything here accepts. The proof
	// checkers of x/mod do not end above 2^62, so nothing larger reaches them.
	MaxSize = 1 << 40

	// maxProof bounds the hashes of a proof in a tree of MaxSize: an inclusion
	// proof has at most 40, a consistency proof at most 41.
	maxProof = 41
)

// RecordHash returns the RFC 6962 hash of a leaf, SHA-256(0x00 || leaf), which
// names it for ever and stands at the bottom of the tree.
func RecordHash(leaf []byte) tlog.Hash { return tlog.RecordHash(leaf) }

// CheckInclusion returns nil if proof shows that the record with this sequence
// and hash is in the tree of c. The error is [ErrProof].
func CheckInclusion(proof []tlog.Hash, c Checkpoint, seq uint64, record tlog.Hash) error {
	if c.Size > MaxSize || seq >= c.Size || len(proof) > maxProof {
		return failf(ErrProof, "entry %d in a tree of size %d with %d hashes", seq, c.Size, len(proof))
	}
	if err := tlog.CheckRecord(proof, int64(c.Size), c.Root, int64(seq), record); err != nil {
		return failf(ErrProof, "entry %d in the tree of %s of size %d", seq, c.Origin, c.Size)
	}
	return nil
}

// CheckConsistency returns nil if proof shows that the tree of c begins with
// the smaller tree of size entries under root. From the empty tree, and from
// an equal one, the only proof is the empty one. The error is [ErrProof].
func CheckConsistency(proof []tlog.Hash, c Checkpoint, size uint64, root tlog.Hash) error {
	switch {
	case c.Size < 1 || c.Size > MaxSize || size > c.Size || len(proof) > maxProof:
		return failf(ErrProof, "size %d to %d with %d hashes", size, c.Size, len(proof))
	case size == 0:
		if empty, _ := tlog.TreeHash(0, nil); len(proof) != 0 || root != empty {
			return failf(ErrProof, "hashes from the empty tree")
		}
		return nil
	}
	if err := tlog.CheckTree(proof, int64(c.Size), c.Root, int64(size), root); err != nil {
		return failf(ErrProof, "size %d to %d of %s", size, c.Size, c.Origin)
	}
	return nil
}
