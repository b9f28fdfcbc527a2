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
