package casebook_test

import (
	"strings"
	"testing"

	"github.com/spsalert/spsalert/server/casebook"
)

func TestLimitsOfQueries(t *testing.T) {
	l := casebook.Limits{Rows: 1, Size: 20, Words: 2, Terms: 2}
	for _, tc := range []struct {
		name, filter, query string
		allowed             bool
	}{
		{"filter of that size", strings.Repeat(" ", 14) + "urgent", "", true},
		{"longer filter", strings.Repeat(" ", 15) + "urgent", "", false},
		{"query of that size", "", strings.Repeat("ก", 6) + "ab", true},
		{"longer query", "", strings.Repeat("ก", 7), false},
		{"words", "", "sau rieng", true},
		{"more words", "", "sau rieng vn", false},
		{"comparisons", "urgent OR urgent", "", true},
		{"more comparisons", "urgent urgent urgent", "", false},
		{"values", "office=(CN OR TH)", "", true},
		{"more values", "kind=(a OR b OR c)", "", false},
	} {
		if _, problems := l.ParseQuery(tc.filter, tc.query, ""); (len(problems) == 0) != tc.allowed {
			t.Errorf("%s: %v, want allowed %t", tc.name, problems, tc.allowed)
		}
	}
}
