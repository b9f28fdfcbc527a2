package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spsalert/spsalert/client"
)

// flagsOfFields has, for what the node names as the API does, the flag that says
// it here. A command that has no such flag takes it from a file.
var flagsOfFields = []struct{ field, flag string }{
	{"statement.source.teller", "heard-from"},
	{"statement.source.means", "heard-by"},
	{"statement.source.receive_time", "heard-at"},
	{"statement.source.reference", "their-reference"},
	{"statement.source.system", "heard-system"},
	{"statement.source.person", "heard-person"},
	{"statement.source.received_by", "heard-here"},
	{"statement.source.scans", "scan"},
	{"statement.addressees", "to"},
	{"statement.attachments", "attach"},
	{"statement.external_references", "number"},
	{"statement.unit", "unit"},
	{"etag", "etag"},
	{"requestId", "request-id"},
	{"validateOnly", "check"},
}

// flagHint names the flags of a command for what an answer of the node names, and
// says how to go on after an etag that is missing or no more; empty if there is
// nothing to say.
func flagHint(cmd *cobra.Command, err error) string {
	e, ok := answer(err)
	if !ok {
		return ""
	}
	var hint strings.Builder
	for _, f := range flagsOfFields {
		named := strings.Contains(e.Message, f.field)
		for _, problem := range e.Fields {
			named = named || strings.Contains(problem.Description, f.field)
			rest, under := strings.CutPrefix(problem.Field, f.field)
			named = named || under && (rest == "" || strings.ContainsAny(rest[:1], ".["))
		}
		switch {
		case cmd.Flags().Lookup(f.flag) == nil:
		case f.field == "requestId" && !cmd.Flags().Changed(f.flag): // it is made of what is said
		case f.field == "etag":
			lacking := slices.ContainsFunc(e.Fields, func(p client.FieldProblem) bool { return p.Field == "etag" })
			if lacking || e.Reason == "ETAG" {
				hint.WriteString("\n  read it again with spsctl case get, and give its etag as --etag")
			}
		case named:
			hint.WriteString("\n  " + f.field + " is --" + f.flag + " here")
		}
	}
	return hint.String()
}
