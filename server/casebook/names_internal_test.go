package casebook

import "testing"

func TestNearest(t *testing.T) {
	for _, tc := range []struct{ name, want string }{
		{"klassification", "classification"},
		{"hazards", "hazard"},
		{"HAZARD", "hazard"},
		{"os", ""},
		{"mango", ""},
	} {
		if got := nearest(tc.name, []string{"classification", "hazard", "hs"}); got != tc.want {
			t.Errorf("nearest(%q) = %q, want %q", tc.name, got, tc.want)
		}
	}
}
