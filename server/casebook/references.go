package casebook

import (
	"cmp"

	"github.com/spsalert/spsalert/client/plain"
)

// A case is found by the numbers of other systems of everything that was said in
// it, not only of its original: an office adds its own file number later. Those
// of a statement are words of its summary; those of a case are in its row of the
// desk, since what holds in a case is told by the case as a whole.

// references returns the words of the references of the case whose original is
// tested; none for what is no original, or has no summary yet.
func (l *line) references() []byte {
	d := l.desk()
	if d == nil {
		return nil
	}
	_, words, _, err := d.rest()
	l.err = cmp.Or(l.err, err)
	return words
}

// reference is a field of the references of a statement, and of its case.
func reference(name, about string, holds func(l *line, words []byte, p pattern) bool) Field {
	return Field{
		Name: name, Type: "text", Operators: text, About: about,
		test: matching(ofStore, plain.Text, func(l *line, p pattern) bool {
			own, _ := l.words()
			return holds(l, own, p) || holds(l, l.references(), p)
		}),
	}
}

// paired looks for a system and its number together.
func paired(l *line, words []byte, p pattern) bool {
	for system, number := range pairs(words) {
		l.pair = append(append(append(l.pair[:0], system...), ' '), number...)
		if p.matches(l.pair) {
			return true
		}
	}
	return false
}

// alone looks for a word of a mark.
func alone(m mark) func(*line, []byte, pattern) bool {
	return func(_ *line, words []byte, p pattern) bool {
		for word := range marked(words, m) {
			if p.matches(word) {
				return true
			}
		}
		return false
	}
}
