package realdata

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/spsalert/spsalert/client/codes"
	"github.com/spsalert/spsalert/client/sample"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/statement"
)

// codeFiles is where published code lists may be, from this folder: at the path
// in SPS_CODES, or beside the repository.
var codeFiles = filepath.Join("..", "..", "..", "shared", "data", "codes")

// published are the lists there: as what they are read, and what they must hold
// at least.
var published = []struct {
	file, as, version string
	entries           int
	code, name        string
}{
	{"hs-ch01-24.csv", "hs@2022.csv", "2022", 1186, "081060", "Fruit, edible; durians, fresh"},
	{"unece-rec20.csv", "unece-rec20@17.csv", "17", 2135, "KGM", "kilogram"},
	{"ucum-essence.xml", "ucum.xml", "2.2", 300, "[CFU]", "colony forming units"},
}

// TestPublishedCodeLists reads published lists as they are, and lays them over
// the built-in ones, whose codes they must have.
func TestPublishedCodeLists(t *testing.T) {
	folder := os.Getenv("SPS_CODES")
	if folder == "" {
		folder = codeFiles
	} else if _, err := os.Stat(folder); err != nil {
		t.Fatalf("SPS_CODES: %v", err)
	}
	own := t.TempDir()
	for _, p := range published {
		text, err := os.ReadFile(filepath.Join(folder, p.file))
		if errors.Is(err, fs.ErrNotExist) {
			t.Logf("there is no %s here", p.file)
			return // the layouts are tested in client/codes in any case
		}
		if err != nil {
			t.Fatal(err)
		}
		l, err := codes.Read(strings.NewReader(string(text)), p.as)
		if err != nil {
			t.Fatal(err)
		}
		if l.Len() < p.entries || l.Version != p.version {
			t.Errorf("%s: %d entries, version %s; want at least %d, version %s", p.file, l.Len(), l.Version, p.entries, p.version)
		}
		if e, ok := l.Entry(p.code); !ok || e.Name() != p.name {
			t.Errorf("%s: %s is %q, want %q", p.file, p.code, e.Name(), p.name)
		}
		if err := os.WriteFile(filepath.Join(own, p.as), text, 0o600); err != nil {
			t.Fatal(err)
		}
		builtin, _ := codes.Builtin().List(l.System)
		for e := range builtin.All() {
			// Packages are in Recommendation 21; units of UCUM are made of those in its essence.
			if _, ok := l.Entry(e.Code); !ok && l.System != "ucum" && e.Code[0] != 'X' {
				t.Errorf("%s %s is built in, and %s does not have it", l.System, e.Code, p.file)
			}
		}
	}
	r := codes.New(own)
	if err := r.Reload(); err != nil {
		t.Fatal(err)
	}
	if got, want := r.Name("hs", "081060", "vi"), "sầu riêng tươi"; got != want {
		t.Errorf("durians are %q, want %q", got, want)
	}
	hs, _ := r.List("hs")
	if found, _ := hs.Search(codes.Query{Words: "durian fresh", Limit: 5}); len(found) != 1 || found[0].Code != "081060" {
		t.Errorf("a search for fresh durian finds %v, want 081060", found)
	}
}

// TestCodingsAreKnown holds what this project writes to its own lists: every
// coding of the sample, and of what the importer makes of an export, is in a
// built-in list, or in one that is declared open.
func TestCodingsAreKnown(t *testing.T) {
	for _, item := range sample.Statements() {
		for _, c := range codings(item.Statement.ProtoReflect()) {
			known(t, item.Name, c)
		}
	}
	unjudged := func(*spsv1.Statement) statement.Problems { return nil }
	exports := []string{synthetic}
	if real, found := realExport(t); found {
		exports = append(exports, string(real))
	}
	for _, export := range exports {
		o := run(t, strings.NewReader(export), unjudged)
		for id, s := range o.statements {
			for _, c := range codings(s.ProtoReflect()) {
				known(t, id, c)
			}
		}
	}
}

// known fails the test if no list has a coding.
func known(t *testing.T, where string, c *spsv1.Coding) {
	t.Helper()
	if err := codes.Builtin().Check(c.GetSystem(), c.GetCode(), c.GetVersion()); err != nil {
		t.Errorf("%s: %s %s: %v", where, c.GetSystem(), c.GetCode(), err)
	}
}

// codings returns all codings in a message, units and areas among them.
func codings(m protoreflect.Message) []*spsv1.Coding {
	var found []*spsv1.Coding
	switch m := m.Interface().(type) {
	case *spsv1.Coding:
		found = append(found, m)
	case *spsv1.Area:
		if country, _, _ := strings.Cut(m.GetCode(), "-"); country != "" {
			found = append(found, &spsv1.Coding{System: "area", Code: country})
		}
	case *spsv1.Quantity:
		if unit := m.GetRec20(); unit != "" {
			found = append(found, &spsv1.Coding{System: "unece-rec20", Code: unit})
		}
		if unit := m.GetUcum(); unit != "" {
			found = append(found, &spsv1.Coding{System: "ucum", Code: unit})
		}
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Message() == nil:
		case f.IsList():
			for i := range v.List().Len() {
				found = append(found, codings(v.List().Get(i).Message())...)
			}
		case !f.IsMap():
			found = append(found, codings(v.Message())...)
		}
		return true
	})
	return slices.Clip(found)
}
