package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"google.golang.org/grpc/codes"

	"github.com/spsalert/spsalert/client"
)

func TestFailureOf(t *testing.T) {
	refused := &client.Error{
		Code: codes.InvalidArgument, Reason: "INVALID", Message: "2 problems", Metadata: map[string]string{"limit": "3"},
		Fields: []client.FieldProblem{{Field: "statement.handling", Reason: "REQUIRED", Description: "give a value"}},
	}
	for _, test := range []struct {
		name string
		err  error
		want failure
	}{
		{"of the node", fmt.Errorf("request 1: %w; try again", refused), failure{
			Reason: "INVALID", Message: "request 1: 2 problems; try again", Metadata: map[string]string{"limit": "3"}, ExitCode: 6,
			Violations: []violation{{"statement.handling", "REQUIRED", "give a value"}},
		}},
		{"of the command", errors.New("no such file"), failure{Message: "no such file", ExitCode: 6}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, failureOf(test.err, exitInvalid)); diff != "" {
				t.Errorf("failure (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFailuresAreJSONWhereResultsAre(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config.yaml")
	for _, args := range [][]string{
		{"peer", "list", "-o", "json"},
		{"peer", "list", "-o=jsonl"},
		{"peer", "list", "--output=json", "surplus"},
		{"peer", "list", "--nonsense", "-ojson"},
		{"case", "get", "-o", "json"},
	} {
		got := spsctl(t, config, args...)
		var f failure
		if err := json.Unmarshal([]byte(got.err), &f); err != nil || strings.Count(got.err, "\n") != 1 {
			t.Errorf("%s: standard error %q, want one line of JSON", args, got.err)
			continue
		}
		if f.ExitCode != exitUsage || got.code != exitUsage || f.Message == "" {
			t.Errorf("%s: exit code %d, standard error %q, want code %d in both and a message", args, got.code, got.err, exitUsage)
		}
	}
	for _, args := range [][]string{
		{"peer", "list", "-o", "yaml"},
		{"peer", "list", "--", "-o", "json"},
		{"node", "-o", "json"}, // has no such flag
	} {
		if got := spsctl(t, config, args...); strings.HasPrefix(got.err, "{") || got.code != exitUsage {
			t.Errorf("%s: exit code %d, standard error %q, want code %d and text", args, got.code, got.err, exitUsage)
		}
	}
}

// TestEveryWrongCommandLine gives every command a flag that it does not have, a
// value that is none to each flag that is not free text, and more arguments than
// it takes: all of that is exit code 2, the message names what is wrong, and nothing
// is done.
func TestEveryWrongCommandLine(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config.yaml")
	var out, errs bytes.Buffer
	a := &app{streams: streams{in: strings.NewReader(""), out: &out, err: &errs, env: func(name string) string {
		return map[string]string{variableConfig: config}[name]
	}}}
	root, lines := a.root(), 0 // made once: a line that is refused sets nothing
	wrong := func(says string, args ...string) {
		t.Helper()
		lines++
		a.begun = false
		out.Reset()
		errs.Reset()
		code := a.execute(t.Context(), root, args)
		if code != exitUsage || out.Len() > 0 || !strings.Contains(errs.String(), says) {
			t.Errorf("spsctl %s: exit code %d, output %q, want code %d, none and the word %s\n%s", strings.Join(args, " "), code, &out, exitUsage, says, &errs)
		}
	}
	var walk func(cmd *cobra.Command, path []string)
	walk = func(cmd *cobra.Command, path []string) {
		wrong("--no-such-flag", append(path, "--no-such-flag")...)
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Name == "help" {
				return
			}
			if f.Value.Type() != "bool" {
				wrong("--"+f.Name, append(path, "--"+f.Name)...) // without a value
			}
			if kind := f.Value.Type(); !strings.HasPrefix(kind, "string") && kind != "text" {
				wrong("--"+f.Name, append(path, "--"+f.Name+"=?!")...)
			}
		})
		if cmd.HasSubCommands() {
			wrong("no-such-command", append(path, "no-such-command")...)
		} else if cmd.Args != nil && cmd.Args(cmd, make([]string, 9)) != nil {
			wrong("usage", append(path, strings.Fields("a b c d e f g h i")...)...)
		}
		for _, sub := range cmd.Commands() {
			if sub.Runnable() && sub.Name() != "help" {
				walk(sub, append(path[:len(path):len(path)], sub.Name()))
			}
		}
	}
	walk((&app{}).root(), nil)
	if lines < 1250 {
		t.Errorf("tried %d command lines, want some for each command", lines)
	}
}
