package certs

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

// maxChain is the longest certificate chain that is looked at, leaf included.
const maxChain = 4

// CertificateIdentity returns the identity in the only URI subject alternative
// name of a certificate. It does not say that anybody vouches for it.
func CertificateIdentity(cert *x509.Certificate) (Identity, error) {
	switch len(cert.URIs) {
	case 0:
		return Identity{}, fmt.Errorf("no URI subject alternative name, want exactly one such as %s", Identity{"asean-cn", "VN", RoleNode, ""})
	case 1:
		return ParseIdentity(cert.URIs[0].String())
	}
	return Identity{}, fmt.Errorf("%d URI subject alternative names, want exactly one", len(cert.URIs))
}

// EncodeCertificates returns DER certificates as PEM, in their order.
func EncodeCertificates(chain ...[]byte) []byte {
	var out []byte
	for _, der := range chain {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return out
}

// SaveCertificates writes DER certificates as a PEM file, the leaf first. The
// file is replaced whole and is durable on return.
func SaveCertificates(path string, chain ...[]byte) error {
	return writeFile(path, EncodeCertificates(chain...), 0o644)
}

// LoadCertificates reads a PEM file of certificates, the leaf first. It does not
// say that anybody vouches for them.
func LoadCertificates(path string) ([]*x509.Certificate, error) {
	data, err := readFile(path, maxKeyFile)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	chain, err := parseCertificates(data)
	if err != nil {
		return nil, fmt.Errorf("certificate %s: %w", path, err)
	}
	return chain, nil
}

// parseCertificates reads a PEM file of one to maxChain certificates.
func parseCertificates(data []byte) ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	for {
		block, rest := pem.Decode(data)
		if block == nil {
			break
		}
		data = rest
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("PEM block is %q, want only CERTIFICATE", clip(block.Type))
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		if chain = append(chain, cert); len(chain) > maxChain {
			return nil, fmt.Errorf("more than %d certificates", maxChain)
		}
	}
	if len(chain) == 0 {
		return nil, errors.New("no PEM block CERTIFICATE")
	}
	return chain, nil
}

// parseRoot parses a certificate of an office's own authority.
func parseRoot(der []byte) (*x509.Certificate, error) {
	cert, err := x509.ParseCertificate(der)
	switch {
	case err != nil:
		return nil, err
	case !cert.BasicConstraintsValid || !cert.IsCA:
		return nil, errors.New("not the certificate of an authority (CA is not set)")
	case cert.KeyUsage&x509.KeyUsageCertSign == 0:
		return nil, errors.New("key usage does not include signing certificates")
	}
	if err := checkP256(cert.PublicKey); err != nil {
		return nil, err
	}
	return cert, nil
}

// describe names a certificate in errors: whose it says it is, its serial
// number, and when it is valid.
func describe(cert *x509.Certificate) string {
	name := clip(cert.Subject.String())
	if len(cert.URIs) > 0 {
		name = clip(cert.URIs[0].String())
	}
	if name == "" {
		name = "without a name"
	}
	return fmt.Sprintf("certificate %s (serial %x, valid %s to %s, issued by %q)", name, cert.SerialNumber,
		cert.NotBefore.UTC().Format(time.RFC3339), cert.NotAfter.UTC().Format(time.RFC3339), clip(cert.Issuer.String()))
}
