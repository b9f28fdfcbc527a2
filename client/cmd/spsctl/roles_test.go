package main

import (
	"strings"
	"testing"
)

// TestRolesHelp holds that every role that a token can have is explained.
func TestRolesHelp(t *testing.T) {
	help := rolesHelp()
	for _, role := range roleNames()[1:] {
		if !strings.Contains(help, "\n  "+role+" ") {
			t.Errorf("the help does not say what the role %s does:\n%s", role, help)
		}
	}
}
