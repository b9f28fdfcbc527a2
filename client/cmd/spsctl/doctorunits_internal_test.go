package main

import (
	"errors"
	"fmt"
	"testing"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestDoctorFindsCasesAstray looks at cases of which some are with units that were
// taken off the card.
func TestDoctorFindsCasesAstray(t *testing.T) {
	card := []*spsv1.Unit{{Id: "dak-lak"}, {Id: "lang-son"}}
	for _, tc := range []struct {
		name  string
		cases [][]string // the units that have not done their part in each
		fails bool
		want  string
	}{
		{"no case with units", nil, false, "[]"},
		{"all on the card", [][]string{{"dak-lak"}, {"lang-son", "dak-lak"}}, false, "[ok every unit that has not done its part in a case is on the card]"},
		{"one gone", [][]string{{"dak-lak", "hue"}}, false, "[look cases are with units that are not on the card: TH-2026-000000 with hue]"},
		{
			"many gone",
			[][]string{{"hue"}, {"dak-lak"}, {"hue", "hoi-an"}, {"hue"}, {"hue"}},
			false,
			"[look cases are with units that are not on the card: TH-2026-000000 with hue, TH-2026-000002 with hue, TH-2026-000002 with hoi-an, 2 more]",
		},
		{"who may not read cases", nil, true, "[]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := &doctor{}
			d.astray(card, func(yield func(*spsv1.Case, error) bool) {
				for i, open := range tc.cases {
					if !yield(&spsv1.Case{Reference: fmt.Sprintf("TH-2026-%06d", i), Summary: &spsv1.CaseSummary{UnitsOpen: open}}, nil) {
						return
					}
				}
				if tc.fails {
					yield(nil, errors.New("PERMISSION_DENIED"))
				}
			})
			found := []string{}
			for _, c := range d.checkups {
				found = append(found, string(c.Soundness)+" "+c.What)
			}
			if got := fmt.Sprint(found); got != tc.want {
				t.Errorf("doctor says %s, want %s", got, tc.want)
			}
		})
	}
}
