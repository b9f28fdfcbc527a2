package certs

import "strings"

// Check names what a handshake examines, in this order. It is the reason that
// goes to metrics and logs.
type Check string

// The checks of a handshake.
const (
	CheckCertificate Check = "certificate" // one is shown, and it parses
	CheckIdentity    Check = "identity"    // it carries exactly one well-formed identity
	CheckFederation  Check = "federation"  // of this federation
	CheckRole        Check = "role"        // a node where nodes are expected, a person where people are
	CheckOffice      Check = "office"      // of the expected office
	CheckCard        Check = "card"        // a card of that office is accepted here
	CheckKey         Check = "key"         // ECDSA P-256 throughout
	CheckValidity    Check = "validity"    // valid now, by the injected clock
	CheckUsage       Check = "usage"       // issued for this side of a connection
	CheckChain       Check = "chain"       // vouched for by a root on the card of its own office
)

// RefusedError says why the other side of a handshake was refused, in words
// that an administrator can act on. The other side learns nothing but "bad
// certificate".
type RefusedError struct {
	Check       Check
	Identity    Identity // zero if it could not be read
	Certificate string   // which certificate: identity, serial number, validity, issuer
	Remote      string   // the address that dialled; empty if this side dialled
	Problem     string   // what is wrong, with the expected value
	Fix         string   // what to do about it
	Err         error    // the cause, if another package found it
}

// Error returns all of it on one line.
func (e *RefusedError) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Check) + " check refused " + e.Certificate)
	if e.Remote != "" {
		b.WriteString(" from " + e.Remote)
	}
	b.WriteString(": " + e.Problem)
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if e.Fix != "" {
		b.WriteString("; " + e.Fix)
	}
	return b.String()
}

// Unwrap returns the cause, or nil.
func (e *RefusedError) Unwrap() error { return e.Err }
