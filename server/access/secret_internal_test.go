package access

import (
	"crypto/sha256"
	"regexp"
	"strings"
	"testing"
)

// scanner is what docs/reference/access.md gives to scanners for leaked secrets.
var scanner = regexp.MustCompile(`^sps[tu]_[A-Za-z0-9_-]{49}$`)

func TestSecretForm(t *testing.T) {
	for _, prefix := range []string{tokenPrefix, setupPrefix} {
		seen := make(map[string]bool)
		for range 100 {
			text, want := newSecret(prefix)
			if !scanner.MatchString(text) || seen[text] {
				t.Fatalf("newSecret(%s) has not the form that scanners look for, or was made twice", prefix)
			}
			seen[text] = true
			got, err := parseSecret(prefix, text)
			if err != nil || got != want || got != sha256.Sum256([]byte(text)) {
				t.Fatalf("parseSecret of a new secret: %v, want its digest", err)
			}
		}
	}
}

func TestSecretMistyped(t *testing.T) {
	text, _ := newSecret(tokenPrefix)
	for i := range len(text) {
		other := byte('A')
		if text[i] == other {
			other = 'B'
		}
		if _, err := parseSecret(tokenPrefix, text[:i]+string(other)+text[i+1:]); err == nil {
			t.Errorf("a secret with another character at %d is accepted, want an error", i)
		}
	}
	setup, _ := newSecret(setupPrefix)
	for _, bad := range []string{"", tokenPrefix, text[1:], text[:len(text)-1], text + "A", " " + text, text + "\n", strings.ToUpper(text), setup} {
		if _, err := parseSecret(tokenPrefix, bad); err == nil {
			t.Errorf("parseSecret of a text of %d bytes: no error, want one", len(bad))
		} else if strings.Contains(err.Error(), text[5:20]) {
			t.Errorf("the error repeats the secret")
		}
	}
}

func FuzzParseSecret(f *testing.F) {
	text, _ := newSecret(tokenPrefix)
	f.Add(text)
	f.Add("")
	f.Add(tokenPrefix)
	f.Add(text[:len(text)-1] + "=")
	f.Add(strings.Repeat("spst_", 20))
	f.Fuzz(func(t *testing.T, s string) {
		d, err := parseSecret(tokenPrefix, s)
		if err == nil && (!scanner.MatchString(s) || d != sha256.Sum256([]byte(s))) {
			t.Errorf("parseSecret(%q) accepts what is no token", s)
		}
	})
}
