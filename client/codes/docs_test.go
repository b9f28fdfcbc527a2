package codes_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/client/codes"
)

// TestDocsNameEveryList holds the reference to the lists: each is there, with
// its version and the number of its entries.
func TestDocsNameEveryList(t *testing.T) {
	text, err := os.ReadFile("../../docs/reference/codes.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range codes.Builtin().Lists() {
		row := ""
		for line := range strings.Lines(string(text)) {
			if first, _, ok := strings.Cut(strings.TrimPrefix(line, "|"), "|"); ok && strings.Contains(first, "`"+l.System+"`") {
				row = line
			}
		}
		cells := strings.Split(row, "|")
		if len(cells) != 8 {
			t.Errorf("docs/reference/codes.md has no row for %s", l.System)
			continue
		}
		open := ""
		if l.Open {
			open = "yes"
		}
		want := fmt.Sprintf("%s, %d, %q", l.Version, l.Len(), open)
		if got := fmt.Sprintf("%s, %s, %q", strings.TrimSpace(cells[3]), strings.TrimSpace(cells[4]), strings.TrimSpace(cells[5])); got != want {
			t.Errorf("docs/reference/codes.md says of %s: %s, want %s", l.System, got, want)
		}
	}
}
