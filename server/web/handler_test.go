package web_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
)

func TestCertificateIsEnough(t *testing.T) {
	n := newNode(t)
	for _, tc := range []struct {
		name, token string
		role        certs.Role
		want        int
	}{
		{"certificate", "", certs.RoleAdmin, 200},
		{"certificate of another role", "", certs.RoleLab, 403},
		{"token", "admin", "", 200},
		{"token above the certificate", "lab", certs.RoleAdmin, 403},
		{"unknown token beside a certificate", "stranger", certs.RoleAdmin, 401},
		{"neither", "", "", 401},
	} {
		if got := n.do(n.client(tc.role), n.request("GET", "/v1/node", tc.token, "")); got.StatusCode != tc.want {
			t.Errorf("%s: %s, want %d", tc.name, got.Status, tc.want)
		}
	}
}

func TestCertificateOfOthersIsRefused(t *testing.T) {
	n := newNode(t)
	others := authority.ForTest(t, "VN", "CN") // another authority of the same name
	stranger, err := others.Office("VN").Person(certs.RoleAdmin, "lan.nguyen")
	if err != nil {
		t.Fatal(err)
	}
	for name, person := range map[string]*certs.Credentials{"person of a stranger": stranger, "own node": n.office.Node} {
		c := &http.Client{Transport: &http.Transport{TLSClientConfig: certs.ClientTLS(person, n.office.Card, nil)}}
		resp, err := c.Do(n.request("GET", "/v1/node", "admin", ""))
		if err == nil {
			_ = resp.Body.Close()
			t.Errorf("%s: %s, want no handshake", name, resp.Status)
		}
		c.CloseIdleConnections()
	}
}

func TestHeadersAreNoIdentity(t *testing.T) {
	n := newNode(t)
	const validator = "sps://asean-cn/VN/validator/lan.nguyen"
	for _, header := range []string{
		"Sps-Ticket: 1", "Grpc-Metadata-Sps-Ticket: 1", "Grpc-Metadata-Authorization: Bearer validator",
		"Grpc-Metadata-Role: validator", "X-Forwarded-Client-Cert: URI=" + validator, "X-Remote-User: lan.nguyen",
		"X-Ssl-Client-S-Dn: CN=" + validator, "Identity: " + validator, "Role: validator", "Proxy-Authorization: Bearer validator",
		"Grpcgateway-Authorization: Bearer validator", "Cookie: token=validator",
	} {
		for name, c := range map[string]*http.Client{"lab with a token": n.client(""), "lab with a certificate": n.client(certs.RoleLab)} {
			token := map[string]string{"lab with a token": "lab"}[name]
			got := n.do(c, n.request("POST", "/v1/offices/VN/statements:issue", token, notification("1"), header))
			if got.StatusCode != http.StatusForbidden || !strings.Contains(string(got.body), `"reason":"PERMISSION_DENIED"`) {
				t.Errorf("%s and %s: %s %s, want 403 PERMISSION_DENIED", name, header, got.Status, got.body)
			}
		}
	}
	r := n.request("GET", "/v1/node", "lab", "")
	r.Header.Add("Authorization", "Bearer admin")
	if got := n.do(n.client(""), r); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("two tokens: %s, want 401", got.Status)
	}
}

func TestEveryRouteIsKnown(t *testing.T) {
	n := newNode(t)
	c := n.client("")
	contract := n.do(c, n.request("GET", "/openapi.json", "", ""))
	paths := contractPaths(t, contract.body)
	if len(paths) < 9 {
		t.Fatalf("the contract has %d paths: %v", len(paths), paths)
	}
	for path, methods := range paths {
		path = strings.NewReplacer("{office}", "VN", "{statement}", "1-1", "{case}", "VN-2026-000001", "{peer}", "CN").Replace(path)
		path = strings.ReplaceAll(strings.ReplaceAll(path, "{", ""), "}", "")
		got := n.do(c, n.request("OPTIONS", path, "admin", ""))
		for _, method := range methods {
			if !strings.Contains(got.Header.Get("Allow"), method) {
				t.Errorf("OPTIONS %s allows %q, want %s", path, got.Header.Get("Allow"), method)
			}
			got := n.do(c, n.request(method, path+"?nonsense=1", "admin", ""))
			if got.StatusCode != 400 || !strings.Contains(string(got.body), `"field":"nonsense"`) {
				t.Errorf("%s %s?nonsense=1: %s %s, want a violation", method, path, got.Status, got.body)
			}
		}
	}
}

func TestTooLarge(t *testing.T) {
	n := newNode(t)
	c := n.client("")
	got := n.do(c, n.request("POST", "/v1/offices/VN/statements:issue", "system", `{"requestId":"`+strings.Repeat("x", 1<<20)+`"}`))
	if got.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(string(got.body), `"reason":"TOO_LARGE"`) {
		t.Errorf("body above 1 MiB: %s %.200s, want 413 TOO_LARGE", got.Status, got.body)
	}
	got = n.do(c, n.request("GET", "/v1/node", "admin", "", "X: "+strings.Repeat("x", 20<<10)))
	if got.StatusCode != http.StatusRequestHeaderFieldsTooLarge || !strings.Contains(string(got.body), `"status":431`) ||
		got.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("headers of 20 KiB: %s %s, want 431 and a problem", got.Status, got.body)
	}
	conn := n.dialRaw()
	_, _ = fmt.Fprintf(conn, "GET /v1/node HTTP/1.1\r\nHost: x\r\nX: %s\r\n\r\n", strings.Repeat("x", 1<<20))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("headers of 1 MiB: %s, want 431", resp.Status)
	}
}

