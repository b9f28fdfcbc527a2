package demo

import (
	"strings"
	"testing"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// TestCompareFindsFaults shows the comparison what must never happen.
func TestCompareFindsFaults(t *testing.T) {
	const name = "offices/VN/statements/1-1"
	one, other := [32]byte{1}, [32]byte{2}
	for _, test := range []struct {
		name      string
		held      map[certs.Office]envelopesOf
		delivered int
		fault     string
	}{
		{"as it must be", map[certs.Office]envelopesOf{"VN": {name: one}, "CN": {name: one}}, 1, ""},
		{"not there", map[certs.Office]envelopesOf{"VN": {name: one}}, 0, "CN does not hold " + name},
		{"other bytes", map[certs.Office]envelopesOf{"VN": {name: one}, "CN": {name: other}}, 0, "is not what was issued"},
		{"at somebody else", map[certs.Office]envelopesOf{"VN": {name: one}, "CN": {name: one}, "TH": {name: one}}, 1, "TH holds " + name + ", which is not for it"},
		{"not at its issuer", map[certs.Office]envelopesOf{"CN": {name: one}}, 0, "is not at VN"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := Summary{Offices: []certs.Office{"CN", "TH", "VN"}}
			compare(test.held, []*Delivery{{Office: "VN", Issued: &spsv1.IssuedStatement{Name: name}, Expected: []certs.Office{"CN"}}}, &s)
			if s.Delivered != test.delivered {
				t.Errorf("%d delivered, want %d", s.Delivered, test.delivered)
			}
			if got := strings.Join(s.Faults, "; "); (test.fault == "") != (got == "") || !strings.Contains(got, test.fault) {
				t.Errorf("faults %q, want %q", got, test.fault)
			}
		})
	}
}
