package client

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestContextsRoundTrip(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "deep", "config.yaml")
	empty, err := LoadContexts(path)
	if err != nil {
		t.Fatalf("a file that is not there: %v", err)
	}
	if _, err := empty.Get(""); !errors.Is(err, ErrNoContext) {
		t.Errorf("Get of nothing: %v, want %v", err, ErrNoContext)
	}
	all := &Contexts{Current: "vn", Contexts: map[string]Context{
		"vn": {Address: "127.0.0.1:7444", Federation: "asean-cn", Office: "VN", Card: "VN.card", Certificate: "/keys/lan.pem", Key: "lan.key"},
	}}
	if err := all.Save(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := info.Mode().Perm(), os.FileMode(0o600); got != want {
		t.Errorf("mode %v, want %v", got, want)
	}
	read, err := LoadContexts(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := read.Get("")
	if err != nil {
		t.Fatal(err)
	}
	want := all.Contexts["vn"]
	want.Card, want.Key = filepath.Join(dir, "deep", "VN.card"), filepath.Join(dir, "deep", "lan.key")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("context (-want +got):\n%s", diff)
	}
}

func TestContextsSayWhatIsWrong(t *testing.T) {
	two := &Contexts{Contexts: map[string]Context{"cn": {}, "vn": {}}}
	for _, test := range []struct {
		name string
		err  func() error
		want string
	}{
		{"unknown key", func() error { _, err := parseContexts([]byte("contexts:\n  vn:\n    server: x\n")); return err }, "line 3"},
		{"which one", func() error { _, err := two.Get(""); return err }, "cn, vn"},
		{"not there", func() error { _, err := two.Get("th"); return err }, `"th", there are cn, vn`},
		{"not complete", func() error { _, err := Context{Address: "a:1", Office: "VN"}.Options(); return err }, "no card, certificate, key"},
		{"no card file", func() error {
			_, err := Context{Address: "a:1", Office: "VN", Card: "nowhere", Certificate: "c", Key: "k"}.Options()
			return err
		}, "own office's card"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := test.err(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q in it", err, test.want)
			}
		})
	}
}

func FuzzParseContexts(f *testing.F) {
	f.Add([]byte("current: vn\ncontexts:\n  vn: {address: \"127.0.0.1:7444\", office: VN}\n"))
	f.Add([]byte("contexts: []"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := parseContexts(data)
		if (all == nil) == (err == nil) {
			t.Errorf("contexts %v, error %v, want exactly one", all, err)
		}
	})
}
