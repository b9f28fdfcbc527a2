package server

import (
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
)

const words store.Table = "words"

// value returns what a store keeps under its one key.
func value(t *testing.T, s *bolt.Store) string {
	t.Helper()
	var v string
	err := s.View(t.Context(), func(r store.Reader) error {
		b, err := r.Get(words, []byte("mango"))
		v = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAStoreIsCopiedBeforeItsFormatChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	old := bolt.Options{Tables: []store.Table{words}, InitialMmapSize: 64 << 20, Format: 1}
	s, err := bolt.Create(path, old)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), func(tx store.Tx) error { return tx.Put(words, []byte("mango"), []byte("old")) })
	if err = errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	present := old
	present.Format = 2
	logger, now := slog.New(slog.DiscardHandler), time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	change := func(tx store.Tx, _ int) error { return tx.Put(words, []byte("mango"), []byte("new")) }
	broken := errors.New("broken")
	fail := func(store.Tx, int) error { return broken }
	if err := upgradeStore(t.Context(), path, present, fail, logger, now); !errors.Is(err, broken) {
		t.Fatalf("upgradeStore with a step that fails: %v, want %v", err, broken)
	}
	if err := upgradeStore(t.Context(), path, present, change, logger, now); err != nil {
		t.Fatal(err)
	}
	// There is nothing to do any more.
	if err := upgradeStore(t.Context(), path, present, fail, logger, now.Add(time.Hour)); err != nil {
		t.Errorf("upgradeStore of the present format: %v", err)
	}
	for file, want := range map[string]string{path: "new", path + ".format-1-20260301T080000Z": "old"} {
		s, err := bolt.OpenReadOnly(file, present)
		if err != nil {
			t.Fatal(err)
		}
		if got := value(t, s); got != want {
			t.Errorf("%s holds %q, want %q", file, got, want)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if copies, err := filepath.Glob(path + ".*"); err != nil || len(copies) != 1 {
		t.Errorf("beside it are %v, %v, want one copy", copies, err)
	}
	if err := upgradeStore(t.Context(), path, old, change, logger, now); err == nil || !strings.Contains(err.Error(), "use the version that wrote it") {
		t.Errorf("upgradeStore of a newer format: %v, want that another version wrote it", err)
	}
}
