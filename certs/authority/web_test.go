package authority_test

import (
	"crypto/x509"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
)

func TestIssueWeb(t *testing.T) {
	ca, err := authority.New("asean-cn", "VN", nil)
	if err != nil {
		t.Fatal(err)
	}
	issued, err := ca.IssueWeb([]string{"sps.example.vn"}, []net.IP{net.IPv4(127, 0, 0, 1)}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(issued.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	root, err := x509.ParseCertificate(ca.Root())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(root)
	for host, want := range map[string]bool{"sps.example.vn": true, "127.0.0.1": true, "other.example.vn": false} {
		_, err := leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots})
		if got := err == nil; got != want {
			t.Errorf("good for %s: %t, want %t (%v)", host, got, want, err)
		}
	}
	if diff := cmp.Diff([]x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, leaf.ExtKeyUsage); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
	if len(leaf.URIs) != 0 {
		t.Errorf("it names %v, want no identity", leaf.URIs)
	}
	if got, want := time.Until(leaf.NotAfter), time.Hour; got > want || got < want-time.Minute {
		t.Errorf("good for %v, want %v", got, want)
	}
	if _, err := issued.Credentials(); err == nil {
		t.Error("it serves as credentials of a caller, want an error")
	}
	if _, err := ca.IssueWeb(nil, nil, 0); err == nil {
		t.Error("issued for no host, want an error")
	}
}

func TestIssueRefuses(t *testing.T) {
	ca, err := authority.New("asean-cn", "VN", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		issue func() (*authority.Issued, error)
		says  string
	}{
		{"a node that outlives its authority", func() (*authority.Issued, error) { return ca.IssueNode(authority.RootValidity + time.Hour) }, "outlive the authority of VN"},
		{"a person that outlives it", func() (*authority.Issued, error) {
			return ca.IssuePerson(certs.RoleOfficer, "lan", authority.RootValidity+time.Hour)
		}, "outlive"},
		{"a web certificate that does", func() (*authority.Issued, error) {
			return ca.IssueWeb([]string{"sps.example.vn"}, nil, authority.RootValidity+time.Hour)
		}, "outlive"},
		{"one that has ended", func() (*authority.Issued, error) { return ca.IssueNode(-time.Hour) }, "cannot be valid for -1h0m0s"},
		{"a name with a port", func() (*authority.Issued, error) { return ca.IssueWeb([]string{"sps.example.vn:443"}, nil, 0) }, "is no host name"},
		{"a name with a scheme", func() (*authority.Issued, error) { return ca.IssueWeb([]string{"https://sps.example.vn"}, nil, 0) }, "is no host name"},
		{"no name", func() (*authority.Issued, error) { return ca.IssueWeb([]string{""}, nil, 0) }, "is no host name"},
		{"an address as a name", func() (*authority.Issued, error) { return ca.IssueWeb([]string{"10.0.0.10"}, nil, 0) }, "is an address"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := test.issue(); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %v, want one with %q", err, test.says)
			}
		})
	}
}
