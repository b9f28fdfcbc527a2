package main

import (
	"strings"
	"unicode"
)

// printable replaces what a terminal would obey instead of show: text of other
// offices reaches it.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, s)
}

// lines is printable for text of several lines.
func lines(s string) string {
	all := strings.Split(s, "\n")
	for i := range all {
		all[i] = printable(all[i])
	}
	return strings.Join(all, "\n")
}

// csvSafe returns a text as a cell of CSV that no spreadsheet takes for a
// formula: one that begins like a formula gets an apostrophe before it, as
// OWASP advises. Control characters other than tab and line feed become blanks.
func csvSafe(s string) string {
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
