package bolt_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
	"github.com/spsalert/spsalert/server/store/storetest"
)

// victimEnv has a process of this test run victim with the path that it holds.
const victimEnv = "STORE_TEST_VICTIM"

// victim opens or creates the store and updates it, many at once and for ever.
// It says "ready", and then the key of each Update that has returned.
func victim(path string) {
	s, err := bolt.Open(path, options)
	if errors.Is(err, fs.ErrNotExist) {
		s, err = bolt.Create(path, options)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("ready")
	var sequence atomic.Uint64
	var stdout sync.Mutex
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for {
				key := fmt.Sprintf("%d-%d", os.Getpid(), sequence.Add(1))
				err := s.Update(context.Background(), func(tx store.Tx) error {
					return errors.Join(
						tx.Put(storetest.Fruit, []byte(key), make([]byte, 2<<10)),
						tx.Put(storetest.Pests, []byte(key), nil),
					)
				})
				stdout.Lock()
				fmt.Println(key, err)
				stdout.Unlock()
			}
		})
	}
	wg.Wait()
}

// TestKill kills a process at random moments, those of creation included, and
// expects everything that it had acknowledged, and every Update whole.
func TestKill(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	path := filepath.Join(t.TempDir(), "ledger.db")
	acknowledged := map[string]bool{}
	for range 10 {
		runVictim(t, path, time.Duration(random.Int64N(int64(120*time.Millisecond))), acknowledged)
		expectKeys(t, path, acknowledged)
	}
	t.Logf("%d updates were acknowledged", len(acknowledged))
}

// runVictim starts a victim, kills it so long after its start, and adds what
// it acknowledged.
func runVictim(t *testing.T, path string, after time.Duration, acknowledged map[string]bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), victimEnv+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var key, result string
		switch n, _ := fmt.Sscan(lines.Text(), &key, &result); {
		case key == "ready":
		case n == 2 && result == "<nil>":
			acknowledged[key] = true
		case n == 2:
			t.Errorf("the victim says %q", lines.Text())
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the victim ended before it was killed")
	}
}

func expectKeys(t *testing.T, path string, acknowledged map[string]bool) {
	t.Helper()
	s, err := bolt.Open(path, options)
	if errors.Is(err, fs.ErrNotExist) && len(acknowledged) == 0 {
		return // killed before it was created
	}
	if err != nil {
		t.Fatalf("Open after a kill: %v", err)
	}
	defer s.Close()
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
	err = s.View(t.Context(), func(r store.Reader) error {
		for key := range acknowledged {
			if value, err := r.Get(storetest.Fruit, []byte(key)); value == nil {
				t.Errorf("acknowledged update %s is missing (%v)", key, err)
			}
		}
		for item, err := range r.Scan(storetest.Fruit, nil, nil, false) {
			if err != nil {
				return err
			}
			if other, err := r.Get(storetest.Pests, item.Key); other == nil {
				t.Errorf("half of update %s is missing (%v)", item.Key, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Errorf("View after a kill: %v", err)
	}
}
