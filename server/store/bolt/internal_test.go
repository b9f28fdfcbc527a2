package bolt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"github.com/spsalert/spsalert/server/store"
)

const table store.Table = "table"

// openNew makes a store, which is closed when the test ends.
func openNew(t testing.TB, o Options) *Store {
	t.Helper()
	o.Tables = []store.Table{table}
	s, err := Create(filepath.Join(t.TempDir(), "ledger.db"), o)
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

func put(ctx context.Context, s *Store, key string, value []byte) error {
	return s.Update(ctx, func(tx store.Tx) error { return tx.Put(table, []byte(key), value) })
}

// keys returns all keys, separated by blanks.
func keys(t *testing.T, s *Store) string {
	t.Helper()
	var all []string
	err := s.View(t.Context(), func(r store.Reader) error {
		for item, err := range r.Scan(table, nil, nil, false) {
			if err != nil {
				return err
			}
			all = append(all, string(item.Key))
		}
		return nil
	})
	if err != nil {
		t.Fatalf("View: %v", err)
	}
	return strings.Join(all, " ")
}

func TestUpdatesDuringACommitShareTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 200
		s := openNew(t, Options{})
		hold := make(chan struct{})
		s.commit = func(tx *bbolt.Tx) error { <-hold; return tx.Commit() }

		var wg sync.WaitGroup
		update := func(i int) {
			wg.Go(func() {
				if err := put(t.Context(), s, fmt.Sprint(i), nil); err != nil {
					t.Errorf("Update %d: %v", i, err)
				}
			})
		}
		update(0)
		synctest.Wait() // the first is being committed
		for i := range n {
			update(i + 1)
		}
		synctest.Wait() // the others are waiting
		close(hold)
		wg.Wait()

		if got, want := s.Stats(), (Stats{Commits: 2, Updates: n + 1}); got != want {
			t.Errorf("Stats = %+v, want %+v", got, want)
		}
		if got := len(strings.Fields(keys(t, s))); got != n+1 {
			t.Errorf("%d keys are there, want %d", got, n+1)
		}
	})
}

func TestEachCommitIsTimed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var took []time.Duration
		s := openNew(t, Options{Committed: func(d time.Duration) { took = append(took, d) }})
		slow, broken := 40*time.Millisecond, false
		s.commit = func(tx *bbolt.Tx) error {
			time.Sleep(slow)
			if broken {
				return errors.New("no disk")
			}
			return tx.Commit()
		}
		for _, key := range []string{"a", "b"} {
			if err := put(t.Context(), s, key, nil); err != nil {
				t.Fatal(err)
			}
			slow *= 2
		}
		broken = true
		if err := put(t.Context(), s, "c", nil); !errors.Is(err, store.ErrUnknown) {
			t.Errorf("Update after a commit error: %v, want ErrUnknown", err)
		}
		if want := []time.Duration{40 * time.Millisecond, 80 * time.Millisecond}; !slices.Equal(took, want) {
			t.Errorf("commits took %v, want %v", took, want)
		}
	})
}

func TestFailuresCostTwoPassesAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 100
		s := openNew(t, Options{})
		release := occupy(t, s)
		sentinel := errors.New("from the function")
		calls := 0
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				err := s.Update(t.Context(), func(tx store.Tx) error {
					calls++
					if err := tx.Put(table, fmt.Append(nil, i), nil); err != nil || i == 0 {
						return err
					}
					return sentinel
				})
				if i > 0 && !errors.Is(err, sentinel) {
					t.Errorf("Update %d = %v, want %v", i, err, sentinel)
				}
			})
		}
		synctest.Wait()
		release()
		wg.Wait()
		if calls > 2*n {
			t.Errorf("%d Updates of which all but one fail were called %d times, want at most %d", n, calls, 2*n)
		}
		if got := keys(t, s); got != "0" {
			t.Errorf("keys = %q, want %q", got, "0")
		}
	})
}

