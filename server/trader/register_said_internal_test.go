package trader

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestRowsThatDifferFromMost notes what rows say in one field of a thing, and wants those
// that differ from what most say, with the first row that says that.
func TestRowsThatDifferFromMost(t *testing.T) {
	for _, tc := range []struct {
		name string
		said []string // of rows 2, 3 and so on
		want map[int]int
	}{
		{"all the same, or nothing", []string{"a", "", "a"}, map[int]int{}},
		{"the last is odd", []string{"a", "a", "b"}, map[int]int{4: 2}},
		{"the first is odd", []string{"b", "a", "a"}, map[int]int{2: 3}},
		{"of equals the first holds", []string{"a", "b"}, map[int]int{3: 2}},
		{"also when the other was ahead", []string{"a", "b", "b", "c", "a"}, map[int]int{3: 2, 4: 2, 5: 2}},
		{"three that are ahead in turn", []string{"a", "b", "b", "c", "c", "c"}, map[int]int{2: 5, 3: 5, 4: 5}},
	} {
		if got := differing(tc.said); fmt.Sprint(got) != fmt.Sprint(tc.want) {
			t.Errorf("%s: rows differ %v, want %v", tc.name, got, tc.want)
		}
	}
	dice := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		said, count := make([]string, dice.IntN(12)), map[string]int{}
		for i := range said {
			said[i] = string("abcd"[dice.IntN(4)])
			count[said[i]]++
		}
		want := map[int]int{}
		for i, text := range said {
			most := text
			for _, other := range said { // the first of those that most say
				if count[other] > count[most] || count[other] == count[most] && slices.Index(said, other) < slices.Index(said, most) {
					most = other
				}
			}
			if text != most {
				want[i+2] = slices.Index(said, most) + 2
			}
		}
		if got := differing(said); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%q: rows differ %v, want %v", said, got, want)
		}
	}
}

// differing returns the rows that differ, each with the row with which it does.
func differing(said []string) map[int]int {
	b, found := newRowsSaid(), map[int]int{}
	row := func(text string) ofThing { return ofThing{thing: "x", said: []string{text}} }
	for i, text := range said {
		b.note(i+2, row(text))
	}
	for i, text := range said {
		if other := b.differ(row(text))[0]; other != 0 {
			found[i+2] = other
		}
	}
	return found
}
