package kill

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// acked is a statement whose issue a node has acknowledged.
type acked struct {
	issuer    certs.Office
	audience  []certs.Office // who is to hold it besides the issuer
	requestID string
	statement *spsv1.Statement
	issued    *spsv1.IssuedStatement
}

// record is the recorder of the oracle: everything that was acknowledged.
type record struct {
	mu  sync.Mutex
	all []acked
}

func (r *record) add(a acked) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, a)
}

// awaitReceipts waits until each node holds the receipts of all others over the
// whole of its log.
func awaitReceipts(ctx context.Context, t *testing.T, nodes map[certs.Office]*client.Client) {
	t.Helper()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	began := time.Now()
	for {
		behind := map[string]string{}
		for office, node := range nodes {
			peers, err := node.Peers(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range peers {
				if p.GetReceiptSize() < p.GetOwnSize() || p.GetOwnSize() == 0 {
					behind[string(office)+" to "+p.GetOffice()] = fmt.Sprintf("%d of %d, connected %t, last error %q",
						p.GetReceiptSize(), p.GetOwnSize(), p.GetConnected(), p.GetLastError())
				}
			}
		}
		if len(behind) == 0 {
			t.Logf("everything receipted %s after the last kill", time.Since(began).Round(time.Millisecond))
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("not receipted: %v", behind)
		}
	}
}

// askAgain repeats issues, as a client does that did not hear the answer. Each
// gets the answer of the first time.
func askAgain(ctx context.Context, t *testing.T, nodes map[certs.Office]*client.Client, all []acked) {
	t.Helper()
	for i := 0; i < len(all); i += 1 + len(all)/100 {
		a := all[i]
		again, err := nodes[a.issuer].Issue(ctx, a.statement, a.requestID)
		if err != nil {
			t.Errorf("issue %s again: %v", a.issued.GetName(), err)
			continue
		}
		if got, want := again.GetName()+again.GetReference(), a.issued.GetName()+a.issued.GetReference(); got != want {
			t.Errorf("issued again as %s, want %s", got, want)
		}
	}
}

// held is what a node holds: the digest of each envelope, by name.
type held map[string][sha256.Size]byte

func readAll(ctx context.Context, t *testing.T, nodes map[certs.Office]*client.Client) map[certs.Office]held {
	t.Helper()
	all := map[certs.Office]held{}
	for office, node := range nodes {
		all[office] = held{}
		references := map[string]string{}
		for s, err := range node.Statements(ctx, client.ListOptions{View: spsv1.StatementView_STATEMENT_VIEW_FULL, PageSize: 200}) {
			if err != nil {
				t.Fatal(err)
			}
			if _, twice := all[office][s.GetName()]; twice {
				t.Errorf("%s lists %s twice", office, s.GetName())
			}
			if other, twice := references[s.GetReference()]; twice {
				t.Errorf("%s and %s have the same reference %s", other, s.GetName(), s.GetReference())
			}
			references[s.GetReference()] = s.GetName()
			all[office][s.GetName()] = sha256.Sum256(s.GetEnvelope())
		}
	}
	return all
}

// compare holds what the nodes hold against what was acknowledged.
func compare(t *testing.T, all []acked, at map[certs.Office]held) {
	t.Helper()
	want := map[certs.Office]held{}
	for _, office := range offices {
		want[office] = held{}
	}
	for _, a := range all {
		name := a.issued.GetName()
		original, ok := at[a.issuer][name]
		if !ok {
			t.Errorf("%s was acknowledged and is not at %s", name, a.issuer)
			continue
		}
		if _, twice := want[a.issuer][name]; twice {
			t.Errorf("%s was acknowledged for two requests", name)
		}
		want[a.issuer][name] = original
		for _, office := range a.audience {
			want[office][name] = original
		}
	}
	for _, office := range offices {
		for name, digest := range want[office] {
			if got, ok := at[office][name]; !ok {
				t.Errorf("%s does not hold %s", office, name)
			} else if got != digest {
				t.Errorf("%s holds other bytes of %s", office, name)
			}
		}
		for name := range at[office] {
			if _, ok := want[office][name]; !ok {
				t.Errorf("%s holds %s, which nobody was told was issued for it", office, name)
			}
		}
	}
}

// sightings are what the watches of all nodes have shown.
type sightings struct {
	mu    sync.Mutex
	count map[certs.Office]map[string]int
	moved chan struct{}
}

// watchAll watches every node, over all kills, until the end of the test.
func watchAll(t *testing.T, nodes map[certs.Office]*client.Client) *sightings {
	t.Helper()
	s := &sightings{count: map[certs.Office]map[string]int{}, moved: make(chan struct{}, 1)}
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

func (s *sightings) see(at certs.Office, name string) {
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

// check waits until each watch has shown everything, and holds that none has
// shown anything twice.
func (s *sightings) check(t *testing.T, all []acked) {
	t.Helper()
	want := map[certs.Office]map[string]int{}
	for _, office := range offices {
		want[office] = map[string]int{}
	}
	for _, a := range all {
		for _, office := range append([]certs.Office{a.issuer}, a.audience...) {
			want[office][a.issued.GetName()] = 1
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

func (s *sightings) complain(t *testing.T, want map[certs.Office]map[string]int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, office := range offices {
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
