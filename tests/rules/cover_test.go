package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// elsewhere are the rules of the law that no request to a node can break, and
// why. Package statement tests them, since they bind what peers and systems say.
var elsewhere = map[string]string{
	"OUTSIDE_AUDIENCE":   "who holds a case was told of it",
	"STATEMENT_ABSENT":   "a request without a statement is refused before",
	"RULES_BROKEN":       "the rules are broken, not the statement",
	"CARD_REQUIRED":      "the node sets the numbers of cards",
	"PERSON_REQUIRED":    "the node sets the persons, for systems see server.TestSystemSpeaksForNamedPeople",
	"FOUR_EYES":          "the node sets the persons, for drafts see server.TestOnePersonIsNotEnough",
	"TEXT_UNREAD":        "is advice",
	"FLAG_NOT_ADDRESSED": "is advice",
	"TIME_PASSED":        "is advice",
	"CHECK_DIGIT":        "is advice",
	"CODE_FORM":          "is advice",
	"CODE_LIST_UNKNOWN":  "is advice",
	"CODE_RETIRED":       "is advice",
	"CODE_UNKNOWN":       "is advice",
	"MARKET_IN_WORDS":    "is advice",
	"ORIGIN_UNKNOWN":     "is advice",
	"CODE_OF_ANOTHER":    "is advice",
	"CODE_NOT_SUSPENDED": "is advice",
	"TARGET_REQUIRED":    "is of the requests of acts, see TestEveryMethod",
	"TARGET_UNKNOWN":     "is of the requests of acts, see TestEveryMethod",
	"MASK":               "is of the requests of acts, see TestEveryMethod",
	"TOO_MUCH":           "takes a thousand statements in a case, see statement.TestMostSaid",
}

// covered fails for every rule that no row broke: each sentence of the law, and
// each rule of the contract that a statement can break.
func covered(t *testing.T, said map[violation]bool) {
	t.Helper()
	reasons := make(map[string]bool)
	for v := range said {
		reasons[v.reason] = true
	}
	for rule := range sentences(t, "statement", 50) {
		found := breaks(said, rule)
		if why := elsewhere[rule.reason]; !found && why == "" {
			t.Errorf("no row breaks %s, %q: add one", rule.reason, rule.sentence)
		} else if found && why != "" {
			t.Errorf("a row breaks %s, which is said to be impossible: %s", rule.reason, why)
		}
	}
	for rule := range declared() {
		if !reasons[rule] {
			t.Errorf("no row breaks the field rule %s: add one", rule)
		}
	}
}

// breaks reports whether a rule is among what was said.
func breaks(said map[violation]bool, rule violation) bool {
	return slices.ContainsFunc(slices.Collect(maps.Keys(said)), func(v violation) bool {
		return v.reason == rule.reason && matches(rule.sentence, v.sentence)
	})
}

// matches reports whether a sentence was said, with anything in place of … .
func matches(sentence, said string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(sentence), "…", ".*")
	return regexp.MustCompile("^" + pattern + "$").MatchString(said)
}

// sentences are what a package of the server says of requests, at least so many:
// a reason in capitals with a sentence behind it, in a call or a literal.
func sentences(t *testing.T, pkg string, least int) map[violation]bool {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("..", "..", "server", pkg, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[violation]bool)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			var said []ast.Expr
			switch node := node.(type) {
			case *ast.CallExpr:
				said = node.Args
			case *ast.CompositeLit:
				said = node.Elts
			}
			if len(said) != 3 {
				return true
			}
			if reason := words(said[1]); reasonForm.MatchString(reason) {
				all[violation{reason: reason, sentence: words(said[2])}] = true
			}
			return true
		})
	}
	if len(all) < least {
		t.Errorf("%d sentences were found in package %s, want at least %d", len(all), pkg, least)
	}
	return all
}

var (
	reasonForm = regexp.MustCompile(`^[A-Z]{2,}(_[A-Z]+)*$`)
	verb       = regexp.MustCompile(`%(\[\d+\])?[a-zA-Z0-9]+`)
)

// words writes an expression as people see it, with … for what differs.
func words(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.KeyValueExpr:
		return words(e.Value)
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil {
			return text
		}
	case *ast.BinaryExpr:
		return words(e.X) + words(e.Y)
	case *ast.CallExpr:
		if len(e.Args) > 0 {
			return verb.ReplaceAllString(words(e.Args[0]), "…")
		}
	}
	return "…"
}

// declared are the reasons of the field rules that a statement can break: those
// of its own message and of every message in it, except for what the node sets.
func declared() map[string]bool {
	found, seen := make(map[string]bool), make(map[protoreflect.FullName]bool)
	var walk func(protoreflect.MessageDescriptor)
	walk = func(m protoreflect.MessageDescriptor) {
		if seen[m.FullName()] || !strings.HasPrefix(string(m.FullName()), "sps.") {
			return
		}
		seen[m.FullName()] = true
		if r, ok := proto.GetExtension(m.Options(), validate.E_Message).(*validate.MessageRules); ok {
			ours(found, r.GetCel())
			if len(r.GetOneof()) > 0 {
				found["MESSAGE_ONEOF"] = true
			}
		}
		for i := range m.Fields().Len() {
			f := m.Fields().Get(i)
			if r, ok := proto.GetExtension(f.Options(), validate.E_Field).(*validate.FieldRules); ok && !setByNode[f.FullName()] {
				ours(found, r.GetCel())
				if r.GetRequired() {
					found["REQUIRED"] = true
				}
				standard(found, r.ProtoReflect())
			}
			if f.Message() != nil {
				walk(f.Message())
			}
		}
	}
	walk((*spsv1.Statement)(nil).ProtoReflect().Descriptor())
	return found
}

// setByNode are fields of which the node refuses or replaces any value.
var setByNode = map[protoreflect.FullName]bool{"sps.v1.Statement.salt": true, "sps.v1.Statement.request_id": true}

func ours(found map[string]bool, rules []*validate.Rule) {
	for _, r := range rules {
		found[reason(r.GetId())] = true
	}
}

func reason(id string) string { return strings.ToUpper(strings.ReplaceAll(id, ".", "_")) }

// standard adds the rules of protovalidate for one kind of value: of a string
// its greatest length, of a list the most items, and what its items must be.
func standard(found map[string]bool, rules protoreflect.Message) {
	rules.Range(func(kind protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if kind.Message() == nil || kind.IsList() {
			return true
		}
		var names []string
		v.Message().Range(func(f protoreflect.FieldDescriptor, under protoreflect.Value) bool {
			if f.Name() == "items" {
				standard(found, under.Message())
			} else {
				names = append(names, string(f.Name()))
			}
			return true
		})
		slices.Sort(names)
		if slices.Equal(names, []string{"gte", "lte"}) {
			names = []string{"gte_lte"}
		}
		for _, name := range names {
			found[reason(string(kind.Name())+"."+name)] = true
		}
		return true
	})
}
