package certs

import (
	"fmt"
	"strings"
)

// Office is the code of a national SPS office within a federation: two upper
// case ASCII letters in the manner of ISO 3166-1 alpha-2, such as "VN"; "EU"
// is one too.
type Office string

// ParseOffice returns s as an [Office], or an error that says what a code
// looks like.
func ParseOffice(s string) (Office, error) {
	if !Office(s).Valid() {
		return "", fmt.Errorf("office %q is not two upper case letters such as VN", clip(s))
	}
	return Office(s), nil
}

// Valid reports whether o is well-formed. It does not say that such an office
// exists.
func (o Office) Valid() bool {
	return len(o) == 2 && isUpper(o[0]) && isUpper(o[1])
}

// ValidFederation reports whether name can name a federation: 1 to 63 lower
// case letters, digits and hyphens, not starting with a hyphen.
func ValidFederation(name string) bool {
	if len(name) < 1 || len(name) > 63 || name[0] == '-' {
		return false
	}
	for i := range len(name) {
		if c := name[i]; !isLower(c) && !isDigit(c) && c != '-' {
			return false
		}
	}
	return true
}

func checkFederation(name string) error {
	if !ValidFederation(name) {
		return fmt.Errorf("federation %q is not 1 to 63 lower case letters, digits and hyphens such as asean-cn", clip(name))
	}
	return nil
}

// Role is what the holder of a certificate is to its office. What each role
// may do is decided by the server; here a role is only part of an identity.
type Role string

// The roles. RoleNode is the office's program itself and MUST have no ID; all
// others stand for a person or a national system and MUST have one.
const (
	RoleNode      Role = "node"
	RoleOfficer   Role = "officer"
	RoleValidator Role = "validator"
	RoleLab       Role = "lab"
	RolePost      Role = "post"
	RoleSystem    Role = "system"
	RoleExporter  Role = "exporter"
	RoleAuditor   Role = "auditor"
	RoleAdmin     Role = "admin"
)

// Roles returns all roles in the order of their declaration; the slice is the
// caller's.
func Roles() []Role {
	return []Role{
		RoleNode, RoleOfficer, RoleValidator, RoleLab, RolePost, RoleSystem,
		RoleExporter, RoleAuditor, RoleAdmin,
	}
}

// Valid reports whether r is one of [Roles].
func (r Role) Valid() bool {
	for _, known := range Roles() {
		if r == known {
			return true
		}
	}
	return false
}

func roleNames() string {
	var names []string
	for _, r := range Roles() {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// clip keeps foreign text short enough to stand in an error message.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}
