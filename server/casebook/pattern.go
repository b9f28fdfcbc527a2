package casebook

import (
	"bytes"
	"errors"
	"strings"
)

// pattern is what the words of a field are compared with: a word, with a star
// before or behind it if anything may stand there.
type pattern struct {
	word          []byte
	before, after bool
}

// parsePattern reads the value of a restriction. The operator : asks for words
// that contain it, = and != for those that are it; a star alone asks for any.
func parsePattern(operator, value string, form func(string) string) (pattern, error) {
	p := pattern{before: operator == ":", after: operator == ":"}
	word, star := strings.CutPrefix(value, "*")
	p.before = p.before || star
	word, star = strings.CutSuffix(word, "*")
	p.after = p.after || star
	if p.word = []byte(form(word)); len(p.word) == 0 && (word != "" || value == "") {
		return pattern{}, errors.New("give a value to compare with, or * for any")
	}
	return p, nil
}

func (p pattern) matches(word []byte) bool {
	switch {
	case len(p.word) == 0: // a star alone
		return true
	case p.before && p.after:
		return bytes.Contains(word, p.word)
	case p.before:
		return bytes.HasSuffix(word, p.word)
	case p.after:
		return bytes.HasPrefix(word, p.word)
	}
	return bytes.Equal(word, p.word)
}

// matchesArea is matches, and that of a code also takes what lies in the area:
// VN is VN-83 too.
func (p pattern) matchesArea(word []byte) bool {
	return p.matches(word) || !p.before && !p.after && len(p.word) == 2 &&
		bytes.HasPrefix(word, p.word) && len(word) > 2 && word[2] == '-'
}

// beginning returns the pattern of what begins with the word, if it was that of
// what contains it.
func (p pattern) beginning() pattern {
	p.before = p.before && !p.after
	return p
}

// matching makes the test of a field of patterns. form brings the value into
// the form in which the summary has it.
func matching(c cost, form func(string) string, match func(*line, pattern) bool) func(operator, value string) (test, error) {
	return func(operator, value string) (test, error) {
		p, err := parsePattern(operator, value, form)
		return not(operator == "!=", test{holds: func(l *line) bool { return match(l, p) }, cost: c}), err
	}
}
