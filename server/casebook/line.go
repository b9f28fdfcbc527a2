package casebook

import (
	"errors"
	"strconv"
	"strings"

	"github.com/spsalert/spsalert/server/store"
)

// line is one statement that is tested.
type line struct {
	summary
	n     uint64 // its position
	r     store.Reader
	cases map[string][]root // what references of cases stand for, as far as asked
	err   error             // of the first look into the store that failed
}

// test reports whether a statement is one that was asked for.
type test func(*line) bool

func not(negated bool, t test) test {
	if !negated {
		return t
	}
	return func(l *line) bool { return !t(l) }
}

// any reports whether a word of a mark matches.
func (l *line) any(m mark, matches func([]byte) bool) bool {
	for word := range l.values(m) {
		if matches(word) {
			return true
		}
	}
	return false
}

func urgent(l *line) bool { return l.has(isUrgent) }

// yesOrNo makes the test of a field that says yes or no.
func yesOrNo(yes test) func(operator, value string) (test, error) {
	return func(operator, value string) (test, error) {
		b, err := strconv.ParseBool(strings.ToLower(value))
		if err != nil {
			err = errors.New("give true or false")
		}
		return not(b == (operator == "!="), yes), err
	}
}