func TestAnswersToHeadHaveNoBody(t *testing.T) {
	n := newNode(t)
	c := n.client("")
	head, get := n.do(c, n.request("HEAD", "/v1/cases", "auditor", "")), n.do(c, n.request("GET", "/v1/cases", "auditor", ""))
	if len(head.body) != 0 || head.Header.Get("ETag") != get.Header.Get("ETag") || head.Header.Get("ETag") == "" {
		t.Errorf("HEAD has a body of %d bytes and tag %s, GET tag %s", len(head.body), head.Header.Get("ETag"), get.Header.Get("ETag"))
	}
}

// TestWebCertificate does as a browser does: it checks the host name against
// authorities that it has, and knows nothing of cards.
func TestWebCertificate(t *testing.T) {
	n := newNode(t)
	n.stop()
	dir := filepath.Join(n.dir, "VN")
	roots := writeWebCertificate(t, dir, "first")
	n.web = "web: {certificate: web.pem, key: web.key}\n"
	n.start()
	browse := func(roots *x509.CertPool) (string, error) {
		c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
		defer c.CloseIdleConnections()
		resp, err := c.Do(n.request("GET", "/docs/", "", ""))
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		return resp.TLS.PeerCertificates[0].Subject.CommonName, err
	}
	if got, err := browse(roots); got != "first" || err != nil {
		t.Errorf("browser sees %q, %v, want the first certificate", got, err)
	}
	renewed := writeWebCertificate(t, dir, "second")
	if err := n.running.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := browse(renewed); got != "second" || err != nil {
		t.Errorf("browser sees %q, %v, want the second certificate", got, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "web.pem"), []byte("none"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := n.running.Reload(t.Context()); err == nil {
		t.Error("a file without a certificate was taken")
	}
	if got, err := browse(renewed); got != "second" || err != nil {
		t.Errorf("browser sees %q, %v, want the second certificate still", got, err)
	}
	writeWebCertificate(t, dir, "third") // for the end of the test, which reads the configuration
}

// writeWebCertificate writes a certificate for 127.0.0.1 that vouches for
// itself, and returns the pool that knows it.
func writeWebCertificate(t *testing.T, dir, name string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		"web.pem": {Type: "CERTIFICATE", Bytes: der}, "web.key": {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots := x509.NewCertPool()
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots.AddCert(leaf)
	return roots
}

func TestAnswersAreCompressed(t *testing.T) {
	n := newNode(t)
	c := n.client("")
	c.Transport.(*http.Transport).DisableCompression = true
	for _, path := range []string{"/openapi.json", "/docs/swagger-ui-bundle.js", "/v1/offices/-/statements"} {
		for range 3 {
			n.mustIssue(c, path) // so that there is something to list; the same number is the same statement
		}
		plain := n.do(c, n.request("GET", path, "system", ""))
		packed := n.do(c, n.request("GET", path, "system", "", "Accept-Encoding: br;q=1, gzip;q=0.5"))
		if plain.Header.Get("Content-Encoding") != "" || packed.Header.Get("Content-Encoding") != "gzip" || len(packed.body) > len(plain.body)*2/3 {
			t.Errorf("%s: %d bytes as %q, %d bytes as %q, want the second smaller, as gzip", path,
				len(plain.body), plain.Header.Get("Content-Encoding"), len(packed.body), packed.Header.Get("Content-Encoding"))
			continue
		}
		z, err := gzip.NewReader(bytes.NewReader(packed.body))
		if err != nil {
			t.Fatal(err)
		}
		unpacked, err := io.ReadAll(z)
		if err != nil || !bytes.Equal(unpacked, plain.body) {
			t.Errorf("%s: what is in the gzip is another text (%v)", path, err)
		}
		if got, want := packed.Header.Get("ETag"), "W/"+plain.Header.Get("ETag"); got != want {
			t.Errorf("%s: tag of the gzip = %s, want %s", path, got, want)
		}
		for _, tag := range []string{plain.Header.Get("ETag"), packed.Header.Get("ETag")} {
			again := n.do(c, n.request("GET", path, "system", "", "Accept-Encoding: gzip", "If-None-Match: "+tag))
			if again.StatusCode != http.StatusNotModified || len(again.body) != 0 {
				t.Errorf("%s with If-None-Match %s: %s, want 304", path, tag, again.Status)
			}
		}
		refused := n.do(c, n.request("GET", path, "system", "", "Accept-Encoding: gzip;q=0"))
		if refused.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s for one who takes no gzip: %s, want plain", path, refused.Header.Get("Content-Encoding"))
		}
	}
}