// occupy holds the writer until release is called.
func occupy(t *testing.T, s *Store) (release func()) {
	t.Helper()
	running, hold := make(chan struct{}), make(chan struct{})
	go func() {
		err := s.Update(t.Context(), func(store.Tx) error {
			close(running)
			<-hold
			return nil
		})
		if err != nil {
			t.Errorf("Update that occupies the writer: %v", err)
		}
	}()
	<-running
	return func() { close(hold) }
}

func TestNothingWrittenIsNoCommit(t *testing.T) {
	s := openNew(t, Options{})
	if err := s.Update(t.Context(), func(store.Tx) error { return nil }); err != nil {
		t.Errorf("Update that writes nothing: %v", err)
	}
	sentinel := errors.New("from the function")
	err := s.Update(t.Context(), func(tx store.Tx) error {
		return errors.Join(tx.Put(table, []byte("k"), nil), sentinel)
	})
	if !errors.Is(err, sentinel) {
		t.Errorf("Update that fails = %v, want %v", err, sentinel)
	}
	if got := s.Stats(); got != (Stats{}) {
		t.Errorf("Stats = %+v, want nothing", got)
	}
}

func TestLargeGroupsAreDivided(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openNew(t, Options{})
		release := occupy(t, s)
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				if err := put(t.Context(), s, fmt.Sprint(i), make([]byte, 1<<20)); err != nil {
					t.Errorf("Update %d: %v", i, err)
				}
			})
		}
		synctest.Wait()
		release()
		wg.Wait()
		if got := s.Stats(); got.Commits != 3 || got.Updates != 10 {
			t.Errorf("10 Updates of 1 MiB took %d commits of %d Updates, want 3 of 10", got.Commits, got.Updates)
		}
	})
}

// TestCommitError has the disk fail in both ways: what was to be written is
// lost, and it is there although it was reported lost.
func TestCommitError(t *testing.T) {
	errDisk := errors.New("input/output error")
	for _, tc := range []struct {
		name   string
		commit func(*bbolt.Tx) error
		want   string // the keys after the next start
	}{
		{"write lost", func(tx *bbolt.Tx) error { return errors.Join(tx.Rollback(), errDisk) }, "before"},
		{"write there", func(tx *bbolt.Tx) error { return errors.Join(tx.Commit(), errDisk) }, "a b before"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger.db")
			synctest.Test(t, func(t *testing.T) { failCommit(t, path, tc.commit, errDisk) })
			s, err := Open(path, Options{Tables: []store.Table{table}})
			if err != nil {
				t.Fatalf("Open at the next start: %v", err)
			}
			defer s.Close()
			if got := keys(t, s); got != tc.want {
				t.Errorf("keys after the next start = %q, want %q", got, tc.want)
			}
			if err := s.Check(t.Context()); err != nil {
				t.Errorf("Check after the next start: %v", err)
			}
			if err := put(t.Context(), s, "later", nil); err != nil {
				t.Errorf("Update after the next start: %v", err)
			}
		})
	}
}

