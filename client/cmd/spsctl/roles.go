package main

import (
	"fmt"
	"strings"

	"github.com/spsalert/spsalert/certs"
)

// duties are what each role of a person or system does, in one line.
var duties = map[certs.Role]string{
	certs.RoleOfficer:   "drafts, acknowledges, answers and follows up",
	certs.RoleValidator: "issues what others drafted; amends, withdraws, closes",
	certs.RoleLab:       "posts findings, and sees what became of its own",
	certs.RolePost:      "border post or province: drafts, and sees its own drafts",
	certs.RoleSystem:    "a national system: issues for two named persons, as far as its scope goes",
	certs.RoleExporter:  "sees the notices about its own consignments",
	certs.RoleAuditor:   "reads everything, and the audit log; changes nothing",
	certs.RoleAdmin:     "runs the node: peers, tokens, accounts, backups; reads no statement",
}

// rolesHelp lists the roles that a token or account can have, a line each.
func rolesHelp() string {
	var text strings.Builder
	text.WriteString("The roles:\n\n")
	for _, role := range certs.Roles() {
		if duty := duties[role]; duty != "" {
			fmt.Fprintf(&text, "  %-10s %s\n", role, duty)
		}
	}
	return strings.TrimRight(text.String(), "\n")
}
