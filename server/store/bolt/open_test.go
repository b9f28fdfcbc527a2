package bolt_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
	"github.com/spsalert/spsalert/server/store/storetest"
)

func put(t *testing.T, s store.Store, key string) {
	t.Helper()
	err := s.Update(t.Context(), func(tx store.Tx) error {
		return tx.Put(storetest.Fruit, []byte(key), []byte("value"))
	})
	if err != nil {
		t.Fatalf("Update: %v", err)
	}
}

func get(t *testing.T, s store.Store, key string) (value string) {
	t.Helper()
	err := s.View(t.Context(), func(r store.Reader) error {
		v, err := r.Get(storetest.Fruit, []byte(key))
		value = string(v)
		return err
	})
	if err != nil {
		t.Fatalf("View: %v", err)
	}
	return value
}

// wantError expects an error that says all of parts.
func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one that says %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error is %q, want it to say %q", err, part)
		}
	}
}

func TestOpenAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	s, err := bolt.Create(path, options)
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "k")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// A later version has one table more.
	later := bolt.Options{Tables: append([]store.Table{"later"}, storetest.Tables...), Appended: []store.Table{"later"}}
	for range 2 {
		s, err = bolt.Open(path, later)
		if err != nil {
			t.Fatal(err)
		}
		if got := get(t, s, "k"); got != "value" {
			t.Errorf("value after Open = %q, want %q", got, "value")
		}
		err = s.Update(t.Context(), func(tx store.Tx) error { return tx.Put("later", []byte("k"), nil) })
		if err != nil {
			t.Errorf("Update of the added table: %v", err)
		}
		if err := s.Check(t.Context()); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the file is %v (%v), want 0600", info.Mode(), err)
	}
}

func TestCreateRefusesAnExistingFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := bolt.Create(path, options)
	wantError(t, err, path, "open it, or move it away")
	if !errors.Is(err, fs.ErrExist) {
		t.Errorf("Create = %v, want an error that is %v", err, fs.ErrExist)
	}
	if got, _ := os.ReadFile(path); string(got) != "precious" {
		t.Errorf("the file holds %q afterwards, want %q", got, "precious")
	}
}

// TestCreateAfterAnInterruptedOne leaves what a Create that was killed leaves.
func TestCreateAfterAnInterruptedOne(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "whole.db")
	s, err := bolt.Create(whole, options)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		left []byte
	}{
		{"nothing written", nil},
		{"half a page", content[:len(content)/9]},
		{"half the file", content[:len(content)/2]},
		{"all but the name", content},
		{"rubbish", bytes.Repeat([]byte("rubbish"), 10_000)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			if err := os.WriteFile(path+".new", tc.left, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := bolt.Open(path, options)
			wantError(t, err, path, "create it first")
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("Open = %v, want an error that is %v", err, fs.ErrNotExist)
			}
			s, err := bolt.Create(path, options)
			if err != nil {
				t.Fatalf("Create: %v", err)
			}
			cleanUp(t, s)
			put(t, s, "k")
			if _, err := os.Stat(path + ".new"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the temporary file is still there (%v)", err)
			}
		})
	}
}

func TestCreateErrors(t *testing.T) {
	folder := t.TempDir()
	_, err := bolt.Create(filepath.Join(folder, "none", "ledger.db"), options)
	wantError(t, err, "no such file")

	// Another Create is at work.
	path := filepath.Join(folder, "ledger.db")
	db, err := bbolt.Open(path+".new", 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = bolt.Create(path, options)
	wantError(t, err, path, "another process has the file open")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is there (%v)", err)
	}

	if _, err := bolt.Create("file/", bolt.Options{}); err == nil {
		t.Error("Create without tables returned no error")
	}
}

func TestOpenRefusesALockedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	s, err := bolt.Create(path, options)
	if err != nil {
		t.Fatal(err)
	}
	cleanUp(t, s)
	_, err = bolt.Open(path, options)
	wantError(t, err, path, "another process has the file open: stop it")
	put(t, s, "k") // the one that has it is not disturbed
}

