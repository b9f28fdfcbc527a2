package seal

import (
	"errors"
	"fmt"
)

var (
	// ErrFormat means that the bytes are not well-formed. Whoever sent them is
	// at fault, since the issuer would not have made them: refuse them and
	// never retry with the same bytes.
	ErrFormat = errors.New("malformed")

	// ErrUnknownKey means that none of the signatures is by a key that the
	// caller knows. The signer may have a newer card: fetch it, then try again;
	// until then treat the note as unsigned.
	ErrUnknownKey = errors.New("no signature by a known key")

	// ErrBadSignature means that a signature names a known key and is not by
	// it. The note was altered or forged: refuse it, the sender is at fault.
	ErrBadSignature = errors.New("wrong signature")

	// ErrKeyRange means that the signature is good but its key may not sign
	// this tree: it was rotated out or revoked, or is not yet valid, or its
	// office stands by another tree of this size.
	// Refuse the note whatever time it claims.
	ErrKeyRange = errors.New("key is not good for this tree")

	// ErrProof means that the hashes do not lead from what is to be proved to
	// the signed root. The sender is at fault, not the log's office: refuse,
	// and ask another source.
	ErrProof = errors.New("proof does not lead to the root")

	// ErrLeaf means that a leaf breaks a rule of its format. If it is under a
	// signed root then its issuer is at fault: keep the bytes, mark the entry
	// faulty, go on.
	ErrLeaf = errors.New("leaf breaks a rule")

	// ErrLeafTooLarge means that a leaf is longer than [MaxLeaf]. It is never
	// stored, so the log that holds it cannot be followed past it.
	ErrLeafTooLarge = errors.New("leaf is larger than 4 KiB")

	// ErrEnvelope means that a body is not the one that its leaf names. List
	// it as missing and ask another source.
	ErrEnvelope = errors.New("envelope is not the one that the leaf names")
)

// failf returns an error that is kind and says more.
func failf(kind error, format string, args ...any) error {
	return fmt.Errorf("%w: %s", kind, fmt.Sprintf(format, args...))
}
