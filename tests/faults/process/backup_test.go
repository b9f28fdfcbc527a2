//go:build faults

package process

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spsalert/spsalert/client/drill/drilltest"
	"github.com/spsalert/spsalert/tests/oracle"
)

// atMost is at how many calls a command is killed: those that are not writes,
// and some of the writes.
const atMost = 40

// some returns all calls but writes, and as many of the writes as there is room
// for, the first and the last among them.
func some(calls []call) []call {
	var writes, all []call
	for _, c := range calls {
		if c.Call == "write" || c.Call == "pwrite64" {
			writes = append(writes, c)
		} else {
			all = append(all, c)
		}
	}
	step := max(1, len(writes)/max(1, atMost-len(all)))
	for i := 0; i < len(writes); i += step {
		all = append(all, writes[i])
	}
	if len(writes) > 0 {
		all = append(all, writes[len(writes)-1])
	}
	slices.SortFunc(all, func(a, b call) int { return a.N - b.N })
	return slices.CompactFunc(all, func(a, b call) bool { return a.N == b.N })
}

// TestFault06_BackupKilled kills `spsd store backup` at its calls. It leaves no
// file of the name, or a whole backup; yesterday's is as it was, and the next
// one succeeds.
func TestFault06_BackupKilled(t *testing.T) {
	t.Parallel()
	f := start(t, "CN", "VN")
	ctx := within(t, patience)
	n := f.Node("CN")
	if _, err := f.oracle.IssueOne(ctx, f.nodes["CN"], drilltest.Notification("in the backup", "VN")); err != nil {
		t.Fatal(err)
	}
	oracle.AwaitReceipts(ctx, t, f.nodes)
	if err := n.Stop(); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(n.Dir(), backups)
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	yesterday, today := filepath.Join(folder, "yesterday.spsb"), filepath.Join(folder, "today.spsb")
	code, out, calls := command(ctx, t, n, plan{}, "store", "backup", yesterday)
	if code != 0 || len(calls) < 10 {
		t.Fatalf("backup: code %d after %d calls, want 0 after at least 10: %s", code, len(calls), out)
	}
	before, err := os.ReadFile(yesterday)
	if err != nil {
		t.Fatal(err)
	}
	hits, whole := map[string]int{}, 0
	for i, c := range some(calls) {
		p := plan{at: c.N, act: "kill", before: i%2 == 0}
		if code, out, _ := command(ctx, t, n, p, "store", "backup", today); code != 128+9 {
			t.Errorf("%s (%s): ended with code %d, want it killed: %s", p, c.point(), code, out)
		}
		hits[c.point()]++
		if _, err := os.Lstat(today); err == nil {
			whole++
		} else if !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		} else if out, err := n.Command(ctx, "store", "backup", today); err != nil {
			t.Errorf("%s (%s): backup again: %v: %s", p, c.point(), err, out)
		}
		if out, err := n.Command(ctx, "store", "verify", today); err != nil {
			t.Errorf("%s (%s): verify: %v: %s", p, c.point(), err, out)
		}
		if err := os.Remove(today); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d calls, %d left a whole backup: killed at %v", len(calls), whole, hits)
	if after, err := os.ReadFile(yesterday); err != nil || !bytes.Equal(before, after) {
		t.Errorf("yesterday's backup is not what it was: %v", err)
	}
	f.revive(ctx, t, n)
	f.judge(ctx, t)
}

// TestFault06_RestoreKilled kills `spsd store restore` at its calls. It leaves no
// ledger, and running it again makes one, or it leaves a whole one; the node
// takes what came after the backup from its peers.
func TestFault06_RestoreKilled(t *testing.T) {
	t.Parallel()
	f := start(t, "CN", "VN")
	ctx := within(t, patience)
	n := f.Node("CN")
	issue := func(text string) {
		t.Helper()
		if _, err := f.oracle.IssueOne(ctx, f.nodes["CN"], drilltest.Notification(text, "VN")); err != nil {
			t.Fatal(err)
		}
		oracle.AwaitReceipts(ctx, t, f.nodes)
	}
	issue("in the backup")
	if err := n.Stop(); err != nil {
		t.Fatal(err)
	}
	folder, data := filepath.Join(n.Dir(), backups), filepath.Join(n.Dir(), "data")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "yesterday.spsb")
	if out, err := n.Command(ctx, "store", "backup", file); err != nil {
		t.Fatalf("backup: %v: %s", err, out)
	}
	f.revive(ctx, t, n)
	issue("after the backup")
	if err := n.Stop(); err != nil {
		t.Fatal(err)
	}
	empty := func() {
		t.Helper()
		if err := errors.Join(os.RemoveAll(data), os.Mkdir(data, 0o700)); err != nil {
			t.Fatal(err)
		}
	}
	empty()
	code, out, calls := command(ctx, t, n, plan{}, "store", "restore", file)
	if code != 0 || len(calls) < 10 {
		t.Fatalf("restore: code %d after %d calls, want 0 after at least 10: %s", code, len(calls), out)
	}
	hits, whole := map[string]int{}, 0
	for i, c := range some(calls) {
		empty()
		p := plan{at: c.N, act: "kill", before: i%2 == 0}
		if code, out, _ := command(ctx, t, n, p, "store", "restore", file); code != 128+9 {
			t.Errorf("%s (%s): ended with code %d, want it killed: %s", p, c.point(), code, out)
		}
		hits[c.point()]++
		if _, err := os.Lstat(filepath.Join(data, "ledger.db")); err == nil {
			whole++
		} else if out, err := n.Command(ctx, "store", "restore", file); err != nil {
			t.Errorf("%s (%s): restore again: %v: %s", p, c.point(), err, out)
		}
		// The store is whole, and older than the anchor: code 6.
		if out, err := n.Command(ctx, "store", "verify"); err == nil || !strings.Contains(err.Error(), "exit status 6") || !strings.Contains(string(out), "the anchor") {
			t.Errorf("%s (%s): verify: %v, want exit code 6 for the anchor: %s", p, c.point(), err, out)
		}
	}
	t.Logf("%d calls, %d left a whole store: killed at %v", len(calls), whole, hits)
	f.revive(ctx, t, n)
	issue("after the restore")
	f.judge(ctx, t)
}
