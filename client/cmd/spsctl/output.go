package main

import (
	"fmt"
	"slices"
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

// formatFlag is a format on the command line, one of some.
type formatFlag struct {
	f    *format
	some []format
}

// String, Set and Type make it the value of a flag.
func (v formatFlag) String() string {
	if v.f == nil {
		return ""
	}
	return string(*v.f)
}

// Set implements pflag.Value.
func (v formatFlag) Set(s string) error {
	if !slices.Contains(v.some, format(s)) {
		return fmt.Errorf("want one of %s", strings.Join(formatNames(v.some...), ", "))
	}
	*v.f = format(s)
	return nil
}

// Type implements pflag.Value.
func (formatFlag) Type() string { return "format" }

func outputFlag(cmd *cobra.Command, f *format) {
	outputFlagOf(cmd, f, formats...)
}

// outputFlagOf is the flag of a command that does not write every format.
func outputFlagOf(cmd *cobra.Command, f *format, some ...format) {
	names := formatNames(some...)
	last := len(names) - 1
	cmd.Flags().VarP(formatFlag{f, some}, "output", "o", "output: "+strings.Join(names[:last], ", ")+" or "+names[last])
	complete(cmd, "output", names...)
}

func formatNames(some ...format) (names []string) {
	for _, f := range some {
		names = append(names, string(f))
	}
	return names
}
