package backup_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/server/backup"
)

// entry is one of an archive.
type entry struct {
	name, text string
	kind       byte // 0: a regular file
}

// pack writes an archive.
func pack(t testing.TB, entries []entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: tar.TypeReg, Mode: 0o600, Size: int64(len(e.text))}
		if e.kind != 0 {
			h.Typeflag, h.Size, h.Linkname, e.text = e.kind, 0, e.text, ""
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// entries returns those of a good backup with two attachments.
func entries(t testing.TB) (all []entry) {
	t.Helper()
	f, err := os.Open(create(t, source(t, "a photo", "a certificate")))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, entry{name: h.Name, text: string(text)})
	}
}

func TestHostileArchives(t *testing.T) {
	good := entries(t)
	const manifest, ledger, card, first, last = 0, 1, 2, 4, 6 // of the entries
	swap := func(all []entry, i, j int) []entry { all[i], all[j] = all[j], all[i]; return all }
	cut := func(all []entry, i int) []entry { return append(all[:i:i], all[i+1:]...) }
	add := func(all []entry, i int, e entry) []entry {
		return append(append(append([]entry{}, all[:i]...), e), all[i:]...)
	}
	edit := func(all []entry, i int, old, new string) []entry {
		t.Helper()
		if !strings.Contains(all[i].text, old) {
			t.Fatalf("%s has no %q", all[i].name, old)
		}
		all[i].text = strings.Replace(all[i].text, old, new, 1)
		return all
	}
	for _, tc := range []struct {
		name string
		make func([]entry) []entry
		want error
	}{
		{"as it was", func(all []entry) []entry { return all }, nil},
		{"nothing", func([]entry) []entry { return nil }, backup.ErrDamaged},
		{"no manifest", func(all []entry) []entry { return cut(all, manifest) }, backup.ErrDamaged},
		{"no ledger", func(all []entry) []entry { return cut(all, ledger) }, backup.ErrDamaged},
		{"no card", func(all []entry) []entry { return cut(all, card) }, backup.ErrDamaged},
		{"no attachment", func(all []entry) []entry { return cut(all, first) }, backup.ErrDamaged},
		{"no end", func(all []entry) []entry { return cut(all, last) }, backup.ErrDamaged},
		{"two ends", func(all []entry) []entry { return append(all, all[last]) }, backup.ErrDamaged},
		{"attachments out of order", func(all []entry) []entry { return swap(all, first, first+1) }, backup.ErrDamaged},
		{"an attachment twice", func(all []entry) []entry { return add(all, first, all[first]) }, backup.ErrDamaged},
		{"an attachment of another content", func(all []entry) []entry { return edit(all, first, "a ", "A ") }, backup.ErrDamaged},
		{"a ledger of another content", func(all []entry) []entry { return edit(all, ledger, "store", "STORE") }, backup.ErrDamaged},
		{"a longer ledger", func(all []entry) []entry { return edit(all, ledger, "store", "stores") }, backup.ErrDamaged},
		{"a path that leads out", func(all []entry) []entry { return add(all, first, entry{name: "blobs/../../../x", text: "x"}) }, backup.ErrDamaged},
		{"an absolute path", func(all []entry) []entry { return add(all, first, entry{name: "/tmp/x", text: "x"}) }, backup.ErrDamaged},
		{"a link", func(all []entry) []entry {
			return add(all, first, entry{name: "blobs/00/" + strings.Repeat("0", 64), text: "/etc/passwd", kind: tar.TypeSymlink})
		}, backup.ErrDamaged},
		{"a folder", func(all []entry) []entry { return add(all, first, entry{name: "blobs", kind: tar.TypeDir}) }, backup.ErrDamaged},
		{"a shelf of another digest", func(all []entry) []entry {
			all[first].name = "blobs/zz/" + strings.Repeat("0", 64)
			return all
		}, backup.ErrDamaged},
		{"a card that leads out", func(all []entry) []entry { return edit(all, manifest, "cards/CN.card", "cards/../C.card") }, backup.ErrDamaged},
		{"a key that is not known", func(all []entry) []entry { return edit(all, manifest, `"office"`, `"key": 1, "office"`) }, backup.ErrDamaged},
		{"a log of another office", func(all []entry) []entry { return edit(all, manifest, "asean-cn/VN/1", "asean-cn/CN/1") }, backup.ErrDamaged},
		{"no format of the store", func(all []entry) []entry { return edit(all, manifest, `"store_format": 1`, `"store_format": 0`) }, backup.ErrDamaged},
		{"a negative size", func(all []entry) []entry { return edit(all, manifest, `"bytes": `, `"bytes": -`) }, backup.ErrDamaged},
		{"a damaged attachment that is none", func(all []entry) []entry { return edit(all, last, `"missing"`, `"damaged": ["../x"], "missing"`) }, backup.ErrDamaged},
		{"a large manifest", func(all []entry) []entry {
			all[manifest].text += strings.Repeat(" ", 2<<20)
			return all
		}, backup.ErrDamaged},
		{"two documents", func(all []entry) []entry { all[last].text += "{}"; return all }, backup.ErrDamaged},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "b.tar")
			if err := os.WriteFile(file, pack(t, tc.make(append([]entry{}, good...))), 0o600); err != nil {
				t.Fatal(err)
			}
			to := filepath.Join(dir, "to")
			if err := os.Mkdir(to, 0o700); err != nil {
				t.Fatal(err)
			}
			if _, err := backup.Unpack(t.Context(), file, to, nil, nil); !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) {
				t.Errorf("Unpack: %v, want %v", err, tc.want)
			}
			for name := range tree(t, dir) {
				if name != "b.tar" && !strings.HasPrefix(name, "to/") {
					t.Errorf("it wrote %s", name)
				}
			}
		})
	}
}

