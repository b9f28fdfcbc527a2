package blob

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzPut puts any bytes under any type: they are kept whole or not at all.
func FuzzPut(f *testing.F) {
	f.Add([]byte("%PDF-1.7"), "application/pdf")
	f.Add([]byte("PK\x03\x04PK\x01\x02PK\x05\x06"), typeXLSX)
	f.Add(bytes.Repeat([]byte("PK\x05\x06"), 20), typeDOCX)
	f.Add([]byte("\xff\xfe<\x00"), "application/xml")
	f.Add([]byte(nil), "text/csv")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte, mediaType string) {
		s, err := Open(Options{Dir: dir, Quota: 1 << 30, Keep: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		d, _, err := s.Put(t.Context(), bytes.NewReader(content), Declared{MediaType: mediaType})
		var wrong *TypeError
		if err != nil && (!errors.As(err, &wrong) || !utf8.ValidString(wrong.Sentence)) {
			t.Fatalf("Put: %v, want nothing but a refusal of the type in words", err)
		}
		_, held := s.Size(sha256.Sum256(content))
		if held != (err == nil) {
			t.Errorf("held: %t after Put returned %v", held, err)
		}
		if err == nil {
			if err := s.Folder().Verify(t.Context(), d); err != nil {
				t.Error(err)
			}
			_ = os.Remove(filepath.Join(dir, Path(d)))
		}
	})
}

// FuzzFilename makes a name of anything: one that is always safe to use.
func FuzzFilename(f *testing.F) {
	f.Add("report.pdf")
	f.Add(`..\..//x` + "\x00\u202e")
	f.Add(strings.Repeat("é", 300) + ".pdf")
	f.Fuzz(func(t *testing.T, given string) {
		name := Filename(given)
		if name == "" || len(name) > maxName || strings.ContainsAny(name, "/\\\x00\r\n\"") || name == "." || name == ".." || !utf8.ValidString(name) {
			t.Errorf("Filename(%q) = %q", given, name)
		}
		if again := Filename(name); again != name {
			t.Errorf("Filename(%q) = %q, and again %q", given, name, again)
		}
	})
}

// FuzzParseDigest holds that a digest has one text.
func FuzzParseDigest(f *testing.F) {
	f.Add(Digest{1, 0xab}.String())
	f.Add(strings.ToUpper(Digest{0xab}.String()))
	f.Add(Digest{}.String() + "0")
	f.Add("../" + Digest{}.String())
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDigest(text)
		if err == nil && d.String() != text {
			t.Errorf("ParseDigest(%q) prints as %q", text, d)
		}
	})
}