// failCommit runs a group into a commit error, with Updates waiting behind it
// and a View that came when the commit was written, and closes the store.
func failCommit(t *testing.T, path string, commit func(*bbolt.Tx) error, errDisk error) {
	t.Helper()
	s, err := Create(path, Options{Tables: []store.Table{table}})
	if err != nil {
		t.Fatal(err)
	}
	if err := put(t.Context(), s, "before", nil); err != nil {
		t.Fatal(err)
	}
	hold := make(chan struct{})
	s.commit = func(tx *bbolt.Tx) error {
		err := commit(tx)
		<-hold
		return err
	}
	check := func(name string, err error) {
		if !errors.Is(err, store.ErrUnknown) || !errors.Is(err, errDisk) {
			t.Errorf("%s = %v, want an error that is %q and names %q", name, err, store.ErrUnknown, errDisk)
		}
	}
	var wg sync.WaitGroup
	release := occupy(t, s)
	wg.Go(func() { check("first of the group", put(t.Context(), s, "a", nil)) })
	synctest.Wait()
	wg.Go(func() {
		// Its error may come from what "a" wrote, so it cannot be returned.
		check("one that failed by itself", s.Update(t.Context(), func(tx store.Tx) error {
			return errors.New("there is already an a")
		}))
	})
	wg.Go(func() { check("last of the group", put(t.Context(), s, "b", nil)) })
	synctest.Wait()
	release()
	synctest.Wait() // the group is being committed
	wg.Go(func() { check("one that waited", put(t.Context(), s, "c", nil)) })
	wg.Go(func() {
		err := s.View(t.Context(), func(r store.Reader) error {
			if got, err := r.Get(table, []byte("a")); got != nil {
				t.Errorf("a View saw %q of a commit that was never reported durable (%v)", got, err)
			}
			return nil
		})
		if err != nil { // it came too late to see the state before
			check("View during the commit", err)
		}
	})
	synctest.Wait()
	close(hold)
	wg.Wait()

	unused := func(store.Reader) error { t.Error("a function was called after the error"); return nil }
	check("later Update", s.Update(t.Context(), func(tx store.Tx) error { return unused(tx) }))
	check("later View", s.View(t.Context(), unused))
	check("later Backup", s.Backup(t.Context(), io.Discard))
	if err := s.Close(); err != nil {
		t.Errorf("Close after the error: %v", err)
	}
	check("Update after Close", s.Update(t.Context(), func(tx store.Tx) error { return unused(tx) }))
}

// TestViewShowsOnlyWhatIsDurable has a View begin between the moment when
// bbolt shows a commit and the moment when it is known to be on disk.
func TestViewShowsOnlyWhatIsDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openNew(t, Options{})
		synced := make(chan struct{})
		s.commit = func(tx *bbolt.Tx) error {
			err := tx.Commit()
			<-synced
			return err
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := put(t.Context(), s, "k", nil); err != nil {
				t.Errorf("Update: %v", err)
			}
		})
		synctest.Wait()
		var viewed string
		wg.Go(func() { viewed = keys(t, s) })
		var backup bytes.Buffer
		wg.Go(func() {
			if err := s.Backup(t.Context(), &backup); err != nil {
				t.Errorf("Backup: %v", err)
			}
		})
		ctx, cancel := context.WithCancel(t.Context())
		wg.Go(func() {
			err := s.View(ctx, func(store.Reader) error { return nil })
			if !errors.Is(err, context.Canceled) {
				t.Errorf("View whose context ended while it waited = %v, want %v", err, context.Canceled)
			}
		})
		synctest.Wait()
		cancel()
		synctest.Wait()
		if viewed != "" || backup.Len() > 0 {
			t.Errorf("before the sync a View saw %q and a Backup wrote %d bytes, want both to wait", viewed, backup.Len())
		}
		close(synced)
		wg.Wait()
		if viewed != "k" {
			t.Errorf("after the sync the View saw %q, want %q", viewed, "k")
		}
	})
}

func TestBeginError(t *testing.T) {
	s := openNew(t, Options{})
	if err := s.db.Close(); err != nil { // behind its back
		t.Fatal(err)
	}
	if err := s.View(t.Context(), func(store.Reader) error { return nil }); !errors.Is(err, store.ErrClosed) {
		t.Errorf("View = %v, want %v", err, store.ErrClosed)
	}
	err := put(t.Context(), s, "k", nil)
	if !errors.Is(err, store.ErrUnknown) || !errors.Is(err, bbolterrors.ErrDatabaseNotOpen) {
		t.Errorf("Update = %v, want an error that is %q and %q", err, store.ErrUnknown, bbolterrors.ErrDatabaseNotOpen)
	}
}
