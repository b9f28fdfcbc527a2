package ssd2

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/reflect/protoreflect"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/finding/ucum"
	"github.com/spsalert/spsalert/server/sheet/form"
)

var update = flag.Bool("update", false, "write the lists of columns, words and units into the document")

const document = "../../../docs/reference/sheet-of-findings.md"

// TestDocumentedColumns holds the lists of the document to the code.
func TestDocumentedColumns(t *testing.T) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	got := string(text)
	want := got
	for name, list := range map[string]string{"columns": columnList(), "words": wordList(), "units": unitList()} {
		between := regexp.MustCompile("(?s)(<!-- begin " + name + " -->\n).*(<!-- end " + name + " -->)")
		if !between.MatchString(want) {
			t.Fatalf("%s has no place for the list of %s", document, name)
		}
		want = between.ReplaceAllString(want, "${1}"+strings.ReplaceAll(list, "$", "$$")+"${2}")
	}
	if *update {
		if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s differs; -update writes it (-want +got):\n%s", document, diff)
	}
}

// holds says what a cell of each kind holds.
var holds = map[form.Kind]string{
	form.Text: "text", form.Code: "code", kindKept: "code, kept in words", kindList: "codes with `$` between", form.Area: "code or name of a country",
	form.Date: "date", form.Count: "whole number", form.Number: "number", form.Result: "number or word", kindResults: "numbers with `$` between",
	kindUnit: "unit",
}

func columnList() string {
	var s strings.Builder
	s.WriteString("| column | of SSD2 | of | | what it says | a cell holds | example | field |\n|---|---|---|---|---|---|---|---|\n")
	for _, c := range vocabulary().Columns {
		own, need, cell := "", "", holds[c.Kind]
		if c.SSD2 {
			own = "yes"
		}
		if c.Need {
			need = "●"
		}
		if c.Kind == form.Word {
			cell = "[word](#words): " + c.Words
		}
		if c.System != "" {
			cell += " of `" + c.System + "`"
		}
		fmt.Fprintf(&s, "| `%s` | %s | %s | %s | %s | %s | `%s` | `%s` |\n", c.Name, own, c.Of, need, strings.TrimSuffix(c.Means["en"], "."), cell, c.Example, c.Fields[0])
	}
	return s.String()
}

func wordList() string {
	var s strings.Builder
	s.WriteString("| list | value | words | codes of SSD2 |\n|---|---|---|---|\n")
	for _, list := range slices.Sorted(maps.Keys(vocabulary().Words)) {
		for _, w := range vocabulary().Words[list] {
			said := []string{}
			for _, tag := range form.Languages() {
				said = append(said, w.In[tag])
			}
			said = slices.DeleteFunc(append(said, w.Also...), func(x string) bool { return x == "" })
			seen := map[string]bool{}
			said = slices.DeleteFunc(said, func(x string) bool { before := seen[x]; seen[x] = true; return before })
			fmt.Fprintf(&s, "| %s | `%s` | %s | %s |\n", list, w.Value, strings.Join(said, "; "), strings.Join(w.SSD2, ", "))
		}
	}
	return s.String()
}

func unitList() string {
	by := map[string][]string{}
	for writing, unit := range ucum.Writings() {
		if unit != ucum.Doubted {
			by[unit] = append(by[unit], "`"+writing+"`")
		}
	}
	var s strings.Builder
	s.WriteString("| unit | writings |\n|---|---|\n")
	for _, unit := range slices.Sorted(maps.Keys(by)) {
		slices.Sort(by[unit])
		fmt.Fprintf(&s, "| `%s` | %s |\n", unit, strings.Join(by[unit], ", "))
	}
	return s.String()
}

// TestColumnsAreOfTheContract holds the fields of columns to the contract, their
// explanations to all languages, and their examples and units to the reader.
func TestColumnsAreOfTheContract(t *testing.T) {
	for _, c := range vocabulary().Columns {
		for _, path := range slices.Concat(c.Fields, c.Spoils) {
			message := (&spsv1.LabFinding{}).ProtoReflect().Descriptor()
			for _, part := range strings.Split(path, ".") {
				var field protoreflect.FieldDescriptor
				if message != nil {
					field = message.Fields().ByName(protoreflect.Name(part))
				}
				if field == nil {
					t.Errorf("%s fills %s, and a finding has no such field", c.Name, path)
					break
				}
				message = field.Message()
			}
		}
		for _, language := range form.Languages() {
			if c.Means[language] == "" {
				t.Errorf("%s is not explained in %s", c.Name, language)
			}
			if c.Kind == form.Word && slices.Contains(vocabulary().Offers(c, language), "") {
				t.Errorf("%s lacks a word in %s", c.Name, language)
			}
		}
		if len(c.Fields) == 0 || c.Of != "report" && c.Of != "result" || c.Kind == form.Word && vocabulary().Words[c.Words] == nil || c.Kind != form.Word && holds[c.Kind] == "" {
			t.Errorf("%s is not described: %+v", c.Name, c)
		}
	}
}

// TestDocumentedMapping takes the mapping of the document.
func TestDocumentedMapping(t *testing.T) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(text), "```yaml\n")
	example, _, ok := strings.Cut(example, "```")
	if !ok {
		t.Fatalf("%s has no mapping", document)
	}
	m, err := ParseMapping([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	if said, _ := m.Said(vocabulary().Column("resUnit"), "phần triệu"); said != "mg/kg" || m.Systems["paramCode"] == "" {
		t.Errorf("the mapping of the document says %+v", m)
	}
	_, err = ParseMapping([]byte("no-key: x"))
	_, keys, found := strings.Cut(fmt.Sprint(err), "the keys are ")
	if !found {
		t.Fatalf("a key that is none: %v", err)
	}
	for key := range strings.SplitSeq(keys, ", ") {
		if !strings.Contains(string(text), key+":") && !strings.Contains(string(text), "`"+key+"`") {
			t.Errorf("the key %s is not in the document", key)
		}
	}
}
