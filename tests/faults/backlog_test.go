package faults

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"runtime/metrics"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spsalert/spsalert/certs"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/tests/federation"
)

var leaves = flag.Int("leaves", 8000, "how many entries TestFault13_EightWeeksAway issues while an office is away")

// inMemory is what two nodes may use together while a backlog is on its way.
const inMemory = 256 << 20

// TestFault13_EightWeeksAway lets an office come back after eight weeks, over a
// line on which the backlog takes some minutes. Today's alert comes within one;
// until all is there the gap is shown; memory is bounded. `make soak` makes it
// half a million entries.
func TestFault13_EightWeeksAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := federation.New(t, "CN", "VN")
		cn, vn := f.Node("CN"), f.Node("VN")
		f.Start("CN", "VN")
		f.Settle()
		f.Stop("CN", "VN") // nobody redials for eight weeks
		for range 8 {
			issueMany(t, cn.Ledger, *leaves/8)
			time.Sleep(7 * 24 * time.Hour)
		}
		total := uint64(1 + *leaves/8*8)
		f.Network.Shape("CN", "VN", federation.Line{Rate: *leaves / 2, Delay: 100 * time.Millisecond})
		f.Start("CN", "VN")
		time.Sleep(30 * time.Second)
		began, most := time.Now(), uint64(0)
		alert := cn.IssueUrgent(4000, "VN")
		arrived := time.Duration(0)
		for vn.Holds("CN") <= total {
			if arrived == 0 {
				got, err := vn.Ledger.Entry(context.Background(), alert.Origin, alert.Sequence)
				if err == nil && got.Envelope != nil {
					arrived = time.Since(began)
					t.Logf("the alert came after %s, with %d of %d entries held", arrived, vn.Holds("CN"), total)
				} else if err != nil && !errors.Is(err, ledger.ErrNotFound) {
					t.Fatal(err)
				}
			}
			if p := vn.Peer("CN"); p.Known <= p.Held && vn.Holds("CN") <= total {
				t.Fatalf("VN shows %d of %d entries of CN, want that it shows the gap to %d", p.Held, p.Known, total+1)
			}
			most = max(most, heap())
			if time.Since(began) > 6*time.Hour {
				t.Fatalf("VN holds %d of %d entries after %s", vn.Holds("CN"), total+1, time.Since(began))
			}
			time.Sleep(time.Second)
		}
		t.Logf("%d entries after %s; %d MiB at most", total+1, time.Since(began), most>>20)
		if arrived == 0 || arrived > time.Minute {
			t.Errorf("the alert came after %s, want within a minute and before the backlog", arrived)
		}
		if most > inMemory {
			t.Errorf("%d MiB of memory, want at most %d", most>>20, inMemory>>20)
		}
		f.Network.Shape("CN", "VN", federation.Line{})
		f.Settle()
		f.WantSame()
		if p := vn.Peer("CN"); p.Known != p.Held || p.Held != total+1 {
			t.Errorf("VN shows %d of %d entries of CN, want all %d", p.Held, p.Known, total+1)
		}
	})
}

// issueMany enters small statements, many at once so that they share commits.
func issueMany(t *testing.T, l *ledger.Ledger, count int) {
	t.Helper()
	var at sync.WaitGroup
	for i := range count {
		at.Go(func() {
			text := fmt.Appendf(nil, "%s %d", time.Now(), i)
			_, err := l.Append(context.Background(), func(store.Tx) (ledger.Draft, error) {
				return ledger.Draft{
					RequestID: string(text), Fingerprint: sha256.Sum256(text), Type: spsv1.LeafType_LEAF_TYPE_STATEMENT,
					Audience: []certs.Office{"VN"}, Envelope: text,
				}, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
		if i%500 == 499 {
			at.Wait()
		}
	}
	at.Wait()
}

// heap returns how much memory Go holds for objects and stacks.
func heap() (sum uint64) {
	all := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(all)
	for _, s := range all {
		sum += s.Value.Uint64()
	}
	return sum
}
