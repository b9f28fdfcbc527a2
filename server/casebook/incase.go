package casebook

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/spsalert/spsalert/server/store"
)

// root is an original that the reference of a case stands for.
type root struct {
	place []byte
	parts []byte // how the keys of its parts begin
}

// caseTest makes the test of what belongs to the case of a reference, by what
// the book knows and not by what a statement claims.
func caseTest(operator, value string) (test, error) {
	reference := strings.ToUpper(strings.TrimPrefix(value, "cases/"))
	if reference == "" {
		return test{}, errors.New(`give the reference of a case such as "VN-2026-000123"`)
	}
	return not(operator == "!=", test{holds: func(l *line) bool {
		return slices.ContainsFunc(l.roots(reference), func(w root) bool {
			if l.has(isCase) {
				return bytes.Equal(l.summary[:placeSize], w.place)
			}
			part, err := l.r.Get(tableParts, append(bytes.Clone(w.parts), numberKey(l.n)...))
			l.err = cmp.Or(l.err, err)
			return part != nil
		})
	}, cost: ofStore}), nil
}

// roots returns the notifications that have a reference: more than one if an
// office gave it twice.
func (l *line) roots(reference string) []root {
	if all, known := l.cases[reference]; known {
		return all
	}
	var all []root
	prefix := append([]byte(reference), 0)
	for row, err := range l.r.Scan(tableReferences, prefix, store.PrefixEnd(prefix), false) {
		if err != nil {
			l.err = cmp.Or(l.err, err)
			break
		}
		at := bytes.Clone(row.Key[len(prefix):])
		value, err := l.r.Get(tableOriginals, at)
		if l.err = cmp.Or(l.err, err); len(value) >= 32 {
			all = append(all, root{at, append(bytes.Clone(at), value[:32]...)})
		}
	}
	if l.cases == nil {
		l.cases = make(map[string][]root)
	}
	l.cases[reference] = all
	return all
}
