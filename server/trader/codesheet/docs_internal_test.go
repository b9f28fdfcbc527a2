package codesheet

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
	"github.com/spsalert/spsalert/server/sheet/form"
)

var update = flag.Bool("update", false, "write the lists of columns and words into the document")

const document = "../../../docs/reference/sheet-of-codes.md"

// TestDocumentedColumns holds the lists of the document to the code.
func TestDocumentedColumns(t *testing.T) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	got := string(text)
	want := got
	for name, list := range map[string]string{"columns": columnList(), "words": wordList()} {
		between := regexp.MustCompile("(?s)(<!-- begin " + name + " -->\n).*(<!-- end " + name + " -->)")
		if !between.MatchString(want) {
			t.Fatalf("%s has no place for the list of %s", document, name)
		}
		want = between.ReplaceAllLiteralString(want, "<!-- begin "+name+" -->\n"+list+"<!-- end "+name+" -->")
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
	form.Text: "text", form.Code: "code", form.Date: "date", kindPlace: "code or name of a province", kindAreas: "codes or names of countries",
	kindTariff: "HS codes", kindList: "list", kindPhone: "telephone number",
}

func columnList() string {
	var s strings.Builder
	s.WriteString("| column | | what it says | a cell holds | example | field |\n|---|---|---|---|---|---|\n")
	for _, c := range vocabulary().Columns {
		need, cell := "", holds[c.Kind]
		if c.Need {
			need = "●"
		}
		if c.Kind == form.Word {
			cell = "[word](#words): " + c.Words
		}
		fmt.Fprintf(&s, "| `%s` | %s | %s | %s | `%s` | `%s` |\n", c.Name, need, strings.TrimSuffix(c.Means["en"], "."), cell, c.Example, c.Fields[0])
	}
	return s.String()
}

func wordList() string {
	var s strings.Builder
	s.WriteString("| list | value | words |\n|---|---|---|\n")
	for _, list := range slices.Sorted(maps.Keys(vocabulary().Words)) {
		for _, w := range vocabulary().Words[list] {
			var said []string
			for _, language := range form.Languages() {
				said = append(said, w.In[language])
			}
			fmt.Fprintf(&s, "| %s | `%s` | %s |\n", list, w.Value, strings.Join(append(said, w.Also...), "; "))
		}
	}
	return s.String()
}

// TestColumnsAreOfTheContract holds the fields of columns to the contract, and their
// explanations and words to all languages.
func TestColumnsAreOfTheContract(t *testing.T) {
	for _, c := range vocabulary().Columns {
		message := (&spsv1.Exporter{}).ProtoReflect().Descriptor()
		for _, part := range strings.Split(c.Fields[0], ".") {
			var field protoreflect.FieldDescriptor
			if message != nil {
				field = message.Fields().ByName(protoreflect.Name(part))
			}
			if field == nil {
				t.Errorf("%s fills %s, and an exporter has no such field", c.Name, c.Fields[0])
				break
			}
			message = field.Message()
		}
		for _, language := range form.Languages() {
			if c.Means[language] == "" || c.Kind == form.Word && slices.Contains(vocabulary().Offers(c, language), "") {
				t.Errorf("%s is not explained in %s, or lacks a word", c.Name, language)
			}
		}
		if c.Kind != form.Word && holds[c.Kind] == "" {
			t.Errorf("%s holds %q, of which the document says nothing", c.Name, c.Kind)
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
	example, _, _ = strings.Cut(example, "```")
	m, err := ParseMapping([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	if code, _ := m.Said(vocabulary().Column("province"), "ĐỒNG THÁP"); code != "VN-45" || m.Language != "vi" {
		t.Errorf("the mapping of the document has %q for a province, and the language %s", code, m.Language)
	}
}
