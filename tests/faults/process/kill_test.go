//go:build faults

package process

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/client/drill"
	"github.com/spsalert/spsalert/client/drill/drilltest"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/tests/oracle"
)

var (
	kills = flag.Int("kills", 24, "how often TestFault01_KillsUnderLoad kills a node")
	seed  = flag.Uint64("seed", 0, "seed of all random decisions; 0: a new one")
)

// restartWithin is how long a node may take until it is ready again. Where the
// other nodes are under load on the same processors the starts are reported; at
// the end each node is killed once more, without load, and held to it.
const restartWithin = 5 * time.Second

// announce prints how to repeat a test.
func announce(t *testing.T) uint64 {
	t.Helper()
	s := *seed
	if s == 0 {
		s = rand.Uint64()
	}
	t.Logf("repeat with: go test -tags faults ./tests/faults/process -run '^%s$' -args -seed=%d -kills=%d", t.Name(), s, *kills)
	return s
}

// federation is a drill with clients and an oracle.
type federation struct {
	*drill.Federation
	nodes  oracle.Clients
	oracle oracle.Oracle
	starts []time.Duration               // how long each took
	usage  map[certs.Office]oracle.Usage // of each node at the beginning
}

func start(t *testing.T, offices ...certs.Office) *federation {
	t.Helper()
	return startWith(t, drill.Options{Offices: offices})
}

func startWith(t *testing.T, options drill.Options) *federation {
	t.Helper()
	f := &federation{Federation: drilltest.Start(t, options), nodes: oracle.Clients{}, usage: map[certs.Office]oracle.Usage{}}
	f.oracle.Whole = true
	for _, n := range f.Nodes() {
		f.nodes[n.Office()] = drilltest.Client(t, n, certs.RoleValidator)
	}
	ctx := within(t, patience)
	oracle.AwaitReceipts(ctx, t, f.nodes)
	for _, n := range f.Nodes() {
		var err error
		if f.usage[n.Office()], err = oracle.UsageOf(ctx, n); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// judge waits until all is receipted, stops everything, and asks the oracle.
func (f *federation) judge(ctx context.Context, t *testing.T) {
	t.Helper()
	oracle.AwaitReceipts(ctx, t, f.nodes)
	if n := len(f.starts); n > 0 {
		slices.Sort(f.starts)
		t.Logf("%d starts took %s (median), %s (9 of 10), %s (longest)", n, f.starts[n/2], f.starts[n-1-n/10], f.starts[n-1])
		if longest := f.starts[n-1]; longest > restartWithin {
			t.Errorf("a node was ready %s after its start, want within %s", longest, restartWithin)
		}
	}
	for _, n := range f.Nodes() {
		oracle.AwaitUsage(ctx, t, n, f.usage[n.Office()])
	}
	ledgers := map[certs.Office]*ledger.Ledger{}
	for _, n := range f.Nodes() {
		if err := n.Stop(); err != nil {
			t.Error(err)
		}
		ledgers[n.Office()] = oracle.OpenFolder(t, n.Dir())
	}
	f.oracle.Check(t, ledgers)
}

// revive starts a node that has ended.
func (f *federation) revive(ctx context.Context, t *testing.T, n *drill.Node) {
	t.Helper()
	began := time.Now()
	if err := n.Start(ctx); err != nil {
		t.Fatal(err)
	}
	f.starts = append(f.starts, time.Since(began))
}

// TestFault01_KilledAtEachCall kills a node at each call that it makes of its
// disk while it submits, receives, takes a receipt, and rotates its certificate
// and card: before the call is made, and after it. It starts again at once, and
// nothing that was acknowledged is lost, doubled or forked.
func TestFault01_KilledAtEachCall(t *testing.T) {
	t.Parallel()
	s := announce(t)
	for i, op := range []struct {
		name   string
		victim certs.Office
		do     func(ctx context.Context, f *federation) error
	}{
		{"submit and receipt", "CN", submit},
		{"receive", "VN", submit},
		{"rotate", "CN", rotate},
	} {
		t.Run(op.name, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(s, uint64(10+i)))
			f := start(t, "CN", "VN")
			ctx := within(t, patience)
			victim := f.Node(op.victim)
			calls := count(ctx, t, f, victim, op.do)
			random.Shuffle(len(calls), func(i, j int) { calls[i], calls[j] = calls[j], calls[i] })
			hits := map[string]int{}
			for _, c := range calls {
				for _, before := range []bool{true, false} {
					p := plan{at: c.N, act: "kill", before: before}
					if point, ok := killAt(ctx, t, f, victim, p, op.do); ok {
						hits[point]++
					}
				}
			}
			t.Logf("%d calls, killed before and after: %v", len(calls), hits)
			if hits["pwrite64 ledger.db"] == 0 || hits["fdatasync ledger.db"] == 0 {
				t.Errorf("killed at %v, want at writes and syncs of the ledger", hits)
			}
			f.judge(ctx, t)
		})
	}
}

// submit issues a statement and waits for the receipt of everybody.
func submit(ctx context.Context, f *federation) error {
	_, err := f.oracle.IssueOne(ctx, f.nodes["CN"], drilltest.Notification("a kill", "VN"))
	return err
}

