package trader

import (
	"unicode"
	"unicode/utf8"

	"github.com/spsalert/spsalert/client/plain"
)

// piece is a part of a text without signs and blanks, as codes are folded.
type piece struct {
	folded string
	glued  bool // to the one before by a sign between two digits, as in 0804.50: they are one number
}

// piecesOf returns the pieces of a text.
func piecesOf(text string) (all []piece) {
	var word []rune
	var before, sign rune // the last character of the piece before, and what stands behind it
	signs := 0
	end := func() {
		if len(word) > 0 {
			glued := len(all) > 0 && signs == 1 && isGlue(sign) && unicode.IsDigit(before) && unicode.IsDigit(word[0])
			all = append(all, piece{foldCode(string(word)), glued})
			before, signs, word = word[len(word)-1], 0, word[:0]
		}
	}
	for _, r := range plain.Text(text) {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r):
			end()
			sign, signs = r, signs+1
		case len(word) > 0 && unparted(word[len(word)-1]) != unparted(r) && !unicode.IsMark(r):
			end()
			word = append(word, r)
		default:
			word = append(word, r)
		}
	}
	end()
	return all
}

// isGlue reports whether a sign joins the parts of one number.
func isGlue(r rune) bool { return r == '-' || r == '.' || r == '_' }

// namesNumber reports whether a text has one of some folded codes or numbers, whatever
// signs and blanks stand in it, and not only as a part of one of own.
func namesNumber(text string, numbers, own map[string]bool) bool {
	pieces := piecesOf(text)
	for i := 0; i < len(pieces); {
		mine, another := longest(pieces[i:], own), longest(pieces[i:], numbers)
		if another > mine && !pieces[i].glued {
			return true
		}
		i += max(1, mine)
	}
	return false
}

// longest returns how many pieces together are the longest of some numbers with which
// they begin; 0 if they begin with none.
func longest(pieces []piece, numbers map[string]bool) (most int) {
	const longestCode = 120 // a code of a statement has at most 100 characters
	joined := ""
	for n, p := range pieces {
		if joined += p.folded; len(joined) > 4*longestCode {
			break
		}
		if numbers[joined] && (n+1 == len(pieces) || !pieces[n+1].glued) {
			most = n + 1
		}
	}
	return most
}

// isTelling reports whether a folded code or number is long enough to be looked for in
// texts: three characters, or two of which one is a letter and one a digit.
func isTelling(folded string) bool {
	letter, digit := false, false
	for _, r := range folded {
		letter, digit = letter || unicode.IsLetter(r), digit || unicode.IsDigit(r)
	}
	n := utf8.RuneCountInString(folded)
	return n >= 3 || n == 2 && letter && digit
}
