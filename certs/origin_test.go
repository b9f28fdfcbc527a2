package certs_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"slices"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/certs"
)

func TestParseOrigin(t *testing.T) {
	for _, want := range []certs.Origin{
		{Federation: "asean-cn", Office: "VN", Epoch: 1},
		{Federation: "0", Office: "EU", Epoch: certs.MaxEpoch},
	} {
		got, err := certs.ParseOrigin(want.String())
		if err != nil || got != want {
			t.Errorf("ParseOrigin(%q) = %v, %v, want it back", want, got, err)
		}
	}
	refused := map[string]string{
		"":                          "is not FEDERATION/OFFICE/EPOCH",
		"asean-cn/VN":               "is not FEDERATION/OFFICE/EPOCH",
		"asean-cn/VN/1/2":           "is not FEDERATION/OFFICE/EPOCH",
		"asean-cn/VN/":              "epoch is not a number",
		"asean-cn/VN/one":           "epoch is not a number",
		"asean-cn/VN/-1":            "epoch is not a number",
		"asean-cn/VN/+1":            "epoch is not a number",
		"asean-cn/VN/1_0":           "epoch is not a number",
		"asean-cn/VN/01":            "not written as plain 1",
		"asean-cn/VN/0":             "epoch 0 is not from 1",
		"asean-cn/VN/10000000000":   "epoch 10000000000 is not from 1 to 9999999999",
		"asean-cn/vn/1":             "two upper case letters",
		"ASEAN/VN/1":                "federation",
		"asean-cn/VN/1\n":           "epoch is not a number",
		strings.Repeat("a", 200):    "longer than 128",
		"asean-cn/VN/9999999999999": "epoch",
	}
	for s, want := range refused {
		if got, err := certs.ParseOrigin(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseOrigin(%q) = %v, %v, want an error with %q", s, got, err, want)
		}
	}
}

func TestOriginsAreOrdered(t *testing.T) {
	o := func(f string, c certs.Office, e uint64) certs.Origin {
		return certs.Origin{Federation: f, Office: c, Epoch: e}
	}
	want := []certs.Origin{o("a", "CN", 1), o("a", "VN", 2), o("a", "VN", 10), o("b", "CN", 1)}
	got := []certs.Origin{want[3], want[2], want[0], want[1]}
	slices.SortFunc(got, certs.Origin.Compare)
	if !slices.Equal(got, want) {
		t.Errorf("sorted to %v, want %v", got, want)
	}
	if !(certs.Origin{}).IsZero() || want[0].IsZero() {
		t.Error("IsZero is wrong")
	}
}

func FuzzParseOrigin(f *testing.F) {
	for _, seed := range []string{"asean-cn/VN/1", "a/EU/9999999999", "a/VN/01", "a/VN/+1", "a//1", "/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := certs.ParseOrigin(s)
		if err != nil {
			return
		}
		if o.String() != s {
			t.Errorf("ParseOrigin(%q) prints as %q", s, o)
		}
	})
}

func TestLogKey(t *testing.T) {
	origin := certs.Origin{Federation: "asean-cn", Office: "VN", Epoch: 1}
	ed, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		key  certs.LogKey
		want string
	}{
		{"ed25519", certs.LogKey{Origin: origin, Public: ed}, ""},
		{"P-256", certs.LogKey{Origin: origin, Public: p256.Public(), From: 3, Until: 4}, ""},
		{"P-384", certs.LogKey{Origin: origin, Public: p384.Public()}, "want P-256"},
		{"RSA", certs.LogKey{Origin: origin, Public: rsaKey.Public()}, "type *rsa.PublicKey"},
		{"short", certs.LogKey{Origin: origin, Public: ed25519.PublicKey{1}}, "1 bytes, want 32"},
		{"none", certs.LogKey{Origin: origin}, "no public key"},
		{"no curve", certs.LogKey{Origin: origin, Public: (*ecdsa.PublicKey)(nil)}, "want P-256"},
		{"no origin", certs.LogKey{Public: ed}, "federation"},
		{"empty range", certs.LogKey{Origin: origin, Public: ed, From: 3, Until: 3}, "range from 3 until 3 is empty"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.key.Check()
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("Check() = %v, want %q", err, tt.want)
			}
		})
	}
	ranges := []struct {
		from, until, size uint64
		want              bool
	}{
		{0, 0, 0, true}, {0, 0, 1 << 40, true}, {5, 0, 4, false}, {5, 0, 5, true}, {5, 9, 8, true}, {5, 9, 9, false},
	}
	for _, r := range ranges {
		k := certs.LogKey{Origin: origin, Public: crypto.PublicKey(ed), From: r.from, Until: r.until}
		if got := k.Good(r.size); got != r.want {
			t.Errorf("key from %d until %d is good at %d: %t, want %t", r.from, r.until, r.size, got, r.want)
		}
	}
}

func FuzzParseOffice(f *testing.F) {
	for _, seed := range []string{"VN", "EU", "vn", "V", "VNM", "", "\xc0N"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := certs.ParseOffice(s)
		if err == nil && (string(o) != s || len(s) != 2 || !o.Valid()) {
			t.Errorf("ParseOffice(%q) = %q", s, o)
		}
	})
}
