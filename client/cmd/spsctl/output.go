package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// format is how a result is written; `spsctl help formats` is its contract.
type format string

const (
	tableFormat format = "table" // for people; columns may change
	jsonFormat  format = "json"  // one document; lists are an array
	jsonlFormat format = "jsonl" // one object a line, as they come
	yamlFormat  format = "yaml"  // the same as json
	csvFormat   format = "csv"   // the columns of the table, whole, times as RFC 3339
)

var formats = []format{tableFormat, jsonFormat, jsonlFormat, yamlFormat, csvFormat}

// String, Set and Type make a format the value of a flag.
func (f *format) String() string { return string(*f) }

// Set implements pflag.Value.
func (f *format) Set(s string) error {
	for _, known := range formats {
		if string(known) == s {
			*f = known
			return nil
		}
	}
	return fmt.Errorf("want one of %s", strings.Join(formatNames(formats...), ", "))
}

// Type implements pflag.Value.
func (f *format) Type() string { return "format" }

func outputFlag(cmd *cobra.Command, f *format) {
	outputFlagOf(cmd, f, formats...)
}

// outputFlagOf is the flag of a command that does not write every format; the
// command checks that itself.
func outputFlagOf(cmd *cobra.Command, f *format, some ...format) {
	names := formatNames(some...)
	last := len(names) - 1
	cmd.Flags().VarP(f, "output", "o", "output: "+strings.Join(names[:last], ", ")+" or "+names[last])
	complete(cmd, "output", names...)
}

func formatNames(some ...format) (names []string) {
	for _, f := range some {
		names = append(names, string(f))
	}
	return names
}
