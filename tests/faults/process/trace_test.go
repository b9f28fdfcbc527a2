//go:build faults

package process

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spsalert/spsalert/client/drill"
	"github.com/spsalert/spsalert/client/drill/drilltest"
)

// tracerBinary is the program of tests/faults/tracer.
var tracerBinary string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "tracer-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	tracerBinary = filepath.Join(dir, "tracer")
	build := exec.Command("go", "build", "-o", tracerBinary, "github.com/spsalert/spsalert/tests/faults/tracer")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build tracer:", err)
		return 1
	}
	return drilltest.Main(m)
}

// plan says what happens at which call.
type plan struct {
	at     int    // 0: nothing, the calls are counted
	act    string // kill, eio, enospc
	before bool   // the call is not made
	calls  string // those that count, with commas; empty: all
}

func (p plan) String() string {
	when := "after"
	if p.before {
		when = "before"
	}
	return fmt.Sprintf("%s %s call %d %s", p.act, when, p.at, p.calls)
}

// backups is where tests put the backups of a node, below its folder.
const backups = "backups"

// args are the plan as arguments of the tracer, for the files of a node.
func (p plan) args(folder, journal string) []string {
	args := []string{
		"-folders", strings.Join([]string{filepath.Join(folder, "data"), filepath.Join(folder, "anchor"), filepath.Join(folder, backups)}, ","), "-log", journal,
		"-at", strconv.Itoa(p.at), "-calls", p.calls, "-before=" + strconv.FormatBool(p.before),
	}
	if p.act != "" {
		args = append(args, "-act", p.act)
	}
	return args
}

// call is a line of the tracer's journal.
type call struct {
	N         int
	Call      string
	Path, To  string
	Offset    int64
	Size      int64
	Data      []byte
	Result    int64
	Prevented bool
	Killed    bool
	At        int64
}

// point names what a call is, whoever makes it when.
func (c call) point() string { return c.Call + " " + filepath.Base(c.Path) }

// trace is a tracer on a running node.
type trace struct {
	t       testing.TB
	cmd     *exec.Cmd
	journal string
	ended   chan struct{}
}

// attach puts a plan on a running node.
func attach(t testing.TB, n *drill.Node, p plan) *trace {
	t.Helper()
	tr := &trace{t: t, journal: filepath.Join(t.TempDir(), "calls"), ended: make(chan struct{})}
	args := append(p.args(n.Dir(), tr.journal), "-pid", strconv.Itoa(n.Pid()))
	tr.cmd = exec.Command(tracerBinary, args...)
	tr.cmd.Stderr = os.Stderr
	tr.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := tr.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("tracer: %q, %v", line, err)
	}
	go func() {
		defer close(tr.ended)
		_, _ = io.Copy(io.Discard, out)
		_ = tr.cmd.Wait() // it ends as the node does, or is killed
	}()
	t.Cleanup(tr.detach)
	return tr
}

// detach lets the node go on without it.
func (tr *trace) detach() {
	_ = tr.cmd.Process.Kill() // it may have ended with the node
	<-tr.ended
}

// calls returns what the node has asked for so far.
func (tr *trace) calls() []call {
	tr.t.Helper()
	return readJournal(tr.t, tr.journal)
}

func readJournal(t testing.TB, path string) []call {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []call
	for d := json.NewDecoder(f); ; {
		var c call
		err := d.Decode(&c)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) { // it is being written, or the tracer was killed
			return all
		}
		if err != nil {
			t.Fatalf("journal: %v", err)
		}
		all = append(all, c)
	}
}

// hit returns the call at which the plan acted, and whether it was reached.
func (tr *trace) hit() (call, bool) {
	tr.t.Helper()
	for _, c := range tr.calls() {
		if c.Killed || c.Result < 0 {
			return c, true
		}
	}
	return call{}, false
}

// command runs a command of a node's program under a plan, and returns how it
// ended, what it wrote, and what it asked for.
func command(ctx context.Context, t testing.TB, n *drill.Node, p plan, args ...string) (code int, out string, calls []call) {
	t.Helper()
	journal := filepath.Join(t.TempDir(), "calls")
	all := append(p.args(n.Dir(), journal), "--", n.Program())
	cmd := exec.CommandContext(ctx, tracerBinary, append(append(all, args...), "-config", n.Config())...)
	cmd.Dir = n.Dir()
	b, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatalf("tracer: %v", err)
	}
	return cmd.ProcessState.ExitCode(), strings.TrimSpace(string(b)), readJournal(t, journal)
}

// patience bounds what a test waits for that is no promise, also where others
// have the processors.
const patience = 10 * time.Minute

// within bounds what a test waits for.
func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
