package authority_test

import (
	"bytes"
	"crypto/x509"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func TestOfficeOnDisk(t *testing.T) {
	dir := t.TempDir()
	fed, err := authority.NewFederation("asean-cn", nil,
		authority.Options{Office: "VN", Addresses: []string{"127.0.0.1:7443"}},
		authority.Options{Office: "CN", P256LogKey: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := fed.Save(dir); err != nil {
		t.Fatalf("Save: %v", err)
	}
	var files []string
	err = filepath.WalkDir(filepath.Join(dir, "VN"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		files = append(files, name)
		if secret := strings.HasSuffix(name, ".key"); secret != (info.Mode().Perm() == 0o600) {
			t.Errorf("%s has mode %04o", name, info.Mode().Perm())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"VN/VN.card", "VN/ca/root.key", "VN/ca/root.pem", "VN/card.key", "VN/log.key", "VN/node.key", "VN/node.pem",
		"VN/parcel.key", "VN/peers/CN.card", "VN/receipt.key",
	}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Errorf("files differ (-want +got):\n%s", diff)
	}

	for _, before := range fed.Offices() {
		after, err := authority.LoadOffice(filepath.Join(dir, string(before.Code())), nil)
		if err != nil {
			t.Fatalf("LoadOffice: %v", err)
		}
		if err := after.TLS().Check(); err != nil {
			t.Errorf("own credentials of %s: %v", after.Code(), err)
		}
		if !after.Card.Same(before.Card) || after.Origin() != before.Origin() || !bytes.Equal(after.NodeIssued.Certificate, before.NodeIssued.Certificate) {
			t.Errorf("%s came back as another office", before.Code())
		}
		if !after.ReceiptKey.Equal(before.ReceiptKey) || !after.CardKey.Equal(before.CardKey) ||
			!bytes.Equal(after.ParcelKey.PublicKey().Bytes(), before.ParcelKey.PublicKey().Bytes()) {
			t.Errorf("%s came back with other keys", before.Code())
		}
		if diff := cmp.Diff(before.Roster.Offices(), after.Roster.Offices()); diff != "" {
			t.Errorf("peers of %s differ (-want +got):\n%s", before.Code(), diff)
		}
		// It can go on where it was.
		signed, err := after.NextCard(func(c *spsv1.Card) { c.Addresses = []string{"127.0.0.1:1"} })
		if err != nil {
			t.Fatalf("NextCard: %v", err)
		}
		for _, peer := range fed.Offices() {
			if peer == before {
				continue
			}
			if applied, err := peer.Roster.Apply(signed); !applied || err != nil {
				t.Errorf("%s applies the next card of %s: %t, %v", peer.Code(), before.Code(), applied, err)
			}
		}
		issued, err := after.Authority.IssuePerson(certs.RoleOfficer, "lan", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := issued.Credentials(); err != nil || got.Identity().ID != "lan" {
			t.Errorf("person of %s: %v", before.Code(), err)
		}
	}
	if err := fed.Save(dir); err == nil || !strings.Contains(err.Error(), "there is an authority in") {
		t.Errorf("Save over an office: %v, want an error", err)
	}
	for _, name := range want {
		if !strings.HasSuffix(name, ".key") && !strings.HasSuffix(name, ".pem") && name != "VN/VN.card" {
			continue
		}
		away := filepath.Join(dir, name)
		if err := os.Rename(away, away+".away"); err != nil {
			t.Fatal(err)
		}
		if _, err := authority.LoadOffice(filepath.Join(dir, "VN"), nil); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("LoadOffice without %s: %v, want not exist", name, err)
		}
		if err := os.Rename(away+".away", away); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReplaceCardKey(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	vn, cn := fed.Office("VN"), fed.Office("CN")
	signed, err := cn.ReplaceCardKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	if !cn.Card.CardKey().Equal(cn.CardKey.Public()) || cn.Roster.Own() != cn.Card {
		t.Error("the office does not hold its new card key and card")
	}
	if _, err := vn.Roster.Apply(signed); !errors.Is(err, certs.ErrCardNeedsConfirmation) {
		t.Errorf("Apply: %v, want ErrCardNeedsConfirmation", err)
	}
	if err := vn.Roster.Replace(cn.Card, cn.Card.Fingerprint()); err != nil {
		t.Fatal(err)
	}
	if signed, err = cn.NextCard(nil); err != nil {
		t.Fatal(err)
	}
	if applied, err := vn.Roster.Apply(signed); !applied || err != nil {
		t.Errorf("card after the new key: %t, %v, want it in force", applied, err)
	}
}

func TestRootIssuesLeavesOnly(t *testing.T) {
	ca, err := authority.New("asean-cn", "VN", nil)
	if err != nil {
		t.Fatal(err)
	}
	root, err := x509.ParseCertificate(ca.Root())
	if err != nil {
		t.Fatal(err)
	}
	if !root.IsCA || root.MaxPathLen != 0 || !root.MaxPathLenZero {
		t.Errorf("root is CA %t with path length %d, want CA with 0", root.IsCA, root.MaxPathLen)
	}
	serials := map[string]bool{root.SerialNumber.String(): true}
	for range 3 {
		node, err := ca.IssueNode(0)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(node.Certificate)
		if err != nil {
			t.Fatal(err)
		}
		if leaf.IsCA || serials[leaf.SerialNumber.String()] || leaf.SerialNumber.BitLen() < 64 {
			t.Errorf("leaf is CA %t with serial number %x", leaf.IsCA, leaf.SerialNumber)
		}
		serials[leaf.SerialNumber.String()] = true
		if got, want := leaf.NotAfter.Sub(leaf.NotBefore), authority.NodeValidity+10*time.Minute; got != want {
			t.Errorf("valid for %s, want %s", got, want)
		}
	}
}

func TestAuthorityRefuses(t *testing.T) {
	if _, err := authority.New("Asean", "VN", nil); err == nil {
		t.Error("made an authority of a malformed federation")
	}
	if _, err := authority.New("asean-cn", "vn", nil); err == nil {
		t.Error("made an authority of a malformed office")
	}
	if _, err := authority.NewFederation("asean-cn", nil, authority.Options{Office: "vn"}); err == nil || !strings.Contains(err.Error(), "mint office vn") {
		t.Errorf("NewFederation: %v, want an error that names the office", err)
	}
	if _, err := authority.NewFederation("asean-cn", nil, authority.Options{Office: "VN", Addresses: []string{"?"}}); err == nil {
		t.Error("minted an office with a malformed address")
	}
	o := authority.ForTest(t, "VN").Office("VN")
	for _, id := range []certs.Identity{{Role: certs.RoleNode}, {Role: "king", ID: "a"}, {Role: certs.RoleOfficer}, {Role: certs.RoleOfficer, ID: "Lan"}} {
		if _, err := o.Person(id.Role, id.ID); err == nil {
			t.Errorf("issued for role %q and ID %q, want an error", id.Role, id.ID)
		}
	}
	if _, err := o.NextCard(func(c *spsv1.Card) { c.LogKeys = nil }); err == nil {
		t.Error("signed a card without log keys")
	}
	if got, want := o.Card.Number(), uint64(1); got != want {
		t.Errorf("after a refused card the own one is number %d, want %d", got, want)
	}
}

func TestLoadRefusesAMixedFolder(t *testing.T) {
	fed := authority.ForTest(t, "VN", "CN")
	a, b := t.TempDir(), t.TempDir()
	if err := fed.Office("VN").Authority.Save(a); err != nil {
		t.Fatal(err)
	}
	if err := fed.Office("CN").Authority.Save(b); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(b, "root.pem"), filepath.Join(a, "root.pem")); err != nil {
		t.Fatal(err)
	}
	if _, err := authority.Load(a, nil); err == nil || !strings.Contains(err.Error(), "does not belong to the key beside it") {
		t.Errorf("Load: %v, want an error", err)
	}
	if err := fed.Office("VN").NodeIssued.Save(filepath.Join(a, "root.pem"), filepath.Join(a, "root.key")); err != nil {
		t.Fatal(err)
	}
	if _, err := authority.Load(a, nil); err == nil || !strings.Contains(err.Error(), "does not name one federation and office") {
		t.Errorf("Load of a leaf: %v, want an error", err)
	}
}

type failing struct{ message string }

func (f *failing) Helper()                      {}
func (f *failing) Fatalf(s string, args ...any) { f.message = s }

func TestForTestFails(t *testing.T) {
	var tb failing
	authority.ForTest(&tb, "nowhere")
	if !strings.Contains(tb.message, "mint a federation") {
		t.Errorf("a malformed office ended the test with %q", tb.message)
	}
}
