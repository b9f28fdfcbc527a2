package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// failure is how a command that writes json or jsonl says that it failed: one
// object on a line of its own, the last of standard error. `spsctl help formats`
// is its contract.
type failure struct {
	Reason     string            `json:"reason,omitempty"` // of the node; one of the published table
	Message    string            `json:"message"`
	Violations []violation       `json:"violations,omitempty"`
	Metadata   map[string]string `json:"metadata,omitempty"`
	ExitCode   int               `json:"exitCode"`
}

// violation is one problem of what was sent, as in the problem details of REST.
type violation struct {
	Field    string `json:"field"`
	Reason   string `json:"reason,omitempty"`
	Sentence string `json:"sentence"`
}

// report says why a command failed, in the way in which its results were wanted.
func (a *app) report(cmd *cobra.Command, args []string, err error, code int) {
	if wantsJSON(cmd, args) {
		// Where nothing can be written, the exit code tells it.
		_ = write(a.err, jsonlFormat, failureOf(err, code))
		return
	}
	fmt.Fprintln(a.err, "spsctl: "+err.Error()+flagHint(cmd, err))
	if code == exitUsage && !a.begun {
		fmt.Fprintf(a.err, "usage: %s\nrun it with --help for more\n", cmd.UseLine())
	}
}

func failureOf(err error, code int) failure {
	f := failure{Message: err.Error(), ExitCode: code}
	if e, ok := answer(err); ok {
		f.Reason, f.Metadata = e.Reason, e.Metadata
		f.Message = strings.Replace(f.Message, e.Error(), e.Message, 1)
		for _, field := range e.Fields {
			f.Violations = append(f.Violations, violation{field.Field, field.Reason, field.Description})
		}
	}
	return f
}

// wantsJSON reports whether the results were wanted as JSON. On a command line
// that is wrong somewhere else, the flag may not have been read yet.
func wantsJSON(cmd *cobra.Command, args []string) bool {
	flag := cmd.Flags().Lookup("output")
	if flag == nil {
		return false
	}
	asked := flag.Value.String()
	for i, arg := range args {
		switch {
		case (arg == "-o" || arg == "--output") && i+1 < len(args):
			asked = args[i+1]
		case strings.HasPrefix(arg, "--output="):
			asked = strings.TrimPrefix(arg, "--output=")
		case strings.HasPrefix(arg, "-o"):
			asked = strings.TrimPrefix(strings.TrimPrefix(arg, "-o"), "=")
		case arg == "--":
			return jsonAsked(asked)
		}
	}
	return jsonAsked(asked)
}

func jsonAsked(format string) bool {
	return slices.Contains([]string{string(jsonFormat), string(jsonlFormat)}, format)
}
