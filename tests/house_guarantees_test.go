package tests

import (
	"fmt"
	"go/ast"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGuaranteesNameTheirTests holds docs/guarantees.md to the tests there are:
// a promise whose test is gone is none, and a fault that is tested is promised.
func TestGuaranteesNameTheirTests(t *testing.T) {
	house, err := wholeTree()
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../docs/guarantees.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range unnamed(string(page), testNames(house)) {
		t.Error(line)
	}
}

// TestGuaranteesCanFail shows the check a page that is wrong both ways.
func TestGuaranteesCanFail(t *testing.T) {
	source := plant(t, map[string]string{"a/a_test.go": "package a\nfunc TestFault01_Kill() {}\nfunc TestFault02_Cut() {}\nfunc TestOther() {}\n"})
	page := "| 1 | `TestFault01_Kill`, `TestGone` |"
	want := []string{"docs/guarantees.md names TestGone, which is no test", "TestFault02_Cut is not in docs/guarantees.md"}
	if diff := cmp.Diff(want, unnamed(page, testNames(source))); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

var (
	testName    = regexp.MustCompile(`\b(Test|Fuzz)[A-Z]\w*`)
	testOfFault = regexp.MustCompile(`^TestFault\d`)
)

// unnamed finds names of tests in a page that are none, and tests of faults
// that the page does not name.
func unnamed(page string, tests []string) []string {
	var broken []string
	named := testName.FindAllString(page, -1)
	for _, name := range named {
		if !slices.Contains(tests, name) {
			broken = append(broken, fmt.Sprintf("docs/guarantees.md names %s, which is no test", name))
		}
	}
	for _, name := range tests {
		if testOfFault.MatchString(name) && !slices.Contains(named, name) {
			broken = append(broken, name+" is not in docs/guarantees.md")
		}
	}
	return broken
}

// testNames returns the names of all tests, in order.
func testNames(t *tree) []string {
	var names []string
	for _, f := range t.written() {
		for _, declaration := range f.syntax.Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok && f.test && testName.MatchString(function.Name.Name) {
				names = append(names, function.Name.Name)
			}
		}
	}
	slices.Sort(names)
	return names
}
