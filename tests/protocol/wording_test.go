package protocol

import (
	"go/ast"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"golang.org/x/text/unicode/norm"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/spsalert/spsalert/server/access"
)

// TestEverySentenceIsInEveryLanguage takes the sentences that the code says,
// with something in place of what differs, and asks for them in each language.
func TestEverySentenceIsInEveryLanguage(t *testing.T) {
	violations := map[string][]string{}
	for _, found := range []map[string][]string{
		literals(t, "server/web"), literals(t, "server/access"), literals(t, "server/statement"),
		literals(t, "server/office"), literals(t, "server/blob"), literals(t, "server/sheet/table"), literals(t, "server/casebook"), literals(t, "server/admin"),
		literals(t, "server/finding"), literals(t, "server/finding/ssd2"), literals(t, "server/intake"), literals(t, "server/upload"), literals(t, "server/routing"), literals(t, "server/unit"), literals(t, "server/trader"), rules(), fieldWords(t),
	} {
		for reason, all := range found {
			violations[reason] = append(violations[reason], all...)
		}
	}
	for reason := range usedRules() {
		if len(violations[reason]) == 0 {
			t.Errorf("%s: package statement has no sentence for this rule", reason)
		}
	}
	for reason, all := range violations {
		if texts := assembled[reason]; texts != nil {
			all = append(slices.DeleteFunc(all, func(s string) bool { return s == "…" }), texts...)
		}
		for _, sentence := range all {
			inEveryLanguage(t, reason, sentence, func(english string) *status.Status {
				return access.Status(access.Invalid(access.Violation{Field: "f", Reason: reason, Sentence: english}))
			}, func(s *status.Status) string {
				for _, d := range s.Details() {
					if bad, ok := d.(*errdetails.BadRequest); ok {
						return bad.GetFieldViolations()[0].GetLocalizedMessage().GetMessage()
					}
				}
				return ""
			})
		}
	}
	for reason, all := range refusals(t) {
		for _, sentence := range all {
			inEveryLanguage(t, reason, sentence, func(english string) *status.Status {
				return access.Status(&access.Refusal{Code: codes.NotFound, Reason: access.Reason(reason), Sentence: english})
			}, func(s *status.Status) string {
				for _, d := range s.Details() {
					if l, ok := d.(*errdetails.LocalizedMessage); ok {
						return l.GetMessage()
					}
				}
				return ""
			})
		}
	}
}

// snake finds the name of a field as the protos write it. Sentences use those of
// JSON, which are also those of the files of spsctl. The key of the
// configuration is none, and filters have names of their own.
var snake = regexp.MustCompile(`[a-z]+_[a-z_]+`)

func inEveryLanguage(t *testing.T, reason, sentence string, refuse func(string) *status.Status, text func(*status.Status) string) {
	t.Helper()
	if name := snake.FindString(strings.ReplaceAll(sentence, "limits.upload_pace", "")); name != "" && reason != "ORDER_BY" && reason != "FILTER" {
		t.Errorf("%s: %q names %s, which is no name of JSON", reason, sentence, name)
	}
	english := strings.ReplaceAll(sentence, "…", "17")
	for _, tag := range access.Languages()[1:] {
		got := text(access.Localize(refuse(english), tag))
		switch {
		case got == "":
			t.Errorf("%s: %q is not in server/access/sentences in %s", reason, sentence, tag)
		case got == english:
			t.Errorf("%s: %q is the same in %s", reason, sentence, tag)
		case !norm.NFC.IsNormalString(got):
			t.Errorf("%s: %q in %s is not in normal form C", reason, got, tag)
		case strings.Count(got, "17") != strings.Count(english, "17") && sentence != "…":
			t.Errorf("%s: %q in %s is %q, which does not say as much", reason, english, tag, got)
		}
	}
}

