package rasff

import (
	"regexp"
	"strings"
)

// splitAreas splits a column of names of areas. A comma inside a name that
// areas.txt knows, such as "Bonaire, Sint Eustatius and Saba", does not split
// it. Names that occur again are left out.
func splitAreas(column string) []string {
	parts := strings.Split(column, ",")
	var names []string
	seen := make(map[string]bool)
	for len(parts) > 0 {
		name, n := squeeze(parts[0]), 1
		// No name that is known has more than one comma.
		if len(parts) > 1 {
			longer := name + ", " + squeeze(parts[1])
			if _, known := areaCodes()[fold(longer)]; known {
				name, n = longer, 2
			}
		}
		parts = parts[n:]
		if key := fold(name); key != "" && !seen[key] {
			seen[key] = true
			names = append(names, name)
		}
	}
	return names
}

// locants match a comma between the positions in the name of a chemical, from
// what stands before it: "2,4-D", "1,2,3-", "4,4'-", "N,N-", "o,p'-". A digit
// that ends a word ("Aflatoxin B1,2-chloroethanol") is no position.
var (
	locantBefore = regexp.MustCompile(`(^|[^\pL\pN])([0-9]{1,2}|[NOSopm])[a-z]?['’′]?$`)
	locantAfter  = regexp.MustCompile(`^([0-9]{1,2}|[NOSopm])[a-z]?['’′]?([-,)]|$)`)
)

// locantLen is more bytes than a position has with what is around it.
const locantLen = 16

// splitHazards splits the column of hazards. A comma between the positions in
// the name of a chemical, or inside brackets, does not split. Hazards that occur
// again are left out.
func splitHazards(column string) []string {
	brackets := strings.Count(column, "(") == strings.Count(column, ")")
	var names []string
	seen := make(map[string]bool)
	start, depth := 0, 0
	take := func(end int) {
		name := squeeze(column[start:end])
		if key := fold(name); key != "" && !seen[key] {
			seen[key] = true
			names = append(names, name)
		}
		start = end + 1
	}
	for i := range len(column) {
		switch column[i] {
		case '(':
			depth++
		case ')':
			depth = max(depth-1, 0)
		case ',':
			inside := brackets && depth > 0
			locant := locantBefore.MatchString(column[max(start, i-locantLen):i]) &&
				locantAfter.MatchString(column[i+1:min(len(column), i+1+locantLen)])
			if !inside && !locant {
				take(i)
			}
		}
	}
	take(len(column))
	return names
}
