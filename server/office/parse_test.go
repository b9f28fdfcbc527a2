package office

import (
	"testing"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/server/ledger"
)

func TestNameRoundTrip(t *testing.T) {
	want := certs.Origin{Federation: "asean-cn", Office: "VN", Epoch: 2}
	name := statementName(want, 42)
	if name != "offices/VN/statements/2-42" {
		t.Errorf("name = %s, want offices/VN/statements/2-42", name)
	}
	got, seq, err := parseName(name, "asean-cn")
	if err != nil || got != want || seq != 42 {
		t.Errorf("parseName(%s) = %v, %d, %v, want %v, 42", name, got, seq, err, want)
	}
}

func FuzzParseName(f *testing.F) {
	for _, s := range []string{
		"offices/VN/statements/1-42", "offices/VN/statements/01-42", "offices/VN/statements/1-042", "offices/vn/statements/1-1",
		"offices/VN/statements/0-1", "offices/VN/statements/1-", "offices/VN/statements/18446744073709551616-1", "cases/VN-2026-000001", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		o, seq, err := parseName(name, "asean-cn")
		if err == nil && (statementName(o, seq) != name || o.Check() != nil) {
			t.Errorf("parseName(%q) = %v, %d, whose name is %q", name, o, seq, statementName(o, seq))
		}
	})
}

func FuzzParseToken(f *testing.F) {
	now := ledger.Position{Incarnation: [16]byte{1, 2, 3}, N: 100}
	f.Add(progress{list: "offices/-", begun: now, next: 50}.token(), "offices/-")
	f.Add(progress{list: "cases", begun: now, next: 0}.token(), "cases")
	f.Add(progress{list: "cases", begun: ledger.Position{Incarnation: now.Incarnation, N: 101}}.token(), "cases")
	f.Add("", "cases")
	f.Add("!", "offices/VN")
	f.Fuzz(func(t *testing.T, token, list string) {
		p, err := parseToken(token, list, now)
		if err != nil {
			return
		}
		if p.token() != token || p.list != list || p.next > p.begun.N || p.begun.N > now.N || p.begun.Incarnation != now.Incarnation {
			t.Errorf("parseToken(%q, %q) = %+v", token, list, p)
		}
	})
}
