package scripts

import (
	"bytes"
	"context"
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

// mango is what a person who follows the examples has filled in.
const mango = `status: actual
handling: network
addressees: [{office: CN, roles: [origin]}]
notification:
  classification: border-rejection
  type: plant
  subject: [{lang: en, text: Fruit fly in mango}]
  risk: {decision: serious}
  products: [{id: p1, name: [{lang: en, text: mango}]}]
  findings: [{id: f1, organism: {taxon: {scientificName: Bactrocera dorsalis}}}]
`

// TestExamples types every line of `spsctl help examples`, in their order.
func TestExamples(t *testing.T) {
	shell := newShell(t)
	shell.write("mango.yaml", mango)
	shell.run("spsctl case issue -f mango.yaml --yes") // the case that the examples show
	lines := 0
	for line := range strings.Lines(shell.run("spsctl help examples")) {
		if !strings.HasPrefix(line, "  spsctl") && !strings.HasPrefix(line, "  spsd") {
			continue
		}
		lines++
		shell.run(strings.TrimSpace(line))
		if strings.Contains(line, "case template") {
			shell.write("mango.yaml", mango)
		}
	}
	if lines < 30 {
		t.Errorf("ran %d lines, want all examples", lines)
	}
}

// shell is where a person types, beside a federation of VN and CN.
type shell struct {
	t   *testing.T
	dir string
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
	all := &client.Contexts{Current: "vn", Contexts: map[string]client.Context{}}
	for name, role := range map[string]certs.Role{"vn": certs.RoleValidator, "vn-admin": certs.RoleAdmin} {
		if all.Contexts[name], err = fed.Node("VN").Context(role); err != nil {
			t.Fatal(err)
		}
	}
	if err := all.Save(filepath.Join(dir, "spsctl.yaml")); err != nil {
		t.Fatal(err)
	}
	return &shell{t, dir}
}

func (s *shell) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// run types a line, and returns what it writes. A line that has no end is
// interrupted as soon as it has said something.
func (s *shell) run(line string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	// The references of the examples are of the year in which they were written.
	line = strings.ReplaceAll(line, "VN-2026-", "VN-"+strconv.Itoa(time.Now().UTC().Year())+"-")
	cmd := exec.CommandContext(ctx, "sh", "-e", "-c", line)
	endless := strings.Contains(line, "watch")
	if endless {
		cmd = exec.CommandContext(ctx, "sh", "-c", "exec "+line)
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "PATH="+programs+string(os.PathListSeparator)+os.Getenv("PATH"),
		"SPSCTL_CONFIG="+filepath.Join(s.dir, "spsctl.yaml"), "SPSCTL_CONTEXT=")
	var errs bytes.Buffer
	said := output{}
	if endless {
		said.first = cancel
	}
	cmd.Stdout, cmd.Stderr = &said, &errs
	err := cmd.Run()
	switch {
	case endless && (said.text.Len() == 0 || cmd.ProcessState.ExitCode() != 130):
		s.t.Errorf("%s\nended with %v, want some output and then exit code 130 after Ctrl-C\n%s", line, err, errs.String())
	case !endless && err != nil:
		s.t.Errorf("%s\n%v\n%s", line, err, errs.String())
	}
	return said.text.String()
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
