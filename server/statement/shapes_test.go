package statement

import (
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// eachField calls visit once for every field that a message can hold.
func eachField(of protoreflect.MessageDescriptor, visit func(protoreflect.FieldDescriptor)) {
	seen := make(map[protoreflect.FullName]bool)
	var walk func(protoreflect.MessageDescriptor)
	walk = func(m protoreflect.MessageDescriptor) {
		if seen[m.FullName()] {
			return
		}
		seen[m.FullName()] = true
		for i := range m.Fields().Len() {
			visit(m.Fields().Get(i))
			if sub := m.Fields().Get(i).Message(); sub != nil {
				walk(sub)
			}
		}
	}
	walk(of)
}

func ofStatement() protoreflect.MessageDescriptor {
	return (*spsv1.Statement)(nil).ProtoReflect().Descriptor()
}

// TestShapes wants words for every pattern of a statement, and of the requests of
// every method.
func TestShapes(t *testing.T) {
	patterns := 0
	words := func(f protoreflect.FieldDescriptor) {
		p := pattern(f)
		if p == "" {
			return
		}
		patterns++
		if got := shape(p); strings.HasPrefix(got, "write it to fit") {
			t.Errorf("%s: no words for the pattern %s", f.FullName(), p)
		}
	}
	eachField(ofStatement(), words)
	protoregistry.GlobalFiles.RangeFilesByPackage("sps.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				eachField(methods.Get(j).Input(), words)
			}
		}
		return true
	})
	if patterns < 100 {
		t.Errorf("found %d patterns, want at least 100", patterns)
	}
	if got, want := shape("^x$"), "write it to fit ^x$"; got != want {
		t.Errorf("shape of a new pattern = %q, want %q", got, want)
	}
}

// TestEveryTextHasALimit wants a greatest length for every string and bytes field
// of the model, and a greatest number of items for every list.
func TestEveryTextHasALimit(t *testing.T) {
	eachField(ofStatement(), func(f protoreflect.FieldDescriptor) {
		rules, err := protovalidate.ResolveFieldRules(f)
		if err != nil {
			t.Fatalf("%s: %v", f.FullName(), err)
		}
		if f.ParentFile().Package() != "sps.v1" {
			return
		}
		text := rules.GetString()
		if f.IsList() {
			text = rules.GetRepeated().GetItems().GetString()
			if !rules.GetRepeated().HasMaxItems() {
				t.Errorf("%s: no greatest number of items", f.FullName())
			}
		}
		switch f.Kind() {
		case protoreflect.StringKind:
			if !text.HasMaxLen() && !text.HasUuid() && !bounded(text.GetPattern()) {
				t.Errorf("%s: no greatest length", f.FullName())
			}
		case protoreflect.BytesKind:
			if !rules.GetBytes().HasLen() && !rules.GetBytes().HasMaxLen() {
				t.Errorf("%s: no greatest length", f.FullName())
			}
		case protoreflect.EnumKind:
			if enum := rules.GetEnum(); !enum.GetDefinedOnly() && !rules.GetRepeated().GetItems().GetEnum().GetDefinedOnly() {
				t.Errorf("%s: takes values that are not defined", f.FullName())
			}
		default:
		}
	})
}

// bounded reports whether what fits a pattern has a greatest length.
func bounded(p string) bool {
	return strings.HasSuffix(p, "$") && p != "^$" && !strings.ContainsAny(strings.NewReplacer(`\+`, "", `+-]`, "").Replace(p), "*+")
}

// TestLocalIDs wants the fields that define a local id, and those that name one,
// to be told apart.
func TestLocalIDs(t *testing.T) {
	ids := localIDs()
	for name, want := range map[protoreflect.FullName]localID{
		"sps.v1.Product.id":             defines,
		"sps.v1.Lot.id":                 defines,
		"sps.v1.LabResult.id":           defines,
		"sps.v1.Attachment.id":          defines,
		"sps.v1.Finding.about":          refers,
		"sps.v1.Mismatch.found_on":      refers,
		"sps.v1.Source.scans":           refers,
		"sps.v1.HandDelivery.proof":     refers,
		"sps.v1.Distribution.about":     refers,
		"sps.v1.Correction.about":       refers,
		"sps.v1.SiteCode.party":         refers,
		"sps.v1.Person.id":              notLocal,
		"sps.v1.Laboratory.id":          notLocal,
		"sps.v1.EntryRef.origin":        notLocal,
		"sps.v1.CaseRef.reference":      notLocal,
		"sps.v1.ContactPoint.phone":     notLocal,
		"sps.v1.Statement.office":       notLocal,
		"sps.v1.Area.code":              notLocal,
		"sps.v1.Requirement.wto_symbol": notLocal,
	} {
		if ids[name] != want {
			t.Errorf("%s = %d, want %d", name, ids[name], want)
		}
	}
	defined := 0
	for _, what := range ids {
		if what == defines {
			defined++
		}
	}
	if want := 11; defined != want {
		t.Errorf("%d messages have a local id, want %d", defined, want)
	}
}
