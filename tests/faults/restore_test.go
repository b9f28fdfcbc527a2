package faults

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/drill"
	"github.com/spsalert/spsalert/client/drill/drilltest"
	"github.com/spsalert/spsalert/tests/oracle"
)

// TestFault08_AnchorLostOrNewer starts a node whose anchor is gone, is damaged,
// or knows of more than the store has, with every peer away. It issues nothing
// and says what to do; with the right file back in place it goes on.
func TestFault08_AnchorLostOrNewer(t *testing.T) {
	t.Parallel()
	fed := drilltest.Start(t, drill.Options{Offices: []certs.Office{"CN", "VN"}})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	nodes := oracle.Clients{}
	for _, n := range fed.Nodes() {
		nodes[n.Office()] = drilltest.Client(t, n, certs.RoleValidator)
	}
	n := fed.Node("CN")
	anchor, ledger := filepath.Join(n.Dir(), "anchor", "anchor"), filepath.Join(n.Dir(), "data", "ledger.db")
	var judge oracle.Oracle
	issue := func() {
		t.Helper()
		if _, err := judge.IssueOne(ctx, nodes["CN"], drilltest.Notification("an anchor", "VN")); err != nil {
			t.Fatal(err)
		}
	}
	issue()
	if err := n.Stop(); err != nil {
		t.Fatal(err)
	}
	older := read(t, ledger)
	if err := n.Start(ctx); err != nil {
		t.Fatal(err)
	}
	issue()
	oracle.AwaitReceipts(ctx, t, nodes)
	if err := fed.Node("VN").Stop(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, path string
		content    []byte // nil: the file is removed
		says       string
	}{
		{"lost", anchor, nil, "no anchor"},
		{"damaged", anchor, make([]byte, 8192), "anchor"},
		{"cut short", anchor, []byte("sps anchor 1\n"), "anchor"},
		{"newer than the store", ledger, older, "released"},
	} {
		if err := n.Stop(); err != nil {
			t.Fatal(err)
		}
		whole := read(t, test.path)
		if test.content == nil {
			if err := os.Remove(test.path); err != nil {
				t.Fatal(err)
			}
		} else {
			write(t, test.path, test.content)
		}
		saved := map[string][]byte{anchor: nil, ledger: nil}
		for path := range saved {
			if path != test.path {
				saved[path] = read(t, path)
			}
		}
		if out, err := n.Command(ctx, "store", "verify"); err == nil || !strings.Contains(err.Error(), "exit status 6") {
			t.Errorf("%s: verify: %v, want exit code 6: %s", test.name, err, out)
		}
		if err := n.Start(ctx); err != nil {
			t.Fatal(err)
		}
		if why := readOnly(ctx, t, nodes["CN"]); !strings.Contains(why, test.says) {
			t.Errorf("%s: read-only because %q, want %q in it", test.name, why, test.says)
		}
		_, err := nodes["CN"].Issue(ctx, drilltest.Notification("not now"), client.NewRequestID())
		var e *client.Error
		if !errors.As(err, &e) || e.Reason != "READ_ONLY" {
			t.Errorf("%s: issue: %v, want READ_ONLY", test.name, err)
		}
		if err := n.Stop(); err != nil {
			t.Fatal(err)
		}
		for path, content := range saved { // what belongs together is put back together
			if path == test.path {
				content = whole
			}
			write(t, path, content)
		}
		if err := n.Start(ctx); err != nil {
			t.Fatal(err)
		}
		issue()
	}
	if err := fed.Node("VN").Start(ctx); err != nil {
		t.Fatal(err)
	}
	judgeFolders(ctx, t, fed, nodes, &judge)
}

// readOnly returns why a node issues nothing, in words.
func readOnly(ctx context.Context, t *testing.T, c *client.Client) string {
	t.Helper()
	n, err := c.Node(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !n.GetReadOnly() {
		return ""
	}
	return n.GetReadOnlyReason()
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestFault07_YesterdaysBackup restores a backup that is older than what peers
// hold. With every peer away the node issues nothing and names whom it waits
// for; when they are back it takes from them what it has said since, and goes on
// from there.
func TestFault07_YesterdaysBackup(t *testing.T) {
	t.Parallel()
	fed := drilltest.Start(t, drill.Options{Offices: []certs.Office{"CN", "TH", "VN"}})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	nodes := oracle.Clients{}
	for _, n := range fed.Nodes() {
		nodes[n.Office()] = drilltest.Client(t, n, certs.RoleValidator)
	}
	n := fed.Node("CN")
	var judge oracle.Oracle
	issue := func(at certs.Office, to ...certs.Office) {
		t.Helper()
		if _, err := judge.IssueOne(ctx, nodes[at], drilltest.Notification("a backup", to...)); err != nil {
			t.Fatal(err)
		}
	}
	issue("CN")
	issue("VN", "CN")
	oracle.AwaitReceipts(ctx, t, nodes)
	saved := filepath.Join(t.TempDir(), "yesterday.tar")
	command(ctx, t, n, "store", "backup", saved)
	for _, to := range [][]certs.Office{nil, {"VN"}, {"TH"}, {"TH", "VN"}} {
		issue("CN", to...)
	}
	issue("TH", "CN")
	oracle.AwaitReceipts(ctx, t, nodes)

	for _, each := range fed.Nodes() {
		if err := each.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll(filepath.Join(n.Dir(), "data")); err != nil {
		t.Fatal(err)
	}
	command(ctx, t, n, "store", "restore", saved)
	if err := n.Start(ctx); err != nil {
		t.Fatal(err)
	}
	why := readOnly(ctx, t, nodes["CN"])
	for _, name := range []string{"TH", "VN"} {
		if !strings.Contains(why, name) {
			t.Errorf("read-only because %q, want that it waits for %s", why, name)
		}
	}
	_, err := nodes["CN"].Issue(ctx, drilltest.Notification("not now"), client.NewRequestID())
	var e *client.Error
	if !errors.As(err, &e) || e.Reason != "READ_ONLY" {
		t.Errorf("issue from a backup: %v, want READ_ONLY", err)
	}
	for _, office := range []certs.Office{"TH", "VN"} {
		if err := fed.Node(office).Start(ctx); err != nil {
			t.Fatal(err)
		}
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); ; <-tick.C {
		if why = readOnly(ctx, t, nodes["CN"]); why == "" {
			t.Logf("issues again after %s", time.Since(began))
			break
		}
		if time.Since(began) > time.Minute {
			t.Fatalf("a minute after all peers are back: %s", why)
		}
	}
	issue("CN", "VN")
	judgeFolders(ctx, t, fed, nodes, &judge)
}

// command runs a command of a node's program while the node does not run.
func command(ctx context.Context, t *testing.T, n *drill.Node, args ...string) {
	t.Helper()
	running := n.Running()
	if err := n.Stop(); err != nil {
		t.Fatal(err)
	}
	if out, err := n.Command(ctx, args...); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if running {
		if err := n.Start(ctx); err != nil {
			t.Fatal(err)
		}
	}
}
