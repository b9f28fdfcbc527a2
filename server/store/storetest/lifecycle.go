package storetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"

	"github.com/spsalert/spsalert/server/store"
)

func testClosed(t *testing.T, open opener) {
	s := open(t, nil)
	if err := s.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	called := false
	for name, got := range map[string]error{
		"Update": s.Update(t.Context(), func(store.Tx) error { called = true; return nil }),
		"View":   s.View(t.Context(), func(store.Reader) error { called = true; return nil }),
		"Backup": s.Backup(t.Context(), io.Discard),
	} {
		if !errors.Is(got, store.ErrClosed) {
			t.Errorf("%s of a closed store = %v, want %v", name, got, store.ErrClosed)
		}
	}
	if called {
		t.Error("a function was called although the store is closed")
	}
	if err := s.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

func testCloseWaiting(t *testing.T, open opener) {
	s := open(t, nil)
	running, hold, begun := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		begun <- s.Update(t.Context(), func(tx store.Tx) error {
			close(running)
			<-hold
			return tx.Put(Fruit, []byte("begun"), nil)
		})
	}()
	<-running
	waiting := make(chan error, 1)
	go func() {
		waiting <- s.Update(t.Context(), func(store.Tx) error {
			t.Error("an Update that had not begun was run after Close")
			return nil
		})
	}()
	synctest.Wait() // it is waiting
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	if err := <-waiting; !errors.Is(err, store.ErrClosed) {
		t.Errorf("Update that was waiting = %v, want %v", err, store.ErrClosed)
	}
	select {
	case err := <-closed:
		t.Errorf("Close returned (%v) before the Update that had begun", err)
	default:
	}
	close(hold)
	if err := <-begun; err != nil {
		t.Errorf("Update that had begun before Close: %v", err)
	}
	if err := <-closed; err != nil {
		t.Errorf("Close: %v", err)
	}
}

func testBackup(t *testing.T, open opener) {
	s := open(t, nil)
	fill(t, s, Fruit)
	put(t, s, Pests, "large", bulky)
	var backup bytes.Buffer
	if err := s.Backup(t.Context(), &backup); err != nil {
		t.Fatalf("Backup: %v", err)
	}
	put(t, s, Fruit, "later", "")

	restored := open(t, &backup)
	expect(t, restored, Fruit, map[string]string{"a": "A", "b": "B", "c": "C", "d": "D", "e": "E"})
	expect(t, restored, Pests, map[string]string{"large": bulky})
	put(t, restored, Pests, "after the restore", "")
	expect(t, s, Pests, map[string]string{"large": bulky})
}

// failingWriter takes so many bytes and then fails, or calls then.
type failingWriter struct {
	left int
	then func() error
}

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		if err := w.then(); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

func testBackupStops(t *testing.T, open opener) {
	s := open(t, nil)
	for _, k := range []string{"a", "b", "c", "d"} {
		put(t, s, Fruit, k, string(bytes.Repeat([]byte(k), 1<<20)))
	}
	sentinel := errors.New("from the writer")
	err := s.Backup(t.Context(), &failingWriter{1 << 20, func() error { return sentinel }})
	if !errors.Is(err, sentinel) {
		t.Errorf("Backup to a writer that fails = %v, want %v", err, sentinel)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = s.Backup(ctx, &failingWriter{1 << 20, func() error { cancel(); return nil }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Backup whose context ends = %v, want %v", err, context.Canceled)
	}
	put(t, s, Pests, "later", "")
}
