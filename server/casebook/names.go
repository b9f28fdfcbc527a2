package casebook

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// names are the values of a list of the contract.
type names struct {
	prefix string   // of all of them in the contract
	of     []string // by number; "" where there is none
}

// namesOf returns the values of the list that e is one of.
func namesOf(e protoreflect.Enum) names {
	values := e.Descriptor().Values()
	n := names{prefix: strings.TrimSuffix(string(values.ByNumber(0).Name()), "UNSPECIFIED")}
	for i := range values.Len() {
		if v := values.Get(i); v.Number() != 0 {
			n.set(int(v.Number()), strings.TrimPrefix(string(v.Name()), n.prefix))
		}
	}
	return n
}

// kindNames returns the kinds of statements.
func kindNames() names {
	var n names
	for i := range kinds.Fields().Len() {
		kind := kinds.Fields().Get(i)
		n.set(int(kindNumber(kind)), string(kind.Name()))
	}
	return n
}

func (n *names) set(number int, name string) {
	for len(n.of) <= number {
		n.of = append(n.of, "")
	}
	n.of[number] = name
}

// number returns the number of a value, which may be in small letters or in
// capitals, with the prefix of the contract or without.
func (n names) number(value string) (byte, error) {
	var known []string
	for number, name := range n.of {
		if name == "" {
			continue
		}
		if strings.EqualFold(value, name) || strings.EqualFold(value, n.prefix+name) {
			return byte(number), nil
		}
		known = append(known, name)
	}
	if near := nearest(value, known); near != "" {
		return 0, fmt.Errorf("there is no value %q, did you mean %s", value, near)
	}
	return 0, fmt.Errorf("there is no value %q, only %s", value, strings.Join(known, ", "))
}

// nearest returns the name from which s is the fewest slips of the finger away,
// if that is few enough to have been meant; "" if none is.
func nearest(s string, names []string) string {
	best, least := "", 3
	s = strings.ToLower(s)
	for _, name := range names {
		if d := distance(s, strings.ToLower(name)); d < least && d*2 < len(name) {
			best, least = name, d
		}
	}
	return best
}

// distance counts the letters to insert, delete or change between a and b
// (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
