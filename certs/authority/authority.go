package authority

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/spsalert/spsalert/certs"
)

// How long certificates are valid unless the caller says otherwise, and how
// far they are dated back, so that a peer whose clock is late believes them at
// once.
const (
	RootValidity   = 15 * 365 * 24 * time.Hour
	NodeValidity   = 398 * 24 * time.Hour
	PersonValidity = 398 * 24 * time.Hour

	backdate = 10 * time.Minute
)

// File names in the folder of an authority.
const (
	RootCertificate = "root.pem" // what others need to trust it
	rootKey         = "root.key"
)

// Authority is the certificate authority of one office: a self-signed root and
// its key, both ECDSA P-256. It issues leaves only (path length 0).
//
// The root has no name constraints: X.509 can constrain the host of a URI, here
// the federation, but not its path, and it is the office in the path that
// matters. That an authority vouches for nobody but its own office is held by
// every verifier instead, which takes the roots from the card of the office
// that the leaf names.
type Authority struct {
	federation string
	office     certs.Office
	root       *x509.Certificate
	key        crypto.Signer
	now        func() time.Time
}

// New makes the authority of an office. now is the clock of all certificates
// that it issues; nil means time.Now.
func New(federation string, office certs.Office, now func() time.Time) (*Authority, error) {
	if err := certs.NodeIdentity(federation, office).Check(); err != nil {
		return nil, err
	}
	if now == nil {
		now = time.Now
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject: pkix.Name{
			CommonName:   fmt.Sprintf("%s/%s authority", federation, office),
			Organization: []string{federation}, OrganizationalUnit: []string{string(office)},
		},
		NotBefore:             now().Add(-backdate),
		NotAfter:              now().Add(RootValidity),
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make root of %s/%s: %w", federation, office, err)
	}
	root, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &Authority{federation: federation, office: office, root: root, key: key, now: now}, nil
}

// Root returns the root certificate in DER, for the card of the office. It
// MUST NOT be changed.
func (a *Authority) Root() []byte { return a.root.Raw }

// Federation returns the federation of the authority's office.
func (a *Authority) Federation() string { return a.federation }

// Office returns the office that the authority belongs to.
func (a *Authority) Office() certs.Office { return a.office }

// Save writes the root certificate and its key into a folder, which is made if
// it is not there. It refuses to replace another authority, since everything
// that it issued would be void.
func (a *Authority) Save(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	keyFile := filepath.Join(dir, rootKey)
	if _, err := os.Lstat(keyFile); err == nil {
		return fmt.Errorf("there is an authority in %s already", dir)
	}
	if err := certs.SaveKey(keyFile, a.key); err != nil {
		return err
	}
	return certs.SaveCertificates(filepath.Join(dir, RootCertificate), a.Root())
}

// Load reads an authority that Save wrote. Whose it is stands in the root
// certificate. now is as for New.
func Load(dir string, now func() time.Time) (*Authority, error) {
	if now == nil {
		now = time.Now
	}
	key, err := certs.LoadKey(filepath.Join(dir, rootKey))
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, RootCertificate)
	chain, err := certs.LoadCertificates(path)
	if err != nil {
		return nil, err
	}
	root := chain[0]
	public, ok := root.PublicKey.(*ecdsa.PublicKey)
	if !ok || !public.Equal(key.Public()) {
		return nil, fmt.Errorf("%s does not belong to the key beside it", path)
	}
	if len(root.Subject.Organization) != 1 || len(root.Subject.OrganizationalUnit) != 1 {
		return nil, fmt.Errorf("%s does not name one federation and office", path)
	}
	a := &Authority{
		federation: root.Subject.Organization[0],
		office:     certs.Office(root.Subject.OrganizationalUnit[0]),
		root:       root, key: key, now: now,
	}
	if err := certs.NodeIdentity(a.federation, a.office).Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return a, nil
}

// Issued is a certificate with the key that was made for it.
type Issued struct {
	Certificate []byte // DER
	Key         crypto.Signer
}

// Credentials returns what was issued in the form that connections use.
func (i *Issued) Credentials() (*certs.Credentials, error) {
	return certs.NewCredentials(i.Key, i.Certificate)
}

// Save writes the certificate and the key as PEM files.
func (i *Issued) Save(certFile, keyFile string) error {
	if err := certs.SaveKey(keyFile, i.Key); err != nil {
		return err
	}
	return certs.SaveCertificates(certFile, i.Certificate)
}

// IssueNode issues a certificate for the office's node, with a new key. A
// validity of 0 means [NodeValidity].
func (a *Authority) IssueNode(validity time.Duration) (*Issued, error) {
	if validity == 0 {
		validity = NodeValidity
	}
	return a.issue(certs.NodeIdentity(a.federation, a.office), validity)
}

// IssuePerson issues a certificate for a person or system of the office, with
// a new key. A validity of 0 means [PersonValidity].
func (a *Authority) IssuePerson(role certs.Role, id string, validity time.Duration) (*Issued, error) {
	if role == certs.RoleNode {
		return nil, errors.New("a node is no person")
	}
	if validity == 0 {
		validity = PersonValidity
	}
	return a.issue(certs.Identity{Federation: a.federation, Office: a.office, Role: role, ID: id}, validity)
}

func (a *Authority) issue(id certs.Identity, validity time.Duration) (*Issued, error) {
	if err := id.Check(); err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	until, err := a.until(validity)
	if err != nil {
		return nil, err
	}
	der, err := a.Certify(id, key.Public(), a.now().Add(-backdate), until)
	if err != nil {
		return nil, err
	}
	return &Issued{Certificate: der, Key: key}, nil
}

// until returns when a certificate of a validity ends, which is in the future
// and not after the authority itself.
func (a *Authority) until(validity time.Duration) (time.Time, error) {
	end := a.now().Add(validity)
	switch {
	case validity < 0:
		return end, fmt.Errorf("a certificate cannot be valid for %s", validity)
	case end.After(a.root.NotAfter):
		return end, fmt.Errorf("a certificate until %s would outlive the authority of %s, which ends %s",
			end.UTC().Format(time.DateOnly), a.office, a.root.NotAfter.UTC().Format(time.DateOnly))
	default:
		return end, nil
	}
}

// Certify signs a certificate that says that the holder of the key is id, and
// returns it in DER. A node's may be used on both sides of a connection, a
// person's only to dial.
//
// It signs whatever it is told, even the identity of another office: nobody
// will believe that, which is what tests of nodes need to show. Others use
// IssueNode and IssuePerson.
func (a *Authority) Certify(id certs.Identity, public crypto.PublicKey, notBefore, notAfter time.Time) ([]byte, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: id.URI()},
		URIs:                  []*url.URL{id.URL()},
		NotBefore:             notBefore,
		NotAfter:              notAfter,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if id.IsNode() {
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.root, public, a.key)
	if err != nil {
		return nil, fmt.Errorf("issue certificate of %s: %w", id, err)
	}
	return der, nil
}

// newSerial returns a random positive number of 128 bits.
func newSerial() (*big.Int, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 128))
	if err != nil {
		return nil, err
	}
	return serial.Add(serial, big.NewInt(1)), nil
}
