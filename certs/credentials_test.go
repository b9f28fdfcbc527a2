package certs_test

import (
	"bytes"
	"context"
	"crypto/elliptic"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
)

// saved writes what was issued and returns the names of the files.
func saved(t *testing.T, issued *authority.Issued) (certFile, keyFile string) {
	t.Helper()
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "node.pem"), filepath.Join(dir, "node.key")
	if err := issued.Save(certFile, keyFile); err != nil {
		t.Fatal(err)
	}
	return certFile, keyFile
}

func TestCredentialsReload(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	vn, cn := fed.Office("VN"), fed.Office("CN")
	certFile, keyFile := saved(t, vn.NodeIssued)
	creds, err := certs.LoadCredentials(certFile, keyFile)
	if err != nil {
		t.Fatalf("LoadCredentials: %v", err)
	}
	if creds.Identity() != vn.Node.Identity() || !creds.NotAfter().Equal(vn.Node.NotAfter()) {
		t.Errorf("loaded %s until %s, want %s until %s", creds.Identity(), creds.NotAfter(), vn.Node.Identity(), vn.Node.NotAfter())
	}
	server := (&certs.TLS{Credentials: creds, Roster: vn.Roster}).Peers()
	shown := func() []byte {
		t.Helper()
		_, atClient := connected(t, server, cn.TLS().Dial("VN"))
		return atClient.PeerCertificates[0].Raw
	}
	if got := shown(); !bytes.Equal(got, vn.NodeIssued.Certificate) {
		t.Error("another certificate is shown than was loaded")
	}
	before := creds.Leaf()
	if err := creds.Reload(); err != nil || creds.Leaf() != before {
		t.Errorf("Reload of the same files: %v, want no change", err)
	}

	renewed, err := vn.Authority.IssueNode(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	// Half of the renewal: the old one stays, and the error says why.
	if err := certs.SaveKey(keyFile, renewed.Key); err != nil {
		t.Fatal(err)
	}
	if err := creds.Reload(); err == nil || !strings.Contains(err.Error(), "do not belong together") {
		t.Errorf("Reload of half a renewal: %v, want an error", err)
	}
	if got := shown(); !bytes.Equal(got, vn.NodeIssued.Certificate) {
		t.Error("the old certificate is not shown any more")
	}
	if err := certs.SaveCertificates(certFile, renewed.Certificate); err != nil {
		t.Fatal(err)
	}
	if err := creds.Reload(); err != nil {
		t.Fatalf("Reload: %v", err)
	}
	if got := shown(); !bytes.Equal(got, renewed.Certificate) {
		t.Error("the renewed certificate is not shown")
	}
	if !creds.NotAfter().Before(vn.Node.NotAfter()) {
		t.Errorf("valid until %s, want the renewed one's hour", creds.NotAfter())
	}

	if err := cn.NodeIssued.Save(certFile, keyFile); err != nil {
		t.Fatal(err)
	}
	if err := creds.Reload(); err == nil || !strings.Contains(err.Error(), "want one of sps://asean-cn/VN/node") {
		t.Errorf("Reload of another office's: %v, want an error", err)
	}
	if got := shown(); !bytes.Equal(got, renewed.Certificate) {
		t.Error("another office's certificate is shown")
	}
}

func TestCredentialsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		vn := authority.ForTest(t, "VN").Office("VN")
		certFile, keyFile := saved(t, vn.NodeIssued)
		creds, err := certs.LoadCredentials(certFile, keyFile)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var reports []error
		done := make(chan error, 1)
		go func() {
			done <- creds.Run(ctx, time.Minute, func(err error) { reports = append(reports, err) })
		}()
		if err := os.Chmod(keyFile, 0o644); err != nil {
			t.Fatal(err)
		}
		time.Sleep(150 * time.Second)
		synctest.Wait()
		if len(reports) != 1 || reports[0] == nil || !strings.Contains(reports[0].Error(), "chmod 600") {
			t.Errorf("reports are %v, want one error, told once", reports)
		}
		renewed, err := vn.Authority.IssueNode(0)
		if err != nil {
			t.Fatal(err)
		}
		if err := renewed.Save(certFile, keyFile); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(reports) != 2 || reports[1] != nil {
			t.Errorf("reports are %v, want nil once it was repaired", reports)
		}
		if !bytes.Equal(creds.Leaf().Raw, renewed.Certificate) {
			t.Error("the renewed certificate is not in use")
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v, want context.Canceled", err)
		}
	})
}

func TestCredentialsRefused(t *testing.T) {
	vn := authority.ForTest(t, "VN").Office("VN")
	good := vn.NodeIssued.Certificate
	goodPEM := certs.EncodeCertificates(good)
	tests := []struct {
		name string
		cert []byte
		want string
	}{
		{"empty", nil, "no PEM block CERTIFICATE"},
		{"key in the file", append(bytes.Clone(goodPEM), []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")...), "want only CERTIFICATE"},
		{"garbage", certs.EncodeCertificates([]byte{1}), "node.pem: x509"},
		{"many", certs.EncodeCertificates(good, good, good, good, good), "more than 4 certificates"},
		{"the root", certs.EncodeCertificates(vn.Authority.Root()), "do not belong together"},
		{"huge", make([]byte, 65<<10), "larger than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			certFile, keyFile := saved(t, vn.NodeIssued)
			if err := os.WriteFile(certFile, tt.cert, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := certs.LoadCredentials(certFile, keyFile); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("LoadCredentials: %v, want an error with %q", err, tt.want)
			}
			if _, err := certs.LoadCertificates(certFile); tt.name != "the root" && err == nil {
				t.Error("LoadCertificates succeeded, want an error")
			}
		})
	}
	certFile, keyFile := saved(t, vn.NodeIssued)
	if _, err := certs.LoadCredentials(certFile+"x", keyFile); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing certificate: %v, want not exist", err)
	}
	if err := os.WriteFile(keyFile, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := certs.LoadCredentials(certFile, keyFile); err == nil || !strings.Contains(err.Error(), keyFile) {
		t.Errorf("broken key: %v, want an error that names it", err)
	}
}

func TestCredentialsInMemory(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	vn := fed.Office("VN")
	if err := vn.Node.Reload(); err != nil {
		t.Errorf("Reload in memory: %v", err)
	}
	other := fed.Office("CN").NodeIssued
	if err := vn.Node.Replace(other.Key, other.Certificate); err == nil {
		t.Error("replaced by another office's")
	}
	if err := vn.Node.Replace(other.Key); err == nil || !strings.Contains(err.Error(), "0 certificates") {
		t.Errorf("Replace without a certificate: %v, want an error", err)
	}
	if _, err := certs.NewCredentials(other.Key, []byte("garbage")); err == nil {
		t.Error("garbage became credentials")
	}
	forger := newSmith(t)
	key := generate(t, elliptic.P256())
	nameless := forger.sign(forger.template(), forger.root, key.Public(), forger.key)
	if _, err := certs.NewCredentials(key, nameless.Raw); err == nil || !strings.Contains(err.Error(), "no URI") {
		t.Errorf("certificate without an identity: %v, want an error", err)
	}
	rsaKey := generateRSA(t)
	id := vn.Node.Identity()
	wrong := forger.sign(forger.template(&id), forger.root, rsaKey.Public(), forger.key)
	if _, err := certs.NewCredentials(rsaKey, wrong.Raw); err == nil || !strings.Contains(err.Error(), "want ECDSA P-256") {
		t.Errorf("RSA: %v, want an error", err)
	}
}
