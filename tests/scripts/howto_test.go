package scripts

import (
	"context"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestTheRehearsalOfTheAdministrator runs the lines that the how-to marks to be
// run, as they are printed but for the ports.
func TestTheRehearsalOfTheAdministrator(t *testing.T) {
	text, err := os.ReadFile("../../docs/how-to/administrator.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)<!-- run -->\n```sh\n(.*?)```").FindSubmatch(text)
	if block == nil {
		t.Fatal("the how-to has no lines to be run")
	}
	lines := onFreePorts(t, string(block[1]))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-e", "-c", lines)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // the nodes too
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "HOME="+cmd.Dir, "XDG_CONFIG_HOME="+cmd.Dir, "PATH="+programs+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("the lines end with %v:\n%s", err, out)
	}
	for _, want := range []string{"everything is done", "ok      their side", "SPSD OK - 1 of 1 links up", `spsd_peer_session_up{office="CN"} 1`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the lines do not come to %q:\n%s", want, out)
		}
	}
}

// onFreePorts replaces the printed ports, also in the configurations that the
// lines make.
func onFreePorts(t *testing.T, lines string) string {
	t.Helper()
	free := make(map[string]string)
	lines = regexp.MustCompile(`:[78]44[346]\b`).ReplaceAllStringFunc(lines, func(printed string) string {
		if free[printed] == "" {
			free[printed] = ":" + freePort(t)
		}
		return free[printed]
	})
	defaults := "sed -i 's/127.0.0.1:7444/127.0.0.1" + free[":7444"] + "/; s/127.0.0.1:7446/127.0.0.1" + free[":7446"] + "/' vn/spsd.yaml cn/spsd.yaml\n"
	return strings.Replace(lines, "sed -i", defaults+"sed -i", 1)
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