// A newer program's backup is not called damaged.
func TestNewerFormat(t *testing.T) {
	all := entries(t)
	all[0].text = strings.Replace(all[0].text, "spsalert backup 1", "spsalert backup 2", 1)
	_, err := backup.ReadManifest(bytes.NewReader(pack(t, all)), nil)
	if err == nil || errors.Is(err, backup.ErrDamaged) || !strings.Contains(err.Error(), "use the version that wrote it") {
		t.Errorf("ReadManifest: %v, want that another version wrote it", err)
	}
}

func FuzzUnpack(f *testing.F) {
	good := entries(f)
	f.Add(pack(f, good))
	for i := range good {
		f.Add(pack(f, append(append([]entry{}, good[:i]...), good[i+1:]...)))
	}
	f.Add([]byte("age-encryption.org/v1\n-> X25519 \n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		file, to := filepath.Join(dir, "b.tar"), filepath.Join(dir, "to")
		if err := errors.Join(os.WriteFile(file, text, 0o600), os.Mkdir(to, 0o700)); err != nil {
			t.Fatal(err)
		}
		u, err := backup.Unpack(context.Background(), file, to, nil, nil)
		files := tree(t, to)
		if m, readErr := backup.ReadManifest(bytes.NewReader(text), nil); err == nil && (readErr != nil || m.Origin != u.Origin || m.Size != u.Size) {
			t.Errorf("ReadManifest = %+v, %v; Unpack found %+v", m, readErr, u.Manifest)
		}
		if err == nil && (len(files) != len(u.Files)+int(u.Attachments) || len(files[u.Files[0].Name]) != int(u.Files[0].Bytes)) {
			t.Errorf("Unpack = %+v, and wrote %d files", u, len(files))
		}
		for name := range tree(t, dir) {
			if name != "b.tar" && !strings.HasPrefix(name, "to/") {
				t.Errorf("it wrote %s", name)
			}
		}
	})
}

func ExampleFileName() {
	fmt.Println(backup.FileName("VN", made, true))
	// Output: spsd-VN-20260301T080000.000Z.tar.age
}
