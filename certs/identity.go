package certs

import (
	"fmt"
	"net/url"
	"strings"
)

// scheme is the URI scheme of every identity.
const scheme = "sps"

// maxID is the longest ID of an identity, in bytes.
const maxID = 64

// Identity is who a certificate stands for. Its text form is the URI subject
// alternative name of the certificate; see the package comment.
type Identity struct {
	Federation string // such as "asean-cn"; see [ValidFederation]
	Office     Office
	Role       Role
	// ID names a person or system within the office: 1 to 64 lower case
	// letters, digits, dots, hyphens and underscores, starting with a letter or
	// digit. It is empty for RoleNode and for no other role.
	ID string
}

// NodeIdentity returns the identity of the node of an office.
func NodeIdentity(federation string, office Office) Identity {
	return Identity{Federation: federation, Office: office, Role: RoleNode}
}

// ParseIdentity parses the text form of an identity. It is strict: there is
// exactly one way to write an identity, and ParseIdentity(s).URI() == s for
// every s that it accepts. In particular it refuses escapes, user names,
// ports, queries, fragments, and upper case where none belongs.
func ParseIdentity(uri string) (Identity, error) {
	rest, ok := strings.CutPrefix(uri, scheme+"://")
	if !ok {
		return Identity{}, fmt.Errorf("identity %q does not start with %s://", clip(uri), scheme)
	}
	if len(rest) > 256 {
		return Identity{}, fmt.Errorf("identity %q is longer than 256 bytes", clip(uri))
	}
	parts := strings.Split(rest, "/")
	if len(parts) != 3 && len(parts) != 4 {
		return Identity{}, fmt.Errorf("identity %q is neither sps://FEDERATION/OFFICE/node nor sps://FEDERATION/OFFICE/ROLE/ID", clip(uri))
	}
	id := Identity{Federation: parts[0], Office: Office(parts[1]), Role: Role(parts[2])}
	if len(parts) == 4 {
		id.ID = parts[3]
		if id.ID == "" {
			return Identity{}, fmt.Errorf("identity %q ends in a slash", clip(uri))
		}
	}
	if err := id.Check(); err != nil {
		return Identity{}, fmt.Errorf("identity %q: %w", clip(uri), err)
	}
	return id, nil
}

// Check returns nil if every field of id is well-formed and the role and the
// ID go together.
func (id Identity) Check() error {
	if err := checkFederation(id.Federation); err != nil {
		return err
	}
	if _, err := ParseOffice(string(id.Office)); err != nil {
		return err
	}
	switch {
	case !id.Role.Valid():
		return fmt.Errorf("role %q is none of %s", clip(string(id.Role)), roleNames())
	case id.Role == RoleNode && id.ID != "":
		return fmt.Errorf("a node has no ID, got %q", clip(id.ID))
	case id.Role != RoleNode && !validID(id.ID):
		return fmt.Errorf("ID %q of a %s is not 1 to %d lower case letters, digits, dots, hyphens and underscores starting with a letter or digit",
			clip(id.ID), id.Role, maxID)
	}
	return nil
}

// IsNode reports whether id is the node of its office.
func (id Identity) IsNode() bool { return id.Role == RoleNode }

// URI returns the text form. It is meaningful only if [Identity.Check] returns nil.
func (id Identity) URI() string {
	s := scheme + "://" + id.Federation + "/" + string(id.Office) + "/" + string(id.Role)
	if id.ID != "" {
		s += "/" + id.ID
	}
	return s
}

// String returns the URI, so that identities print as what people see in a
// certificate.
func (id Identity) String() string { return id.URI() }

// URL returns the URI as a value for x509.Certificate.URIs; it is the
// caller's.
func (id Identity) URL() *url.URL {
	path := "/" + string(id.Office) + "/" + string(id.Role)
	if id.ID != "" {
		path += "/" + id.ID
	}
	return &url.URL{Scheme: scheme, Host: id.Federation, Path: path}
}

func validID(s string) bool {
	if len(s) < 1 || len(s) > maxID || (!isLower(s[0]) && !isDigit(s[0])) {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case isLower(c), isDigit(c), c == '.', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}
