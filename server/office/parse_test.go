package office

import (
	"math"
	"testing"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
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
	statements, cases := asked("offices/-", &spsv1.ListStatementsRequest{}), asked("cases", &spsv1.ListCasesRequest{})
	f.Add(progress{asked: statements, begun: now, mark: []byte("12345678")}.token(), statements)
	f.Add(progress{asked: cases, begun: now, mark: []byte{}}.token(), cases)
	f.Add(progress{asked: cases, begun: ledger.Position{Incarnation: now.Incarnation, N: 101}, mark: []byte{1}}.token(), cases)
	f.Add("", cases)
	f.Add("!", statements)
	f.Fuzz(func(t *testing.T, token, asked string) {
		p, err := parseToken(token, asked, now)
		if err != nil {
			return
		}
		if p.token() != token || p.asked != asked || p.begun.N > now.N || p.begun.Incarnation != now.Incarnation {
			t.Errorf("parseToken(%q, %q) = %+v", token, asked, p)
		}
	})
}

// TestTokensFitTheContract holds the longest token to the rule of page_token.
func TestTokensFitTheContract(t *testing.T) {
	p := progress{
		asked: asked("cases", &spsv1.ListCasesRequest{}),
		begun: ledger.Position{N: math.MaxUint64}, mark: make([]byte, 51), // a reference of 32, 0 and a place
	}
	if n := len(p.token()); n > 200 {
		t.Errorf("the longest token has %d characters, want at most 200", n)
	}
}

func TestAskedTellsListsApart(t *testing.T) {
	seen := make(map[string]string)
	for name, digest := range map[string]string{
		"cases":      asked("cases", &spsv1.ListCasesRequest{}),
		"statements": asked("offices/-", &spsv1.ListStatementsRequest{}),
		"of VN":      asked("offices/VN", &spsv1.ListStatementsRequest{}),
		"filter":     asked("cases", &spsv1.ListCasesRequest{Filter: "urgent"}),
		"query":      asked("cases", &spsv1.ListCasesRequest{Query: "urgent"}),
		"order":      asked("cases", &spsv1.ListCasesRequest{OrderBy: "reference"}),
	} {
		if other, twice := seen[digest]; twice {
			t.Errorf("%s and %s have one digest", name, other)
		}
		seen[digest] = name
	}
	if a, b := asked("cases", &spsv1.ListCasesRequest{PageSize: 1}), asked("cases", &spsv1.ListCasesRequest{PageSize: 2}); a != b {
		t.Error("the size of pages counts, want it free")
	}
}
