package access_test

import (
	"os"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/server/access"
)

// TestDocumentedForgeries holds the page of the documents to the names that are
// refused, both ways.
func TestDocumentedForgeries(t *testing.T) {
	page, err := os.ReadFile("../../docs/reference/access.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "## What says who calls without proof\n")
	section, _, _ = strings.Cut(section, "\n## ")
	documented := make(map[string]bool)
	for i, text := range strings.Split(section, "`") {
		if i%2 == 1 {
			documented[text] = true
		}
	}
	for name := range documented {
		if known := name == "PERMISSION_DENIED" || name == "authorization"; access.SaysWhoCalls(name) == known {
			t.Errorf("%s is documented as refused: %t", name, !known)
		}
	}
	for _, name := range access.Forgeries() {
		if !documented[name] {
			t.Errorf("%s is refused and not documented", name)
		}
	}
}
