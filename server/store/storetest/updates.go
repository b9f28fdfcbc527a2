package storetest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/spsalert/spsalert/server/store"
)

func testIsolation(t *testing.T, open opener) {
	s := open(t, nil)
	fill(t, s, Fruit)
	want := map[string]string{"a": "A", "b": "B", "c": "C", "d": "D", "e": "E"}
	err := s.View(t.Context(), func(r store.Reader) error {
		// An Update on another goroutine is done while this View is open.
		done := make(chan error)
		go func() {
			done <- s.Update(t.Context(), func(tx store.Tx) error {
				if err := tx.Delete(Fruit, []byte("a")); err != nil {
					return err
				}
				return tx.Put(Fruit, []byte("b"), []byte("changed"))
			})
		}()
		if err := <-done; err != nil {
			return fmt.Errorf("update: %w", err)
		}
		return expectModel(r, Fruit, want)
	})
	if err != nil {
		t.Errorf("View during an Update: %v", err)
	}
	expect(t, s, Fruit, map[string]string{"b": "changed", "c": "C", "d": "D", "e": "E"})

	// What an Update writes is seen by nobody before it has returned.
	running, hold, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- s.Update(t.Context(), func(tx store.Tx) error {
			err := tx.Put(Pests, []byte("k"), []byte("v"))
			close(running)
			<-hold
			return err
		})
	}()
	<-running
	expect(t, s, Pests, map[string]string{})
	close(hold)
	if err := <-done; err != nil {
		t.Errorf("Update: %v", err)
	}
	expect(t, s, Pests, map[string]string{"k": "v"})

	sentinel := errors.New("from the function")
	if err := s.View(t.Context(), func(store.Reader) error { return sentinel }); !errors.Is(err, sentinel) {
		t.Errorf("View = %v, want %v", err, sentinel)
	}
}

func testConcurrent(t *testing.T, open opener) {
	s := open(t, nil)
	want := map[string]string{}
	var wg sync.WaitGroup
	for i := range 1000 {
		key := fmt.Sprintf("%04d", i)
		want[key] = key
		wg.Go(func() {
			err := s.Update(t.Context(), func(tx store.Tx) error {
				return tx.Put(Fruit, []byte(key), []byte(key))
			})
			if err != nil {
				t.Errorf("Update %s: %v", key, err)
				return
			}
			err = s.View(t.Context(), func(r store.Reader) error {
				if got, err := r.Get(Fruit, []byte(key)); string(got) != key || err != nil {
					t.Errorf("Get %s after its Update = %q, %v", key, got, err)
				}
				return nil
			})
			if err != nil {
				t.Errorf("View: %v", err)
			}
		})
	}
	wg.Wait()
	expect(t, s, Fruit, want)
	backup := new(strings.Builder)
	if err := s.Backup(t.Context(), backup); err != nil {
		t.Fatalf("Backup: %v", err)
	}
	expect(t, open(t, strings.NewReader(backup.String())), Fruit, want)
}

// increment adds one to a counter and returns what it is then.
func increment(tx store.Tx) (uint64, error) {
	value, err := tx.Get(Fruit, []byte("counter"))
	if err != nil {
		return 0, err
	}
	var n uint64
	if value != nil {
		n = binary.BigEndian.Uint64(value)
	}
	n++
	return n, tx.Put(Fruit, []byte("counter"), binary.BigEndian.AppendUint64(nil, n))
}

