package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestManualPages writes them twice, and has troff read them where it is.
func TestManualPages(t *testing.T) {
	dir, again := t.TempDir(), filepath.Join(t.TempDir(), "man")
	must(t, "", "man", dir)
	must(t, "", "man", again)
	pages, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil || len(pages) < 40 {
		t.Fatalf("%d pages, error %v, want one for each command", len(pages), err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := os.ReadFile(filepath.Join(again, filepath.Base(page))); err != nil || string(second) != string(text) {
			t.Errorf("%s is not the same the second time, error %v", filepath.Base(page), err)
		}
		for _, want := range []string{".TH ", ".SH NAME\n", ".SH DESCRIPTION\n", ".SH SEE ALSO\n"} {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s has no %q", filepath.Base(page), strings.TrimSpace(want))
			}
		}
	}
	if groff, err := exec.LookPath("groff"); err == nil {
		said, err := exec.CommandContext(t.Context(), groff, append([]string{"-man", "-Tutf8", "-ww", "-z"}, pages...)...).CombinedOutput()
		if err != nil || len(said) > 0 {
			t.Errorf("groff says %s, error %v, want nothing", said, err)
		}
	}
	if got, want := roff(".so /etc/passwd -x \\n"), `\&.so /etc/passwd \-x \en`; got != want {
		t.Errorf("escaped as %q, want %q", got, want)
	}
}
