package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/spsalert/spsalert/certs"
)

// IssueWeb issues a certificate for the web listener of the office's node, with
// a new key: whoever trusts the root of this authority believes it for the host
// names and addresses given, of which there MUST be at least one. A validity of
// 0 means [NodeValidity]. A name that is none, such as one with a port, is
// refused: no browser would believe it.
//
// It names no identity and serves to be dialled only, so that no node takes its
// holder for anybody. An office whose systems and browsers trust another
// authority already takes a certificate from that one instead.
func (a *Authority) IssueWeb(names []string, addresses []net.IP, validity time.Duration) (*Issued, error) {
	if len(names)+len(addresses) == 0 {
		return nil, errors.New("a web certificate takes at least one host name or address")
	}
	for _, name := range names {
		if err := checkHost(name); err != nil {
			return nil, err
		}
	}
	if validity == 0 {
		validity = NodeValidity
	}
	until, err := a.until(validity)
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: fmt.Sprintf("%s/%s web", a.federation, a.office)},
		DNSNames:              names,
		IPAddresses:           addresses,
		NotBefore:             a.now().Add(-backdate),
		NotAfter:              until,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, a.root, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("issue web certificate of %s: %w", a.office, err)
	}
	return &Issued{Certificate: der, Key: key}, nil
}

// checkHost wants the name of one host, without port, scheme or wildcard.
func checkHost(name string) error {
	if _, err := netip.ParseAddr(name); err == nil {
		return fmt.Errorf("%q is an address and no host name", name)
	}
	if strings.Contains(name, ":") || certs.CheckAddress(name+":443") != nil {
		return fmt.Errorf("%q is no host name, such as sps.ppd.gov.vn, without port and scheme", name)
	}
	return nil
}
