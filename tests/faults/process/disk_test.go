//go:build faults

package process

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/drill"
	"github.com/spsalert/spsalert/client/drill/drilltest"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/tests/oracle"
)

// TestFault02_SyncFails lets each sync fail with EIO, and each write with
// ENOSPC, once so that nothing was written and once so that it was. The node
// ends by itself with a code that is not 0, or, if it was the anchor's, issues
// nothing more; it has acknowledged nothing, and nobody has seen a signature.
// At the next start the statement is there or not, and never both.
func TestFault02_SyncFails(t *testing.T) {
	t.Parallel()
	f := start(t, "CN", "VN")
	ctx := within(t, patience)
	cn := f.Node("CN")
	hits := map[string]int{}
	wanted := []string{"eio fdatasync ledger.db", "eio fdatasync anchor", "enospc pwrite64 ledger.db"}
	missed := func() []string {
		return slices.DeleteFunc(slices.Clone(wanted), func(point string) bool { return hits[point] > 0 })
	}
	// How many commits of other work come before the sync of the anchor is chance:
	// what no round has hit, the next one may.
	for round := 0; round == 0 || round < 6 && len(missed()) > 0; round++ {
		for _, kind := range []plan{
			{act: "eio", calls: "fdatasync,fsync", before: true},
			{act: "eio", calls: "fdatasync,fsync"},
			{act: "enospc", calls: "pwrite64", before: true},
		} {
			// A submit has two syncs of its own and one of the anchor, and six or
			// more writes; what is above is of the receipt that comes back.
			for at := 1; at <= 5; at++ {
				kind.at = at
				if point := failAt(ctx, t, f, cn, kind); point != "" {
					hits[point]++
				}
			}
		}
	}
	t.Logf("failed: %v", hits)
	for _, point := range missed() {
		t.Errorf("%s was never hit, want at least once", point)
	}
	f.judge(ctx, t)
}

// failAt issues a statement over a disk that fails, starts the node again, and
// issues it again. It returns where it failed.
func failAt(ctx context.Context, t *testing.T, f *federation, n *drill.Node, p plan) string {
	t.Helper()
	oracle.AwaitReceipts(ctx, t, f.nodes)
	before, err := f.nodes["VN"].Peer(ctx, "CN")
	if err != nil {
		t.Fatal(err)
	}
	tr := attach(t, n, p)
	id, s := client.NewRequestID(), drilltest.Notification(p.String(), "VN")
	first, issueErr := f.nodes["CN"].Issue(ctx, s, id)
	wait, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	await(wait, t, p.String(), func() bool { _, hit := tr.hit(); return hit })
	at, _ := tr.hit()
	if at.point() == "fdatasync anchor" || at.point() == "pwrite64 anchor" {
		anchorFailed(wait, t, f, n, tr, p)
	} else {
		// Without a tracer: what the node does at its end is not counted.
		if code, err := n.Ended(wait); err != nil || code <= 0 {
			t.Errorf("%s: ended with code %d, %v; want one above 0, by itself", p, code, err)
		}
		tr.detach()
	}
	if issueErr == nil {
		if err := f.oracle.Issued(first); err != nil { // acknowledged before the fault: it must be there
			t.Fatal(err)
		}
	} else {
		after, err := f.nodes["VN"].Peer(ctx, "CN")
		if err != nil {
			t.Fatal(err)
		}
		if got, want := after.GetKnownSize(), before.GetKnownSize(); got != want {
			t.Errorf("%s: VN knows of %d entries of CN, want %d: nothing was acknowledged", p, got, want)
		}
	}
	f.revive(ctx, t, n)
	again, err := oracle.Repeat(ctx, f.nodes["CN"], s, id)
	if err != nil {
		t.Fatalf("%s: issue again: %v", p, err)
	}
	if issueErr == nil {
		if again.GetName() != first.GetName() {
			t.Errorf("%s: issued as %s and again as %s", p, first.GetName(), again.GetName())
		}
	} else if err := f.oracle.Issued(again); err != nil {
		t.Fatal(err)
	}
	return p.act + " " + at.point()
}

// anchorFailed holds that a node whose anchor cannot be written issues nothing
// more, and stops it.
func anchorFailed(ctx context.Context, t *testing.T, f *federation, n *drill.Node, tr *trace, p plan) {
	t.Helper()
	tr.detach()
	if _, err := f.nodes["CN"].Issue(ctx, drilltest.Notification("after "+p.String()), client.NewRequestID()); err == nil {
		t.Errorf("%s: a statement was issued, want READ_ONLY", p)
	}
	if err := n.Kill(); err != nil {
		t.Fatal(err)
	}
}

