package bolt_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
	"github.com/spsalert/spsalert/server/store/storetest"
)

// write makes a closed store with one key.
func write(t *testing.T, path string, o bolt.Options) {
	t.Helper()
	s, err := bolt.Create(path, o)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), func(tx store.Tx) error { return tx.Put(storetest.Fruit, []byte("mango"), []byte("1")) })
	if err = errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	older := options
	older.Tables = []store.Table{storetest.Fruit}
	write(t, path, older)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	newer := options
	newer.Format = 3
	first, err := bolt.OpenReadOnly(path, newer)
	if err != nil {
		t.Fatal(err)
	}
	second, err := bolt.OpenReadOnly(path, newer)
	if err != nil {
		t.Fatalf("OpenReadOnly a second time: %v", err)
	}
	if first.Format() != 1 {
		t.Errorf("Format = %d, want 1", first.Format())
	}
	if _, err := bolt.Open(path, options); err == nil {
		t.Error("Open beside it: no error, want that another has the file open")
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	err = first.View(t.Context(), func(r store.Reader) error {
		if got, err := r.Get(storetest.Fruit, []byte("mango")); string(got) != "1" || err != nil {
			t.Errorf("Get = %q, %v, want 1", got, err)
		}
		if got, err := r.Get(storetest.Pests, []byte("mango")); got != nil || err != nil {
			t.Errorf("Get of a table that the file lacks = %q, %v, want none", got, err)
		}
		for item, err := range r.Scan(storetest.Pests, nil, nil, true) {
			t.Errorf("Scan of a table that the file lacks yields %v, %v", item, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if err := first.Update(t.Context(), func(store.Tx) error { return nil }); !errors.Is(err, bolt.ErrReadOnly) {
		t.Errorf("Update: %v, want %v", err, bolt.ErrReadOnly)
	}
	if err := first.Check(t.Context()); err != nil {
		t.Errorf("Check: %v", err)
	}
	var copied bytes.Buffer
	if err := first.Backup(t.Context(), &copied); err != nil || copied.Len() == 0 {
		t.Errorf("Backup: %v, %d bytes", err, copied.Len())
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file has changed (%v)", err)
	}
	if _, err := bolt.OpenReadOnly(path+"x", options); err == nil {
		t.Error("OpenReadOnly of no file: no error")
	}
}

func TestUpgrade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	write(t, path, options)
	newer := options
	newer.Format = 3
	var other *bolt.FormatError
	if _, err := bolt.Open(path, newer); !errors.As(err, &other) || !other.Older() || other.Found != 1 {
		t.Fatalf("Open of an older file: %v, want a FormatError", err)
	}
	grow := func(tx store.Tx, from int) error {
		old, err := tx.Get(storetest.Fruit, []byte("mango"))
		if err != nil {
			return err
		}
		return tx.Put(storetest.Fruit, []byte("mango"), append(bytes.Clone(old), byte('0'+from)))
	}
	broken := errors.New("no room")
	err := bolt.Upgrade(t.Context(), path, newer, func(tx store.Tx, from int) error {
		if from == 2 {
			return errors.Join(grow(tx, 7), broken)
		}
		return grow(tx, from)
	})
	if !errors.Is(err, broken) {
		t.Fatalf("Upgrade: %v, want %v", err, broken)
	}
	if _, err := bolt.Open(path, newer); !errors.As(err, &other) || other.Found != 2 {
		t.Fatalf("Open between two steps: %v, want format 2", err)
	}
	for range 2 { // the second time there is nothing to do
		if err := bolt.Upgrade(t.Context(), path, newer, grow); err != nil {
			t.Fatal(err)
		}
	}
	s, err := bolt.Open(path, newer)
	if err != nil {
		t.Fatal(err)
	}
	err = s.View(t.Context(), func(r store.Reader) error {
		if got, err := r.Get(storetest.Fruit, []byte("mango")); string(got) != "112" || err != nil {
			t.Errorf("value = %q, %v, want 112: each step once", got, err)
		}
		return nil
	})
	if err = errors.Join(err, s.Close()); err != nil {
		t.Error(err)
	}
	if _, err := bolt.Open(path, options); !errors.As(err, &other) || other.Older() || !strings.Contains(err.Error(), "use the version that wrote it") {
		t.Errorf("Open of a newer file: %v, want that another version wrote it", err)
	}
	if err := bolt.Upgrade(t.Context(), path, options, grow); !errors.As(err, &other) || other.Older() {
		t.Errorf("Upgrade of a newer file: %v, want that another version wrote it", err)
	}
}
