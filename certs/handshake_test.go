package certs_test

import (
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/url"
	"testing"
	"time"

	"google.golang.org/grpc/test/bufconn"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// side is how one end saw a connection.
type side struct {
	state tls.ConnectionState
	err   error
}

// shake makes a connection and sends one byte from the server to the client,
// so that both ends have seen what the other decided.
func shake(t *testing.T, server, client *tls.Config) (atServer, atClient side) {
	t.Helper()
	a, b := pipe(t)
	done := make(chan side, 1)
	go func() {
		conn := tls.Server(a, server)
		err := conn.Handshake()
		if err == nil {
			_, err = conn.Write([]byte{1})
		}
		a.Close()
		done <- side{conn.ConnectionState(), err}
	}()
	conn := tls.Client(b, client)
	err := conn.Handshake()
	if err == nil {
		_, err = conn.Read(make([]byte, 1))
	}
	atClient = side{conn.ConnectionState(), err}
	b.Close()
	return <-done, atClient
}

// pipe returns two ends with a buffer between, as sockets have: without one,
// two ends that send an alert at once would wait for each other.
func pipe(t *testing.T) (a, b net.Conn) {
	t.Helper()
	listener := bufconn.Listen(64 << 10)
	defer listener.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			t.Errorf("accept: %v", err)
		}
		accepted <- conn
	}()
	b, err := listener.DialContext(t.Context())
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	return <-accepted, b
}

// connected fails the test unless both ends accept each other.
func connected(t *testing.T, server, client *tls.Config) (atServer, atClient tls.ConnectionState) {
	t.Helper()
	s, c := shake(t, server, client)
	if s.err != nil || c.err != nil {
		t.Fatalf("handshake: server says %v, client says %v", s.err, c.err)
	}
	return s.state, c.state
}

// lax is a client that believes every server, so that the server has its say.
func lax(creds *certs.Credentials) *tls.Config {
	cfg := certs.ClientTLS(creds, nobody, nil)
	cfg.VerifyConnection = nil
	return cfg
}

// laxServer is a server that lets everybody in, so that the client has its say.
func laxServer(key crypto.Signer, chain ...[]byte) *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: chain, PrivateKey: key}},
		MinVersion:   tls.VersionTLS13,
		ClientAuth:   tls.RequestClientCert,
	}
}

// laxClient shows any certificate, even one that certs refuses to load.
func laxClient(key crypto.Signer, chain ...[]byte) *tls.Config {
	cert := tls.Certificate{Certificate: chain, PrivateKey: key}
	return &tls.Config{
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &cert, nil },
		InsecureSkipVerify:   true,
		MinVersion:           tls.VersionTLS13,
	}
}

// nobody is a card whose office matters to no test.
var nobody = func() *certs.Card {
	o, err := authority.NewOffice(authority.Options{Federation: "nowhere", Office: "ZZ"})
	if err != nil {
		panic(err)
	}
	return o.Card
}()

// person issues credentials for a person of an office.
func person(t *testing.T, o *authority.Office, role certs.Role, id string) *certs.Credentials {
	t.Helper()
	creds, err := o.Person(role, id)
	if err != nil {
		t.Fatal(err)
	}
	return creds
}

// certify has the authority of an office sign whatever the test needs.
func certify(t *testing.T, ca *authority.Authority, id certs.Identity, key crypto.Signer, from, until time.Time) []byte {
	t.Helper()
	der, err := ca.Certify(id, key.Public(), from, until)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// smith makes certificates that no honest authority issues.
type smith struct {
	t    *testing.T
	key  crypto.Signer
	root *x509.Certificate
}

func newSmith(t *testing.T) *smith {
	s := &smith{t: t, key: generate(t, elliptic.P256())}
	template := s.template(&certs.Identity{})
	template.IsCA = true
	template.KeyUsage = x509.KeyUsageCertSign
	template.ExtKeyUsage = nil
	s.root = s.sign(template, template, s.key.Public(), s.key)
	return s
}

// office mints an office on whose card the smith's root is the only one.
func (s *smith) office(code certs.Office) *authority.Office {
	s.t.Helper()
	o, err := authority.NewOffice(authority.Options{
		Federation: "asean-cn", Office: code,
		Card: func(c *spsv1.Card) { c.CertificateRoots = [][]byte{s.root.Raw} },
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return o
}

func (s *smith) template(ids ...*certs.Identity) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		s.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: "forged"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	for _, id := range ids {
		if *id != (certs.Identity{}) {
			template.URIs = append(template.URIs, id.URL())
		}
	}
	return template
}

func (s *smith) sign(template, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) *x509.Certificate {
	s.t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		s.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		s.t.Fatal(err)
	}
	return cert
}

// client returns a client that shows a certificate of that node as changed.
func (s *smith) client(office certs.Office, change func(*x509.Certificate)) *tls.Config {
	s.t.Helper()
	id := certs.NodeIdentity("asean-cn", office)
	template := s.template(&id)
	change(template)
	key := generate(s.t, elliptic.P256())
	return laxClient(key, s.sign(template, s.root, key.Public(), s.key).Raw)
}

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
