package seal

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
)

// algEd25519 is the signature type byte in the key ID of an Ed25519 key.
const algEd25519 = 0x01

// keyID is what a signature line says about its key besides the name.
type keyID [4]byte

// idOf computes the key ID; it is never taken from a card or a note.
func idOf(name string, pub crypto.PublicKey) (keyID, error) {
	var sum [sha256.Size]byte
	switch pub := pub.(type) {
	case ed25519.PublicKey:
		if len(pub) != ed25519.PublicKeySize {
			return keyID{}, fmt.Errorf("ed25519 key of %d bytes", len(pub))
		}
		b := append([]byte(name), '\n', algEd25519)
		sum = sha256.Sum256(append(b, pub...))
	case *ecdsa.PublicKey:
		if pub == nil || pub.Curve != elliptic.P256() {
			return keyID{}, fmt.Errorf("ECDSA key on another curve than P-256")
		}
		der, err := x509.MarshalPKIXPublicKey(pub)
		if err != nil {
			return keyID{}, fmt.Errorf("encode P-256 key: %w", err)
		}
		sum = sha256.Sum256(der)
	default:
		return keyID{}, fmt.Errorf("key of type %T, want ed25519 or ECDSA P-256", pub)
	}
	return keyID(sum[:4]), nil
}

// verifies reports whether sig is pub's over text. The kind of key decides the
// algorithm, so a signature can never choose it.
func verifies(pub crypto.PublicKey, text string, sig []byte) bool {
	switch pub := pub.(type) {
	case ed25519.PublicKey:
		return ed25519.Verify(pub, []byte(text), sig)
	case *ecdsa.PublicKey:
		sum := sha256.Sum256([]byte(text))
		return ecdsa.VerifyASN1(pub, sum[:], sig)
	}
	return false
}

// sign returns the signature line of key over text under a key name. Since
// key may be a device of its own, it checks what it got.
func sign(name, text string, key crypto.Signer) (signature, error) {
	id, err := idOf(name, key.Public())
	if err != nil {
		return signature{}, fmt.Errorf("sign as %s: %w", name, err)
	}
	message, opts := []byte(text), crypto.SignerOpts(crypto.Hash(0))
	if _, ok := key.Public().(*ecdsa.PublicKey); ok {
		sum := sha256.Sum256(message)
		message, opts = sum[:], crypto.SHA256
	}
	sig, err := key.Sign(rand.Reader, message, opts)
	if err != nil {
		return signature{}, fmt.Errorf("sign as %s: %w", name, err)
	}
	if !verifies(key.Public(), text, sig) {
		return signature{}, fmt.Errorf("sign as %s: the key returned a signature that does not verify", name)
	}
	return signature{name: name, id: id, sig: sig}, nil
}
