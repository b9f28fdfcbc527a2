package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"errors"
	"fmt"
)

// LogKey is a public key that signs the checkpoints of one log, and the tree
// sizes for which it is good. Its key name in a signed note is the text of the
// origin.
//
// Ranges of the keys of one origin overlap during a rotation.
type LogKey struct {
	Origin Origin
	// Public is an ed25519.PublicKey or an *ecdsa.PublicKey on P-256, and
	// nothing else. It MUST NOT be changed.
	Public crypto.PublicKey
	From   uint64 // the smallest tree size that the key may sign
	Until  uint64 // the first tree size that it may no longer sign; 0: none
	// LastRoot is the root of the tree of size Until-1, if the office revoked the
	// key after that very tree; zero: any.
	LastRoot [32]byte
}

// Vouches reports whether k is good for a tree: for its size, and, if it was
// revoked after a tree of that size, for no other one.
func (k LogKey) Vouches(size uint64, root [32]byte) bool {
	last := k.Until != 0 && size == k.Until-1 && k.LastRoot != [32]byte{}
	return k.Good(size) && (!last || root == k.LastRoot)
}

// Good reports whether k may sign a checkpoint of the given tree size.
func (k LogKey) Good(size uint64) bool {
	return k.From <= size && (k.Until == 0 || size < k.Until)
}

// Check returns nil if k is well-formed.
func (k LogKey) Check() error {
	if err := k.Origin.Check(); err != nil {
		return err
	}
	if k.Until != 0 && k.Until <= k.From {
		return fmt.Errorf("log key of %s: size range from %d until %d is empty", k.Origin, k.From, k.Until)
	}
	if err := checkLogPublic(k.Public); err != nil {
		return fmt.Errorf("log key of %s: %w", k.Origin, err)
	}
	return nil
}

// checkLogPublic accepts the two kinds of key that every verifier knows.
func checkLogPublic(pub crypto.PublicKey) error {
	switch pub := pub.(type) {
	case ed25519.PublicKey:
		if len(pub) != ed25519.PublicKeySize {
			return fmt.Errorf("ed25519 key of %d bytes, want %d", len(pub), ed25519.PublicKeySize)
		}
		return nil
	case *ecdsa.PublicKey:
		return checkP256(pub)
	case nil:
		return errors.New("no public key")
	default:
		return fmt.Errorf("key of type %T, want ed25519 or ECDSA P-256", pub)
	}
}

func checkP256(pub crypto.PublicKey) error {
	key, ok := pub.(*ecdsa.PublicKey)
	if !ok {
		return fmt.Errorf("key of type %T, want ECDSA P-256", pub)
	}
	if key == nil || key.Curve != elliptic.P256() {
		return errors.New("ECDSA key on another curve, want P-256")
	}
	return nil
}
