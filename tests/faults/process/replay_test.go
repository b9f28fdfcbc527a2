//go:build faults

package process

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/authority"
	"github.com/spsalert/spsalert/client/drill/drilltest"
	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
	"github.com/spsalert/spsalert/server/ledger"
	"github.com/spsalert/spsalert/tests/oracle"
)

// judgesAtOnce is how many states of a disk are opened side by side: each waits
// for the disk most of the time.
const judgesAtOnce = 4

// sector is what a disk writes whole or not at all.
const sector = 512

// recording is what a node wrote, and when it acknowledged what.
type recording struct {
	office *authority.Office
	files  map[string][]byte // at the beginning, by base name
	calls  []call
	acks   []ack
}

// ack is a statement of the node, or one of its peer that it has receipted.
type ack struct {
	at     int64 // Unix nanoseconds, a little after it was said
	issued *spsv1.IssuedStatement
}

// TestFault04_TornAndDroppedWrites records every write and sync of a node that
// submits and receives, and plays what a power cut at each of them can leave on
// the disk: everything that was synced, and of the rest any part, in any order,
// torn between sectors. From each of these the node opens, the gate is open,
// and all that it had acknowledged by then is there.
func TestFault04_TornAndDroppedWrites(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(announce(t), 4))
	r := record(t)
	dir, states := t.TempDir(), 0
	var judges errgroup.Group
	judges.SetLimit(judgesAtOnce)
	for cut := range r.calls {
		// Nothing that was not synced, all of it, and parts of it.
		for _, chance := range []float64{0, 1, 0.3, 0.5, 0.7} {
			disk := r.play(cut, func(call) bool { return random.Float64() < chance }, func() bool { return random.Float64() < chance })
			judges.Go(func() error {
				broken, err := r.judge(t.Context(), dir, disk, r.calls[cut].At)
				if len(broken) > 0 {
					t.Errorf("power cut at call %d (%s), %.0f%% of what was not synced is written: %s",
						cut, r.calls[cut].point(), 100*chance, strings.Join(broken, "; "))
				}
				return err
			})
			states++
		}
	}
	if err := judges.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d calls, %d states of the disk, %d acknowledged", len(r.calls), states, len(r.acks))
}

// TestFault04_DiskThatLies drops each write in turn, although it was synced. No
// node can keep what such a disk has lost; but it must not be silent: either
// all that was acknowledged is there, or the node does not open, or the gate is
// closed, or verifying says what is wrong.
func TestFault04_DiskThatLies(t *testing.T) {
	t.Parallel()
	r := record(t)
	dir := t.TempDir()
	var judges errgroup.Group
	judges.SetLimit(judgesAtOnce)
	ended := make([]string, len(r.calls)) // how, for each write; "" for other calls
	for i, dropped := range r.calls {
		if dropped.Data == nil {
			continue
		}
		disk := r.play(len(r.calls), func(c call) bool { return c.N != dropped.N }, nil)
		judges.Go(func() error {
			broken, err := r.judge(t.Context(), dir, disk, r.calls[len(r.calls)-1].At)
			ended[i] = "whole"
			for _, b := range broken {
				ended[i], _, _ = strings.Cut(b, ":")
				if ended[i] != "P1" { // something besides the loss was noticed
					break
				}
			}
			if ended[i] == "P1" {
				t.Errorf("without write %d (%s at %d) and nobody notices: %s", i, dropped.point(), dropped.Offset, strings.Join(broken, "; "))
			}
			return err
		})
	}
	if err := judges.Wait(); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, how := range ended {
		if how != "" {
			counts[how]++
		}
	}
	t.Logf("of %d calls, writes dropped one at a time: %v", len(r.calls), counts)
}

