package protocol

import (
	"fmt"
	"go/ast"
	"go/constant"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/access"
)

// rows returns the rows of the first table in a section of the document, each
// with its cells.
func rows(t testing.TB, section string) [][]string {
	t.Helper()
	_, rest, ok := strings.Cut(read(t, document), "\n"+section+"\n")
	if !ok {
		t.Fatalf("the document has no %q", section)
	}
	rest, _, _ = strings.Cut(rest, "\n## ")
	var all [][]string
	for line := range strings.Lines(rest) {
		if !strings.HasPrefix(line, "|") {
			if len(all) > 0 {
				break
			}
			continue
		}
		var cells []string
		for cell := range strings.SplitSeq(strings.Trim(strings.TrimSpace(line), "|"), "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		all = append(all, cells)
	}
	if len(all) < 3 {
		t.Fatalf("%s has no table", section)
	}
	return all[2:] // without the head and the line below it
}

var code = regexp.MustCompile("`([^`]*)`")

// coded returns what stands between backquotes in a cell.
func coded(cell string) []string {
	var all []string
	for _, m := range code.FindAllStringSubmatch(cell, -1) {
		all = append(all, m[1])
	}
	return all
}

// declared returns every reason that the code declares, and whether a caller
// or peer is told it.
func declared(t testing.TB) map[string]bool {
	t.Helper()
	told := map[string]bool{}
	for _, s := range sources(t, "server") {
		s.constants(func(group *ast.GenDecl, spec *ast.ValueSpec, name string, value ast.Expr) {
			if kind := fmt.Sprint(typeName(spec.Type)); kind != "Reason" {
				return
			}
			literal, ok := value.(*ast.BasicLit)
			if !ok {
				t.Errorf("%s.%s is no literal", s.dir, name)
				return
			}
			reason := constant.StringVal(constant.MakeFromLiteral(literal.Value, literal.Kind, 0))
			if _, twice := told[reason]; twice {
				t.Errorf("%s.%s: %s is declared twice", s.dir, name, reason)
			}
			told[reason] = !strings.Contains(group.Doc.Text(), "no peer is told")
		})
	}
	return told
}

// typeName returns the name of a type without its package.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// TestReasons compares the table of section 13 with the constants.
func TestReasons(t *testing.T) {
	documented := map[string]bool{}
	for _, row := range rows(t, "## 13. Reasons") {
		for _, reason := range coded(row[0]) {
			if _, twice := documented[reason]; twice {
				t.Errorf("%s stands twice in the table", reason)
			}
			documented[reason] = row[1] != "own"
		}
		if row[2] == "" || row[3] == "" || row[4] == "" {
			t.Errorf("%s has no meaning, or does not say what to do, or who", row[0])
		}
	}
	if diff := cmp.Diff(declared(t), documented); diff != "" {
		t.Errorf("reasons, and whether others are told (-declared +documented):\n%s", diff)
	}
	if access.Domain != "spsalert" || !strings.Contains(read(t, document), "domain `"+access.Domain+"`") {
		t.Errorf("the document does not name the domain %s", access.Domain)
	}
}

// TestByeReasons compares the table of section 10 with the enum, and its
// reasons with the constants.
func TestByeReasons(t *testing.T) {
	var got, want []string
	known := declared(t)
	for _, row := range rows(t, "## 10. Session") {
		got = append(got, coded(row[0])...)
		for _, reason := range coded(row[2]) {
			if !known[reason] {
				t.Errorf("%s: reason %s is not declared as one that peers are told", row[0], reason)
			}
		}
	}
	values := spsv1.ByeReason_BYE_REASON_UNSPECIFIED.Descriptor().Values()
	for i := 1; i < values.Len(); i++ {
		want = append(want, strings.TrimPrefix(string(values.Get(i).Name()), "BYE_REASON_"))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("codes of Bye (-enum +documented):\n%s", diff)
	}
}

// TestReceiverChecks holds the reasons of section 12 to those of section 13.
func TestReceiverChecks(t *testing.T) {
	known := declared(t)
	for i, row := range rows(t, "## 12. What a receiver checks") {
		if row[0] != fmt.Sprint(i+1) {
			t.Errorf("check %s stands at place %d", row[0], i+1)
		}
		for _, reason := range coded(row[2]) {
			if !known[reason] && reason != "missing" {
				t.Errorf("check %s: reason %s is not declared as one that peers are told", row[0], reason)
			}
		}
	}
}

// TestLimits compares the table of section 14 with the constants that it names.
func TestLimits(t *testing.T) {
	var names []string
	for _, row := range rows(t, "## 14. Limits") {
		name := strings.Join(coded(row[2]), " ")
		got, err := valueOf(t, name)
		if err != nil {
			t.Errorf("%s: %v", row[0], err)
			continue
		}
		want, err := limit(row[1])
		if err != nil {
			t.Errorf("%s: %v", row[0], err)
			continue
		}
		if n, exact := constant.Int64Val(got); !exact || n != want {
			t.Errorf("%s: %s is %s, documented as %s", row[0], name, got, row[1])
		}
		names = append(names, name)
	}
	if !slices.Contains(names, "server/exchange.MaxFrame") || len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
		t.Errorf("the table lacks the frame, or names a constant twice: %q", names)
	}
}

// limit reads a limit as people write it: 4,096 bytes, 2^40, 64, 10 s.
func limit(s string) (int64, error) {
	number, unit, _ := strings.Cut(strings.ReplaceAll(s, ",", ""), " ")
	if power, ok := strings.CutPrefix(number, "2^"); ok {
		var bits int
		_, err := fmt.Sscan(power, &bits)
		return 1 << bits, err
	}
	var n int64
	if _, err := fmt.Sscan(number, &n); err != nil {
		return 0, fmt.Errorf("%q is no limit: %w", s, err)
	}
	switch unit {
	case "s":
		return n * int64(time.Second), nil
	case "", "bytes":
		return n, nil
	}
	return 0, fmt.Errorf("%q is in no unit that is known", s)
}
