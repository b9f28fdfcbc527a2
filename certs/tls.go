package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// TLS makes the configurations of one node's connections. All of them are TLS
// 1.3 with mutual authentication and without session tickets, and decide by
// the roster as it is at the time of the handshake. A refusal is a
// [RefusedError].
//
// The configurations MUST NOT be changed, and MUST NOT be combined with other
// ways of verifying certificates: they turn off the standard library's own,
// which knows one set of roots for everybody, and do all of it in
// VerifyConnection.
type TLS struct {
	Credentials *Credentials // of this node
	Roster      *Roster
	Now         func() time.Time // the clock of all validity checks; nil: time.Now

	// Refused, if set, is told of everybody whom a listener refuses, since
	// gRPC keeps it to itself. It is called during the handshake, from many
	// goroutines, and MUST NOT block. Whoever dials sees the error itself.
	Refused func(*RefusedError)
}

// Peers returns the configuration of the listener for peers. It lets in nodes
// of offices on the roster, and nobody else: no people, not this node itself.
func (t *TLS) Peers() *tls.Config {
	self := t.Roster.Own().Office()
	return t.serverConfig(expectation{
		federation: t.Roster.Federation(),
		role:       "a node of another office",
		roleOK:     func(id Identity) bool { return id.IsNode() && id.Office != self },
		card:       t.Roster.Peer,
		usage:      x509.ExtKeyUsageClientAuth,
		now:        clock(t.Now),
	})
}

// Office returns the configuration of the listener for the people and systems
// of this office. It lets in those that the office's own authority vouches
// for, in every role but node.
func (t *TLS) Office() *tls.Config {
	self := t.Roster.Own().Office()
	return t.serverConfig(expectation{
		federation: t.Roster.Federation(),
		role:       "a person or system of " + string(self),
		roleOK:     func(id Identity) bool { return !id.IsNode() },
		office:     self,
		card:       func(Office) (*Card, error) { return t.Roster.Own(), nil },
		usage:      x509.ExtKeyUsageClientAuth,
		now:        clock(t.Now),
	})
}

// Dial returns the configuration for dialling the node of another office. It
// accepts nothing but that office's node, whatever the address was: who
// answers is decided by the identity in its certificate, not by a DNS name.
func (t *TLS) Dial(office Office) *tls.Config {
	return clientConfig(t.Credentials, expectation{
		federation: t.Roster.Federation(),
		role:       "a node",
		roleOK:     Identity.IsNode,
		office:     office,
		card:       t.Roster.Peer,
		usage:      x509.ExtKeyUsageServerAuth,
		now:        clock(t.Now),
	})
}

// Check returns nil if a peer that holds the present card of this office would
// accept the credentials now, on both sides of a connection. A node calls it
// when it starts and after a reload, so that a certificate that nobody will
// believe is noticed at home.
func (t *TLS) Check() error {
	own := t.Roster.Own()
	for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
		x := expectation{
			federation: own.Federation(),
			role:       "a node",
			roleOK:     Identity.IsNode,
			office:     own.Office(),
			card:       func(Office) (*Card, error) { return own, nil },
			usage:      usage,
			now:        clock(t.Now),
		}
		chain, err := t.Credentials.chain()
		if err != nil {
			return err
		}
		if refused := x.check(chain); refused != nil {
			return fmt.Errorf("own credentials: %w", refused)
		}
	}
	return nil
}

// ClientTLS returns the configuration with which a person or system dials the
// node of its own office, whose card it has. It accepts nothing but that node,
// vouched for by the roots on that card; now is the clock of all validity
// checks, nil means time.Now.
func ClientTLS(person *Credentials, node *Card, now func() time.Time) *tls.Config {
	return clientConfig(person, expectation{
		federation: node.Federation(),
		role:       "a node",
		roleOK:     Identity.IsNode,
		office:     node.Office(),
		card:       func(Office) (*Card, error) { return node, nil },
		usage:      x509.ExtKeyUsageServerAuth,
		now:        clock(now),
	})
}

