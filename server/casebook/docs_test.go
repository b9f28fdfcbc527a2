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
	"github.com/spsalert/spsalert/server/statement"
)

var update = flag.Bool("update", false, "write the table of fields into the document")

const (
	filtersPage   = "../../docs/reference/filters.md"
	codesPage     = "../../docs/reference/code-status.md"
	announcedPage = "../../docs/reference/announcements.md"
)

// TestFieldsAreDocumented compares the tables of fields with the code, and writes
// them anew with -update.
func TestFieldsAreDocumented(t *testing.T) {
	fieldsAreDocumented(t, codesPage, casebook.CodeFields())
	fieldsAreDocumented(t, announcedPage, casebook.AnnouncementFields())
	want := fieldsAreDocumented(t, filtersPage, casebook.Fields())
	for _, order := range casebook.Orders() {
		if !strings.Contains(want, "`"+order) {
			t.Errorf("%s does not name the order %s", filtersPage, order)
		}
	}
}

func fieldsAreDocumented(t *testing.T, file string, fields []casebook.Field) (want string) {
	t.Helper()
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	table.WriteString("| field | type | operators | what it is |\n|---|---|---|---|\n")
	for _, f := range fields {
		fmt.Fprintf(&table, "| `%s` | %s | `%s` | %s |\n", f.Name, f.Type, strings.Join(f.Operators, "` `"), f.About)
	}
	between := regexp.MustCompile("(?s)(<!-- begin fields -->\n).*(<!-- end fields -->)")
	want = between.ReplaceAllString(string(page), "${1}"+table.String()+"${2}")
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if diff := cmp.Diff(want, string(page)); diff != "" {
		t.Errorf("%s differs; -update writes it (-want +got):\n%s", file, diff)
	}
	return want
}

// TestDocumentedFilters reads every example of the documents.
func TestDocumentedFilters(t *testing.T) {
	for file, parse := range map[string]func(filter string) statement.Problems{
		filtersPage: func(filter string) statement.Problems {
			_, problems := casebook.DefaultLimits().ParseQuery(filter, "", "")
			return problems
		},
		codesPage: func(filter string) statement.Problems {
			_, problems := casebook.DefaultLimits().ParseCodeQuery(filter, "")
			return problems
		},
		announcedPage: func(filter string) statement.Problems {
			_, problems := casebook.DefaultLimits().ParseAnnouncementQuery(filter, "")
			return problems
		},
	} {
		page, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		examples := regexp.MustCompile("(?s)```\n(.*?)```").FindAllStringSubmatch(string(page), -1)
		if len(examples) == 0 {
			t.Fatalf("%s: there are no examples", file)
		}
		for _, example := range examples {
			for filter := range strings.Lines(example[1]) {
				if problems := parse(filter); len(problems) > 0 {
					t.Errorf("%s: %s: %v", file, strings.TrimSpace(filter), problems)
				}
			}
		}
	}
}
