package casebook

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
)

// line is one statement, status of a code or announcement that is tested.
type line struct {
	summary
	n     uint64 // its position
	r     store.Reader
	now   int64             // milliseconds since 1970
	times times             // of positions near those tested before
	desks deskRows          // of originals near those tested before
	cases map[string][]root // what references of cases stand for, as far as asked
	pair  []byte            // room for a system and its number
	err   error             // of the first look into the store that failed
	code  *spsv1.CodeStatus // tested instead of a statement, by the fields of codes

	announcement *spsv1.HeldAnnouncement // by the fields of announcements
}

// test asks something of a statement.
type test struct {
	holds func(*line) bool // nil: no test, everything passes
	cost  cost
	// within is a list of the desk that has everything for which the test holds.
	within listHint
}

// listHint is a list of the desk, or none.
type listHint byte

func within(l deskList) listHint { return 1 + listHint(l) }

// cost says how long a test takes, in about ten nanoseconds, so that of several
// the cheap ones come first.
type cost int

const (
	ofColumn cost = 1  // a byte or number of the summary
	ofWords  cost = 8  // words of the summary
	ofStore  cost = 30 // another row
)

func not(negated bool, t test) test {
	if !negated {
		return t
	}
	return test{holds: func(l *line) bool { return !t.holds(l) }, cost: t.cost}
}

// allOf tests whether all tests hold; all of none holds, and costs nothing.
func allOf(tests ...test) test {
	tests = slices.DeleteFunc(tests, func(t test) bool { return t.holds == nil })
	all := inOrder(tests, func(l *line) bool {
		for _, t := range tests {
			if !t.holds(l) {
				return false
			}
		}
		return true
	})
	for _, t := range tests {
		all.within = max(all.within, t.within)
	}
	return all
}

// anyOf tests whether one of the tests holds.
func anyOf(tests ...test) test {
	return inOrder(tests, func(l *line) bool {
		for _, t := range tests {
			if t.holds(l) {
				return true
			}
		}
		return false
	})
}

// inOrder sorts tests by what they cost and puts them into one.
func inOrder(tests []test, together func(*line) bool) test {
	switch len(tests) {
	case 0:
		return test{}
	case 1:
		return tests[0]
	}
	slices.SortStableFunc(tests, func(a, b test) int { return cmp.Compare(a.cost, b.cost) })
	whole := test{holds: together}
	for _, t := range tests {
		whole.cost += t.cost
	}
	return whole
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

var urgent = test{holds: func(l *line) bool { return l.has(isUrgent) }, cost: ofColumn}

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

// line returns a line that no statement is read into yet.
func (b *Book) line(r store.Reader) line {
	return line{r: r, now: b.o.Now().UnixMilli()}
}

// read makes the row of a statement the one that is tested.
func (l *line) read(row []byte) error {
	if l.summary = row; !l.valid() {
		return ledger.ErrCorrupt
	}
	return nil
}
