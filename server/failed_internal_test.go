package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"testing"

	"github.com/spsalert/spsalert/server/store"
)

// unknownStore is a store whose disk has reported an error.
type unknownStore struct{ store.Store }

var errDisk = fmt.Errorf("commit: %w", store.ErrUnknown)

func (unknownStore) Update(context.Context, func(store.Tx) error) error   { return errDisk }
func (unknownStore) View(context.Context, func(store.Reader) error) error { return errDisk }

func TestUnknownOutcomeIsToldOnce(t *testing.T) {
	for _, tc := range []struct {
		name string
		use  func(store.Store) error
	}{
		{"update", func(s store.Store) error { return s.Update(t.Context(), nil) }},
		{"view", func(s store.Store) error { return s.View(t.Context(), nil) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var told []error
			guarded := guardedStore{Store: unknownStore{}, full: new(atomic.Bool), unknown: func(err error) { told = append(told, err) }}
			if err := tc.use(guarded); !errors.Is(err, store.ErrUnknown) {
				t.Errorf("%s = %v, want ErrUnknown", tc.name, err)
			}
			if len(told) != 1 || !errors.Is(told[0], store.ErrUnknown) {
				t.Errorf("told %v, want ErrUnknown once", told)
			}
		})
	}
}

func TestFailedLeavesWordForTheNextStart(t *testing.T) {
	s := &Server{config: Config{Data: t.TempDir()}, logger: slog.New(slog.DiscardHandler), failed: make(chan error, 1)}
	s.ready.Store(true)
	s.fail(errDisk)
	s.fail(errors.New("a second error"))
	if err := <-s.Failed(); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("Failed = %v, want the first error", err)
	}
	if s.ready.Load() {
		t.Error("the node is ready, want not")
	}
	if _, err := os.Stat(suspectFile(s.config)); err != nil {
		t.Errorf("the word for the next start: %v", err)
	}
}
