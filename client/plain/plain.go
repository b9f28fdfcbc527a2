// Package plain makes texts alike that people take for the same when they look
// for something.
package plain

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Text returns a text as it is kept for searches and as what is searched for
// is compared with it: case folded, compatibility forms such as full-width
// letters made ordinary (NFKD), marks taken off Latin letters, so that "sau
// rieng" finds "Sầu Riêng", every blank one space, none at the ends. What Thai,
// Lao, Khmer, Burmese, Chinese and all other scripts write stays as it is; only
// characters that nobody sees, such as the zero-width space between Khmer words,
// are dropped. The result has no control characters.
func Text(s string) string {
	if !isASCII(s) {
		s = letters(s)
	} else {
		s = strings.ToLower(s)
	}
	return strings.Join(strings.FieldsFunc(s, blank), " ")
}

// letters does what only text beyond ASCII needs.
func letters(s string) string {
	var b strings.Builder
	latin := false
	for _, r := range cases.Fold().String(norm.NFKD.String(s)) {
		switch {
		case unicode.Is(unicode.Mn, r):
			if latin {
				continue
			}
		case unicode.Is(unicode.Cf, r):
			continue
		default:
			latin = unicode.Is(unicode.Latin, r)
		}
		if base, ok := undivided[r]; ok {
			b.WriteString(base)
		} else {
			b.WriteRune(r)
		}
	}
	return norm.NFC.String(b.String())
}

// undivided are the Latin letters with a stroke, without a dot, or joined, which
// no normal form takes apart, as people type them who do not have them.
var undivided = map[rune]string{
	'đ': "d", 'ħ': "h", 'ı': "i", 'ł': "l", 'ø': "o", 'ŧ': "t", 'æ': "ae", 'œ': "oe",
}

func blank(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// Joined returns a plain text without blanks, for codes: "DL 9902" is "dl9902".
func Joined(s string) string { return strings.ReplaceAll(Text(s), " ", "") }

// Digits returns the digits of a text, for customs tariff codes: "0804.50" is
// "080450".
func Digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
