// Package csvcell makes texts safe as cells of CSV.
package csvcell

import (
	"strings"
	"unicode"
)

// Safe returns a text as a cell of CSV that no spreadsheet takes for a formula:
// one that begins like a formula gets an apostrophe before it, as OWASP advises.
// Control characters other than tab and line feed become blanks.
func Safe(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return ' '
		}
		return r
	}, s)
	if s != "" && strings.ContainsRune("=+-@\t\n＝＋－＠", []rune(s)[0]) {
		return "'" + s
	}
	return s
}
