package seal

import (
	"bytes"
	"crypto/sha256"

	"golang.org/x/mod/sumdb/tlog"
	"google.golang.org/protobuf/proto"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// maxSeal bounds the bytes of a seal: leaf, checkpoint and 40 hashes with
// their field tags.
const maxSeal = MaxLeaf + MaxCheckpoint + maxProof*(sha256.Size+2) + 16

// New puts a seal together from the bytes of a leaf, its inclusion proof and
// the checkpoint that the proof leads to. It checks nothing and keeps leaf and
// checkpoint; the caller MUST NOT change them afterwards.
func New(leaf []byte, proof []tlog.Hash, checkpoint []byte) *spsv1.Seal {
	return &spsv1.Seal{Leaf: leaf, InclusionProof: HashBytes(proof), Checkpoint: checkpoint}
}

// Parse returns the seal in b. It is strict about the bytes and does not
// verify what they say; [Verify] does. The error is [ErrFormat].
func Parse(b []byte) (*spsv1.Seal, error) {
	if len(b) > maxSeal {
		return nil, failf(ErrFormat, "seal of %d bytes", len(b))
	}
	s := new(spsv1.Seal)
	if err := proto.Unmarshal(b, s); err != nil {
		return nil, failf(ErrFormat, "seal: %v", err)
	}
	again, err := Marshal(s)
	if err != nil {
		return nil, err
	}
	if len(s.ProtoReflect().GetUnknown()) != 0 || !bytes.Equal(again, b) {
		return nil, failf(ErrFormat, "seal is not in canonical form")
	}
	return s, nil
}

// Marshal returns the bytes of a seal, the only ones that [Parse] accepts for
// it.
func Marshal(s *spsv1.Seal) ([]byte, error) {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(s)
	if err != nil {
		return nil, failf(ErrFormat, "seal: %v", err)
	}
	return b, nil
}

// Verify proves off line that the office whose log the seal names said what
// the leaf says: the checkpoint is signed by one of the keys that is good for
// its size, the leaf is in its tree, and leaf and checkpoint agree on log and
// sequence. It returns the leaf and the checkpoint. To prove a body too, hand
// it to [CheckEnvelope].
//
// Errors are [ErrFormat], [ErrUnknownKey], [ErrBadSignature], [ErrKeyRange],
// [ErrProof], and [ErrLeaf] or [ErrLeafTooLarge] for a leaf that breaks a rule,
// of which nothing is proved.
func Verify(s *spsv1.Seal, keys []certs.LogKey) (*spsv1.Leaf, Checkpoint, error) {
	c, err := OpenCheckpoint(s.GetCheckpoint(), keys)
	if err != nil {
		return nil, Checkpoint{}, err
	}
	proof, err := Hashes(s.GetInclusionProof())
	if err != nil {
		return nil, Checkpoint{}, err
	}
	l, err := ParseLeaf(s.GetLeaf())
	if err != nil {
		return nil, Checkpoint{}, err
	}
	if l.GetOrigin() != c.Origin.String() {
		return nil, Checkpoint{}, failf(ErrProof, "leaf of %s under a checkpoint of %s", l.GetOrigin(), c.Origin)
	}
	if err := CheckInclusion(proof, c, l.GetSequence(), RecordHash(s.GetLeaf())); err != nil {
		return nil, Checkpoint{}, err
	}
	return l, c, nil
}

// Hashes returns the hashes of a proof on the wire, each 32 bytes. More than
// any proof can have, or one of another length, is [ErrFormat].
func Hashes(wire [][]byte) ([]tlog.Hash, error) {
	if len(wire) > maxProof {
		return nil, failf(ErrFormat, "proof of %d hashes, at most %d allowed", len(wire), maxProof)
	}
	proof := make([]tlog.Hash, len(wire))
	for i, b := range wire {
		if len(b) != tlog.HashSize {
			return nil, failf(ErrFormat, "hash of %d bytes in a proof", len(b))
		}
		proof[i] = tlog.Hash(b)
	}
	return proof, nil
}

// HashBytes returns a proof as it stands on the wire; the slices are the
// caller's.
func HashBytes(proof []tlog.Hash) [][]byte {
	wire := make([][]byte, len(proof))
	for i, h := range proof {
		wire[i] = bytes.Clone(h[:])
	}
	return wire
}
