package main

import "regexp"

// What a report must not carry: who, and where things are.
var (
	anyPerson  = regexp.MustCompile(`(sps://[a-z0-9-]+/[A-Z]{2}/[a-z]+)/[^\s,:;]+`)
	anyAddress = regexp.MustCompile(`(\[[0-9a-fA-F:.]+\]|\b[\w-]+(\.[\w-]+)+|\blocalhost):\d{1,5}\b`)
	anyIP      = regexp.MustCompile(`\b\d{1,3}(\.\d{1,3}){3}\b|\b[0-9a-fA-F]{0,4}(:[0-9a-fA-F]{0,4}){3,7}\b`)
	anyPath    = regexp.MustCompile(`(^|[\s"'(])/[^\s,:;"')]+/`)
)

// redact takes addresses, folders and the names of people out of checkups.
func redact(all checkups) {
	for i := range all {
		all[i].What, all[i].Do = redacted(all[i].What), redacted(all[i].Do)
	}
}

func redacted(s string) string {
	s = anyPerson.ReplaceAllString(s, "$1/[person]")
	s = anyPath.ReplaceAllString(s, "$1[folder]/")
	s = anyAddress.ReplaceAllString(s, "[address]")
	return anyIP.ReplaceAllString(s, "[address]")
}
