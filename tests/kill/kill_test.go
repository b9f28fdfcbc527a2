package kill

import (
	"context"
	"flag"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client/drill"
	"github.com/spsalert/spsalert/client/drill/drilltest"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/tests/oracle"
)

// What a run does; the seed is printed, and -seed repeats its decisions (when
// the system does what is up to it, it may differ).
var (
	kills = flag.Int("kills", 24, "how many times a node is killed")
	seed  = flag.Uint64("seed", 0, "seed of all random decisions; 0: a new one")
)

func TestMain(m *testing.M) { os.Exit(drilltest.Main(m)) }

// issuersPerOffice is how many clients issue at each node, each one statement
// after the other.
const issuersPerOffice = 3

// TestKill kills nodes while all of them issue and receive. Afterwards every
// promise of the oracle holds, requests that are repeated get their first
// answer, and every watch has shown each statement once.
func TestKill(t *testing.T) {
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("seed %d: repeat with go test ./tests/kill -args -seed=%d", *seed, *seed)
	fed := drilltest.Start(t, drill.Options{Offices: []certs.Office{"CN", "TH", "VN"}})
	nodes := oracle.Clients{}
	for _, n := range fed.Nodes() {
		nodes[n.Office()] = drilltest.Client(t, n, certs.RoleValidator)
	}
	seen := oracle.WatchAll(t, nodes)

	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	judge := oracle.Oracle{Whole: true}
	load := judge.Issue(ctx, nodes, issuersPerOffice, *seed)
	killNodes(ctx, t, fed)
	issued, err := load.Stop()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d kills, %d statements acknowledged", *kills, len(issued))
	if len(issued) < *kills {
		t.Errorf("%d statements were acknowledged, want at least one for each of %d kills", len(issued), *kills)
	}

	oracle.AwaitReceipts(ctx, t, nodes)
	oracle.AskAgain(ctx, t, nodes, issued)
	seen.Check(t, issued)
	ledgers := map[certs.Office]*ledger.Ledger{}
	for _, n := range fed.Nodes() {
		if err := n.Stop(); err != nil {
			t.Error(err)
		}
		if out, err := n.Command(ctx, "store", "verify"); err != nil {
			t.Errorf("verify: %v\n%s", err, out)
		}
		ledgers[n.Office()] = oracle.OpenFolder(t, n.Dir())
	}
	judge.Check(t, ledgers)
}

// killNodes kills a node at a time, now and then two, and starts them again.
func killNodes(ctx context.Context, t *testing.T, fed *drill.Federation) {
	t.Helper()
	random := rand.New(rand.NewPCG(*seed, 0))
	for done := 0; done < *kills; {
		// Up to half a second: long enough for sessions to be up, short enough to
		// hit them at their beginning too.
		pause(ctx, random, 500*time.Millisecond)
		victims := slices.Clone(fed.Nodes())
		random.Shuffle(len(victims), func(i, j int) { victims[i], victims[j] = victims[j], victims[i] })
		victims = victims[:1+random.IntN(4)/3]
		for _, n := range victims {
			if err := n.Kill(); err != nil {
				t.Fatalf("kill %s: %v", n.Office(), err)
			}
			done++
		}
		pause(ctx, random, 100*time.Millisecond)
		for _, n := range victims {
			if err := n.Start(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func pause(ctx context.Context, random *rand.Rand, most time.Duration) {
	select {
	case <-time.After(time.Duration(random.Int64N(int64(most)))):
	case <-ctx.Done():
	}
}
