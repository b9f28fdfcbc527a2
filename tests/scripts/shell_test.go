package scripts

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/client"
	"github.com/spsalert/spsalert/client/drill"
)

// shell is where a person types, beside a federation of VN and CN.
type shell struct {
	t        *testing.T
	dir      string
	vn       *drill.Node
	settings string            // assignments to variables of the shell so far
	instead  *strings.Replacer // what is typed instead of what is printed
	env      []string
}

func newShell(t *testing.T) *shell {
	t.Helper()
	dir := t.TempDir()
	fed, err := drill.Start(t.Context(), drill.Options{
		Offices: []certs.Office{"VN", "CN"}, Dir: filepath.Join(dir, "federation"), Binary: filepath.Join(programs, "spsd"), Name: "asean-cn",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := fed.Close(); err != nil {
			t.Errorf("stop the federation: %v", err)
		}
	})
	if err := os.Symlink(fed.Node("VN").Dir(), filepath.Join(dir, "vn")); err != nil { // the folder of the office
		t.Fatal(err)
	}
	all := &client.Contexts{Current: "vn", Contexts: map[string]client.Context{}}
	for name, role := range map[string]certs.Role{"vn": certs.RoleValidator, "vn-admin": certs.RoleAdmin, "vn-lab": certs.RoleLab, "vn-exporter": certs.RoleExporter} {
		if all.Contexts[name], err = fed.Node("VN").Context(role); err != nil {
			t.Fatal(err)
		}
	}
	if err := all.Save(filepath.Join(dir, "spsctl.yaml")); err != nil {
		t.Fatal(err)
	}
	return &shell{t: t, dir: dir, vn: fed.Node("VN"), instead: typed(fed.Node("VN").Addresses().Office), env: append(os.Environ(),
		"PATH="+programs+string(os.PathListSeparator)+os.Getenv("PATH"),
		"SPSCTL_CONFIG="+filepath.Join(dir, "spsctl.yaml"), "SPSCTL_CONTEXT=")}
}

// typed replaces what differs from what is printed: where the node listens, and
// the year in the references, which is that in which they were written.
func typed(office string) *strings.Replacer {
	return strings.NewReplacer("VN-2026-", "VN-"+strconv.Itoa(time.Now().UTC().Year())+"-", "127.0.0.1:7444", office)
}

func (s *shell) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// runAll types the commands of a text, in which a backslash ends a line that
// goes on.
func (s *shell) runAll(text string) {
	s.t.Helper()
	for command := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
		switch command = strings.TrimSpace(command); {
		case strings.HasPrefix(command, "spsd run"):
			s.background(command)
		case strings.Contains(command, "=$("):
			s.settings += command + "\n"
		default:
			s.run(command)
		}
	}
}

// run types a command, and returns what it writes. One that has no end is
// interrupted as soon as it has said something.
func (s *shell) run(line string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	endless := strings.Contains(line, "watch")
	cmd := s.command(ctx, "sh", "-e", "-c", s.settings+line)
	var said output
	file := ""
	if endless {
		line, file, _ = strings.Cut(line, " > ")
		cmd = s.command(ctx, "sh", "-c", s.settings+"exec "+line)
		said.first = cancel
	}
	var errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &errs
	err := cmd.Run()
	switch {
	case endless && (said.text.Len() == 0 || cmd.ProcessState.ExitCode() != 130):
		s.t.Errorf("%s\nended with %v, want some output and then exit code 130 after Ctrl-C\n%s", line, err, errs.String())
	case !endless && err != nil:
		s.t.Errorf("%s\n%v\n%s", line, err, errs.String())
	}
	if file != "" { // as if the interruption had come after the first record
		first, _, _ := strings.Cut(said.text.String(), "\n")
		s.write(file, first+"\n")
	}
	return said.text.String()
}

// background types the command that runs a node, and waits until the node says
// that it has started. It ends with the test.
func (s *shell) background(line string) {
	s.t.Helper()
	cmd := s.command(context.Background(), "sh", "-c", "exec "+line)
	log, err := cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			s.t.Errorf("%s: %v", line, err)
		}
		_, _ = io.Copy(io.Discard, log) // to its end
		if err := cmd.Wait(); err != nil {
			s.t.Errorf("%s: %v", line, err)
		}
	})
	var all strings.Builder
	for lines := bufio.NewScanner(log); lines.Scan(); {
		all.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "node started") {
			return
		}
	}
	s.t.Fatalf("%s: it did not start\n%s", line, all.String())
}

func (s *shell) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	for i := range args {
		args[i] = s.instead.Replace(args[i])
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Dir, cmd.Env = s.dir, s.env
	return cmd
}

// output keeps what is written, and tells of the first.
type output struct {
	text  bytes.Buffer
	first func()
}

func (o *output) Write(p []byte) (int, error) {
	if o.first != nil {
		o.first()
	}
	return o.text.Write(p)
}
