package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// The variables of the environment.
const (
	variableConfig  = "SPSCTL_CONFIG"
	variableContext = "SPSCTL_CONTEXT"
)

// topics returns what `spsctl help` says besides the commands.
func topics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "examples", Short: "what to type for common tasks", Long: examplesText()},
		{Use: "exit-codes", Short: "what the exit codes mean", Long: exitCodesText()},
		{Use: "formats", Short: "what -o table, json, jsonl, yaml and csv write", Long: formatsText},
		{Use: "variables", Short: "variables of the environment, and files", Long: environmentText},
	}
}

// withTopics makes help offer the topics beside what it offers.
func withTopics(commands completer) completer {
	return func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		all, directive := commands(cmd, args, begun)
		if len(args) > 0 {
			return all, directive
		}
		for _, t := range topics() {
			all = append(all, begins([]string{t.Use + "\t" + t.Short}, begun)...)
		}
		return all, directive
	}
}

func exitCodesText() string {
	var b strings.Builder
	b.WriteString("The exit codes are for scripts, and stay as they are:\n\n")
	for _, e := range exitCodes {
		fmt.Fprintf(&b, "  %3d  %s\n", e.code, e.meaning)
	}
	b.WriteString(`
What went wrong is one message on standard error, with the reason code of the
node in parentheses where there is one. With -o json and jsonl it is one object
on the last line:

  {"reason": …, "message": …, "violations": [{"field": …, "reason": …,
  "sentence": …}], "metadata": {…}, "exitCode": …}

The reason is missing where it was not the node that refused.`)
	return b.String()
}

const formatsText = `Lists and single things are written in the format that -o names:

  table  for people: columns of a terminal, local times, long texts cut. It may
         change from version to version.
  json   one document, indented; a list is an array. The fields are those of the
         API, as in its OpenAPI file; what is not set is left out.
  jsonl  one object a line, without white space, each written when it is known.
         Watches know only this and table.
  yaml   the same as json.
  csv    the columns of the table with a header line, whole texts, times as RFC
         3339 in UTC. A single thing is a line for each fact. A cell that a
         spreadsheet would take for a formula, since it begins with = + - or @,
         has an apostrophe before it.

Numbers of 64 bits are texts in json, since JavaScript cannot hold them. New
fields may come with any version: a program passes over those that it does not
know. Results are on standard output, everything else on standard error.`

const environmentText = `Variables:

  SPSCTL_CONFIG   file of contexts, if there is no --config
  SPSCTL_CONTEXT  context to use, if there is no --context
  TZ              zone in which times are shown to people
  LC_ALL, LC_MESSAGES, LANG
                  language in which the node tells errors, if there is no --lang:
                  English, Vietnamese, Chinese or Thai

Files:

  spsctl/config.yaml in the configuration folder (Linux: $XDG_CONFIG_HOME or
  ~/.config) holds the contexts: addresses and the paths of certificates and
  keys, never a key. Paths in it are relative to it.

No variable and no flag takes a secret.`
