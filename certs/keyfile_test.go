package certs_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hpke"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/certs"
)

func generate(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func generateEd25519(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func generateRSA(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestKeysOnDisk(t *testing.T) {
	for name, key := range map[string]crypto.Signer{"ed25519": generateEd25519(t), "P-256": generate(t, elliptic.P256())} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log.key")
			if err := certs.SaveKey(path, key); err != nil {
				t.Fatalf("SaveKey: %v", err)
			}
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := info.Mode().Perm(), os.FileMode(0o600); got != want {
				t.Errorf("mode is %04o, want %04o", got, want)
			}
			got, err := certs.LoadKey(path)
			if err != nil {
				t.Fatalf("LoadKey: %v", err)
			}
			if !got.Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(key.Public()) {
				t.Error("another key came back")
			}
			_, err = certs.LoadEd25519Key(path)
			if ok := err == nil; ok != (name == "ed25519") {
				t.Errorf("LoadEd25519Key: %v", err)
			}
		})
	}
}

func TestParcelKeyOnDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "parcel.key")
	key, err := certs.NewParcelKey()
	if err != nil {
		t.Fatal(err)
	}
	if err := certs.SaveParcelKey(path, key); err != nil {
		t.Fatalf("SaveParcelKey: %v", err)
	}
	got, err := certs.LoadParcelKey(path)
	if err != nil {
		t.Fatalf("LoadParcelKey: %v", err)
	}
	parcel, err := hpke.Seal(key.PublicKey(), hpke.HKDFSHA256(), hpke.AES256GCM(), []byte("info"), []byte("body"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := hpke.Open(got, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte("info"), parcel)
	if err != nil || !bytes.Equal(body, []byte("body")) {
		t.Errorf("parcel opens to %q, %v, want %q", body, err, "body")
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := certs.LoadParcelKey(path); err == nil || !strings.Contains(err.Error(), "run: chmod 600 "+path) {
		t.Errorf("key that the group can read: %v, want advice to run chmod", err)
	}
}

func TestKeysOnDiskRefused(t *testing.T) {
	pkcs8 := func(key any) []byte {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	}
	good := pkcs8(generateEd25519(t))
	tests := []struct {
		name string
		data []byte
		mode os.FileMode
		want string
	}{
		{"group can read", good, 0o640, "run: chmod 600"},
		{"others can read", good, 0o604, "run: chmod 600"},
		{"group can write", good, 0o620, "(mode 0620)"},
		{"empty", nil, 0o600, "no PEM block"},
		{"no PEM", []byte("key"), 0o600, "no PEM block"},
		{"two keys", append(bytes.Clone(good), good...), 0o600, "more than one PEM block"},
		{"certificate", []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), 0o600, `PEM block is "CERTIFICATE"`},
		{"not PKCS #8", []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), 0o600, "asn1"},
		{"RSA", pkcs8(generateRSA(t)), 0o600, "want ed25519 or ECDSA P-256"},
		{"P-384", pkcs8(generate(t, elliptic.P384())), 0o600, "want P-256"},
		{"huge", bytes.Repeat([]byte("\n"), 65<<10), 0o600, "larger than 65536 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.key")
			if err := os.WriteFile(path, tt.data, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, tt.mode); err != nil {
				t.Fatal(err)
			}
			_, err := certs.LoadKey(path)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("LoadKey: %v, want an error with %q and the path", err, tt.want)
			}
		})
	}
	dir := t.TempDir()
	if err := certs.SaveKey(filepath.Join(dir, "rsa.key"), generateRSA(t)); err == nil {
		t.Error("SaveKey wrote an RSA key, want an error")
	}
	if err := certs.SaveKey(filepath.Join(dir, "no", "such.key"), generateEd25519(t)); err == nil {
		t.Error("SaveKey into a missing folder succeeded, want an error")
	}
	if _, err := certs.LoadKey(filepath.Join(dir, "none.key")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing key: %v, want not exist", err)
	}
	if _, err := certs.LoadParcelKey(filepath.Join(dir, "none.key")); err == nil {
		t.Error("missing parcel key loaded, want an error")
	}
}
