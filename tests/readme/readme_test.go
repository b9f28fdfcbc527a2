// Package readme runs the commands that the README, the integrator's guide, the
// officer's day and the pages of laboratories and exporters print, as they are printed, and compares what comes of them
// with what they print below them.
//
// A block that is to be run has <!-- run --> above it and a block of JSON, or of
// text, below it, which says what must be in its output.
package readme

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spsalert/spsalert/client/drill/drilltest"
)

const (
	// demo is how the README starts the federation that it talks to.
	demo = "bin/spsctl demo --dir demo"
	// patience bounds the start of the demo, and each block.
	patience = time.Minute
)

// printed finds the blocks that are to be run.
var printed = regexp.MustCompile("(?s)<!-- run -->\n```sh\n(.*?)```\n\n```json\n(.*?)```\n")

// setting finds the variables that a block leaves to those below it.
var setting = regexp.MustCompile(`(?ms)^[a-z]+=\$\(.*?\)$`)

func TestPrinted(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Fatalf("the README takes curl: %v", err)
	}
	dir := t.TempDir()
	hints := start(t, dir)
	t.Run("what the demo says", func(t *testing.T) { runHints(t, dir, hints) })
	for _, page := range []string{"README.md", "docs/how-to/integrator.md"} {
		t.Run(page, func(t *testing.T) { runPage(t, dir, page) })
	}
	for _, page := range []string{"docs/how-to/officer.md", "docs/how-to/laboratory.md", "docs/how-to/serving-exporters.md", "docs/how-to/exporter.md"} {
		t.Run(page, func(t *testing.T) { runOfficer(t, dir, page) })
	}
}

// runHints runs the lines with curl that the demo prints; the third would go on.
func runHints(t *testing.T, dir string, hints []string) {
	t.Helper()
	if len(hints) != 5 {
		t.Fatalf("%d lines, want 5: %q", len(hints), hints)
	}
	hints[2] += " --max-time 2 | head -n 1"
	for i, field := range []string{"statements", "reference", "cursor", "findings", "notices"} {
		answers := values(t, shell(t, dir, hints[i]))
		if len(answers) != 1 {
			t.Errorf("%s\n%d answers, want 1", hints[i], len(answers))
		}
		for _, v := range answers {
			if answer, ok := v.(map[string]any); !ok || answer[field] == nil {
				t.Errorf("%s\nanswer %v, want %s in it", hints[i], v, field)
			}
		}
	}
}

// runPage runs the marked blocks of a page, from top to bottom.
func runPage(t *testing.T, dir, page string) {
	t.Helper()
	text, err := os.ReadFile("../../" + page)
	if err != nil {
		t.Fatal(err)
	}
	if page == "README.md" && !strings.Contains(string(text), "\n"+demo+"\n") {
		t.Fatalf("it does not print %q", demo)
	}
	blocks := printed.FindAllStringSubmatch(string(text), -1)
	if got, want := strings.Count(string(text), "<!-- run -->"), len(blocks); got != want || got == 0 {
		t.Fatalf("%d blocks are marked, %d have an output below them, want all, and some", got, want)
	}
	settings := ""
	for _, block := range blocks {
		out := shell(t, dir, settings+block[1])
		want, got := values(t, block[2]), values(t, out)
		if len(got) != len(want) {
			t.Fatalf("%d values, want %d:\n%s\n%s", len(got), len(want), block[1], out)
		}
		for i := range want {
			if diff := cmp.Diff(want[i], shown(want[i], got[i])); diff != "" {
				t.Errorf("%s\nanswer (-printed +got):\n%s\nwhole:\n%s", block[1], diff, out)
			}
		}
		settings += strings.Join(setting.FindAllString(block[1], -1), "\n") + "\n"
	}
}

// start puts the programs into dir/bin and runs the demo there until the end
// of the test. It returns when the demo says that it is up, with the lines of curl
// that it said to try.
func start(t *testing.T, dir string) (hints []string) {
	t.Helper()
	programs, err := drilltest.Programs(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(programs, filepath.Join(dir, "bin")); err != nil {
		t.Fatal(err)
	}
	// The context of the test is done before its cleanup.
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	args := strings.Fields(demo)
	cmd := exec.CommandContext(ctx, filepath.Join(dir, args[0]), args[1:]...)
	cmd.Dir = dir
	var errs strings.Builder
	cmd.Stderr = &errs
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	up := false
	for !up && lines.Scan() {
		up = strings.Contains(lines.Text(), "Ctrl-C ends it")
		if hint := strings.TrimSpace(lines.Text()); strings.HasPrefix(hint, "curl ") {
			hints = append(hints, hint)
		}
	}
	t.Cleanup(func() {
		defer cancel()
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
		if _, err := io.Copy(io.Discard, stdout); err != nil {
			t.Error(err)
		}
		err := cmd.Wait()
		if ended, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || ended.ExitCode() != 130) {
			t.Errorf("the demo ended: %v, want exit code 0 or 130\n%s", err, errs.String())
		}
	})
	if !up {
		t.Fatal("the demo did not come up")
	}
	return hints
}

// shell runs a script, which must succeed, and returns its output.
func shell(t *testing.T, dir, script string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-euc", script)
	cmd.Dir = dir
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s%s", err, script, out, errs.String())
	}
	return string(out)
}

// values returns the JSON values of a text.
func values(t *testing.T, text string) (all []any) {
	t.Helper()
	for decoder := json.NewDecoder(strings.NewReader(text)); ; {
		var v any
		err := decoder.Decode(&v)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("no JSON: %v\n%s", err, text)
		}
		all = append(all, v)
	}
}

// shown returns what is left of a value when it is printed as want is: the
// members that want has, and … for whatever is there.
func shown(want, got any) any {
	switch want := want.(type) {
	case map[string]any:
		members, ok := got.(map[string]any)
		if !ok {
			return got
		}
		left := map[string]any{}
		for name, w := range want {
			if g, ok := members[name]; ok {
				left[name] = shown(w, g)
			}
		}
		return left
	case []any:
		items, ok := got.([]any)
		if !ok || len(items) != len(want) {
			return got
		}
		var left []any
		for i, w := range want {
			left = append(left, shown(w, items[i]))
		}
		return left
	case string:
		if want == "…" && got != nil && got != "" {
			return want
		}
	}
	return got
}
