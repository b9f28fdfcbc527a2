package office

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
)

// TestSuccession wants the fewest cards that lead from the first card key of an
// office to its newest card.
func TestSuccession(t *testing.T) {
	o := authority.ForTest(t, "VN").Office("VN")
	cards := []*certs.Card{o.Card}
	next := func(replace bool) {
		t.Helper()
		publish := o.NextCard
		if replace {
			publish = o.ReplaceCardKey
		}
		if _, err := publish(nil); err != nil {
			t.Fatal(err)
		}
		cards = append(cards, o.Card)
	}
	for _, step := range []struct {
		name    string
		replace bool
		want    []uint64 // numbers of the cards that are shown
	}{
		{"the first key", false, []uint64{2}},
		{"a new key", true, []uint64{2, 3}},
		{"a card after it", false, []uint64{2, 3, 4}},
		{"another card", false, []uint64{2, 3, 5}},
		{"a third key", true, []uint64{2, 3, 5, 6}},
	} {
		next(step.replace)
		var got []uint64
		for _, c := range succession(cards[len(cards)-1], cards[:len(cards)-1]) {
			got = append(got, c.Number())
		}
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("after %s (-want +got):\n%s", step.name, diff)
		}
	}
}