// rotate puts a new certificate and a next card of CN in place, as its
// administrator does.
func rotate(_ context.Context, f *federation) error {
	n := f.Node("CN")
	pid := n.Pid()
	office, err := authority.LoadOffice(n.Dir(), nil)
	if err != nil {
		return err
	}
	card, err := office.NextCard(func(c *spsv1.Card) {
		c.Name = []*spsv1.LocalizedText{{Lang: "en", Text: fmt.Sprint("after ", office.Card.Number())}}
	})
	if err != nil {
		return err
	}
	issued, err := office.Authority.IssueNode(0)
	if err != nil {
		return err
	}
	if err := issued.Save(filepath.Join(n.Dir(), "next.pem"), filepath.Join(n.Dir(), "next.key")); err != nil {
		return err
	}
	for from, to := range map[string]string{"next.pem": authority.NodeCertificate, "next.key": authority.NodeKey} {
		if err := os.Rename(filepath.Join(n.Dir(), from), filepath.Join(n.Dir(), to)); err != nil {
			return err
		}
	}
	file := filepath.Join(n.Dir(), authority.CardFile("CN"))
	if err := os.WriteFile(file+".next", card, 0o600); err != nil {
		return err
	}
	if err := os.Rename(file+".next", file); err != nil {
		return err
	}
	// The process that was to rotate may have been killed meanwhile. Whoever is
	// started after it reads the files by itself, and does not listen yet.
	if pid == 0 {
		return nil
	}
	if err := syscall.Kill(pid, syscall.SIGHUP); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}

// leastCalls is how many calls an operation makes at least. The first may be another
// one's: a node that is told to rotate begins later.
const leastCalls = 5

// count does the operation once and returns the calls that the victim made.
func count(ctx context.Context, t *testing.T, f *federation, victim *drill.Node, do func(context.Context, *federation) error) []call {
	t.Helper()
	oracle.AwaitReceipts(ctx, t, f.nodes)
	tr := attach(t, victim, plan{})
	if err := do(ctx, f); err != nil {
		t.Fatal(err)
	}
	await(ctx, t, "the operation's calls", func() bool { return len(tr.calls()) >= leastCalls })
	oracle.AwaitReceipts(ctx, t, f.nodes)
	calls := tr.calls()
	tr.detach()
	return calls
}

// killAt does the operation once with a node that is killed, and returns at
// what it was; ok is false if it made fewer calls this time.
func killAt(ctx context.Context, t *testing.T, f *federation, victim *drill.Node, p plan, do func(context.Context, *federation) error) (point string, ok bool) {
	t.Helper()
	oracle.AwaitReceipts(ctx, t, f.nodes)
	tr := attach(t, victim, p)
	done := make(chan error, 1)
	go func() { done <- do(ctx, f) }()
	wait, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if code, err := victim.Ended(wait); err == nil && code != -1 {
		t.Errorf("%s: the node ended by itself with code %d", p, code)
	}
	tr.detach()
	at, ok := tr.hit()
	f.revive(ctx, t, victim)
	if err := <-done; err != nil {
		t.Fatalf("%s: %v", p, err)
	}
	return at.point(), ok
}

// await polls until something is so.
func await(ctx context.Context, t *testing.T, what string, so func() bool) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !so() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("waiting for %s: %v", what, ctx.Err())
		}
	}
}

// TestFault01_KillsUnderLoad kills nodes at calls picked at random while all of
// three issue and receive. `make soak` makes it a thousand kills.
func TestFault01_KillsUnderLoad(t *testing.T) {
	s := announce(t)
	random := rand.New(rand.NewPCG(s, 2))
	f := start(t, "CN", "TH", "VN")
	seen := oracle.WatchAll(t, f.nodes)
	ctx := within(t, patience+time.Duration(*kills)*3*time.Second)
	load := f.oracle.Issue(ctx, f.nodes, 2, s)
	points := map[string]int{}
	began := time.Now()
	for done := 0; done < *kills; {
		victim := f.Nodes()[random.IntN(3)]
		// As often at a sync as at a write, of which there are more.
		kind := []string{"pwrite64", "fdatasync"}[random.IntN(2)]
		p := plan{at: 1 + random.IntN(30), act: "kill", before: random.IntN(2) == 0, calls: kind}
		tr := attach(t, victim, p)
		if code, err := victim.Ended(ctx); err != nil || code != -1 {
			t.Fatalf("%s of %s: ended with code %d, %v", p, victim.Office(), code, err)
		}
		tr.detach()
		at, ok := tr.hit()
		if !ok {
			t.Fatalf("%s of %s: it was not killed at a call", p, victim.Office())
		}
		points[fmt.Sprintf("%s, made: %t", at.point(), !p.before)]++
		done++
		f.revive(ctx, t, victim)
		if done%100 == 0 {
			t.Logf("%d kills, %d statements acknowledged, %s", done, f.oracle.Acknowledged(), time.Since(began).Round(time.Second))
		}
	}
	issued, err := load.Stop()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d kills, %d statements acknowledged, in %s", *kills, len(issued), time.Since(began).Round(time.Second))
	for _, point := range slices.Sorted(maps.Keys(points)) {
		t.Logf("%6d  %s", points[point], point)
	}
	oracle.AwaitReceipts(ctx, t, f.nodes)
	oracle.AskAgain(ctx, t, f.nodes, issued)
	seen.Check(t, issued)
	slices.Sort(f.starts)
	t.Logf("under load %d starts took %s (median), %s (longest)", len(f.starts), f.starts[len(f.starts)/2], f.starts[len(f.starts)-1])
	f.starts = nil
	for _, n := range f.Nodes() {
		if err := n.Kill(); err != nil {
			t.Fatal(err)
		}
		f.revive(ctx, t, n)
	}
	f.judge(ctx, t)
}
