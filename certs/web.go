package certs

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"sync/atomic"
	"time"
)

// WebCertificate is what a node shows at its web listener: a certificate for
// its host name, from whatever authority the browsers and systems of the office
// trust, with a key of any kind that TLS knows. It says nothing about identity
// and is of no use anywhere else. It follows its files; all methods are safe
// for concurrent use.
type WebCertificate struct {
	certFile, keyFile string
	current           atomic.Pointer[webCertificate]
}

type webCertificate struct {
	files [sha256.Size]byte // digest of both files
	tls   *tls.Certificate
}

// LoadWebCertificate reads a PEM file of certificates, the leaf first, and the
// PEM file of its private key.
func LoadWebCertificate(certFile, keyFile string) (*WebCertificate, error) {
	w := &WebCertificate{certFile: certFile, keyFile: keyFile}
	return w, w.Reload()
}

// NotAfter returns the instant at which the present certificate expires.
func (w *WebCertificate) NotAfter() time.Time { return w.current.Load().tls.Leaf.NotAfter }

// Reload reads the files again and uses them from the next handshake on. On an
// error the old ones stay in use.
func (w *WebCertificate) Reload() error {
	certPEM, err := readFile(w.certFile, maxKeyFile)
	if err != nil {
		return fmt.Errorf("web certificate: %w", err)
	}
	keyPEM, err := readPrivate(w.keyFile)
	if err != nil {
		return err
	}
	digest := sha256.Sum256(append(certPEM, keyPEM...))
	if old := w.current.Load(); old != nil && old.files == digest {
		return nil
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return fmt.Errorf("web certificate %s with %s: %w", w.certFile, w.keyFile, err)
	}
	w.current.Store(&webCertificate{files: digest, tls: &pair})
	return nil
}

// WebListener returns the web listener: connections of inner under TLS. It shows
// shown, or the node's own certificate if that is nil, and speaks HTTP/2 and
// HTTP/1.1. A client need not have a certificate, since it may have a token; if
// it shows one, it is let in only if [TLS.Office] would let it in.
func (t *TLS) WebListener(inner net.Listener, shown *WebCertificate) net.Listener {
	return tls.NewListener(inner, t.web(shown))
}

func (t *TLS) web(shown *WebCertificate) *tls.Config {
	config := t.Office()
	inner := config.GetConfigForClient
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		perClient, err := inner(hello)
		if err != nil {
			return nil, err
		}
		perClient.NextProtos = []string{"h2", "http/1.1"}
		if shown != nil {
			perClient.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
				return shown.current.Load().tls, nil
			}
		}
		perClient.ClientAuth = tls.RequestClientCert
		perClient.ClientCAs = x509.NewCertPool() // only a hint, so that a browser offers nothing else
		for _, root := range t.Roster.Own().Roots() {
			perClient.ClientCAs.AddCert(root)
		}
		office := perClient.VerifyConnection
		perClient.VerifyConnection = func(cs tls.ConnectionState) error {
			if len(cs.PeerCertificates) == 0 {
				return nil
			}
			return office(cs)
		}
		return perClient, nil
	}
	return config
}
