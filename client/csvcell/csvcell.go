// Package csvcell makes texts safe as cells of CSV, and reads them again.
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
	if formula(s) {
		return "'" + s
	}
	return s
}

// Restored returns the text of a cell that [Safe] has made safe: without the
// apostrophe, if what is behind it begins like a formula. Other cells are returned
// as they are.
func Restored(cell string) string {
	if s, ok := strings.CutPrefix(cell, "'"); ok && formula(s) {
		return s
	}
	return cell
}

// formula reports whether a text begins as a spreadsheet's formulas do.
func formula(s string) bool {
	return s != "" && strings.ContainsRune("=+-@\t\n＝＋－＠", []rune(s)[0])
}
