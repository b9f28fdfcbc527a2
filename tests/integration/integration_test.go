package integration

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client/drill"
	"github.com/spsalert/spsalert/client/drill/drilltest"
)

const (
	notifications = 1000
	issuers       = 8 // requests under way at a time
	patience      = 2 * time.Minute
)

func TestMain(m *testing.M) { os.Exit(drilltest.Main(m)) }

// TestAnswers holds that the contract has every field that the system reads.
func TestAnswers(t *testing.T) {
	c := readContract(t)
	for _, err := range []error{
		c.answer("POST", issuePath, issued{}), c.answer("GET", listPath, page{}),
		c.answer("GET", pollPath, events{}), c.answer("GET", watchPath, event{}),
	} {
		if err != nil {
			t.Error(err)
		}
	}
}

// TestIntegration issues notifications while the node is killed, and later
// stopped and started, and follows them in two ways through both: each misses
// nothing and sees nothing twice, in the same order.
func TestIntegration(t *testing.T) {
	fed := drilltest.Start(t, drill.Options{Offices: []certs.Office{"VN"}})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	node := fed.Node("VN")
	s := connect(ctx, t, node)

	var acknowledged atomic.Int64
	reached := map[int64]chan struct{}{notifications / 3: make(chan struct{}), 2 * notifications / 3: make(chan struct{})}
	all, ctx := errgroup.WithContext(ctx)
	var polled, watched follower
	cuts := 0
	all.Go(func() error { return s.poll(ctx, polled.take) })
	all.Go(func() (err error) { cuts, err = s.watch(ctx, watched.take); return err })
	var mu sync.Mutex
	names := map[string]string{} // by number
	for i := range issuers {
		all.Go(func() error {
			for n := i; n < notifications; n += issuers {
				number := fmt.Sprintf("2026/%d", n)
				name, err := s.issue(ctx, number)
				if err != nil {
					return fmt.Errorf("issue %s: %w", number, err)
				}
				mu.Lock()
				names[number] = name
				mu.Unlock()
				if c, ok := reached[acknowledged.Add(1)]; ok {
					close(c)
				}
			}
			return nil
		})
	}
	all.Go(func() error {
		if err := restart(ctx, node, reached[notifications/3], node.Kill); err != nil {
			return err
		}
		return restart(ctx, node, reached[2*notifications/3], node.Stop)
	})
	if err := all.Wait(); err != nil {
		t.Fatalf("%v (%d acknowledged, %d polled, %d watched)", err, acknowledged.Load(), len(polled.order), len(watched.order))
	}
	if cuts < 2 {
		t.Errorf("the watch was cut %d times, want at least once for each restart", cuts)
	}
	check(t, names, polled.order)
	if diff := cmp.Diff(polled.order, watched.order); diff != "" {
		t.Errorf("what was seen (-polled +watched):\n%s", diff)
	}
	held, err := s.list(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	check(t, names, held)
}

// connect makes the system of the node's office.
func connect(ctx context.Context, t *testing.T, node *drill.Node) *system {
	t.Helper()
	root, err := os.ReadFile(node.Root())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(root) {
		t.Fatalf("%s holds no certificate", node.Root())
	}
	token, err := node.Token(ctx, certs.RoleSystem)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}, MaxIdleConnsPerHost: issuers + 2,
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &system{
		contract: readContract(t), http: &http.Client{Transport: transport},
		base: "https://" + node.Addresses().Web, token: token,
	}
}

// restart ends the node once so many were acknowledged, and starts it again.
func restart(ctx context.Context, node *drill.Node, reached <-chan struct{}, end func() error) error {
	select {
	case <-reached:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := end(); err != nil {
		return err
	}
	return node.Start(ctx)
}

// follower keeps what one way of following shows.
type follower struct{ order []issued }

// take takes a statement; false when it is the last.
func (f *follower) take(s issued) bool {
	f.order = append(f.order, s)
	return len(f.order) < notifications
}

// check compares what was seen with what was acknowledged: every name once,
// with its number.
func check(t *testing.T, names map[string]string, seen []issued) {
	t.Helper()
	got := map[string]string{}
	for _, s := range seen {
		if len(s.Statement.ExternalReferences) != 1 {
			t.Fatalf("%s has %d numbers, want 1", s.Name, len(s.Statement.ExternalReferences))
		}
		number := s.Statement.ExternalReferences[0].Number
		if _, twice := got[number]; twice {
			t.Errorf("%s was seen twice", number)
		}
		got[number] = s.Name
	}
	if diff := cmp.Diff(names, got); diff != "" {
		t.Errorf("statements by number (-acknowledged +seen):\n%s", diff)
	}
}
