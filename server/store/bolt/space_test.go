package bolt

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/spsalert/spsalert/server/store"
)

// limitDisk makes the disk of s have so many bytes free.
func limitDisk(s *Store, bytes int64) *atomic.Int64 {
	free := new(atomic.Int64)
	free.Store(bytes)
	s.freeDisk = func() (int64, error) { return free.Load(), nil }
	return free
}

func TestFullDisk(t *testing.T) {
	s := openNew(t, Options{})
	free := limitDisk(s, DefaultReserve+16<<20)
	if err := put(t.Context(), s, "room", nil); err != nil {
		t.Fatalf("Update with room: %v", err)
	}
	if room, err := s.Room(t.Context()); room != 16<<20 || err != nil {
		t.Errorf("Room = %d, %v, want %d", room, err, 16<<20)
	}
	if err := put(t.Context(), s, "too large", make([]byte, 16<<20)); !errors.Is(err, store.ErrFull) {
		t.Errorf("Update that would touch the reserve = %v, want %v", err, store.ErrFull)
	}
	if err := put(t.Context(), s, "small", nil); err != nil {
		t.Errorf("small Update after one that was too large: %v", err)
	}

	free.Store(DefaultReserve - 1)
	called := false
	err := s.Update(t.Context(), func(store.Tx) error { called = true; return nil })
	if !errors.Is(err, store.ErrFull) || called {
		t.Errorf("Update of a full store = %v (called: %t), want %v before it is called", err, called, store.ErrFull)
	}
	if room, err := s.Room(t.Context()); room != -1 || err != nil {
		t.Errorf("Room = %d, %v, want -1", room, err)
	}
	urgent := store.WithReserve(t.Context())
	if err := put(urgent, s, "urgent", nil); err != nil {
		t.Errorf("urgent Update of a full store: %v", err)
	}
	free.Store(margin)
	if err := put(urgent, s, "not even urgent", nil); !errors.Is(err, store.ErrFull) {
		t.Errorf("urgent Update of a disk without space = %v, want %v", err, store.ErrFull)
	}
	if got, want := keys(t, s), "room small urgent"; got != want {
		t.Errorf("keys of a full store = %q, want %q", got, want)
	}

	free.Store(1 << 40)
	if err := put(t.Context(), s, "again", nil); err != nil {
		t.Errorf("Update after space was freed: %v", err)
	}
}

func TestFreeDiskError(t *testing.T) {
	s := openNew(t, Options{})
	ask := s.freeDisk
	errAsk := errors.New("no answer")
	s.freeDisk = func() (int64, error) { return 0, errAsk }
	if err := put(t.Context(), s, "k", nil); !errors.Is(err, errAsk) || errors.Is(err, store.ErrUnknown) {
		t.Errorf("Update = %v, want %v and not %v", err, errAsk, store.ErrUnknown)
	}
	if _, err := s.Room(t.Context()); !errors.Is(err, errAsk) {
		t.Errorf("Room = %v, want %v", err, errAsk)
	}
	s.freeDisk = ask
	if err := put(t.Context(), s, "k", nil); err != nil {
		t.Errorf("Update afterwards: %v", err)
	}
	if _, err := freeDisk(t.TempDir() + "/none"); err == nil {
		t.Error("freeDisk of a folder that is not there returned no error")
	}
}

// TestSizeLimit fills a file up to its limit, deletes, and fills it again.
func TestSizeLimit(t *testing.T) {
	const value, reserve = 256 << 10, 8 << 20
	s := openNew(t, Options{MaxSize: reserve + 2*allocSize, Reserve: reserve})
	fill := func(ctx context.Context, prefix string) (n int) {
		for ; ; n++ {
			err := put(ctx, s, fmt.Sprint(prefix, n), make([]byte, value))
			if errors.Is(err, store.ErrFull) {
				return n
			}
			if err != nil {
				t.Fatalf("Update %s%d: %v", prefix, n, err)
			}
		}
	}
	n := fill(t.Context(), "ordinary")
	if size := n * value; size < allocSize/2 || size > allocSize {
		t.Errorf("%d bytes fit before the reserve, want at most %d and at least half", size, allocSize)
	}
	urgent := store.WithReserve(t.Context())
	if err := put(urgent, s, "urgent", make([]byte, value)); err != nil {
		t.Errorf("urgent Update of a full store: %v", err)
	}
	err := s.Update(urgent, func(tx store.Tx) error {
		for item, err := range tx.Scan(table, nil, []byte("p"), false) {
			if err := errors.Join(err, tx.Delete(table, item.Key)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("urgent Update that deletes: %v", err)
	}
	if room, err := s.Room(t.Context()); room < int64(n*value/2) || err != nil {
		t.Errorf("Room after deleting %d bytes = %d, %v", n*value, room, err)
	}
	if again := fill(t.Context(), "again"); again < n/2 {
		t.Errorf("after deleting %d values only %d fit", n, again)
	}
	if size := fill(urgent, "more") * value; size < reserve/2 || size > reserve {
		t.Errorf("%d bytes fit into the reserve, want at most %d and at least half", size, reserve)
	}
	if err := put(urgent, s, "too large", make([]byte, 64<<20)); !errors.Is(err, store.ErrFull) {
		t.Errorf("urgent Update beyond the limit = %v, want %v", err, store.ErrFull)
	}
	if room, err := s.Room(t.Context()); room > 0 || err != nil {
		t.Errorf("Room of a full store = %d, %v, want none", room, err)
	}
	s.db.MaxSize = 0
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestGroupThatDoesNotFit has a group of which a part fits: the urgent, and
// the small ones.
func TestGroupThatDoesNotFit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openNew(t, Options{})
		limitDisk(s, DefaultReserve+4<<20)
		release := occupy(t, s)
		var mu sync.Mutex
		got := map[string]error{}
		var wg sync.WaitGroup
		update := func(ctx context.Context, key string, size int) {
			wg.Go(func() {
				err := put(ctx, s, key, make([]byte, size))
				mu.Lock()
				defer mu.Unlock()
				got[key] = err
			})
		}
		update(t.Context(), "small 1", 1)
		update(t.Context(), "large", 3<<20)
		update(t.Context(), "small 2", 1)
		update(store.WithReserve(t.Context()), "urgent and large", 3<<20)
		synctest.Wait()
		release()
		wg.Wait()
		for key, err := range got {
			if key == "large" && !errors.Is(err, store.ErrFull) {
				t.Errorf("Update %s = %v, want %v", key, err, store.ErrFull)
			}
			if key != "large" && err != nil {
				t.Errorf("Update %s: %v", key, err)
			}
		}
		if got, want := keys(t, s), "small 1 small 2 urgent and large"; got != want {
			t.Errorf("keys = %q, want %q", got, want)
		}
	})
}
