package tests

import (
	"go/ast"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFault29_EveryParserIsFuzzed holds that no exported parser of bytes that
// somebody else wrote is without a fuzz target that calls it.
func TestFault29_EveryParserIsFuzzed(t *testing.T) {
	house, err := wholeTree()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range unfuzzed(house) {
		t.Error(line)
	}
}

// TestFuzzRuleCanFail shows the rule a parser that no target calls.
func TestFuzzRuleCanFail(t *testing.T) {
	house := plant(t, map[string]string{
		"certs/a.go":      "package certs\nimport \"io\"\nfunc ParseCard(b []byte) {}\nfunc ParseOffice(s string) {}\nfunc Unpack(r io.Reader) {}\nfunc ParseNothing(n int) {}\nfunc parseOwn(b []byte) {}\n",
		"certs/a_test.go": "package certs\nfunc FuzzParseCard(f *testing.F) { f.Fuzz(func(t *testing.T, b []byte) { ParseCard(b) }) }\nfunc TestUnpack() { Unpack(nil) }\n",
	})
	want := []string{
		"certs: no fuzz target calls ParseOffice",
		"certs: no fuzz target calls Unpack",
	}
	if diff := cmp.Diff(want, unfuzzed(house)); diff != "" {
		t.Errorf("parsers (-want +got):\n%s", diff)
	}
}

// parserName is how a function is called that reads what somebody else wrote.
var parserName = regexp.MustCompile(`^(Parse|Open|Decode|Unmarshal|Unpack|Read)([A-Z]\w*)?$`)

// unfuzzed finds exported parsers of bytes, text or a reader in what is built
// that no fuzz target of any package calls by name.
func unfuzzed(t *tree) []string {
	called := map[string]bool{}
	for _, f := range t.written() {
		for _, d := range f.syntax.Decls {
			target, ok := d.(*ast.FuncDecl)
			if !ok || !f.test || !strings.HasPrefix(target.Name.Name, "Fuzz") {
				continue
			}
			ast.Inspect(target, func(n ast.Node) bool {
				if name, ok := n.(*ast.Ident); ok {
					called[name.Name] = true
				}
				return true
			})
		}
	}
	var broken []string
	for _, f := range t.written() {
		if f.test || strings.HasPrefix(f.dir, "tests") || strings.HasPrefix(f.dir, "tools") {
			continue
		}
		for _, d := range f.syntax.Decls {
			p, ok := d.(*ast.FuncDecl)
			if ok && p.Recv == nil && parserName.MatchString(p.Name.Name) && readsForeign(p) && !called[p.Name.Name] {
				broken = append(broken, f.dir+": no fuzz target calls "+p.Name.Name)
			}
		}
	}
	return broken
}

// readsForeign reports whether a function takes bytes, a reader, or, if it
// parses, text: what opens a path reads a file of this machine.
func readsForeign(p *ast.FuncDecl) bool {
	for _, parameter := range p.Type.Params.List {
		switch kind := parameter.Type.(type) {
		case *ast.ArrayType:
			if element, ok := kind.Elt.(*ast.Ident); ok && element.Name == "byte" {
				return true
			}
		case *ast.SelectorExpr:
			if kind.Sel.Name == "Reader" {
				return true
			}
		case *ast.Ident:
			if kind.Name == "string" && !strings.HasPrefix(p.Name.Name, "Open") && !strings.HasPrefix(p.Name.Name, "Read") {
				return true
			}
		}
	}
	return false
}
