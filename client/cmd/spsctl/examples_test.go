package main

import (
	"regexp"
	"testing"

	"github.com/spf13/cobra"
)

// TestEveryCommandHasAnExample looks for each command in the cheat sheet.
func TestEveryCommandHasAnExample(t *testing.T) {
	sheet := examplesText()
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Hidden || cmd.Name() == "help" {
			return
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
		if cmd.HasSubCommands() || !cmd.Runnable() {
			return
		}
		words := regexp.MustCompile(" ").ReplaceAllString(regexp.QuoteMeta(cmd.CommandPath()), " (--context [a-z-]+ )?")
		if !regexp.MustCompile(`(?m)^  ` + words + `( |$)`).MatchString(sheet) {
			t.Errorf("spsctl help examples has no line of %s", cmd.CommandPath())
		}
	}
	walk((&app{}).root())
}
