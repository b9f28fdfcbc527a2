package bolt_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
	"github.com/spsalert/spsalert/server/store/storetest"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(victimEnv); path != "" {
		victim(path)
		return
	}
	goleak.VerifyTestMain(m)
}

var options = bolt.Options{Tables: storetest.Tables}

// create makes a store in a new folder. When the test ends it is checked whole
// and closed.
func create(t *testing.T, o bolt.Options) *bolt.Store {
	t.Helper()
	s, err := bolt.Create(filepath.Join(t.TempDir(), "ledger.db"), o)
	if err != nil {
		t.Fatal(err)
	}
	cleanUp(t, s)
	return s
}

func cleanUp(t *testing.T, s *bolt.Store) {
	t.Helper()
	t.Cleanup(func() {
		if err := s.Check(context.WithoutCancel(t.Context())); err != nil && !errors.Is(err, store.ErrClosed) {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T, backup io.Reader) store.Store {
		if backup == nil {
			return create(t, options)
		}
		path := filepath.Join(t.TempDir(), "restored.db")
		content, err := io.ReadAll(backup)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := bolt.Open(path, options)
		if err != nil {
			t.Fatal(err)
		}
		cleanUp(t, s)
		return s
	})
}
