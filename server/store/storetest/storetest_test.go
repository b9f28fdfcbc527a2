package storetest_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
	"github.com/spsalert/spsalert/server/store/storetest"
)

// open makes a store, from a backup if that is not nil.
func open(t *testing.T, backup io.Reader) store.Store {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.db")
	options := bolt.Options{Tables: storetest.Tables}
	var s store.Store
	var err error
	if backup == nil {
		s, err = bolt.Create(path, options)
	} else {
		var content bytes.Buffer
		if _, err := content.ReadFrom(backup); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err = bolt.Open(path, options)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func TestFaultyIsAStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, backup io.Reader) store.Store {
		return storetest.NewFaulty(open(t, backup))
	})
}

func TestFaults(t *testing.T) {
	put := func(tx store.Tx) error { return tx.Put(storetest.Fruit, []byte("k"), []byte("v")) }
	for _, tc := range []struct {
		name  string
		fault storetest.Fault
		want  string // what is there after the next start
	}{
		{"lost", storetest.Lost, ""},
		{"written", storetest.Written, "v"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inner := open(t, nil)
			s := storetest.NewFaulty(inner)
			s.Fail(tc.fault)
			sentinel := errors.New("from the function")
			if err := s.Update(t.Context(), func(store.Tx) error { return sentinel }); !errors.Is(err, sentinel) {
				t.Errorf("Update that fails by itself = %v, want %v", err, sentinel)
			}
			for name, got := range map[string]error{
				"Update":       s.Update(t.Context(), put),
				"later Update": s.Update(t.Context(), put),
				"later View":   s.View(t.Context(), func(store.Reader) error { return nil }),
				"later Backup": s.Backup(t.Context(), io.Discard),
			} {
				if !errors.Is(got, store.ErrUnknown) {
					t.Errorf("%s = %v, want %v", name, got, store.ErrUnknown)
				}
			}
			err := inner.View(t.Context(), func(r store.Reader) error {
				got, err := r.Get(storetest.Fruit, []byte("k"))
				if string(got) != tc.want {
					t.Errorf("value after the next start = %q, want %q", got, tc.want)
				}
				return err
			})
			if err != nil {
				t.Errorf("View after the next start: %v", err)
			}
		})
	}
	t.Run("full", func(t *testing.T) {
		s := storetest.NewFaulty(open(t, nil))
		s.SetFull(true)
		if err := s.Update(t.Context(), put); !errors.Is(err, store.ErrFull) {
			t.Errorf("Update = %v, want %v", err, store.ErrFull)
		}
		if err := s.Update(store.WithReserve(t.Context()), put); err != nil {
			t.Errorf("Update with the reserve: %v", err)
		}
		s.SetFull(false)
		if err := s.Update(t.Context(), put); err != nil {
			t.Errorf("Update after space was freed: %v", err)
		}
	})
}