// CheckClient returns nil if the node of the office whose card this is would
// believe the credentials now, by that card and this clock (nil: time.Now). A
// client calls it before it dials, since a node that refuses a certificate
// does not say why. The error is a [*RefusedError].
func CheckClient(person *Credentials, node *Card, now func() time.Time) error {
	chain, err := person.chain()
	if err != nil {
		return err
	}
	x := expectation{
		federation: node.Federation(),
		role:       "a person or system of " + string(node.Office()),
		roleOK:     func(id Identity) bool { return !id.IsNode() },
		office:     node.Office(),
		card:       func(Office) (*Card, error) { return node, nil },
		usage:      x509.ExtKeyUsageClientAuth,
		now:        clock(now),
	}
	if refused := x.check(chain); refused != nil {
		return refused
	}
	return nil
}

func (t *TLS) serverConfig(x expectation) *tls.Config {
	base := &tls.Config{
		MinVersion:             tls.VersionTLS13,
		SessionTicketsDisabled: true,
		NextProtos:             []string{"h2"}, // gRPC sets it on its own copy only
		Time:                   x.now,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return t.Credentials.current.Load().tls, nil
		},
		// A certificate is demanded, and proves possession of its key; who may
		// vouch for it depends on whose it is, which the check decides.
		ClientAuth: tls.RequireAnyClientCert,
	}
	config := base.Clone()
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		perClient := base.Clone() // one that knows the address, for the error
		perClient.VerifyConnection = func(cs tls.ConnectionState) error {
			refused := x.check(cs.PeerCertificates)
			if refused == nil {
				return nil
			}
			refused.Remote = hello.Conn.RemoteAddr().String()
			if t.Refused != nil {
				t.Refused(refused)
			}
			return refused
		}
		return perClient, nil
	}
	// Should anybody copy the configuration without GetConfigForClient, it
	// still lets nobody in.
	config.VerifyConnection = func(tls.ConnectionState) error {
		return errors.New("configuration was changed: no check of certificates is left")
	}
	return config
}

func clientConfig(creds *Credentials, x expectation) *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		SessionTicketsDisabled: true,
		Time:                   x.now,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return creds.current.Load().tls, nil
		},
		// Turns off only the check of DNS names against the system's roots. In
		// its place the identity and the chain are checked, at every handshake.
		InsecureSkipVerify: true,
		VerifyConnection: func(cs tls.ConnectionState) error {
			if refused := x.check(cs.PeerCertificates); refused != nil {
				return refused // not a nil *RefusedError in an error
			}
			return nil
		},
	}
}

func clock(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}

// chain parses the certificates that the credentials show.
func (c *Credentials) chain() ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	for _, der := range c.current.Load().tls.Certificate {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("own certificate: %w", err)
		}
		chain = append(chain, cert)
	}
	return chain, nil
}

// IdentityFrom returns who is at the other end of a connection that was made
// with a configuration of this package, and until when its certificate is
// valid: the session MUST end then. It trusts that the handshake verified the
// certificate; it MUST NOT be used on a connection made with another
// configuration.
func IdentityFrom(cs tls.ConnectionState) (Identity, time.Time, error) {
	switch {
	case !cs.HandshakeComplete:
		return Identity{}, time.Time{}, errors.New("the handshake is not complete")
	case cs.Version != tls.VersionTLS13:
		return Identity{}, time.Time{}, fmt.Errorf("connection is %s, want TLS 1.3", tls.VersionName(cs.Version))
	case len(cs.PeerCertificates) == 0:
		return Identity{}, time.Time{}, errors.New("the other side showed no certificate")
	}
	leaf := cs.PeerCertificates[0]
	id, err := CertificateIdentity(leaf)
	if err != nil {
		return Identity{}, time.Time{}, fmt.Errorf("%s: %w", describe(leaf), err)
	}
	return id, leaf.NotAfter, nil
}
