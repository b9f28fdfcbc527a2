package main_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs/authority"
)

// spsd is the program, built once.
var spsd string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "spsd-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	spsd = filepath.Join(dir, "spsd")
	if out, err := exec.Command("go", "build", "-ldflags", "-X main.version=v1.2.3", "-o", spsd, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// newOffice writes the folder of an office and returns its configuration file.
func newOffice(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "VN")
	if err := authority.ForTest(t, "VN", "CN").Office("VN").Save(dir); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "spsd.yaml")
	text := "federation: asean-cn\noffice: VN\nlisten: {peers: 127.0.0.1:0, office: 127.0.0.1:0, ops: 127.0.0.1:0}\nlog: {format: text}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// newLogKey writes a log key that no card names.
func newLogKey(t *testing.T) string {
	t.Helper()
	return filepath.Join(filepath.Dir(newOffice(t)), authority.LogKey)
}

// result is how a run of the program ended.
type result struct {
	code     int
	out, err string
}

func run(t *testing.T, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), spsd, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

func TestLifeOfANode(t *testing.T) {
	config := newOffice(t)
	want := func(got result, code int, says ...string) {
		t.Helper()
		if got.code != code {
			t.Errorf("exit code %d, want %d\n%s%s", got.code, code, got.out, got.err)
		}
		for _, s := range says {
			if !strings.Contains(got.out+got.err, s) {
				t.Errorf("output does not say %q:\n%s%s", s, got.out, got.err)
			}
		}
	}
	want(run(t, "run", "-config", config), 3, "spsd store init")
	want(run(t, "store", "verify", "-config", config), 3, "spsd store init")
	want(run(t, "store", "init", "-config", config), 0, "began asean-cn/VN/1 with card 1", "next: ")
	want(run(t, "run", "-config", config, "-identity-log-key", newLogKey(t)), 2, "does not name the log key")
	want(run(t, "store", "init", "-config", config), 7, "there is a ledger or an anchor already")

	cmd := exec.Command(spsd, "-config", config, "run", "-log-level", "debug")
	logs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	log := follow(logs)
	log.until(t, `msg="node started"`)
	if got := get(t, log.text(), "/readyz"); got != "ready\n" {
		t.Errorf("readyz = %q, want ready", got)
	}
	want(run(t, "store", "verify", "-config", config), 1) // a node has it open
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	log.until(t, `msg="reloaded certificate and cards"`)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	log.until(t, `msg="node stopped"`)
	log.wait()
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v, want exit code 0\n%s", err, log.text())
	}

	want(run(t, "store", "verify", "-config", config), 0, "in order: ", "entries   1")
	spoil(t, filepath.Join(filepath.Dir(config), "data", "ledger.db"))
	want(run(t, "store", "verify", "-config", config), 6, "the store is damaged")
}

