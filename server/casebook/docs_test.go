package casebook_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/server/casebook"
)

var update = flag.Bool("update", false, "write the table of fields into the document")

const filtersPage = "../../docs/reference/filters.md"

// TestFieldsAreDocumented compares the table of fields with the code, and writes
// it anew with -update.
func TestFieldsAreDocumented(t *testing.T) {
	page, err := os.ReadFile(filtersPage)
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	table.WriteString("| field | type | operators | what it is |\n|---|---|---|---|\n")
	for _, f := range casebook.Fields() {
		fmt.Fprintf(&table, "| `%s` | %s | `%s` | %s |\n", f.Name, f.Type, strings.Join(f.Operators, "` `"), f.About)
	}
	between := regexp.MustCompile("(?s)(<!-- begin fields -->\n).*(<!-- end fields -->)")
	want := between.ReplaceAllString(string(page), "${1}"+table.String()+"${2}")
	if *update {
		if err := os.WriteFile(filtersPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(page)); diff != "" {
		t.Errorf("%s differs; -update writes it (-want +got):\n%s", filtersPage, diff)
	}
	for _, order := range casebook.Orders() {
		if !strings.Contains(want, "`"+order) {
			t.Errorf("%s does not name the order %s", filtersPage, order)
		}
	}
}

// TestDocumentedFilters reads every example of the document.
func TestDocumentedFilters(t *testing.T) {
	page, err := os.ReadFile(filtersPage)
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(examples) == 0 {
		t.Fatal("there are no examples")
	}
	for _, example := range examples {
		for filter := range strings.Lines(example[1]) {
			if _, problems := casebook.DefaultLimits().ParseQuery(filter, "", ""); len(problems) > 0 {
				t.Errorf("%s: %v", strings.TrimSpace(filter), problems)
			}
		}
	}
}
