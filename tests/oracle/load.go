package oracle

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/drill/drilltest"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Clients are connections to the nodes of a federation of real processes, each
// as a person who may issue.
type Clients map[certs.Office]*client.Client

// Request is one issue: what was asked, under which ID, and the answer.
type Request struct {
	ID        string
	Statement *spsv1.Statement
	Issued    *spsv1.IssuedStatement
}

// Load is some people who issue at every node, each one statement after the
// other, until they are stopped. What they began they bring to its end, over
// all restarts: every statement that was begun is acknowledged.
type Load struct {
	oracle *Oracle
	stop   context.CancelFunc
	people errgroup.Group

	mu  sync.Mutex
	all []Request
}

// Issue lets so many people issue at each node. Whom they address, and how much
// they say, follows from seed.
func (o *Oracle) Issue(ctx context.Context, nodes Clients, people int, seed uint64) *Load {
	issuing, stop := context.WithCancel(ctx)
	l := &Load{oracle: o, stop: stop}
	var offices []certs.Office
	for office := range nodes {
		offices = append(offices, office)
	}
	slices.Sort(offices)
	for i, office := range offices {
		for j := range people {
			random := rand.New(rand.NewPCG(seed, uint64(100*i+j+1)))
			l.people.Go(func() error { return l.issue(ctx, issuing, nodes[office], offices, random) })
		}
	}
	return l
}

func (l *Load) issue(ctx, issuing context.Context, node *client.Client, offices []certs.Office, random *rand.Rand) error {
	others := slices.DeleteFunc(slices.Clone(offices), func(o certs.Office) bool { return o == node.Office() })
	for n := 0; issuing.Err() == nil; n++ {
		var to []certs.Office // everyone
		if random.IntN(2) == 0 {
			to = []certs.Office{others[random.IntN(len(others))]}
		}
		text := fmt.Sprintf("%s %d %s", node.Office(), n, strings.Repeat("x", random.IntN(900)))
		r, err := l.oracle.IssueOne(ctx, node, drilltest.Notification(text, to...))
		if err != nil {
			return fmt.Errorf("issue at %s: %w", node.Office(), err)
		}
		l.mu.Lock()
		l.all = append(l.all, r)
		l.mu.Unlock()
	}
	return nil
}

// IssueOne issues a statement, tries again while the node is away, and keeps
// the answer.
func (o *Oracle) IssueOne(ctx context.Context, node *client.Client, s *spsv1.Statement) (Request, error) {
	r := Request{ID: client.NewRequestID(), Statement: s}
	var err error
	if r.Issued, err = Repeat(ctx, node, s, r.ID); err != nil {
		return r, err
	}
	return r, o.Issued(r.Issued)
}

// Stop lets everyone finish, and returns what was issued.
func (l *Load) Stop() ([]Request, error) {
	l.stop()
	err := l.people.Wait()
	return l.all, err
}

// AskAgain repeats some of the requests, as a client does that did not hear the
// answer. Each gets the answer of the first time.
func AskAgain(ctx context.Context, t testing.TB, nodes Clients, all []Request) {
	t.Helper()
	for i := 0; i < len(all); i += 1 + len(all)/100 {
		first := all[i].Issued
		origin, err := certs.ParseOrigin(first.GetEntry().GetOrigin())
		if err != nil {
			t.Fatal(err)
		}
		again, err := nodes[origin.Office].Issue(ctx, all[i].Statement, all[i].ID)
		if err != nil {
			t.Errorf("issue %s again: %v", first.GetName(), err)
			continue
		}
		if got, want := again.GetName()+again.GetReference(), first.GetName()+first.GetReference(); got != want {
			t.Errorf("issued again as %s, want %s", got, want)
		}
	}
}

// AwaitReceipts waits until each node holds the receipts of all others over the
// whole of its log.
func AwaitReceipts(ctx context.Context, t testing.TB, nodes Clients) {
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
			if took := time.Since(began); took > time.Second {
				t.Logf("everything receipted after %s", took.Round(time.Millisecond))
			}
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("not receipted: %v", behind)
		}
	}
}

// Repeat issues a statement under an ID that may have been used before, and
// tries again while the node is away.
func Repeat(ctx context.Context, node *client.Client, s *spsv1.Statement, id string) (issued *spsv1.IssuedStatement, err error) {
	err = client.Retry(ctx, func() (err error) {
		issued, err = node.Issue(ctx, s, id)
		return err
	})
	return issued, err
}
