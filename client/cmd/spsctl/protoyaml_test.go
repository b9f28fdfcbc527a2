package main

import (
	"testing"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

func TestMisspeltNamesAreRecognised(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"adressees", "addressees", true},
		{"handlin", "handling", true},
		{"external-references", "externalReferences", true},
		{"subjetc", "subject", true},
		{"notif", "notification", true},
		{"country", "contacts", false},
		{"id", "unit", false},
		{"", "salt", false},
	} {
		if got := near(test.a, test.b); got != test.want {
			t.Errorf("%q near %q: %t, want %t", test.a, test.b, got, test.want)
		}
	}
}

// TestEveryShortNameStandsForOneValue looks through all lists of values that a
// statement can hold.
func TestEveryShortNameStandsForOneValue(t *testing.T) {
	enums := spsv1.File_sps_v1_statement_proto.Imports()
	seen := 0
	for i := range enums.Len() {
		file := enums.Get(i)
		for j := range file.Enums().Len() {
			e := file.Enums().Get(j)
			if file.Package() != "sps.v1" {
				continue
			}
			for k := range e.Values().Len() {
				v := e.Values().Get(k)
				seen++
				for _, text := range []string{string(v.Name()), shortName(e, string(v.Name()))} {
					if got, ok := enumValue(e, text); !ok || got != string(v.Name()) {
						t.Errorf("%s: %q stands for %q, want %q", e.Name(), text, got, v.Name())
					}
				}
			}
		}
	}
	if seen < 100 {
		t.Errorf("%d values, want those of all lists", seen)
	}
}
