package protocol

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

const reference = root + "/docs/reference/reasons.md"

// TestFieldReasons compares the tables of reasons of fields with the code, and
// writes them anew with -update.
func TestFieldReasons(t *testing.T) {
	text := read(t, reference)
	want := text
	for name, table := range map[string]string{
		"calls":   index(t),
		"web":     listed(literals(t, "server/web")),
		"access":  listed(literals(t, "server/access")),
		"law":     listed(literals(t, "server/statement")),
		"office":  listed(literals(t, "server/office")),
		"files":   listed(literals(t, "server/blob")),
		"tables":  listed(literals(t, "server/sheet/table")),
		"labs":    listed(literals(t, "server/finding")),
		"sheets":  listed(literals(t, "server/finding/ssd2")),
		"imports": listed(literals(t, "server/intake")),
		"uploads": listed(literals(t, "server/upload")),
		"units":   listed(literals(t, "server/routing")),
		"lists":   listed(literals(t, "server/casebook")),
		"rules":   listed(rules()),
		"fields":  listed(fieldWords(t)),
	} {
		between := regexp.MustCompile("(?s)(<!-- begin " + name + " -->\n).*(<!-- end " + name + " -->)")
		if !between.MatchString(want) {
			t.Fatalf("%s has no place for the table %s", reference, name)
		}
		want = between.ReplaceAllString(want, "${1}"+strings.ReplaceAll(table, "$", "$$")+"${2}")
	}
	if *update {
		if err := os.WriteFile(reference, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		text = want
	}
	if diff := cmp.Diff(want, text); diff != "" {
		t.Errorf("%s differs; -update writes it (-want +got):\n%s", reference, diff)
	}
}

// listed writes a table of reasons and sentences, in order of the reasons.
func listed(pairs map[string][]string) string {
	var s strings.Builder
	s.WriteString("| reason | sentence |\n|---|---|\n")
	for _, reason := range slices.Sorted(maps.Keys(pairs)) {
		sentences := slices.Compact(slices.Sorted(slices.Values(pairs[reason])))
		fmt.Fprintf(&s, "| <a id=\"%s\"></a>`%[1]s` | %s |\n", reason, strings.Join(sentences, "; *or* "))
	}
	return s.String()
}

// reasonForm is what a reason of a field looks like in the code.
var reasonForm = regexp.MustCompile(`^[A-Z]{2,}(_[A-Z]+)*$`)

// literals finds the reasons of a package, with their sentences: a literal of
// capitals with an expression behind it, in a call or a composite literal.
func literals(t testing.TB, dir string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, file := range parse(t, dir).files {
		ast.Inspect(file, func(node ast.Node) bool {
			var list []ast.Expr
			switch node := node.(type) {
			case *ast.CallExpr:
				list = node.Args
			case *ast.CompositeLit:
				list = node.Elts
			}
			for i, e := range list {
				if reason, ok := literal(e); ok && i+1 < len(list) && reasonForm.MatchString(reason) {
					found[reason] = append(found[reason], sentence(list[i+1]))
				}
			}
			return true
		})
	}
	if len(found) == 0 {
		t.Errorf("%s has no reasons", dir)
	}
	return found
}

// literal returns the text of a string literal, also of one behind a key.
func literal(e ast.Expr) (string, bool) {
	if pair, ok := e.(*ast.KeyValueExpr); ok {
		e = pair.Value
	}
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// verb is a place in a format where something is put in.
var verb = regexp.MustCompile(`(%(\[\d+\])?\d*[a-zA-Z])+`)

// sentence writes an expression as people see it, with … for what differs.
func sentence(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.KeyValueExpr:
		return sentence(e.Value)
	case *ast.BinaryExpr:
		return strings.ReplaceAll(sentence(e.X)+sentence(e.Y), "……", "…")
	case *ast.CallExpr:
		if typeName(e.Fun) == "Sprintf" {
			format, _ := literal(e.Args[0])
			return verb.ReplaceAllString(format, "…")
		}
	}
	if s, ok := literal(e); ok {
		return s
	}
	return "…"
}

// rules returns the rules of our own that the protos declare with CEL.
func rules() map[string][]string {
	found := map[string][]string{}
	add := func(rules []*validate.Rule) {
		for _, r := range rules {
			reason := strings.ToUpper(strings.ReplaceAll(r.GetId(), ".", "_"))
			found[reason] = append(found[reason], r.GetMessage())
		}
	}
	var walk func(protoreflect.MessageDescriptors)
	walk = func(messages protoreflect.MessageDescriptors) {
		for i := range messages.Len() {
			m := messages.Get(i)
			if r, ok := proto.GetExtension(m.Options(), validate.E_Message).(*validate.MessageRules); ok {
				add(r.GetCel())
			}
			for j := range m.Fields().Len() {
				if r, ok := proto.GetExtension(m.Fields().Get(j).Options(), validate.E_Field).(*validate.FieldRules); ok {
					add(r.GetCel())
					add(r.GetRepeated().GetItems().GetCel())
				}
			}
			walk(m.Messages())
		}
	}
	protoregistry.GlobalFiles.RangeFilesByPackage("sps.v1", func(f protoreflect.FileDescriptor) bool {
		walk(f.Messages())
		return true
	})
	return found
}
