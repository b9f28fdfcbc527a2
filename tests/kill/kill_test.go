package kill

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/drill"
	"github.com/spsalert/spsalert/client/drill/drilltest"
	"golang.org/x/sync/errgroup"
)

// What a run does; the seed is printed, and -seed repeats its decisions (when
// the system does what is up to it, it may differ).
var (
	kills = flag.Int("kills", 24, "how many times a node is killed")
	seed  = flag.Uint64("seed", 0, "seed of all random decisions; 0: a new one")
)

func TestMain(m *testing.M) { os.Exit(drilltest.Main(m)) }

var offices = []certs.Office{"CN", "TH", "VN"}

// issuersPerOffice is how many clients issue at each node, each one statement
// after the other.
const issuersPerOffice = 3

// TestKill kills nodes while all of them issue and receive. Afterwards nothing
// acknowledged is missing, nothing is doubled, every addressee holds the same
// bytes and nobody else does, every watch has shown each statement once, and
// the stores verify.
func TestKill(t *testing.T) {
	if *seed == 0 {
		*seed = rand.Uint64()
	}
	t.Logf("seed %d: repeat with -args -seed=%d", *seed, *seed)
	fed := drilltest.Start(t, drill.Options{Offices: offices})
	nodes := map[certs.Office]*client.Client{}
	for _, office := range offices {
		nodes[office] = drilltest.Client(t, fed.Node(office), certs.RoleValidator)
	}
	seen := watchAll(t, nodes)

	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	issuing, stop := context.WithCancel(ctx)
	var log record
	var issuers errgroup.Group
	for i, office := range offices {
		for j := range issuersPerOffice {
			random := rand.New(rand.NewPCG(*seed, uint64(100*i+j+1)))
			issuers.Go(func() error { return issueUntil(ctx, issuing, nodes[office], random, &log) })
		}
	}
	killNodes(ctx, t, fed)
	stop()
	if err := issuers.Wait(); err != nil {
		t.Fatalf("issue: %v", err)
	}
	t.Logf("%d kills, %d statements acknowledged", *kills, len(log.all))
	if len(log.all) < *kills {
		t.Errorf("%d statements were acknowledged, want at least one for each of %d kills", len(log.all), *kills)
	}

	awaitReceipts(ctx, t, nodes)
	askAgain(ctx, t, nodes, log.all)
	compare(t, log.all, readAll(ctx, t, nodes))
	seen.check(t, log.all)
	for _, n := range fed.Nodes() {
		if err := n.Stop(); err != nil {
			t.Error(err)
		}
		if out, err := n.Command(ctx, "store", "verify"); err != nil {
			t.Errorf("verify: %v\n%s", err, out)
		}
	}
}

// issueUntil issues one statement after the other until issuing ends. What was
// begun is brought to its end: each is acknowledged.
func issueUntil(ctx, issuing context.Context, node *client.Client, random *rand.Rand, log *record) error {
	for n := 0; issuing.Err() == nil; n++ {
		a := acked{issuer: node.Office(), requestID: client.NewRequestID()}
		var to []certs.Office
		for _, office := range offices {
			if office != node.Office() {
				a.audience = append(a.audience, office)
			}
		}
		if random.IntN(2) == 0 { // to one office instead of everyone
			to = []certs.Office{a.audience[random.IntN(len(a.audience))]}
			a.audience = to
		}
		padding := strings.Repeat("x", random.IntN(900))
		a.statement = drilltest.Notification(fmt.Sprintf("%s %d %s", node.Office(), n, padding), to...)
		err := client.Retry(ctx, func() (err error) {
			a.issued, err = node.Issue(ctx, a.statement, a.requestID)
			return err
		})
		if err != nil {
			return fmt.Errorf("at %s: %w", node.Office(), err)
		}
		log.add(a)
	}
	return nil
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
