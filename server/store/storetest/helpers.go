package storetest

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/server/store"
)

// put puts one item and expects no error.
func put(t *testing.T, s store.Store, table store.Table, key, value string) {
	t.Helper()
	err := s.Update(t.Context(), func(tx store.Tx) error {
		return tx.Put(table, []byte(key), []byte(value))
	})
	if err != nil {
		t.Fatalf("Update that puts %q: %v", key, err)
	}
}

// fill puts "a" to "e" with their capitals.
func fill(t *testing.T, s store.Store, table store.Table) {
	t.Helper()
	err := s.Update(t.Context(), func(tx store.Tx) error {
		for _, k := range []string{"c", "a", "e", "b", "d"} {
			if err := tx.Put(table, []byte(k), []byte{k[0] - 'a' + 'A'}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("Update that fills %s: %v", table, err)
	}
}

// scan collects "key=value", or returns the error that the scan ended with.
func scan(r store.Reader, table store.Table, from, to []byte, back bool) ([]string, error) {
	var items []string
	for item, err := range r.Scan(table, from, to, back) {
		if err != nil {
			return items, err
		}
		items = append(items, string(item.Key)+"="+string(item.Value))
	}
	return items, nil
}

// contents returns the whole table, by a View.
func contents(t *testing.T, s store.Store, table store.Table) map[string]string {
	t.Helper()
	items := map[string]string{}
	err := s.View(t.Context(), func(r store.Reader) error {
		for item, err := range r.Scan(table, nil, nil, false) {
			if err != nil {
				return err
			}
			items[string(item.Key)] = string(item.Value)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("View of %s: %v", table, err)
	}
	return items
}

// expect compares the whole table.
func expect(t *testing.T, s store.Store, table store.Table, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, contents(t, s, table)); diff != "" {
		t.Errorf("table %s differs (-want +got):\n%s", table, diff)
	}
}

// expectModel compares both directions of a reader's table with a model.
func expectModel(r store.Reader, table store.Table, model map[string]string) error {
	var want []string
	for _, k := range slices.Sorted(maps.Keys(model)) {
		want = append(want, k+"="+model[k])
	}
	got, err := scan(r, table, nil, nil, false)
	if err != nil {
		return err
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("scan forward gives keys %.3q, want %.3q", got, want)
	}
	got, err = scan(r, table, nil, nil, true)
	if err != nil {
		return err
	}
	slices.Reverse(want)
	if !slices.Equal(got, want) {
		return fmt.Errorf("scan back gives keys %.3q, want %.3q", got, want)
	}
	return nil
}

// occupy runs an Update that holds the writer until release is called, and
// returns once it does. Updates that are made meanwhile wait.
func occupy(t *testing.T, s store.Store) (release func()) {
	t.Helper()
	running, hold, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	first := true
	go func() {
		done <- s.Update(t.Context(), func(store.Tx) error {
			if first {
				first = false
				close(running)
			}
			<-hold
			return nil
		})
	}()
	<-running
	return func() {
		t.Helper()
		close(hold)
		if err := <-done; err != nil {
			t.Errorf("Update that occupied the writer: %v", err)
		}
	}
}