func TestOpenRefusesWhatIsNoStore(t *testing.T) {
	for _, tc := range []struct {
		name  string
		write func(t *testing.T, path string) error
		want  string
	}{
		{"empty", func(_ *testing.T, path string) error { return os.WriteFile(path, nil, 0o600) }, "the file is empty"},
		{"text", func(_ *testing.T, path string) error {
			return os.WriteFile(path, bytes.Repeat([]byte("text"), 100_000), 0o600)
		}, "invalid database"},
		{"too short", func(_ *testing.T, path string) error { return os.WriteFile(path, []byte("x"), 0o600) }, "cut short"},
		{"folder", func(_ *testing.T, path string) error { return os.Mkdir(path, 0o700) }, "is a directory"},
		{"other bbolt file", func(_ *testing.T, path string) error { return writeBbolt(path, "") }, "no store of this program"},
		{"other format", func(_ *testing.T, path string) error { return writeBbolt(path, "sps store 9") }, `format "sps store 9"`},
		{"pages overwritten", func(t *testing.T, path string) error {
			return damage(t, path, func(f *os.File) error {
				_, err := f.WriteAt(make([]byte, 96<<10), 32<<10) // behind the two that are checked
				return err
			})
		}, "the file is damaged"},
		{"nothing but the first pages", func(t *testing.T, path string) error {
			return damage(t, path, func(f *os.File) error { return f.Truncate(32 << 10) })
		}, "the file is damaged"},
		{"cut short", func(t *testing.T, path string) error {
			return damage(t, path, func(f *os.File) error { return f.Truncate(160 << 10) })
		}, "the file is cut short"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			if err := tc.write(t, path); err != nil {
				t.Fatal(err)
			}
			_, err := bolt.Open(path, options)
			wantError(t, err, path, tc.want)
		})
	}
}

// writeBbolt writes a bbolt file with our mark, or without if it is empty.
func writeBbolt(path, mark string) error {
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		if mark == "" {
			return nil
		}
		b, err := tx.CreateBucket([]byte("_store"))
		if err != nil {
			return err
		}
		return b.Put([]byte("format"), []byte(mark))
	})
	return errors.Join(err, db.Close())
}

// damage makes a store with content and then does something to its file.
func damage(t *testing.T, path string, do func(*os.File) error) error {
	t.Helper()
	s, err := bolt.Create(path, options)
	if err != nil {
		return err
	}
	for _, k := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		err = errors.Join(err, s.Update(t.Context(), func(tx store.Tx) error {
			return tx.Put(storetest.Fruit, []byte(k), bytes.Repeat([]byte(k), 10<<10))
		}))
	}
	err = errors.Join(err, s.Check(t.Context()), s.Close())
	f, errOpen := os.OpenFile(path, os.O_RDWR, 0)
	if err = errors.Join(err, errOpen); err != nil {
		return err
	}
	return errors.Join(do(f), f.Close())
}

func TestCheckFindsDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	err := damage(t, path, func(f *os.File) error {
		const page = 16 << 10
		info, err := f.Stat()
		if err != nil {
			return err
		}
		// Each page begins with its number; those with the values of "a" are
		// given another.
		for at := int64(2 * page); at < info.Size(); at += page {
			content := make([]byte, page)
			if _, err := f.ReadAt(content, at); err != nil {
				return err
			}
			if !bytes.Contains(content, bytes.Repeat([]byte("a"), page/2)) {
				continue
			}
			if _, err := f.WriteAt([]byte{0xff}, at); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := bolt.Open(path, options)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	defer s.Close()
	wantError(t, s.Check(t.Context()), "check the store", "age", "255")
}

func TestOptions(t *testing.T) {
	for _, tc := range []struct {
		name string
		o    bolt.Options
		want []string
	}{
		{"no tables", bolt.Options{}, []string{"no tables"}},
		{"all problems at once", bolt.Options{
			Tables:   []store.Table{"", "_own", "a", "a"},
			Appended: []store.Table{"b"},
			Reserve:  -1,
		}, []string{`""`, `"_own"`, `"a" is given twice`, `"b" is not among`, "negative"}},
		{"size limit", bolt.Options{Tables: storetest.Tables, MaxSize: 64 << 20}, []string{"too small", "at least 100663296"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			_, err := bolt.Create(path, tc.o)
			wantError(t, err, append(tc.want, "create store "+path)...)
			_, err = bolt.Open(path, tc.o)
			wantError(t, err, append(tc.want, "open store "+path)...)
		})
	}
}