// TestFault03_DiskFull fills the disk of a node that submits and receives. What
// is not urgent is refused with READ_ONLY, what is urgent is issued, no session
// ends; when there is room again everything goes on by itself.
func TestFault03_DiskFull(t *testing.T) {
	t.Parallel()
	f := start(t, "CN", "VN")
	ctx := within(t, time.Minute)
	cn, vn := f.nodes["CN"], f.nodes["VN"]
	data := smallDisk(ctx, t, f.Node("CN"))
	if _, err := f.oracle.IssueOne(ctx, cn, drilltest.Notification("with room", "VN")); err != nil {
		t.Fatal(err)
	}
	oracle.AwaitReceipts(ctx, t, f.nodes)
	since := session(ctx, t, vn, "CN")

	filler := filepath.Join(data, "filler")
	fill(t, filler, 40<<20) // less than the reserve of 64 MiB is left
	_, err := cn.Issue(ctx, drilltest.Notification("without room", "VN"), client.NewRequestID())
	if reason(err) != "READ_ONLY" {
		t.Errorf("issue on a full disk: %v, want READ_ONLY", err)
	}
	if _, err := f.oracle.IssueOne(ctx, cn, urgent("VN")); err != nil {
		t.Errorf("an urgent statement on a full disk: %v, want it issued", err)
	}
	if _, err := f.oracle.IssueOne(ctx, vn, drilltest.Notification("to a full disk", "CN")); err != nil {
		t.Fatal(err)
	}
	await(ctx, t, "the entry that CN cannot take", func() bool {
		p, err := cn.Peer(ctx, "VN")
		return err == nil && p.GetKnownSize() > p.GetHeldSize() && p.GetLastErrorReason() == "READ_ONLY"
	})
	if got := session(ctx, t, vn, "CN"); got != since {
		t.Errorf("the session of %s ended, one began %s; want it to stay up", since, got)
	}
	fill(t, filler, 0)
	if _, err := cn.Issue(ctx, urgent("VN"), client.NewRequestID()); reason(err) != "READ_ONLY" {
		t.Errorf("issue on a disk without a byte: %v, want READ_ONLY", err)
	}

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if _, err := f.oracle.IssueOne(ctx, cn, drilltest.Notification("with room again", "VN")); err != nil {
		t.Errorf("issue with room again: %v", err)
	}
	if got := session(ctx, t, vn, "CN"); got != since {
		t.Errorf("the session of %s ended, one began %s; want it to stay up", since, got)
	}
	f.judge(ctx, t)
}

// reason returns that of an answer, "" if there is none.
func reason(err error) string {
	var e *client.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// session returns when the session with a peer began, which must be up.
func session(ctx context.Context, t *testing.T, at *client.Client, with certs.Office) string {
	t.Helper()
	p, err := at.Peer(ctx, with)
	if err != nil {
		t.Fatal(err)
	}
	if !p.GetConnected() {
		t.Errorf("%s is not connected to %s: %s", at.Office(), with, p.GetLastError())
	}
	return p.GetSinceTime().AsTime().String()
}

// smallDisk puts the store of a node on a disk of 256 MiB, and returns where.
func smallDisk(ctx context.Context, t *testing.T, n *drill.Node) string {
	t.Helper()
	if err := n.Stop(); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(n.Dir(), "data")
	content, err := os.ReadFile(filepath.Join(data, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", data, "tmpfs", 0, "size=256m"); err != nil {
		t.Fatalf("mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := n.Stop(); err != nil {
			t.Error(err)
		}
		if err := unix.Unmount(data, 0); err != nil {
			t.Errorf("unmount the small disk: %v", err)
		}
	})
	if err := os.WriteFile(filepath.Join(data, "ledger.db"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := n.Start(ctx); err != nil {
		t.Fatal(err)
	}
	return data
}

// fill lets a file take so much of its disk that no more than left is free.
func fill(t *testing.T, path string, left int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	var st unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &st); err != nil {
		t.Fatal(err)
	}
	if more := int64(st.Bavail)*st.Bsize - left; more > 0 {
		if err := unix.Fallocate(int(f.Fd()), 0, info.Size(), more); err != nil {
			t.Fatalf("fill the disk: %v", err)
		}
	}
}

// urgent returns a statement of which every minute counts.
func urgent(to ...certs.Office) *spsv1.Statement {
	s := drilltest.Notification("urgent", to...)
	n := s.GetNotification()
	n.Classification = spsv1.Classification_CLASSIFICATION_ALERT
	n.Risk = &spsv1.Risk{Decision: spsv1.RiskDecision_RISK_DECISION_SERIOUS}
	return s
}

// TestFault06_InitKilled kills `spsd store init` at each call. Whatever it
// leaves, running it again makes a complete store, or says that there is one.
func TestFault06_InitKilled(t *testing.T) {
	t.Parallel()
	f := start(t, "CN")
	ctx := within(t, patience)
	n := f.Node("CN")
	if err := n.Stop(); err != nil {
		t.Fatal(err)
	}
	empty := func() {
		for _, name := range []string{"data", "anchor"} {
			if err := os.RemoveAll(filepath.Join(n.Dir(), name)); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(filepath.Join(n.Dir(), name), 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
	empty()
	code, out, calls := command(ctx, t, n, plan{}, "store", "init")
	if code != 0 || len(calls) < 10 {
		t.Fatalf("init: code %d after %d calls, want 0 after at least 10: %s", code, len(calls), out)
	}
	hits := map[string]int{}
	for i, c := range calls {
		empty()
		p := plan{at: c.N, act: "kill", before: i%2 == 0}
		if code, out, _ := command(ctx, t, n, p, "store", "init"); code != 128+9 {
			t.Errorf("%s (%s): ended with code %d, want it killed: %s", p, c.point(), code, out)
		}
		hits[c.point()]++
		if out, err := n.Command(ctx, "store", "init"); err != nil && !strings.Contains(err.Error(), "exit status 7") {
			t.Errorf("%s (%s): init again: %v, want nil or code 7: %s", p, c.point(), err, out)
		}
		if out, err := n.Command(ctx, "store", "verify"); err != nil {
			t.Errorf("%s (%s): verify: %v: %s", p, c.point(), err, out)
		}
	}
	t.Logf("%d calls: killed at %v", len(calls), hits)
	f.revive(ctx, t, n)
	if _, err := f.nodes["CN"].Issue(ctx, drilltest.Notification("after it all"), client.NewRequestID()); err != nil {
		t.Errorf("issue: %v", err)
	}
}
