package protocol

import (
	"fmt"
	"go/ast"
	"go/constant"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	rpccode "google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/server/access"
)

// reasonPages is the folder of the pages of reasons.
const reasonPages = root + "/docs/reference/reasons"

// reasonRow is a row of the table of section 13.
type reasonRow struct{ reason, told, meaning, what, who string }

func reasonRows(t testing.TB) (all []reasonRow) {
	t.Helper()
	for _, row := range rows(t, "## 13. Reasons") {
		for _, reason := range coded(row[0]) {
			all = append(all, reasonRow{reason: reason, told: row[1], meaning: row[2], what: row[3], who: row[4]})
		}
	}
	return all
}

// index writes the list of the pages.
func index(t testing.TB) string {
	var s strings.Builder
	s.WriteString("| reason | meaning |\n|---|---|\n")
	for _, r := range reasonRows(t) {
		fmt.Fprintf(&s, "| [`%s`](reasons/%[1]s.md) | %s |\n", r.reason, r.meaning)
	}
	return s.String()
}

// TestReasonPages compares the page of each reason with the table, and with the
// codes that go with it in the code; it writes them anew with -update.
func TestReasonPages(t *testing.T) {
	want := map[string]string{}
	known := answered(t)
	for _, r := range reasonRows(t) {
		want[r.reason+".md"] = r.page(known[r.reason])
		if strings.Contains(r.told, "call") && known[r.reason] == nil {
			t.Errorf("%s: no call is refused with it", r.reason)
		}
	}
	got := map[string]string{}
	pages, err := filepath.Glob(reasonPages + "/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		if _, ok := want[filepath.Base(page)]; !ok && *update {
			if err := os.Remove(page); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got[filepath.Base(page)] = read(t, page)
	}
	if *update {
		if err := os.MkdirAll(reasonPages, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range want {
			if err := os.WriteFile(filepath.Join(reasonPages, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got = want
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pages of %s differ; -update writes them (-want +got):\n%s", reasonPages, diff)
	}
}

// page writes the page of a reason that calls are refused with under some codes.
func (r reasonRow) page(under []codes.Code) string {
	links := strings.NewReplacer("](reference/", "](../", "](", "](../../")
	var s strings.Builder
	fmt.Fprintf(&s, "# %s\n\n", r.reason)
	fmt.Fprintf(&s, "| | |\n|---|---|\n| meaning | %s |\n| what to do | %s |\n| who mends it | %s |\n",
		links.Replace(r.meaning), links.Replace(r.what), links.Replace(r.who))
	switch r.told {
	case "own":
		s.WriteString("| told | to nobody but the own administrator, in the log and by `spsctl peer list` |\n")
	case "call":
		s.WriteString("| told | in the answer to a call |\n")
	case "session":
		s.WriteString("| told | to the peer of a session, which ends |\n")
	default:
		s.WriteString("| told | in the answer to a call, and to the peer of a session, which ends |\n")
	}
	if len(under) > 0 {
		var called []string
		for _, c := range under {
			status := runtime.HTTPStatusFromCode(c)
			switch { // as server/web has it
			case r.reason == string(access.ReasonTooLarge):
				status = http.StatusRequestEntityTooLarge
			case c == codes.Unimplemented:
				status = http.StatusMethodNotAllowed
			}
			called = append(called, fmt.Sprintf("`%s`, over REST %d", rpccode.Code(c), status))
		}
		fmt.Fprintf(&s, "| code | %s |\n| type over REST | `urn:spsalert:reason:%s` |\n", strings.Join(called, "; "), r.reason)
	}
	if r.reason == string(access.ReasonInvalid) {
		s.WriteString("\nThe violations name the fields, each with [a reason of its own](../reasons.md#reasons-of-field-violations).\n")
	}
	s.WriteString("\n[All reasons](../reasons.md).\n")
	return s.String()
}

// answered finds the codes under which calls are refused with each reason: in
// composite literals that give both.
func answered(t testing.TB) map[string][]codes.Code {
	t.Helper()
	all := sources(t, "server")
	values := map[string]string{}
	for _, s := range all {
		s.constants(func(_ *ast.GenDecl, spec *ast.ValueSpec, name string, value ast.Expr) {
			if literal, ok := value.(*ast.BasicLit); ok && typeName(spec.Type) == "Reason" {
				values[name] = constant.StringVal(constant.MakeFromLiteral(literal.Value, literal.Kind, 0))
			}
		})
	}
	numbers := map[string]codes.Code{}
	for c := codes.OK; c <= codes.Unauthenticated; c++ {
		numbers[c.String()] = c
	}
	found := map[string]map[codes.Code]bool{}
	for _, s := range all {
		for _, file := range s.files {
			ast.Inspect(file, func(node ast.Node) bool {
				literal, ok := node.(*ast.CompositeLit)
				if !ok {
					return true
				}
				given := map[string]string{}
				for _, e := range literal.Elts {
					if pair, ok := e.(*ast.KeyValueExpr); ok {
						given[typeName(pair.Key)] = typeName(pair.Value)
					}
				}
				number, isCode := numbers[given["Code"]]
				if reason := values[given["Reason"]]; isCode && reason != "" {
					if found[reason] == nil {
						found[reason] = map[codes.Code]bool{}
					}
					found[reason][number] = true
				}
				return true
			})
		}
	}
	under := map[string][]codes.Code{}
	for reason, set := range found {
		under[reason] = slices.Sorted(maps.Keys(set))
	}
	return under
}