func testSerial(t *testing.T, open opener) {
	s := open(t, nil)
	const updates = 300
	var mu sync.Mutex
	seen := map[uint64]bool{}
	var wg sync.WaitGroup
	for range updates {
		wg.Go(func() {
			var n uint64
			err := s.Update(t.Context(), func(tx store.Tx) (err error) {
				n, err = increment(tx)
				return err
			})
			if err != nil {
				t.Errorf("Update: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			if seen[n] {
				t.Errorf("two Updates counted to %d", n)
			}
			seen[n] = true
		})
	}
	wg.Wait()
	for n := range uint64(updates) {
		if !seen[n+1] {
			t.Errorf("no Update counted to %d", n+1)
		}
	}
}

func testErrorDrops(t *testing.T, open opener) {
	s := open(t, nil)
	put(t, s, Fruit, "a", "before")
	sentinel := errors.New("from the function")
	err := s.Update(t.Context(), func(tx store.Tx) error {
		if err := tx.Put(Fruit, []byte("a"), []byte("after")); err != nil {
			return err
		}
		if err := tx.Put(Fruit, []byte("b"), []byte("after")); err != nil {
			return err
		}
		if err := tx.Delete(Fruit, []byte("a")); err != nil {
			return err
		}
		return sentinel
	})
	if err != sentinel { //nolint:errorlint // the very error is wanted
		t.Errorf("Update = %v, want %v", err, sentinel)
	}
	expect(t, s, Fruit, map[string]string{"a": "before"})
}

// testErrorAmongOthers has many Updates share commits, of which some fail,
// early and late, with and without having written. It runs in a bubble.
func testErrorAmongOthers(t *testing.T, open opener) {
	s := open(t, nil)
	put(t, s, Pests, "shared", "")
	sentinel := errors.New("from the function")
	release := occupy(t, s)
	want := map[string]string{}
	counted := 0
	var wg sync.WaitGroup
	for i := range 100 {
		key := fmt.Sprintf("%03d", i)
		fails, writes := i%3 == 0, i%2 == 0
		if !fails {
			counted++
			want[key] = "kept"
		}
		wg.Go(func() {
			err := s.Update(t.Context(), func(tx store.Tx) error {
				if fails && !writes {
					return sentinel
				}
				for _, k := range []string{key, key + "+", "shared"} {
					if err := tx.Put(Pests, []byte(k), []byte(key)); err != nil {
						return err
					}
				}
				if err := tx.Delete(Pests, []byte(key+"+")); err != nil {
					return err
				}
				if _, err := increment(tx); err != nil {
					return err
				}
				if fails {
					return sentinel
				}
				return tx.Put(Pests, []byte(key), []byte("kept"))
			})
			if fails && err != sentinel { //nolint:errorlint // the very error is wanted
				t.Errorf("Update %s = %v, want %v", key, err, sentinel)
			}
			if !fails && err != nil {
				t.Errorf("Update %s: %v", key, err)
			}
		})
	}
	synctest.Wait() // all are waiting
	release()
	wg.Wait()

	got := contents(t, s, Pests)
	if shared := got["shared"]; want[shared] == "" {
		t.Errorf("the shared key was written by Update %q, which failed", shared)
	}
	want["shared"] = got["shared"]
	expect(t, s, Pests, want)
	counter := string(binary.BigEndian.AppendUint64(nil, uint64(counted)))
	expect(t, s, Fruit, map[string]string{"counter": counter})
}

func testPanic(t *testing.T, open opener) {
	s := open(t, nil)
	release := occupy(t, s)
	cause := errors.New("the cause")
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			defer func() {
				v := recover()
				if (v != nil) != (i == 10) {
					t.Errorf("Update %d: recovered %v", i, v)
				}
				if err, _ := v.(error); v != nil && !errors.Is(err, cause) {
					t.Errorf("recovered %v, want an error that wraps %v", v, cause)
				}
			}()
			err := s.Update(t.Context(), func(tx store.Tx) error {
				if err := tx.Put(Pests, fmt.Appendf(nil, "%02d", i), nil); err != nil {
					return err
				}
				if i == 10 {
					panic(cause)
				}
				_, err := increment(tx)
				return err
			})
			if err != nil {
				t.Errorf("Update %d: %v", i, err)
			}
		})
	}
	synctest.Wait() // all are waiting
	release()
	wg.Wait()
	if got := contents(t, s, Pests); len(got) != 19 {
		t.Errorf("%d Updates are there, want 19: %v", len(got), got)
	}
	put(t, s, Pests, "later", "")

	defer func() {
		if v := recover(); v == nil {
			t.Error("a panic in a View did not reach its caller")
		}
		put(t, s, Pests, "latest", "")
	}()
	_ = s.View(t.Context(), func(store.Reader) error { panic(cause) })
}

func testGoexit(t *testing.T, open opener) {
	s := open(t, nil)
	release := occupy(t, s)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			returned := false
			defer func() {
				if returned == (i == 10) {
					t.Errorf("Update %d returned: %t", i, returned)
				}
			}()
			err := s.Update(t.Context(), func(tx store.Tx) error {
				if err := tx.Put(Pests, fmt.Appendf(nil, "%02d", i), nil); err != nil {
					return err
				}
				if i == 10 {
					runtime.Goexit()
				}
				return nil
			})
			if err != nil {
				t.Errorf("Update %d: %v", i, err)
			}
			returned = true
		})
	}
	synctest.Wait() // all are waiting
	release()
	wg.Wait()
	if got := contents(t, s, Pests); len(got) != 19 {
		t.Errorf("%d Updates are there, want 19: %v", len(got), got)
	}
}

func testContextEnded(t *testing.T, open opener) {
	s := open(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	called := false
	if err := s.Update(ctx, func(store.Tx) error { called = true; return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("Update = %v, want %v", err, context.Canceled)
	}
	if err := s.View(ctx, func(store.Reader) error { called = true; return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("View = %v, want %v", err, context.Canceled)
	}
	if called {
		t.Error("a function was called although its context had ended")
	}
}

func testContextWaiting(t *testing.T, open opener) {
	s := open(t, nil)
	release := occupy(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	called := false
	done := make(chan error, 1)
	go func() {
		done <- s.Update(ctx, func(tx store.Tx) error {
			called = true
			return tx.Put(Fruit, []byte("dropped"), nil)
		})
	}()
	synctest.Wait() // it is waiting
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Update = %v, want %v", err, context.Canceled)
	}
	release()
	put(t, s, Fruit, "later", "")
	if called {
		t.Error("the function was called after its Update had returned")
	}
	expect(t, s, Fruit, map[string]string{"later": ""})
}

func testContextRunning(t *testing.T, open opener) {
	s := open(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Update(ctx, func(tx store.Tx) error {
		cancel()
		return tx.Put(Fruit, []byte("k"), nil)
	})
	if err != nil {
		t.Errorf("Update whose context ended while it ran: %v", err)
	}
	expect(t, s, Fruit, map[string]string{"k": ""})
}
