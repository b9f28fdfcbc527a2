package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/spsalert/spsalert/client/drill/drilltest"
)

// program returns spsctl, for what only a process has: signals.
func program(t *testing.T) string {
	t.Helper()
	folder, err := drilltest.Programs(t.TempDir(), "spsctl")
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder, "spsctl")
}

func TestDemoLeavesNothingBehind(t *testing.T) {
	spsctl := program(t)
	// A caught signal is at its default in a child: under nohup, which ignores it,
	// the demo would rightly not end.
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for _, test := range []struct {
		name  string
		until string // a line of the output, and what is done then
		then  func(*os.Process, io.Closer) error
		code  int
	}{
		{"the terminal is closed", "Ctrl-C", func(p *os.Process, _ io.Closer) error { return p.Signal(syscall.SIGHUP) }, exitOK},
		{"the reader goes away", "REFERENCE", func(_ *os.Process, r io.Closer) error { return r.Close() }, exitError},
	} {
		t.Run(test.name, func(t *testing.T) {
			tmp := t.TempDir()
			cmd := exec.CommandContext(t.Context(), spsctl, "demo", "--offices", "EU,CN,VN", "--input", writeExport(t), "--spsd", drilltest.Binary())
			cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			said := bufio.NewScanner(out)
			for said.Scan() && !strings.Contains(said.Text(), test.until) {
				continue
			}
			if err := test.then(cmd.Process, out); err != nil {
				t.Fatal(err)
			}
			if test.code == exitOK {
				_, _ = io.Copy(io.Discard, out)
			}
			_ = cmd.Wait() // its code is looked at
			if got := cmd.ProcessState.ExitCode(); got != test.code {
				t.Errorf("exit code %d (%s), want %d", got, cmd.ProcessState, test.code)
			}
			if left, err := filepath.Glob(filepath.Join(tmp, "sps-drill-*")); err != nil || len(left) != 0 {
				t.Errorf("left behind: %q, error %v, want nothing", left, err)
			}
		})
	}
}
