package oracle

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
)

// Sightings are what the watches of all nodes have shown.
type Sightings struct {
	mu    sync.Mutex
	count map[certs.Office]map[string]int
	moved chan struct{}
}

// WatchAll watches every node, over all restarts, until the end of the test.
func WatchAll(t testing.TB, nodes Clients) *Sightings {
	t.Helper()
	s := &Sightings{count: map[certs.Office]map[string]int{}, moved: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	var watches sync.WaitGroup
	for office, node := range nodes {
		s.count[office] = map[string]int{}
		watches.Go(func() {
			for event, err := range node.Watch(ctx, client.WatchOptions{}) {
				if err != nil {
					if ctx.Err() == nil {
						t.Errorf("watch %s: %v", office, err)
					}
					return
				}
				s.see(office, event.Statement.GetName())
			}
		})
	}
	t.Cleanup(func() {
		cancel()
		watches.Wait()
	})
	return s
}

func (s *Sightings) see(at certs.Office, name string) {
	if name == "" {
		return // a receipt
	}
	s.mu.Lock()
	s.count[at][name]++
	s.mu.Unlock()
	select {
	case s.moved <- struct{}{}:
	default:
	}
}

// Check waits until each watch has shown everything that was issued for it, and
// holds that none has shown anything twice, or anything else.
func (s *Sightings) Check(t testing.TB, all []Request) {
	t.Helper()
	want := map[certs.Office]map[string]int{}
	for office := range s.count {
		want[office] = map[string]int{}
		for _, r := range all {
			if to := r.Issued.GetAudience(); to.GetNetwork() || slices.Contains(to.GetOffices(), string(office)) {
				want[office][r.Issued.GetName()] = 1
			}
		}
	}
	deadline := time.After(20 * time.Second)
	for {
		s.mu.Lock()
		same := maps.EqualFunc(want, s.count, maps.Equal[map[string]int, map[string]int])
		s.mu.Unlock()
		if same {
			return
		}
		select {
		case <-s.moved:
		case <-deadline:
			s.complain(t, want)
			return
		}
	}
}

func (s *Sightings) complain(t testing.TB, want map[certs.Office]map[string]int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for office := range want {
		for name := range want[office] {
			if got := s.count[office][name]; got != 1 {
				t.Errorf("the watch of %s has shown %s %d times, want once", office, name, got)
			}
		}
		for name := range s.count[office] {
			if want[office][name] == 0 {
				t.Errorf("the watch of %s has shown %s, want never", office, name)
			}
		}
	}
}
