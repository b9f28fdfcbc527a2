package codes_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/spsalert/spsalert/client/codes"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// shown are the lists whose entries people read in their own language.
var shown = []string{
	"area", "cxg25-action", "cxg25-reason", "document-fault", "hs", "language", "plant-reason", "rasff-basis",
	"rasff-hazard-category", "rasff-product-category", "sps-measure", "ucum", "unece-rec20",
}

func TestBuiltinIsNamedInEveryLanguage(t *testing.T) {
	for _, system := range shown {
		l := list(t, system)
		if l.Len() == 0 {
			t.Errorf("%s has no entries", system)
		}
		for e := range l.All() {
			for _, lang := range []string{"vi", "zh-Hans", "th"} {
				found := false
				for _, n := range e.Names {
					found = found || n.Lang == lang && n.Text != ""
				}
				if !found {
					t.Errorf("%s %s has no name in %s", system, e.Code, lang)
				}
			}
		}
	}
}

func TestBuiltinSaysWhatItIs(t *testing.T) {
	for _, l := range codes.Builtin().Lists() {
		if len(l.Titles()) != 4 || l.Source == "" || l.Licence == "" {
			t.Errorf("%s: %d titles, source %q, licence %q; want 4 and both", l.System, len(l.Titles()), l.Source, l.Licence)
		}
		if l.Len() > 0 && l.Version == "" {
			t.Errorf("%s has entries and no version", l.System)
		}
		if l.Len() == 0 && !l.Open {
			t.Errorf("%s has no entries and is not open", l.System)
		}
		for e := range l.All() {
			if err := codes.Builtin().Check(l.System, e.Code, ""); err != nil {
				t.Errorf("%s %s: %v", l.System, e.Code, err)
			}
			parents := l
			if l.Parents != "" {
				parents = list(t, l.Parents)
			}
			if _, ok := parents.Entry(e.Parent); !ok && e.Parent != "" {
				t.Errorf("%s %s: the parent %q is not in %s", l.System, e.Code, e.Parent, parents.System)
			}
		}
	}
}

// TestBuiltinFollowsTheContract holds the lists that are enums of the contract
// to these.
func TestBuiltinFollowsTheContract(t *testing.T) {
	for system, enum := range map[string]protoreflect.Enum{
		"document-fault": spsv1.DocumentFaultKind(0),
		"plant-reason":   spsv1.PlantReason(0),
	} {
		l, values := list(t, system), enum.Descriptor().Values()
		if l.Len() != values.Len()-1 {
			t.Errorf("%s has %d entries, want %d", system, l.Len(), values.Len()-1)
		}
		for i := 1; i < values.Len(); i++ {
			if _, ok := l.Entry(code(values, i)); !ok {
				t.Errorf("%s has no %s", system, code(values, i))
			}
		}
	}
}

func TestNames(t *testing.T) {
	r := codes.Builtin()
	for _, tc := range []struct {
		system, code string
		languages    []string
		want         string
	}{
		{"hs", "08", nil, "fruit and nuts"},
		{"hs", "08", []string{"vi"}, "quả và quả hạch"},
		{"hs", "08", []string{"vi-VN"}, "quả và quả hạch"},
		{"hs", "08", []string{"zh-CN"}, "水果及坚果"},
		{"hs", "08", []string{"zh-Hant-TW"}, "fruit and nuts"},
		{"hs", "08", []string{"de", "th"}, "ผลไม้และลูกนัต"},
		{"area", "VN", []string{"zh-Hans"}, "越南"},
		{"area", "MM", []string{"vi"}, "Myanmar"},
		{"area", "XI", []string{"th"}, "ไอร์แลนด์เหนือ"},
		{"area", "TR", nil, "Türkiye"},
		{"language", "km", []string{"en"}, "Khmer"},
		{"language", "mul", nil, "several languages in one text"},
		{"rasff-hazard", "cadmium", []string{"vi"}, "cadmium"},
		{"rasff-product-category", "wine", []string{"zh"}, "葡萄酒"},
		{"hs", "081000", nil, ""},
		{"no-such-list", "1", nil, ""},
	} {
		if got := r.Name(tc.system, tc.code, tc.languages...); got != tc.want {
			t.Errorf("Name(%s, %s, %v) = %q, want %q", tc.system, tc.code, tc.languages, got, tc.want)
		}
	}
}

func list(t *testing.T, system string) *codes.List {
	t.Helper()
	l, ok := codes.Builtin().List(system)
	if !ok {
		t.Fatalf("no list %s", system)
	}
	return l
}

// code returns the code of a value of an enum: ADDITIONAL_DECLARATION_MISSING is
// additional-declaration-missing.
func code(values protoreflect.EnumValueDescriptors, i int) string {
	prefix := strings.TrimSuffix(string(values.Get(0).Name()), "UNSPECIFIED")
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(string(values.Get(i).Name()), prefix), "_", "-"))
}