// record runs a node that submits and receives under a tracer.
func record(t *testing.T) *recording {
	t.Helper()
	f := start(t, "CN", "VN")
	ctx := within(t, patience)
	n := f.Node("CN")
	for i := range 5 {
		if _, err := f.oracle.IssueOne(ctx, f.nodes["CN"], drilltest.Notification(fmt.Sprint("before ", i), "VN")); err != nil {
			t.Fatal(err)
		}
	}
	oracle.AwaitReceipts(ctx, t, f.nodes)
	office, err := authority.LoadOffice(n.Dir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &recording{office: office, files: map[string][]byte{}}
	var tr *trace
	await(ctx, t, "the node to write nothing", func() bool {
		tr = attach(t, n, plan{})
		for _, path := range []string{"data/ledger.db", "anchor/anchor"} {
			if r.files[filepath.Base(path)], err = os.ReadFile(filepath.Join(n.Dir(), path)); err != nil {
				t.Fatal(err)
			}
		}
		if len(tr.calls()) == 0 {
			return true
		}
		tr.detach() // it was still writing what came last
		return false
	})
	for i := range 6 {
		for _, office := range []certs.Office{"CN", "VN"} {
			s := drilltest.Notification(fmt.Sprint(i))
			s.GetNotification().Description = []*spsv1.LocalizedText{{Lang: "en", Text: strings.Repeat("y", 1+3000*i)}}
			one, err := f.oracle.IssueOne(ctx, f.nodes[office], s)
			if err != nil {
				t.Fatal(err)
			}
			if office == "VN" { // what CN says is its receipt
				oracle.AwaitReceipts(ctx, t, f.nodes)
			}
			r.acks = append(r.acks, ack{time.Now().UnixNano(), one.Issued})
		}
	}
	oracle.AwaitReceipts(ctx, t, f.nodes)
	r.calls = tr.calls()
	tr.detach()
	for _, c := range r.calls {
		if base := filepath.Base(c.Path); r.files[base] == nil {
			t.Fatalf("%s: what that leaves behind is not played", c.point())
		}
	}
	return r
}

// play returns what is on the disk after a power cut while a call is made: all
// that was synced, and of the other writes those that are kept, each in whole
// or in sectors. keep is asked of writes; torn, if not nil, of each sector of a
// write that was not synced.
func (r *recording) play(cut int, keep func(call) bool, torn func() bool) map[string][]byte {
	disk := map[string][]byte{}
	for name, content := range r.files {
		disk[name] = slices.Clone(content)
	}
	synced := map[string]int{} // before which call all is on the disk
	for i, c := range r.calls[:cut] {
		if c.Call == "fdatasync" || c.Call == "fsync" {
			synced[filepath.Base(c.Path)] = i
		}
	}
	for i, c := range r.calls[:min(cut+1, len(r.calls))] {
		name := filepath.Base(c.Path)
		safe := torn != nil && i < synced[name]
		switch {
		case c.Call == "ftruncate" && (safe || keep(c)):
			disk[name] = slices.Grow(disk[name], max(0, int(c.Size)-len(disk[name])))[:c.Size]
		case c.Data == nil:
		case safe || torn == nil && keep(c):
			disk[name] = put(disk[name], c.Offset, c.Data)
		case torn != nil && keep(c):
			for at := 0; at < len(c.Data); at += sector {
				if torn() {
					disk[name] = put(disk[name], c.Offset+int64(at), c.Data[at:min(len(c.Data), at+sector)])
				}
			}
		}
	}
	return disk
}

func put(file []byte, offset int64, data []byte) []byte {
	if end := int(offset) + len(data); end > len(file) {
		file = append(file, make([]byte, end-len(file))...)
	}
	copy(file[offset:], data)
	return file
}

// judge opens what is on a disk, in a folder of its own below dir, and returns
// what is wrong with it, given what had been acknowledged by a time.
func (r *recording) judge(ctx context.Context, dir string, disk map[string][]byte, by int64) (broken []string, err error) {
	dir, err = os.MkdirTemp(dir, "")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	for name, content := range disk {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return nil, err
		}
	}
	l, err := oracle.Open(ctx, r.office, filepath.Join(dir, "ledger.db"), filepath.Join(dir, "anchor"))
	if err != nil {
		return []string{"open: " + err.Error()}, nil
	}
	defer l.Close()
	var judge oracle.Oracle
	for _, a := range r.acks {
		if a.at < by {
			if err := judge.Issued(a.issued); err != nil {
				return nil, err
			}
		}
	}
	broken, err = judge.Judge(ctx, map[certs.Office]*ledger.Ledger{"CN": l.Ledger})
	if err != nil {
		return append(broken, "read: "+err.Error()), nil
	}
	if why := l.Why(); why != "" {
		broken = append(broken, "gate: "+why)
	}
	return broken, nil
}
