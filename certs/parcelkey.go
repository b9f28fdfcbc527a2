package certs

import (
	"crypto/hpke"
	"encoding/pem"
	"fmt"
)

// ParcelSuite names the only HPKE suite that is defined for parcels: bodies on
// their way to an office through a third one.
const ParcelSuite = "MLKEM768X25519/HKDF-SHA256/AES-256-GCM"

// pemParcelKey is a label of our own: PKCS #8 has no agreed form for the
// hybrid key yet. The bytes are those of SerializePrivateKey (RFC 9180).
const pemParcelKey = "SPS PARCEL PRIVATE KEY"

// NewParcelKey makes a key of [ParcelSuite].
func NewParcelKey() (hpke.PrivateKey, error) {
	return hpke.MLKEM768X25519().GenerateKey()
}

// LoadParcelKey reads a key written by [SaveParcelKey], with the same care for
// permissions as [LoadKey].
func LoadParcelKey(path string) (hpke.PrivateKey, error) {
	data, err := readPrivate(path)
	if err != nil {
		return nil, err
	}
	raw, err := onePEM(data, pemParcelKey)
	if err != nil {
		return nil, fmt.Errorf("private key %s: %w", path, err)
	}
	key, err := hpke.MLKEM768X25519().NewPrivateKey(raw)
	if err != nil {
		return nil, fmt.Errorf("private key %s: %w", path, err)
	}
	return key, nil
}

// SaveParcelKey writes a parcel key as a PEM file that only its owner may
// read. The file is replaced whole and is durable on return.
func SaveParcelKey(path string, key hpke.PrivateKey) error {
	raw, err := key.Bytes()
	if err != nil {
		return fmt.Errorf("save private key %s: %w", path, err)
	}
	return writeFile(path, pem.EncodeToMemory(&pem.Block{Type: pemParcelKey, Bytes: raw}), 0o600)
}
