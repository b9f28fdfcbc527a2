package certs

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Credentials are a certificate and its private key: what a node or a person
// shows in a handshake. Those loaded from files follow them, so a renewed
// certificate is used from the next handshake on without a restart. All
// methods are safe for concurrent use.
type Credentials struct {
	certFile, keyFile string // empty if not from files
	current           atomic.Pointer[credential]

	reloading sync.Mutex // serialises Reload
}

// credential is one immutable certificate with its key.
type credential struct {
	files    [sha256.Size]byte // digest of both files; zero if not from files
	identity Identity
	leaf     *x509.Certificate
	tls      *tls.Certificate
}

// LoadCredentials reads a PEM file of certificates, the leaf first, and the PEM
// file of its private key, to which the rules of [LoadKey] apply. The leaf MUST
// hold an ECDSA P-256 key and exactly one identity; it is not checked here
// that anybody vouches for it, see [TLS.Check].
func LoadCredentials(certFile, keyFile string) (*Credentials, error) {
	c := &Credentials{certFile: certFile, keyFile: keyFile}
	next, err := c.read()
	if err != nil {
		return nil, err
	}
	c.current.Store(next)
	return c, nil
}

// NewCredentials returns credentials that are kept in memory only: a chain of
// DER certificates, the leaf first, and the key of the leaf. Reload does
// nothing on them; see [Credentials.Replace].
func NewCredentials(key crypto.Signer, chain ...[]byte) (*Credentials, error) {
	next, err := newCredential(key, chain)
	if err != nil {
		return nil, err
	}
	c := &Credentials{}
	c.current.Store(next)
	return c, nil
}

// Identity returns who the credentials stand for. It never changes.
func (c *Credentials) Identity() Identity { return c.current.Load().identity }

// NotAfter returns the instant at which the present certificate expires.
func (c *Credentials) NotAfter() time.Time { return c.current.Load().leaf.NotAfter }

// Leaf returns the present certificate, which MUST NOT be changed.
func (c *Credentials) Leaf() *x509.Certificate { return c.current.Load().leaf }

// Replace puts another certificate and key in place, for the next handshake
// on. It refuses those of another identity. On an error the old ones stay.
func (c *Credentials) Replace(key crypto.Signer, chain ...[]byte) error {
	c.reloading.Lock()
	defer c.reloading.Unlock()
	next, err := newCredential(key, chain)
	if err != nil {
		return err
	}
	return c.replace(next)
}

// Reload reads the files again and uses them from the next handshake on. On an
// error (unreadable, key and certificate that do not belong together, another
// identity) the old ones stay in use and the error says why; it goes away by
// itself if it was only that one of two files had been replaced.
func (c *Credentials) Reload() error {
	if c.certFile == "" {
		return nil
	}
	c.reloading.Lock()
	defer c.reloading.Unlock()
	next, err := c.read()
	if err != nil {
		return err
	}
	if next.files == c.current.Load().files {
		return nil
	}
	return c.replace(next)
}

// Run reloads every so often until ctx is done, and returns its error. What
// Reload reports is handed to report, the same error only once in a row; nil
// when it has gone away.
func (c *Credentials) Run(ctx context.Context, every time.Duration, report func(error)) error {
	return poll(ctx, every, c.Reload, report)
}

func (c *Credentials) replace(next *credential) error {
	if old := c.current.Load(); next.identity != old.identity {
		return fmt.Errorf("certificate is of %s, want one of %s as before; restart to change who this is", next.identity, old.identity)
	}
	c.current.Store(next)
	return nil
}

func (c *Credentials) read() (*credential, error) {
	certPEM, err := readFile(c.certFile, maxKeyFile)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	keyPEM, err := readPrivate(c.keyFile)
	if err != nil {
		return nil, err
	}
	key, err := parseKey(keyPEM)
	if err != nil {
		return nil, fmt.Errorf("private key %s: %w", c.keyFile, err)
	}
	certs, err := parseCertificates(certPEM)
	if err != nil {
		return nil, fmt.Errorf("certificate %s: %w", c.certFile, err)
	}
	var chain [][]byte
	for _, cert := range certs {
		chain = append(chain, cert.Raw)
	}
	next, err := newCredential(key, chain)
	if err != nil {
		return nil, fmt.Errorf("%s with %s: %w", c.certFile, c.keyFile, err)
	}
	next.files = sha256.Sum256(append(certPEM, keyPEM...))
	return next, nil
}

func newCredential(key crypto.Signer, chain [][]byte) (*credential, error) {
	if len(chain) == 0 || len(chain) > maxChain {
		return nil, fmt.Errorf("%d certificates, want 1 to %d", len(chain), maxChain)
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return nil, err
	}
	if err := checkP256(leaf.PublicKey); err != nil {
		return nil, fmt.Errorf("%s: %w", describe(leaf), err)
	}
	if !leaf.PublicKey.(*ecdsa.PublicKey).Equal(key.Public()) {
		return nil, errors.New("certificate and private key do not belong together")
	}
	id, err := CertificateIdentity(leaf)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", describe(leaf), err)
	}
	return &credential{
		identity: id,
		leaf:     leaf,
		tls:      &tls.Certificate{Certificate: chain, PrivateKey: key, Leaf: leaf},
	}, nil
}

// poll calls reload every so often until ctx is done, and reports each change
// of its result.
func poll(ctx context.Context, every time.Duration, reload func() error, report func(error)) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	last := ""
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		err := reload()
		now := ""
		if err != nil {
			now = err.Error()
		}
		if now != last {
			report(err)
		}
		last = now
	}
}