// assembled are the sentences that the code does not say in one place.
var assembled = map[string][]string{
	"PASSWORD": {
		"give at most … bytes of text", "give at least … characters", "choose one that is not the account's name with little more",
	},
	"UNKNOWN_FIELD": {
		"there is no such field; this has none", "there is no such field; the fields here are …",
		"there is no such parameter; this takes none", "there is no such parameter; this takes …",
	},
	"VALUE": {
		"there is no such value; the values are …", "give true or false", "give a text", "give bytes in base64", "give a whole number",
		"give a whole number, not less than 0", "give a number", "give a time as RFC 3339 has it, such as 2026-01-31T09:30:00Z",
		"give seconds, such as 30s", "give what /openapi.json describes", "give an object; its fields are …", "give only one of …",
		"give an object", "give a list, in [ ]", "give it once",
	},
	"REFERENCE_UNKNOWN": {
		"define … in this statement, or name another id",
		"define … in this statement, or name another id; the one of the case's notification is n:…",
	},
}

// usedRules returns the reasons of the rules of protovalidate that the contract
// uses.
func usedRules() map[string]bool {
	used := map[string]bool{}
	var take func(protoreflect.Message, string)
	take = func(rules protoreflect.Message, kind string) {
		var names []string
		rules.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
			switch name := string(f.Name()); {
			case name == "items" || name == "keys" || name == "values" || kind == "" && f.Message() != nil && !f.IsList():
				under := name
				if name == "items" || name == "keys" || name == "values" {
					under = ""
				}
				take(v.Message(), under)
			case kind == "" && name == "required":
				used["REQUIRED"] = true
			case kind != "":
				names = append(names, name)
			}
			return true
		})
		slices.Sort(names)
		if joined := strings.Join(names, "_"); joined == "gte_lte" || joined == "gte_lt" { // are one rule
			names = []string{joined}
		}
		for _, name := range names {
			used[strings.ToUpper(kind+"_"+name)] = true
		}
	}
	var walk func(protoreflect.MessageDescriptors)
	walk = func(messages protoreflect.MessageDescriptors) {
		for i := range messages.Len() {
			m := messages.Get(i)
			for j := range m.Fields().Len() {
				if r, ok := proto.GetExtension(m.Fields().Get(j).Options(), validate.E_Field).(*validate.FieldRules); ok {
					take(r.ProtoReflect(), "")
				}
			}
			walk(m.Messages())
		}
	}
	protoregistry.GlobalFiles.RangeFilesByPackage("sps.v1", func(f protoreflect.FileDescriptor) bool {
		walk(f.Messages())
		return true
	})
	return used
}

// refusals finds what calls are refused with as a whole: composite literals with
// a reason and a sentence, and the functions that make them.
func refusals(t testing.TB) map[string][]string {
	t.Helper()
	values, found := map[string]string{}, map[string][]string{}
	all := sources(t, "server")
	makers := map[string]string{"NotFound": "NOT_FOUND", "errNoProof": "UNAUTHENTICATED", "unproven": "UNAUTHENTICATED", "outOfScope": "OUT_OF_SCOPE", "tooFar": "NOTICE_STATE"}
	for _, s := range all {
		s.constants(func(_ *ast.GenDecl, spec *ast.ValueSpec, name string, value ast.Expr) {
			if text, ok := literal(value); ok && typeName(spec.Type) == "Reason" {
				values[name] = text
			}
		})
	}
	for _, s := range all {
		for _, file := range s.files {
			ast.Inspect(file, func(node ast.Node) bool {
				switch node := node.(type) {
				case *ast.CallExpr:
					reason := makers[typeName(node.Fun)]
					if reason == "" || len(node.Args) == 0 {
						break
					}
					if text := verb.ReplaceAllString(sentence(node.Args[0]), "…"); text != "…" {
						found[reason] = append(found[reason], text)
					}
				case *ast.CompositeLit:
					if typeName(node.Type) != "Refusal" {
						break
					}
					given := map[string]ast.Expr{}
					for _, e := range node.Elts {
						if pair, ok := e.(*ast.KeyValueExpr); ok {
							given[typeName(pair.Key)] = pair.Value
						}
					}
					reason := values[typeName(given["Reason"])]
					if said := given["Sentence"]; said != nil && reason != "" && sentence(said) != "…" {
						found[reason] = append(found[reason], sentence(said))
					}
				}
				return true
			})
		}
	}
	if len(found) < 12 {
		t.Errorf("found sentences of %q only", slices.Sorted(maps.Keys(found)))
	}
	return found
}
