package drill_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client/drill"
	"github.com/spsalert/spsalert/client/drill/drilltest"
)

// TestToken calls a node over HTTPS as a program without certificate does.
func TestToken(t *testing.T) {
	fed := drilltest.Start(t, drill.Options{Offices: []certs.Office{"VN"}})
	ctx := within(t, 30*time.Second)
	vn := fed.Node("VN")
	root, err := os.ReadFile(vn.Root())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(root) {
		t.Fatalf("%s holds no certificate", vn.Root())
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}}
	defer transport.CloseIdleConnections()
	web := http.Client{Transport: transport}
	for id, role := range map[string]certs.Role{"drill": certs.RoleSystem, "desk": certs.RoleOfficer, "lab": certs.RoleLab, "further": certs.RoleExporter} {
		secret, err := vn.Token(ctx, role)
		if id == "further" {
			secret, err = vn.TokenAs(ctx, role, id)
		}
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+vn.Addresses().Web+"/v1/caller", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+secret)
		resp, err := web.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		var caller struct{ Identity string }
		if err := json.NewDecoder(resp.Body).Decode(&caller); err != nil {
			t.Error(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
		if want := "sps://drill/VN/" + string(role) + "/" + id; caller.Identity != want {
			t.Errorf("status %s, caller %q, want %q", resp.Status, caller.Identity, want)
		}
	}
}