// TestTheServiceManagerIsTold runs the node as a unit of Type=notify with a
// watchdog does.
func TestTheServiceManagerIsTold(t *testing.T) {
	config := newOffice(t)
	if got := run(t, "store", "init", "-config", config); got.code != 0 {
		t.Fatalf("store init: %s", got.err)
	}
	socket := filepath.Join(t.TempDir(), "notify")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	if err := manager.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(spsd, "-config", config, "run")
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+socket, "WATCHDOG_USEC=100000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	next := func() string {
		t.Helper()
		said := make([]byte, 1024)
		n, err := manager.Read(said)
		if err != nil {
			t.Fatalf("the service manager hears nothing: %v", err)
		}
		return string(said[:n])
	}
	if got := next(); !strings.HasPrefix(got, "READY=1\nSTATUS=serving, peers at 127.0.0.1:") {
		t.Errorf("first it says %q, want that it is ready", got)
	}
	for range 2 {
		if got, want := next(), "WATCHDOG=1"; got != want {
			t.Errorf("then it says %q, want %s", got, want)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	last := next()
	for last == "WATCHDOG=1" {
		last = next()
	}
	if want := "STOPPING=1"; last != want {
		t.Errorf("at its end it says %q, want %s", last, want)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v, want exit code 0", err)
	}
}

// spoil changes one byte of the card in a ledger.
func spoil(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// Pages that are free still hold what they held: it is damaged everywhere.
	card := []byte("application/vnd.sps.card.v1")
	if !bytes.Contains(data, card) {
		t.Fatal("the card is not in the file")
	}
	for at := 0; ; {
		next := bytes.Index(data[at:], card)
		if next < 0 {
			break
		}
		at += next + 100
		data[at] ^= 1
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCommandLine(t *testing.T) {
	config := newOffice(t)
	for _, tc := range []struct {
		name string
		args []string
		code int
		says []string
	}{
		{"help", []string{"help"}, 0, []string{"spsd store init", "SPSD_LISTEN_PEERS", "-limits-drain"}},
		{"nothing", nil, 0, []string{"Commands:"}},
		{"-h", []string{"run", "-h"}, 0, []string{"Commands:"}},
		{"--version", []string{"--version"}, 0, []string{"spsd v1.2.3"}},
		{"another federation", []string{"run", "-config", config, "-federation", "mercosur"}, 2, []string{"want mercosur/VN"}},
		{"version", []string{"version"}, 0, []string{"spsd v1.2.3"}},
		{"unknown command", []string{"store", "paint"}, 2, []string{`no command "store paint"`, "spsd help"}},
		{"unknown flag", []string{"run", "-colour", "red"}, 2, []string{"-colour", "spsd help"}},
		{"lone hyphen", []string{"-"}, 2, []string{"no command"}},
		{"no configuration", []string{"run", "-config", config + "x"}, 3, []string{"spsd.yamlx"}},
		{
			"two problems",
			[]string{"run", "--config", config, "-office", "Vietnam", "-log-level", "loud"},
			2,
			[]string{`--office: office: office "Vietnam"`, "--log-level: log.level:"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := run(t, tc.args...)
			if got.code != tc.code {
				t.Errorf("exit code %d, want %d\n%s%s", got.code, tc.code, got.out, got.err)
			}
			for _, s := range tc.says {
				if !strings.Contains(got.out+got.err, s) {
					t.Errorf("output does not say %q:\n%s%s", s, got.out, got.err)
				}
			}
		})
	}
}

func TestHelpOfOneCommand(t *testing.T) {
	for _, tc := range []struct {
		args       []string
		says, lack string
	}{
		{[]string{"run", "-h"}, "spsd run", "spsd store"},
		{[]string{"store", "init", "-h"}, "spsd store init", "spsd store verify"},
		{[]string{"store", "-h"}, "spsd store verify", "spsd run"},
	} {
		if got := run(t, tc.args...); got.code != 0 || !strings.Contains(got.out, tc.says) || strings.Contains(got.out, tc.lack) {
			t.Errorf("%q: exit code %d, want %q without %q:\n%s", tc.args, got.code, tc.says, tc.lack, got.out)
		}
	}
}

// following reads what a program logs while it runs.
type following struct {
	lines chan string
	done  chan struct{}
	seen  strings.Builder
}

func follow(r io.Reader) *following {
	f := &following{lines: make(chan string, 1024), done: make(chan struct{})}
	go func() {
		defer close(f.done)
		defer close(f.lines)
		for lines := bufio.NewScanner(r); lines.Scan(); {
			f.lines <- lines.Text() + "\n"
		}
	}()
	return f
}

// until waits for a line that contains s.
func (f *following) until(t *testing.T, s string) {
	t.Helper()
	limit := time.After(30 * time.Second)
	for {
		select {
		case line, ok := <-f.lines:
			f.seen.WriteString(line)
			if strings.Contains(line, s) {
				return
			}
			if !ok {
				t.Fatalf("the program ended before it logged %q:\n%s", s, f.text())
			}
		case <-limit:
			t.Fatalf("no line with %q:\n%s", s, f.text())
		}
	}
}

func (f *following) wait()        { <-f.done }
func (f *following) text() string { return f.seen.String() }

// get asks the ops listener that a log names.
func get(t *testing.T, log, path string) string {
	t.Helper()
	_, address, _ := strings.Cut(log, "ops=")
	resp, err := http.Get("http://" + strings.Fields(address)[0] + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
