package codes_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spsalert/spsalert/client/codes"
)

// folder is one of files of code lists.
type folder struct {
	t    *testing.T
	path string
	tick time.Time
}

func newFolder(t *testing.T) *folder {
	return &folder{t: t, path: t.TempDir(), tick: time.Unix(1_700_000_000, 0)}
}

// put writes a file, at a later time than the one before.
func (f *folder) put(name, text string) {
	f.t.Helper()
	path := filepath.Join(f.path, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
	f.tick = f.tick.Add(time.Second)
	if err := os.Chtimes(path, f.tick, f.tick); err != nil {
		f.t.Fatal(err)
	}
}

func (f *folder) remove(name string) {
	f.t.Helper()
	if err := os.Remove(filepath.Join(f.path, name)); err != nil {
		f.t.Fatal(err)
	}
}

const header = "hscode,description,parent\n"

// TestReloadKeepsWhatIsGood takes one folder through the life of a list.
func TestReloadKeepsWhatIsGood(t *testing.T) {
	f := newFolder(t)
	r := codes.New(f.path)
	step := func(what, wantVersion string, wantBad bool, wantName string) {
		t.Helper()
		err := r.Reload()
		var bad *codes.FileError
		if errors.As(err, &bad) != wantBad {
			t.Errorf("%s: Reload = %v, want a FileError %t", what, err, wantBad)
		}
		l, ok := r.List("hs")
		if !ok || l.Version != wantVersion || r.Name("hs", "0101") != wantName {
			t.Errorf("%s: version %s, 0101 is %q; want %s and %q", what, l.Version, r.Name("hs", "0101"), wantVersion, wantName)
		}
		if again := r.Reload(); fmt.Sprint(again) != fmt.Sprint(err) {
			t.Errorf("%s: a second Reload = %v, want the same: %v", what, again, err)
		}
	}
	step("an empty folder", "2022", false, "")
	f.put("hs@2017.csv", header+"01,live animals,\n0101,horses 2017,01\n")
	step("a file", "2017", false, "horses 2017")
	f.put("hs@2022.csv", header+"01,live animals,\n0101,\n")
	step("a bad newer file", "2017", true, "horses 2017")
	if fault := r.Fault("hs"); !strings.Contains(fault, "hs@2022.csv: line 3") {
		t.Errorf("the fault is %q, want the line of the newer file", fault)
	}
	f.put("hs@2022.csv", header+"01,live animals,\n0101,horses 2022,01\n")
	step("the newer file, mended", "2022", false, "horses 2022")
	if fault := r.Fault("hs"); fault != "" {
		t.Errorf("the fault is %q, want none", fault)
	}
	f.remove("hs@2017.csv")
	f.put("hs@2022.csv", "not any more\n")
	step("the only file, spoilt", "2022", true, "horses 2022")
	f.put("README.md", "no list")
	step("a file that is no list", "2022", true, "horses 2022")
	f.remove("hs@2022.csv")
	step("no file", "2022", false, "")
}

// TestReloadTriesAgain holds that a file which could not be read is read as soon
// as it can be, though nothing about it has changed.
func TestReloadTriesAgain(t *testing.T) {
	f := newFolder(t)
	unreadable := t.TempDir()
	// Some file systems say that an empty folder has no size.
	if err := os.WriteFile(filepath.Join(unreadable, strings.Repeat("x", 100)), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(unreadable)
	if err != nil {
		t.Fatal(err)
	}
	const text = "\ncode,en\na,seal\n"
	padding := int(info.Size()) - len(text) - 1
	if padding < 0 {
		t.Fatalf("a folder has %d bytes, want room for a list of %d", info.Size(), len(text))
	}
	path := filepath.Join(f.path, "x.csv")
	if err := os.Symlink(unreadable, path); err != nil {
		t.Fatal(err)
	}
	r := codes.New(f.path)
	var bad *codes.FileError
	if err := r.Reload(); err == nil || errors.As(err, &bad) {
		t.Fatalf("Reload = %v, want the error of reading", err)
	}
	f.remove("x.csv")
	f.put("x.csv", "#"+strings.Repeat("-", padding)+text)
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if err := r.Reload(); err != nil || r.Name("x", "a") != "seal" {
		t.Errorf("Reload = %v, a is %q; want it read", err, r.Name("x", "a"))
	}
}

func TestReloadOfNoFolder(t *testing.T) {
	r := codes.New(filepath.Join(t.TempDir(), "gone"))
	if err := r.Reload(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Reload = %v, want that the folder is not there", err)
	}
	if _, ok := r.List("hs"); !ok {
		t.Error("the built-in lists are gone too")
	}
}

// TestFilesLieOverBuiltinLists holds that a file adds to what is built in.
func TestFilesLieOverBuiltinLists(t *testing.T) {
	f := newFolder(t)
	f.put("hs@2022.csv", header+"08,Fruit and nuts; edible,\n080450,\"Guavas, mangoes and mangosteens\",08\n")
	f.put("area.csv", "code,en,zh-Hans\nVN,Viet Nam,越南社会主义共和国\nQQ,Nowhere,\n")
	f.put("vn-reason@1.csv", "# title vi: lý do\ncode,vi\na,thiếu mã vùng trồng\n")
	f.put("eppo@1.txt", good["eppo@2026.txt"])
	r := codes.New(f.path)
	if err := r.Reload(); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ system, code, lang, want string }{
		{"hs", "08", "en", "Fruit and nuts; edible"},
		{"hs", "08", "vi", "quả và quả hạch"},
		{"hs", "081060", "th", "ทุเรียนสด"},
		{"area", "VN", "zh-Hans", "越南社会主义共和国"},
		{"area", "VN", "th", "เวียดนาม"},
		{"area", "QQ", "th", "Nowhere"},
		{"area", "TH", "vi", "Thái Lan"},
		{"vn-reason", "a", "en", "thiếu mã vùng trồng"},
		{"eppo", "DACUDO", "en", "oriental fruit fly"},
		{"eppo", "DACUDO", "vi", "oriental fruit fly"},
	} {
		if got := r.Name(tc.system, tc.code, tc.lang); got != tc.want {
			t.Errorf("%s %s in %s is %q, want %q", tc.system, tc.code, tc.lang, got, tc.want)
		}
	}
	if _, ok := r.List("vn-reason"); !ok {
		t.Error("an office's own list is not there")
	}
	if err := r.Check("hs", "081060", ""); err != nil {
		t.Errorf("a code that only the built-in list has: %v", err)
	}
	if err := r.Check("hs", "010101", ""); !errors.Is(err, codes.ErrNoCode) {
		t.Errorf("a code that no list has: %v, want ErrNoCode: the file is whole", err)
	}
	hs, _ := r.List("hs")
	if found, _ := hs.Search(codes.Query{Words: "fruit and nuts", Limit: 5}); len(found) == 0 || found[0].Code != "08" {
		t.Errorf("the short name finds %v, want chapter 08", found)
	}
	if hs.File != "hs@2022.csv" {
		t.Errorf("the list is of the file %q", hs.File)
	}
}
