//go:build faults

package process

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/drill"
	"github.com/spsalert/spsalert/client/drill/drilltest"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/tests/proxy"
)

// startBehind starts CN, which only dials, and others, each of which is dialled
// through a proxy.
func startBehind(t *testing.T, others ...certs.Office) (*federation, map[certs.Office]*proxy.Proxy) {
	t.Helper()
	lines := map[certs.Office]*proxy.Proxy{}
	f := startWith(t, drill.Options{
		Offices: append([]certs.Office{"CN"}, others...), DialOnly: []certs.Office{"CN"},
		Card: func(c *spsv1.Card) {
			if len(c.GetAddresses()) == 0 {
				return
			}
			line, err := proxy.Listen(c.GetAddresses()[0])
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := line.Close(); err != nil {
					t.Error(err)
				}
			})
			lines[certs.Office(c.GetOffice())] = line
			c.Addresses = []string{line.Addr()}
		},
	})
	return f, lines
}

// TestFault10_HalfOpenOnSockets loses all that goes over the connection of two
// real nodes, without telling either. Both notice within a minute, and what was
// issued meanwhile arrives.
func TestFault10_HalfOpenOnSockets(t *testing.T) {
	t.Parallel()
	f, lines := startBehind(t, "VN")
	ctx := within(t, 3*time.Minute)
	pairs := [][2]certs.Office{{"CN", "VN"}, {"VN", "CN"}}
	since := map[certs.Office]string{}
	for _, pair := range pairs {
		since[pair[0]] = session(ctx, t, f.nodes[pair[0]], pair[1])
	}
	lines["VN"].Silence()
	began := time.Now()
	for _, pair := range pairs {
		if _, err := f.oracle.IssueOne(ctx, f.nodes[pair[0]], drilltest.Notification("into silence", pair[1])); err != nil {
			t.Fatal(err)
		}
	}
	for _, pair := range pairs {
		if got := session(ctx, t, f.nodes[pair[0]], pair[1]); got != since[pair[0]] {
			t.Fatalf("the session of %s ended at once; it was to be half-open", pair[0])
		}
	}
	for _, pair := range pairs {
		await(ctx, t, fmt.Sprintf("%s to notice", pair[0]), func() bool {
			p, err := f.nodes[pair[0]].Peer(ctx, pair[1])
			return err == nil && (!p.GetConnected() || p.GetSinceTime().AsTime().String() != since[pair[0]])
		})
	}
	took := time.Since(began)
	t.Logf("noticed after %s", took.Round(time.Second))
	if took > time.Minute {
		t.Errorf("noticed after %s, want within a minute", took)
	}
	f.judge(ctx, t)
}

// TestFault14_SlowReaderOnSockets lets the line to a real node take a byte a
// second while there is a backlog for it. Its session is cut, the memory of the
// sender is bounded, and another peer has everything meanwhile.
func TestFault14_SlowReaderOnSockets(t *testing.T) {
	t.Parallel()
	f, lines := startBehind(t, "TH", "VN")
	ctx := within(t, 4*time.Minute)
	cn := f.nodes["CN"]
	since, before := session(ctx, t, cn, "VN"), resident(t, f.Node("CN"))
	lines["VN"].Shape(proxy.Line{Rate: 1})
	began := time.Now()
	carried := lines["VN"].Carried()
	for range 400 { // 6 MB
		s := drilltest.Notification("a backlog", "VN")
		s.GetNotification().Description = []*spsv1.LocalizedText{{Lang: "en", Text: strings.Repeat("slow ", 3000)}}
		if _, err := f.oracle.IssueOne(ctx, cn, s); err != nil {
			t.Fatal(err)
		}
	}
	var longest time.Duration
	await(ctx, t, "the session with VN to be cut", func() bool {
		issued := time.Now()
		one, err := f.oracle.IssueOne(ctx, cn, drilltest.Notification("for another", "TH"))
		if err != nil {
			t.Fatal(err)
		}
		await(ctx, t, "the receipt of TH", func() bool {
			p, err := cn.Peer(ctx, "TH")
			return err == nil && p.GetReceiptSize() > one.Issued.GetEntry().GetSequence()
		})
		longest = max(longest, time.Since(issued))
		p, err := cn.Peer(ctx, "VN")
		return err == nil && (!p.GetConnected() || p.GetSinceTime().AsTime().String() != since)
	})
	took, grown := time.Since(began), resident(t, f.Node("CN"))-before
	t.Logf("cut after %s; the slowest receipt of TH took %s; CN grew by %d MiB; %d bytes went to VN",
		took.Round(time.Second), longest.Round(time.Millisecond), grown>>20, lines["VN"].Carried()-carried)
	if took > 76*time.Second { // a Credit is repeated after 15 s
		t.Errorf("cut after %s, want at most 76 s", took)
	}
	if grown > 96<<20 {
		t.Errorf("CN grew by %d MiB, want at most 96", grown>>20)
	}
	lines["VN"].Shape(proxy.Line{})
	lines["VN"].Reset()
	f.judge(ctx, t)
}

// TestNothingIsLeftBehind resets the line of two real nodes, and opens and
// leaves calls and streams, many times. Afterwards both use what they used
// before (P5).
func TestNothingIsLeftBehind(t *testing.T) {
	t.Parallel()
	f, lines := startBehind(t, "VN")
	ctx := within(t, 3*time.Minute)
	for range 6 { // a node waits longer each time until it dials again
		since := session(ctx, t, f.nodes["CN"], "VN")
		lines["VN"].Reset()
		for range 10 {
			for _, n := range f.Nodes() {
				leave(t, n)
			}
		}
		await(ctx, t, "the next session", func() bool {
			p, err := f.nodes["CN"].Peer(ctx, "VN")
			return err == nil && p.GetConnected() && p.GetSinceTime().AsTime().String() != since
		})
	}
	t.Logf("%d connections; at the beginning %+v", lines["VN"].Dialled(), f.usage)
	f.judge(ctx, t)
}

// leave opens a stream on a connection of its own, and leaves while it runs.
func leave(t *testing.T, n *drill.Node) {
	t.Helper()
	ctx := within(t, time.Minute)
	c, err := n.Client(ctx, certs.RoleValidator)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range c.Watch(ctx, client.WatchOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// resident returns how much memory a node has.
func resident(t *testing.T, n *drill.Node) (size int64) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.Pid()))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(status, []byte("VmRSS:"))
	if _, err := fmt.Sscan(string(rest), &size); err != nil {
		t.Fatal(err)
	}
	return size << 10
}
