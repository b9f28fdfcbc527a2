package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// maxKeyFile is the largest key or certificate file that is read. Real ones
// have less than 10 KiB.
const maxKeyFile = 64 << 10

const pemPrivateKey = "PRIVATE KEY"

// LoadKey reads the private key in a PEM file of one PKCS #8 block: Ed25519 or
// ECDSA P-256. It refuses a file that anybody but its owner may read or write,
// and says what to run.
func LoadKey(path string) (crypto.Signer, error) {
	data, err := readPrivate(path)
	if err != nil {
		return nil, err
	}
	key, err := parseKey(data)
	if err != nil {
		return nil, fmt.Errorf("private key %s: %w", path, err)
	}
	return key, nil
}

// LoadEd25519Key is [LoadKey] for the keys that can only be Ed25519: receipt
// keys and card keys.
func LoadEd25519Key(path string) (ed25519.PrivateKey, error) {
	key, err := LoadKey(path)
	if err != nil {
		return nil, err
	}
	ed, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("private key %s is of type %T, want ed25519", path, key)
	}
	return ed, nil
}

// SaveKey writes an Ed25519 or ECDSA P-256 private key as a PEM file that only
// its owner may read. The file is replaced whole and is durable on return.
func SaveKey(path string, key crypto.Signer) error {
	if err := checkLogPublic(key.Public()); err != nil {
		return fmt.Errorf("save private key %s: %w", path, err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("save private key %s: %w", path, err)
	}
	return writeFile(path, pem.EncodeToMemory(&pem.Block{Type: pemPrivateKey, Bytes: der}), 0o600)
}

func parseKey(data []byte) (crypto.Signer, error) {
	der, err := onePEM(data, pemPrivateKey)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	switch key := key.(type) {
	case ed25519.PrivateKey:
		return key, nil
	case *ecdsa.PrivateKey:
		if err := checkP256(key.Public()); err != nil {
			return nil, err
		}
		return key, nil
	}
	return nil, fmt.Errorf("key of type %T, want ed25519 or ECDSA P-256", key)
}

// onePEM returns the bytes of the only PEM block in data.
func onePEM(data []byte, kind string) ([]byte, error) {
	block, rest := pem.Decode(data)
	switch {
	case block == nil:
		return nil, errors.New("no PEM block")
	case block.Type != kind:
		return nil, fmt.Errorf("PEM block is %q, want %q", clip(block.Type), kind)
	}
	if more, _ := pem.Decode(rest); more != nil {
		return nil, fmt.Errorf("more than one PEM block, want a single %q", kind)
	}
	return block.Bytes, nil
}

// readPrivate reads a file that holds a secret. The permissions are those of
// the opened file, so nobody can swap it in between.
func readPrivate(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("private key %s is open to others (mode %04o); run: chmod 600 %s", path, mode, path)
	}
	return readLimited(f, maxKeyFile)
}

func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readLimited(f, limit)
}

func readLimited(f *os.File, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", f.Name(), limit)
	}
	return data, nil
}

// writeFile replaces path whole and makes both the file and its name durable:
// temporary name, sync, rename, sync of the folder.
func writeFile(path string, data []byte, mode os.FileMode) error {
	// Not renameio.WriteFile, which keeps the mode of the file that was there:
	// a key that was open to others would stay so.
	pending, err := renameio.NewPendingFile(path, renameio.WithStaticPermissions(mode))
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer pending.Cleanup() //nolint:errcheck // does nothing once the file is in place
	if _, err := pending.Write(data); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := pending.CloseAtomicallyReplace(); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("sync folder %s: %w", dir, err)
	}
	return nil
}
