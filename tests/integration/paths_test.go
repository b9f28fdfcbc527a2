package integration

import (
	"regexp"
	"testing"
)

// TestVariablesOfPathsAreWords holds that the variable behind the plural of a
// resource is its singular, of which the generator knows only to take an s away.
func TestVariablesOfPathsAreWords(t *testing.T) {
	cut := regexp.MustCompile(`\{[A-Za-z]*(ch|sh|ss|x|statu)e\}`)
	seen := false
	for at := range readContract(t).Paths {
		if cut.MatchString(at) {
			t.Errorf("the variable of %s is no word: have tools/gen.sh mend it", at)
		}
		seen = seen || at == "/v1/searches/{search}"
	}
	if !seen {
		t.Error("the contract has no /v1/searches/{search}")
	}
}
