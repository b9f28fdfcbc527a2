package csvcell_test

import (
	"testing"

	"github.com/spsalert/spsalert/client/csvcell"
)

func TestSafe(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"text", "海关总署", "海关总署"},
		{"leading zeros", "000123", "000123"},
		{"a formula", "=1+1", "'=1+1"},
		{"plus", "+84 24", "'+84 24"},
		{"minus", "-18 °C", "'-18 °C"},
		{"at", "@SUM(A1)", "'@SUM(A1)"},
		{"a tab before one", "\t=1", "'\t=1"},
		{"a line of its own", "\n=1", "'\n=1"},
		{"in full width", "＝1", "'＝1"},
		{"what a terminal obeys", "a\x1b[2J\rb", "a [2J b"},
		{"inside", "a=b", "a=b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := csvcell.Safe(test.in); got != test.want {
				t.Errorf("Safe(%q) = %q, want %q", test.in, got, test.want)
			}
			if again := csvcell.Safe(csvcell.Restored(test.want)); again != test.want {
				t.Errorf("Restored(%q) made safe again = %q", test.want, again)
			}
		})
	}
}

func TestRestored(t *testing.T) {
	for cell, want := range map[string]string{"": "", "'": "'", "'-18 °C": "-18 °C", "'=1": "=1", "'tis": "'tis", "-18": "-18"} {
		if got := csvcell.Restored(cell); got != want {
			t.Errorf("Restored(%q) = %q, want %q", cell, got, want)
		}
	}
}
